//! The project that a runner found where it was called: without one it says nothing of tests, and at the root of a cargo
//! workspace it runs those of all packages. It must not read output, and looks at no more than a few names.

use std::path::Path;

use crate::session::selection;

/// Of a `Cargo.toml`, in bytes.
const LARGEST: u64 = 1024 * 1024;

enum Where {
    Here,
    /// Or in any directory above.
    Upwards,
}

/// What it looked for and did not find: `Cargo.toml`. None also where it may have been sent elsewhere.
pub fn missing(command: &[String], directory: &Path) -> Option<&'static str> {
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
    (!is_found).then_some(names[0])
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
        "--modfile",
    ];
    known.contains(&option) || option.starts_with("-C") || option.starts_with("-modfile")
}

/// Whether cargo runs the tests of all packages here although none was named: the directory is a workspace's root and no
/// package itself. One that names `default-members` is not told.
pub fn is_of_all_packages(command: &[String], directory: &Path) -> bool {
    use std::io::Read as _;
    if !selection::runner(command).is_some_and(|runner| runner.starts_with("cargo ")) {
        return false;
    }
    let mut text = String::new();
    let read = std::fs::File::open(directory.join("Cargo.toml"))
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    let has = |beginning: &str| {
        let mut lines = text.lines();
        lines.any(|line| line.trim_start().starts_with(beginning))
    };
    // What TOML can write in other ways is taken for the narrower run.
    read.is_ok() && has("[workspace]") && !has("[package") && !text.contains("default-members")
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
        let missing = |line: &str| missing(&command(line), &here);
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
            assert_eq!(missing(line), expected, "{line}");
        }
        for name in ["Cargo.toml", "go.work", "package.json", "Makefile"] {
            std::fs::write(dir.path().join("api").join(name), "").unwrap();
        }
        for line in ["cargo test", "go test ./...", "npm test"] {
            assert_eq!(missing(line), None, "{line}");
        }
        assert_eq!(
            missing("make test"),
            Some("Makefile"),
            "make looks here only"
        );
    }

    #[test]
    fn a_workspace_without_a_package_at_its_root_is_run_whole() {
        let dir = tempfile::tempdir().unwrap();
        for (manifest, expected) in [
            ("[workspace]\nmembers = [\"a\"]\n", true),
            (
                "[workspace]\n[workspace.package]\nversion = \"1.0.0\"\n",
                true,
            ),
            ("[workspace]\ndefault-members = [\"a\"]\n", false),
            ("[workspace]\n[package]\nname = \"a\"\n", false),
            ("[package]\nname = \"a\"\n", false),
        ] {
            std::fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
            let told = is_of_all_packages(&command("cargo test"), dir.path());
            assert_eq!(told, expected, "{manifest}");
        }
        assert!(!is_of_all_packages(
            &command("cargo test"),
            Path::new("/nowhere")
        ));
        assert!(!is_of_all_packages(&command("make test"), dir.path()));
    }
}
