//! Whether a run of the tests came to an outcome at all. It must not say which phase follows, nor decide what runs tests:
//! that is the host's word.

use session_plugin::facts::{EvidenceInfo, TestCounts};

/// Signals with which a program dies of itself (ILL, TRAP, ABRT, BUS, FPE, SEGV): so fail tests that crash.
const FAULTS: [i32; 6] = [4, 5, 6, 7, 8, 11];

/// Whether the tests passed, of which the host has a word; what somebody stopped, and what never came to a test, has no
/// outcome. `is_configured`: the configuration says that the command runs tests.
pub fn outcome(ran: &EvidenceInfo, word: Option<&str>, is_configured: bool) -> Option<bool> {
    let failed = ran.tests.as_ref().is_some_and(|tests| tests.failed > 0);
    let passed = match word {
        Some(word) => word == "passed",
        None if is_configured => ran.exit_code == 0 && !failed,
        None => return None,
    };
    let is_one = match passed {
        true => ran_any(ran, is_configured),
        false => failed || is_failure(ran),
    };
    is_one.then_some(passed)
}

/// What counts its tests and counted none had none: other options, or a filter that nothing fits. `go test` counts only
/// with `-v`, but says which packages passed.
fn ran_any(ran: &EvidenceInfo, is_configured: bool) -> bool {
    let is_any = |tests: &TestCounts| tests.passed > 0 || tests.failed > 0;
    match (&ran.tests, ran.runner.as_deref()) {
        (Some(tests), _) => is_any(tests),
        (None, Some(runner)) => runner.split('+').any(|runner| runner == "go-test"),
        (None, None) => is_configured || tool(&ran.command).is_none(),
    }
}

fn is_failure(ran: &EvidenceInfo) -> bool {
    let counts = ran.tests.as_ref();
    let tool = ran.runner.as_deref().or_else(|| tool(&ran.command));
    match (tool, ran.exit_code) {
        (_, code @ 129..=192) => FAULTS.contains(&(code - 128)),
        // Interrupted, where it counted and nothing had failed; broken down, and nothing selected.
        (Some("pytest"), 2) => counts.is_none(),
        (Some("pytest"), 3 | 5) => false,
        // No tests to run.
        (Some("nextest"), 4) => false,
        // No tests were found: what fails is counted, and what cannot be loaded is said to be a failed suite.
        (Some("jest" | "vitest"), 1) if ran.runner.is_none() => false,
        // It could not be executed, or was not found.
        (None, 126 | 127) => false,
        _ => true,
    }
}

