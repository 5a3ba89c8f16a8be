//! The subject of an enhanced commit when none was given: Conventional Commits, derived from the change alone, by the
//! rule that `docs/commands.md` states. It must not guess at intent.

use crate::path::RepoPath;

/// What one file of the change is, as far as the rule needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    pub path: RepoPath,
    pub kind: FileChange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChange {
    Added,
    Changed,
    Removed,
}

/// The rule, as shown to users.
pub const RULE: &str = "\
type: docs, test, ci or build when every changed file is of that kind; else by the branch's prefix \
(feature/, feat/: feat; fix/, bugfix/, hotfix/: fix; and any Conventional Commits type); else feat when a file was added, \
chore otherwise. Files below .session/ do not count beside others. Scope: the last directory that all changed files share, leaving out src, lib, app, tests and the like. \
Description: the label if there is one; else what happened to the file; else how many files were added, updated and removed.";

/// Directories that say nothing about what part of the project it is.
const PLAIN_DIRECTORIES: [&str; 14] = [
    "src",
    "lib",
    "app",
    "apps",
    "tests",
    "test",
    "docs",
    "doc",
    "packages",
    "crates",
    "main",
    "source",
    "include",
    "workflows",
];

const TYPES: [&str; 11] = [
    "feat", "fix", "docs", "style", "refactor", "perf", "test", "build", "ci", "chore", "revert",
];

pub fn derive(branch: Option<&str>, label: Option<&str>, files: &[ChangedFile]) -> String {
    // A decision that rides along does not make it another kind of change.
    let own = RepoPath::from(".session");
    let others: Vec<ChangedFile> = files
        .iter()
        .filter(|file| !file.path.is_within(&own))
        .cloned()
        .collect();
    let files = if others.is_empty() { files } else { &others };
    let kind = kind(branch, files);
    let scope = scope(files, kind)
        .map(|scope| format!("({scope})"))
        .unwrap_or_default();
    let description = match label {
        Some(label) => label
            .replace(['-', '_'], " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        None => describe(files),
    };
    format!("{kind}{scope}: {description}")
}

fn kind(branch: Option<&str>, files: &[ChangedFile]) -> &'static str {
    let all = |test: fn(&str, &str) -> bool| {
        !files.is_empty()
            && files.iter().all(|file| {
                let path = file.path.to_text();
                let name = path.rsplit('/').next().unwrap_or_default().to_owned();
                test(&path, &name)
            })
    };
    if all(is_ci) {
        return "ci";
    }
    if all(is_documentation) {
        return "docs";
    }
    if all(is_build) {
        return "build";
    }
    if all(is_test) {
        return "test";
    }
    match branch
        .and_then(|branch| branch.split_once('/'))
        .map(|(prefix, _)| prefix)
    {
        Some("feature") => return "feat",
        Some("bugfix" | "hotfix") => return "fix",
        Some(prefix) => {
            if let Some(kind) = TYPES.iter().find(|kind| **kind == prefix) {
                return kind;
            }
        }
        None => {}
    }
    if files.iter().any(|file| file.kind == FileChange::Added) {
        "feat"
    } else {
        "chore"
    }
}

fn is_documentation(path: &str, name: &str) -> bool {
    path.starts_with("docs/")
        || path.starts_with("doc/")
        || [".md", ".rst", ".adoc"]
            .iter()
            .any(|ending| name.ends_with(ending))
        || ["LICENSE", "README", "CHANGELOG"]
            .iter()
            .any(|start| name.starts_with(start))
}

fn is_ci(path: &str, _: &str) -> bool {
    [".github/workflows/", ".ci/", ".circleci/", ".gitlab-ci"]
        .iter()
        .any(|start| path.starts_with(start))
}

fn is_build(_: &str, name: &str) -> bool {
    const NAMES: [&str; 17] = [
        "Cargo.toml",
        "Cargo.lock",
        "package.json",
        "package-lock.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "pyproject.toml",
        "poetry.lock",
        "setup.py",
        "go.mod",
        "go.sum",
        "Makefile",
        "CMakeLists.txt",
        "Dockerfile",
        "build.gradle",
        "pom.xml",
        "build.rs",
    ];
    NAMES.contains(&name)
}

