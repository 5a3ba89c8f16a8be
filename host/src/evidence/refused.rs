//! What a runner says when it has nothing to run: what it was pointed at is not there, or it was called wrongly. It must
//! not take a test's failure for that, and knows only the first words of a line.

use crate::session::evidence::NothingRan;

/// A runner, as its command is known; how a line of its begins; and whether that is about what is not there.
const SAID: &[(&str, &str, bool)] = &[
    ("pytest", "ERROR: file or directory not found: ", true),
    ("pytest", "ERROR: not found: ", true),
    ("pytest", "ERROR: module or package not found: ", true),
    ("pytest", "ERROR: usage: ", false),
    ("pytest", "ERROR: Config file ", false),
    ("pytest", "ERROR: Directory ", false),
    ("pytest", "ERROR: -o/--override-ini expects ", false),
    (
        "pytest",
        "ERROR: while parsing the following warning",
        false,
    ),
    ("pytest", "ERROR: Wrong expression passed to ", false),
    (
        "unittest",
        "ModuleNotFoundError: No module named '{}'",
        true,
    ),
    ("cargo", "error: no test target named ", true),
    ("cargo", "error: no bin target named ", true),
    ("cargo", "error: no example target named ", true),
    ("cargo", "error: no bench target named ", true),
    ("cargo", "error: manifest path `", true),
    (
        "cargo",
        "error: cannot specify features for packages outside ",
        true,
    ),
    ("cargo", "error: Unrecognized option: ", false),
    ("cargo", "error: a value is required for ", false),
    ("cargo", "error: \"--", false),
    ("cargo", "error: failed to parse value from --config", false),
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
    ("make", "make: *** No rule to make target '{}'.", true),
    (
        "make",
        "make: *** No targets specified and no makefile found",
        true,
    ),
    ("npm", "npm error Missing script: \"{}\"", true),
    ("npm", "npm ERR! Missing script: \"{}\"", true),
    ("npm", "npm error No workspaces found", true),
    ("npm", "Error: no test specified", true),
    ("node", "Could not find '", true),
    ("node", "node: bad option: ", false),
    ("jest", "No tests found, exiting with code 1", true),
    ("vitest", "No test files found, exiting with code 1", true),
    ("go", "no Go files in ", true),
    ("ctest", "No tests were found!!!", true),
];

/// What stands for the name of what was asked for: of something else it may be that a recipe needs it.
const NAME: &str = "{}";
/// Different lines that are kept.
const MOST: usize = 8;

struct Said {
    runner: &'static str,
    is_missing: bool,
    name: Option<String>,
}

#[derive(Default)]
pub struct Refused {
    said: Vec<Said>,
}

impl Refused {
    pub fn line(&mut self, line: &str) {
        // Nearly every line is put aside by its first character.
        if !line.starts_with(['C', 'E', 'M', 'e', 'm', 'n', 'N']) || self.said.len() == MOST {
            return;
        }
        for &(runner, pattern, is_missing) in SAID {
            let (beginning, end) = match pattern.split_once(NAME) {
                Some((beginning, end)) => (beginning, Some(end)),
                None => (pattern, None),
            };
            let Some(rest) = line.strip_prefix(beginning) else {
                continue;
            };
            let name = end.map(|end| rest.split(end).next().unwrap_or(rest).to_owned());
            self.said.push(Said {
                runner,
                is_missing,
                name,
            });
        }
    }

    /// Of the runner that the command calls (`cargo test`, `make check`), with its words.
    pub fn of(&self, runner: &str, command: &[String]) -> Option<NothingRan> {
        let (program, _) = runner.split_once(' ').unwrap_or((runner, ""));
        // What runs a package's scripts passes on what they say.
        let is_of_package = ["npm", "pnpm", "yarn", "bun"].contains(&program);
        let is_by = |said: &str| {
            said == program || is_of_package && ["jest", "vitest", "node"].contains(&said)
        };
        // `tests.test_a` of `tests.test_a.Case.test_b`.
        let is_asked = |name: &String| {
            command.iter().any(|word| {
                let rest = word.strip_prefix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let is_about = |said: &&Said| is_by(said.runner) && said.name.as_ref().is_none_or(is_asked);
        let said = self.said.iter().find(is_about)?;
        Some(match said.is_missing {
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
        let command: Vec<String> = runner.split(' ').map(str::to_owned).collect();
        let name = runner.split(" -m ").last().unwrap_or(runner);
        refused.of(name, &command)
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
            (
                "node --test",
                "Could not find '/x/nope.test.js'",
                Some(NotThere),
            ),
            (
                "npm test",
                "Could not find '/x/nope.test.js'",
                Some(NotThere),
            ),
            (
                "cargo test",
                "error: Unrecognized option: 'nocaptur'",
                Some(CalledWrongly),
            ),
            (
                "unittest tests.test_g.T.test_x",
                "ModuleNotFoundError: No module named 'tests.test_g'",
                Some(NotThere),
            ),
            (
                "unittest tests.test_g",
                "ModuleNotFoundError: No module named 'shop.price'",
                None,
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
