//! The project that a runner needs where it is called: without one it says nothing of tests. It must not read output, nor
//! any file: it looks for a few names.

use std::path::Path;

use crate::session::evidence::NothingRan;
use crate::session::selection;

enum Where {
    Here,
    /// Or in any directory above.
    Upwards,
}

/// What it looked for and did not find. None also where it may have been sent elsewhere.
pub fn missing(command: &[String], directory: &Path) -> Option<NothingRan> {
    let runner = selection::runner(command)?;
    let (names, place) = looked_for(runner.split(' ').next()?)?;
    if command.iter().any(|word| is_sent_elsewhere(word)) {
        return None;
    }
    let is_there = |directory: &Path| names.iter().any(|name| directory.join(name).exists());
    let is_found = match place {
        Where::Here => is_there(directory),
        Where::Upwards => directory.ancestors().any(is_there),
    };
    (!is_found).then(|| NothingRan::NoProject(names[0].to_owned()))
}

/// The first name is the one that people know.
fn looked_for(program: &str) -> Option<(&'static [&'static str], Where)> {
    Some(match program {
        "cargo" => (&["Cargo.toml"], Where::Upwards),
        "go" => (&["go.mod", "go.work"], Where::Upwards),
        "npm" | "pnpm" | "yarn" | "bun" => (&["package.json"], Where::Upwards),
        "make" | "gmake" => (&["Makefile", "makefile", "GNUmakefile"], Where::Here),
        _ => return None,
    })
}

fn is_sent_elsewhere(word: &str) -> bool {
    let option = word.split_once('=').map_or(word, |(option, _)| option);
    let known = [
        "-f",
        "--file",
        "--makefile",
        "--directory",
        "--manifest-path",
        "--prefix",
        "--cwd",
        "--dir",
        "--chdir",
        "--modfile",
    ];
    known.contains(&option) || option.starts_with("-C") || option.starts_with("-modfile")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_runner_without_its_project_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let here = dir.path().join("api/src");
        std::fs::create_dir_all(&here).unwrap();
        let missing = |line: &str| match missing(&command(line), &here)? {
            NothingRan::NoProject(name) => Some(name),
            other => panic!("{line}: {other:?}"),
        };
        for (line, expected) in [
            ("cargo test -q", Some("Cargo.toml")),
            ("cargo nextest run", Some("Cargo.toml")),
            ("go test ./...", Some("go.mod")),
            ("npm run test:unit", Some("package.json")),
            ("make -j4 check", Some("Makefile")),
            ("make -C .. check", None),
            ("cargo test --manifest-path=../x/Cargo.toml", None),
            ("npm --prefix=web test", None),
            ("pytest", None),
            ("./check", None),
        ] {
            assert_eq!(missing(line).as_deref(), expected, "{line}");
        }
        for name in ["Cargo.toml", "go.work", "package.json", "Makefile"] {
            std::fs::write(dir.path().join("api").join(name), "").unwrap();
        }
        for line in ["cargo test", "go test ./...", "npm test"] {
            assert_eq!(missing(line), None, "{line}");
        }
        assert_eq!(
            missing("make test").as_deref(),
            Some("Makefile"),
            "make looks here only"
        );
    }
}
