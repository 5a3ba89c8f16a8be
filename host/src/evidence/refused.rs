//! What a runner says when it has nothing to run: what it was pointed at is not there, or it was called wrongly. It must
//! not take a test's failure for that, and knows only the first words of a line.

use crate::session::evidence::NothingRan;

/// A runner, as its command is known; how a line of its begins; and whether that is about what is not there.
const SAID: [(&str, &str, bool); 20] = [
    ("pytest", "ERROR: file or directory not found: ", true),
    ("pytest", "ERROR: not found: ", true),
    ("pytest", "ERROR: usage: ", false),
    ("cargo", "error: no test target named ", true),
    ("cargo", "error: no bin target named ", true),
    ("cargo", "error: no library targets found in package ", true),
    ("cargo", "error: package ID specification ", true),
    (
        "cargo",
        "error: none of the selected packages contains ",
        true,
    ),
    // `'x' does not contain this feature: y`
    ("cargo", "error: the package '", true),
    ("cargo", "error: unexpected argument ", false),
    ("cargo", "error: no such command: ", false),
    ("make", "make: *** No rule to make target ", true),
    (
        "make",
        "make: *** No targets specified and no makefile found",
        true,
    ),
    ("npm", "npm error Missing script: ", true),
    ("npm", "npm ERR! Missing script: ", true),
    ("jest", "No tests found, exiting with code 1", true),
    ("vitest", "No test files found, exiting with code 1", true),
    ("go", "no Go files in ", true),
    ("go", "flag provided but not defined: ", false),
    ("ctest", "No tests were found!!!", true),
];

/// The first that was said by each.
#[derive(Default)]
pub struct Refused {
    said: Vec<(&'static str, bool)>,
}

impl Refused {
    pub fn line(&mut self, line: &str) {
        // Nearly every line is put aside by its first character.
        if !line.starts_with(['E', 'e', 'm', 'n', 'f', 'N']) {
            return;
        }
        for (runner, beginning, is_missing) in SAID {
            if line.starts_with(beginning) && !self.said.iter().any(|(said, _)| *said == runner) {
                self.said.push((runner, is_missing));
            }
        }
    }

    /// Of the runner that the command calls: `cargo test`.
    pub fn of(&self, runner: &str) -> Option<NothingRan> {
        let program = runner.split(' ').next()?;
        // What runs a package's scripts passes on what they say.
        let is_of_package = ["npm", "pnpm", "yarn", "bun"].contains(&program);
        let is_by =
            |said: &str| said == program || is_of_package && ["jest", "vitest"].contains(&said);
        let (_, is_missing) = self.said.iter().find(|(said, _)| is_by(said))?;
        Some(match is_missing {
            true => NothingRan::NotThere,
            false => NothingRan::CalledWrongly,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(runner: &str, lines: &[&str]) -> Option<NothingRan> {
        let mut refused = Refused::default();
        lines.iter().for_each(|line| refused.line(line));
        refused.of(runner)
    }

    /// Lines as pytest 9, cargo 1.95, GNU make 4.3 and npm 11 write them.
    #[test]
    fn a_refusal_is_told_from_a_failure() {
        use NothingRan::{CalledWrongly, NotThere};
        for (runner, line, expected) in [
            (
                "pytest",
                "ERROR: file or directory not found: gone.py",
                Some(NotThere),
            ),
            (
                "pytest",
                "ERROR: usage: pytest [options] [file_or_dir] [...]",
                Some(CalledWrongly),
            ),
            (
                "pytest",
                "ImportError while loading conftest '/x/conftest.py'.",
                None,
            ),
            ("pytest", "ERROR test_a.py - ImportError", None),
            (
                "cargo test",
                "error: no test target named `x` in default-run packages",
                Some(NotThere),
            ),
            (
                "cargo test",
                "error: the package 'one' does not contain this feature: x",
                Some(NotThere),
            ),
            (
                "cargo nextest",
                "error: unexpected argument '--nope' found",
                Some(CalledWrongly),
            ),
            (
                "cargo test",
                "error: test failed, to rerun pass `--lib`",
                None,
            ),
            (
                "cargo test",
                "error: could not compile `one` (lib test) due to 1 previous error",
                None,
            ),
            (
                "make test",
                "make: *** No rule to make target 'test'.  Stop.",
                Some(NotThere),
            ),
            (
                "make test",
                "make[1]: *** No rule to make target 'test'.  Stop.",
                None,
            ),
            ("make test", "make: *** [Makefile:2: test] Error 1", None),
            (
                "npm test",
                "npm error Missing script: \"test\"",
                Some(NotThere),
            ),
            (
                "jest",
                "No tests found, exiting with code 1",
                Some(NotThere),
            ),
            (
                "npm test",
                "No test files found, exiting with code 1",
                Some(NotThere),
            ),
            // Another tool's words.
            (
                "make test",
                "ERROR: file or directory not found: gone.py",
                None,
            ),
        ] {
            assert_eq!(refused(runner, &["x", line]), expected, "{line}");
        }
    }
}