/// Whether a path is a test by the conventions of the common languages.
pub fn is_test(path: &str, name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    path.split('/')
        .rev()
        .skip(1)
        .any(|directory| matches!(directory, "tests" | "test" | "__tests__" | "spec"))
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || stem.ends_with("Test")
        || name.contains(".test.")
        || name.contains(".spec.")
}

/// The last directory that all files share and that says something.
fn scope(files: &[ChangedFile], kind: &str) -> Option<String> {
    let mut shared: Option<Vec<String>> = None;
    for file in files {
        let directory = file.path.parent().to_text();
        let parts: Vec<String> = directory
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        shared = Some(match shared {
            None => parts,
            Some(before) => before
                .into_iter()
                .zip(parts)
                .take_while(|(a, b)| a == b)
                .map(|(a, _)| a)
                .collect(),
        });
    }
    shared?
        .into_iter()
        .rev()
        .find(|part| {
            !PLAIN_DIRECTORIES.contains(&part.as_str()) && !part.starts_with('.') && part != kind
        })
        .filter(|part| {
            part.len() <= 30
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        })
}

fn describe(files: &[ChangedFile]) -> String {
    let verb = |kind| match kind {
        FileChange::Added => "add",
        FileChange::Changed => "update",
        FileChange::Removed => "remove",
    };
    if let [file] = files {
        let name = String::from_utf8_lossy(file.path.file_name()).into_owned();
        return format!("{} {name}", verb(file.kind));
    }
    let counts: Vec<String> = [FileChange::Added, FileChange::Changed, FileChange::Removed]
        .into_iter()
        .filter_map(|kind| {
            let count = files.iter().filter(|file| file.kind == kind).count();
            (count > 0).then(|| format!("{} {count}", verb(kind)))
        })
        .collect();
    match counts.len() {
        0 => "record progress".into(),
        _ => format!("{} files", counts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(branch: &str, label: Option<&str>, files: &[(&str, FileChange)]) -> String {
        let files: Vec<_> = files
            .iter()
            .map(|(path, kind)| ChangedFile {
                path: RepoPath::from(*path),
                kind: *kind,
            })
            .collect();
        derive(Some(branch), label, &files)
    }

    #[test]
    fn the_rule_decides_by_the_files_first_and_the_branch_second() {
        use FileChange::{Added, Changed, Removed};
        let cases = [
            (
                subject(
                    "feature/x",
                    Some("oauth-complete"),
                    &[("src/auth/a.rs", Added)],
                ),
                "feat(auth): oauth complete",
            ),
            (
                subject("feature/x", None, &[("docs/a.md", Changed)]),
                "docs: update a.md",
            ),
            (
                subject(
                    "hotfix/x",
                    None,
                    &[("src/pay/a.rs", Changed), ("src/pay/b/c.rs", Removed)],
                ),
                "fix(pay): update 1, remove 1 files",
            ),
            (
                subject("main", None, &[("a.rs", Changed)]),
                "chore: update a.rs",
            ),
            (
                subject("main", None, &[("tests/a.rs", Added)]),
                "test: add a.rs",
            ),
            (
                subject(
                    "feature/x",
                    None,
                    &[("Cargo.toml", Changed), ("Cargo.lock", Changed)],
                ),
                "build: update 2 files",
            ),
            (
                subject("main", None, &[(".github/workflows/ci.yml", Changed)]),
                "ci: update ci.yml",
            ),
            (
                subject(
                    "feature/x",
                    None,
                    &[
                        ("src/auth/a.rs", Added),
                        (".session/decision-log.md", Changed),
                    ],
                ),
                "feat(auth): add a.rs",
            ),
            (subject("main", None, &[]), "chore: record progress"),
        ];
        for (made, expected) in cases {
            assert_eq!(made, expected);
        }
    }
}
