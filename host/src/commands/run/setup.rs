//! What a runner's own files say of the place where it was called: what decides, besides the words of its command, which
//! tests it runs. It must not run anything, and where it does not understand a file the runner counts as choosing.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::session::evidence::Setup;
use crate::session::selection;

/// Of a file that is looked at, in bytes.
const LARGEST: u64 = 1024 * 1024;

pub fn of(command: &[String], directory: &Path, root: &Path) -> Setup {
    match selection::runner(command).as_deref() {
        Some("pytest") => of_pytest(command, directory, root),
        Some("cargo test") => of_cargo(directory, root),
        Some("cargo nextest") => Setup {
            chooses: up(directory, root).any(|directory| {
                let text = text(&directory.join(".config/nextest.toml"));
                text.is_some_and(|text| text.contains("default-filter"))
            }),
            ..of_cargo(directory, root)
        },
        // Modules beside each other: `./...` has those of one.
        Some("go test") => Setup {
            chooses: directory
                .ancestors()
                .any(|above| above.join("go.work").exists()),
            ..Setup::default()
        },
        _ => Setup::default(),
    }
}

/// The directory and those above it, as far as the root of the work tree.
fn up<'p>(directory: &'p Path, root: &'p Path) -> impl Iterator<Item = &'p Path> {
    let above = directory.ancestors();
    above.take_while(move |directory| directory.starts_with(root))
}

fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn of_cargo(directory: &Path, root: &Path) -> Setup {
    let has = |text: &str, beginning: &str| {
        let mut lines = text.lines();
        lines.any(|line| line.trim_start().starts_with(beginning))
    };
    let here = text(&directory.join("Cargo.toml")).unwrap_or_default();
    // What TOML can write in other ways is taken for the narrower run.
    let all_packages =
        has(&here, "[workspace]") && !has(&here, "[package") && !here.contains("default-members");
    let of_root = text(&root.join("Cargo.toml")).unwrap_or_default();
    let mut below = up(directory, root).filter(|directory| *directory != root);
    let has_own = below.any(|directory| {
        let text = text(&directory.join("Cargo.toml")).unwrap_or_default();
        text.contains("[workspace")
            || text.contains("workspace = \"")
            || text.contains("workspace=\"")
    });
    let leaves_out = [
        "test = false",
        "test=false",
        "autotests",
        "required-features",
    ];
    Setup {
        all_packages,
        chooses: leaves_out.iter().any(|words| here.contains(words)),
        in_root_workspace: has(&of_root, "[workspace") && !of_root.contains("exclude") && !has_own,
        ..Setup::default()
    }
}

/// Where pytest's configuration may stand.
const OF_PYTEST: [&str; 7] = [
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
];

fn of_pytest(command: &[String], directory: &Path, root: &Path) -> Setup {
    let mut setup = Setup::default();
    for place in up(directory, root) {
        for name in OF_PYTEST {
            if let Some(text) = text(&place.join(name)) {
                configured(&mut setup, &text, place.strip_prefix(root).unwrap_or(place));
            }
        }
    }
    // Also of the directories that the command names.
    let named = command.iter().filter(|word| !word.starts_with('-'));
    let named: Vec<PathBuf> = named
        .map(|word| directory.join(word.split("::").next().unwrap_or(word)))
        .filter(|path| path.starts_with(root) && path.exists())
        .collect();
    let mut places: Vec<&Path> = up(directory, root).collect();
    places.extend(named.iter().flat_map(|path| up(path, directory)));
    setup.chooses |= places.into_iter().any(leaves_out_by_code);
    setup
}

fn leaves_out_by_code(directory: &Path) -> bool {
    let code = text(&directory.join("conftest.py")).unwrap_or_default();
    [
        "collect_ignore",
        "pytest_ignore_collect",
        "pytest_collection_modifyitems",
        "pytest_plugins",
    ]
    .iter()
    .any(|word| code.contains(word))
}

fn configured(setup: &mut Setup, text: &str, place: &Path) {
    let chooses = |word: &&str| {
        let option = word.split('=').next().unwrap_or(word);
        let known = [
            "--ignore",
            "--ignore-glob",
            "--deselect",
            "--lf",
            "--last-failed",
            "--pyargs",
            "--co",
            "--collect-only",
        ];
        let is_glued = ["-k", "-m", "-p", "-c"]
            .iter()
            .any(|some| word.starts_with(some));
        known.contains(&option) || is_glued
    };
    setup.chooses |= [
        "norecursedirs",
        "python_files",
        "python_classes",
        "python_functions",
    ]
    .iter()
    .any(|key| value(text, key).is_some());
    if let Some(mut words) = value(text, "addopts") {
        // A plugin that is kept out takes its own tests with it at most.
        while let Some(at) = words
            .windows(2)
            .position(|two| two[0] == "-p" && two[1].starts_with("no:"))
        {
            words.drain(at..at + 2);
        }
        setup.chooses |= words.iter().any(chooses);
        // A path there is what is run; behind a long option it is the option's.
        let before = std::iter::once(&"").chain(&words);
        let mut named = before.zip(&words);
        setup.chooses |= named.any(|(before, word)| {
            !word.starts_with('-') && (!before.starts_with("--") || before.contains('='))
        });
    }
    let test_paths = value(text, "testpaths").unwrap_or_default();
    // Only one of several files counts, and which one is pytest's to say.
    setup.chooses |= !test_paths.is_empty() && !setup.test_paths.is_empty();
    for path in test_paths {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        setup.chooses |= path.contains(['*', '?', '[']) || path.starts_with(['/', '.']);
        setup
            .test_paths
            .push(place.join(path).to_string_lossy().into_owned());
    }
}