/// The runner that a command names, of those that say what they ran.
fn tool(command: &str) -> Option<&'static str> {
    let mut words = command
        .split(|c: char| c.is_whitespace() || "'\";&|()".contains(c))
        .filter(|word| !word.is_empty() && !word.starts_with(['-', '+']))
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .peekable();
    while let Some(word) = words.next() {
        let next = words.peek().copied();
        match (word, next) {
            ("pytest" | "py.test", _) => return Some("pytest"),
            ("jest", _) => return Some("jest"),
            ("vitest", _) => return Some("vitest"),
            ("ctest", _) => return Some("ctest"),
            ("cargo", Some("nextest")) => return Some("nextest"),
            ("cargo-nextest", _) => return Some("nextest"),
            ("cargo", Some("test" | "t")) => return Some("cargo-test"),
            ("go", Some("test")) => return Some("go-test"),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passed and failed.
    type Counts = Option<(u32, u32)>;

    fn ran(command: &str, runner: Option<&str>, exit_code: i32, counts: Counts) -> EvidenceInfo {
        EvidenceInfo {
            id: "ev-1".to_owned(),
            label: None,
            command: command.to_owned(),
            exit_code,
            started_at: 0,
            milliseconds: 0,
            standing: "verified".to_owned(),
            runner: runner.map(str::to_owned),
            tests: counts.map(|(passed, failed)| TestCounts {
                passed,
                failed,
                skipped: 0,
            }),
            changed_files: Vec::new(),
        }
    }

    fn failed(command: &str, runner: Option<&str>, exit_code: i32, failed: Option<u32>) -> bool {
        let ran = ran(command, runner, exit_code, failed.map(|failed| (1, failed)));
        outcome(&ran, Some("failed"), false) == Some(false)
    }

    #[test]
    fn what_was_stopped_or_never_came_to_the_tests_is_no_outcome() {
        let pytest = Some("pytest");
        for code in [129, 130, 131, 137, 143] {
            assert!(!failed("sh test.sh", None, code, None), "{code}");
            assert!(!failed("cargo test", Some("cargo-test"), code, Some(0)));
            assert!(failed("cargo test", Some("cargo-test"), code, Some(1)));
        }
        assert!(!failed("pytest", pytest, 2, Some(0)), "interrupted");
        assert!(failed("pytest", pytest, 2, None), "could not be imported");
        assert!(!failed("pytest -k x", pytest, 5, Some(0)));
        assert!(!failed("tests", None, 127, None));
    }

    #[test]
    fn a_command_that_was_mistyped_is_no_failure_of_tests() {
        for (command, runner, code) in [
            ("python -m pytest --wrong", None, 3),
            ("sh -c 'cd web; pytest -q nothing'", None, 5),
            ("cargo nextest run nomatch", None, 4),
            ("cargo nextest run nomatch", Some("nextest"), 4),
            ("npx jest nothing", None, 1),
            ("npx vitest run nothing", None, 1),
        ] {
            assert!(!failed(command, runner, code, None), "{command}");
        }
    }

    #[test]
    fn what_failed_is_an_outcome() {
        for (command, runner, code, failures) in [
            ("sh test.sh", None, 1, None),
            ("sh test.sh", None, 2, None),
            ("make test", None, 1, None),
            ("/usr/bin/make test", None, 2, None),
            // A `conftest.py` that cannot be imported; of a name that is not there, the host has no word.
            ("pytest -q", None, 4, None),
            ("make test", Some("ctest"), 2, None),
            ("./test", None, 134, None),
            ("./test", None, 139, None),
            ("php test.php", None, 255, None),
            ("pytest", Some("pytest"), 1, Some(1)),
            ("sh -c 'pytest | tee log'", Some("pytest"), 0, Some(1)),
            ("cargo test", Some("cargo-test"), 101, None),
            ("cargo test", None, 101, None),
            ("npx jest", Some("jest"), 1, Some(0)),
        ] {
            assert!(failed(command, runner, code, failures), "{command} {code}");
        }
    }

    #[test]
    fn a_pass_without_a_test_is_none() {
        for (command, runner, counts, expected) in [
            ("pytest --version", None, None, false),
            ("pytest --co -q", Some("pytest"), None, false),
            ("cargo test --no-run", None, None, false),
            ("cargo +nightly --locked test --no-run", None, None, false),
            (
                "cargo test nomatch",
                Some("cargo-test"),
                Some((0, 0)),
                false,
            ),
            ("go test ./none", None, None, false),
            ("go test ./...", Some("go-test"), None, true),
            ("pytest", Some("pytest"), Some((1, 0)), true),
            ("python -m unittest", None, None, true),
            ("sh test.sh", None, None, true),
        ] {
            let ran = ran(command, runner, 0, counts);
            let passed = outcome(&ran, Some("passed"), false) == Some(true);
            assert_eq!(passed, expected, "{command}");
        }
    }

    #[test]
    fn what_runs_tests_is_the_hosts_word_and_the_configurations() {
        let shown = ran("cat test_a.py", None, 0, None);
        assert_eq!(outcome(&shown, None, false), None);
        assert_eq!(outcome(&shown, None, true), Some(true));
        assert_eq!(outcome(&shown, Some("passed"), false), Some(true));
        let piped = ran("x", Some("pytest"), 0, Some((0, 1)));
        assert_eq!(outcome(&piped, None, true), Some(false));
    }
}