/// The words behind `key =`, on its line and those that go on with it, as INI and TOML files write them.
fn value<'t>(text: &'t str, key: &str) -> Option<Vec<&'t str>> {
    let mut lines = text.lines();
    let first = lines.find_map(|line| {
        let rest = line.trim_start().strip_prefix(key)?.trim_start();
        rest.strip_prefix('=').or_else(|| rest.strip_prefix(':'))
    })?;
    let goes_on = |line: &&str| {
        let line = line.trim();
        let key = line.split('=').next().unwrap_or(line).trim_end();
        let is_key = line.contains('=')
            && !key.is_empty()
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_section = line.starts_with('[') && line.ends_with(']') && !line.contains('"');
        !line.is_empty() && !is_key && !is_section
    };
    let all = std::iter::once(first).chain(lines.take_while(goes_on));
    let words = all.flat_map(|line| {
        let line = line.split(" #").next().unwrap_or(line);
        line.split(|c: char| c.is_whitespace() || "\"'[],".contains(c))
    });
    Some(words.filter(|word| !word.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn a_cargo_workspace_without_a_package_at_its_root_is_run_whole() {
        let dir = tempfile::tempdir().unwrap();
        for (manifest, expected) in [
            ("[workspace]\nmembers = [\"a\"]\n", true),
            ("[workspace]\n[workspace.package]\nversion = \"1\"\n", true),
            ("[workspace]\ndefault-members = [\"a\"]\n", false),
            ("[workspace]\n[package]\nname = \"a\"\n", false),
            ("[package]\nname = \"a\"\n", false),
        ] {
            write(dir.path(), "Cargo.toml", manifest);
            let setup = of(&command("cargo test"), dir.path(), dir.path());
            assert_eq!(setup.all_packages, expected, "{manifest}");
        }
        assert_eq!(
            of(&command("make test"), dir.path(), dir.path()),
            Setup::default()
        );
    }

    #[test]
    fn a_package_may_belong_to_another_workspace_than_the_roots() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let here = root.join("crates/api/src");
        let belongs = || of(&command("cargo test"), &here, root).in_root_workspace;
        write(root, "crates/api/src/lib.rs", "");
        assert!(!belongs());
        write(
            root,
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\"]\n",
        );
        write(root, "crates/api/Cargo.toml", "[package]\nname = \"api\"\n");
        assert!(belongs());
        write(root, "crates/Cargo.toml", "[workspace]\n");
        assert!(!belongs());
        std::fs::remove_file(root.join("crates/Cargo.toml")).unwrap();
        write(root, "Cargo.toml", "[workspace]\nexclude = [\"fuzz\"]\n");
        assert!(!belongs());
    }

    #[test]
    fn pytests_configuration_may_leave_tests_out() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text, chooses, paths) in [
            (
                "pytest.ini",
                "[pytest]\naddopts = -p no:sugar -q --cov=src -p no:randomly\n",
                false,
                &[][..],
            ),
            (
                "pytest.ini",
                "[pytest]\naddopts = -p deselects\n",
                true,
                &[],
            ),
            (
                "pytest.ini",
                "[pytest]\naddopts = -q\n    -m \"not slow\"\n",
                true,
                &[],
            ),
            (
                "pytest.ini",
                "[pytest]\naddopts = -q\nmarkers = slow: -m\n",
                false,
                &[],
            ),
            (
                "setup.cfg",
                "[tool:pytest]\nnorecursedirs = old\n",
                true,
                &[],
            ),
            (
                "tox.ini",
                "[testenv]\ncommands = python -m pytest\n",
                false,
                &[],
            ),
            (
                "pyproject.toml",
                "[tool.pytest.ini_options]\ntestpaths = [\n  \"tests\",\n  \"./more/\",\n]\n[x]\n",
                false,
                &["web/tests", "web/more"],
            ),
            (
                "pytest.ini",
                "[pytest]\ntestpaths = tests/*\n",
                true,
                &["web/tests/*"],
            ),
            (
                "pyproject.toml",
                "addopts = [\"--ignore=old\"]\n",
                true,
                &[],
            ),
            ("conftest.py", "collect_ignore = ['x.py']\n", true, &[]),
            ("conftest.py", "import pytest\n", false, &[]),
        ] {
            let web = dir.path().join("web");
            write(&web, name, text);
            write(dir.path(), "web/sub/x", "");
            let setup = of(&command("pytest -q"), &web.join("sub"), dir.path());
            assert_eq!(setup.chooses, chooses, "{text}");
            assert_eq!(setup.test_paths, paths, "{text}");
            std::fs::remove_file(web.join(name)).unwrap();
        }
    }

    #[test]
    fn nextests_default_filter_leaves_tests_out() {
        let dir = tempfile::tempdir().unwrap();
        let chooses = || of(&command("cargo nextest run"), dir.path(), dir.path()).chooses;
        assert!(!chooses());
        write(
            dir.path(),
            ".config/nextest.toml",
            "[profile.default]\ndefault-filter = 'x'\n",
        );
        assert!(chooses());
    }
}
