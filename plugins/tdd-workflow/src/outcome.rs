//! Whether a run of the tests came to an outcome at all. It must not say which phase follows.

use session_plugin::facts::EvidenceInfo;

/// Signals with which a program dies of itself (ILL, TRAP, ABRT, BUS, FPE, SEGV): so fail tests that crash.
const FAULTS: [i32; 6] = [4, 5, 6, 7, 8, 11];

/// A pass, or a failure of tests. What somebody stopped, or what never came to the tests, is neither.
pub fn is_outcome(ran: &EvidenceInfo, is_configured: bool) -> bool {
    let counts = ran.tests.as_ref();
    if ran.exit_code == 0 || counts.is_some_and(|tests| tests.failed > 0) {
        return true;
    }
    match (ran.runner.as_deref(), ran.exit_code) {
        (_, code @ 129..=192) => FAULTS.contains(&(code - 128)),
        // Interrupted, where it counted and nothing had failed; and nothing was selected.
        (Some("pytest"), 2) => counts.is_none(),
        (Some("pytest"), 5) => false,
        // It could not be executed, or was not found.
        (None, 126 | 127) => false,
        // So ends make without a rule as well as with a recipe that fails.
        (None, 2) => is_configured || !is_make(&ran.command),
        _ => true,
    }
}

fn is_make(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    ["make", "gmake"].contains(&name)
}

#[cfg(test)]
mod tests {
    use session_plugin::facts::TestCounts;

    use super::*;

    fn ended(command: &str, runner: Option<&str>, exit_code: i32, failed: Option<u32>) -> bool {
        let ran = EvidenceInfo {
            id: "ev-1".to_owned(),
            label: None,
            command: command.to_owned(),
            exit_code,
            started_at: 0,
            milliseconds: 0,
            standing: "verified".to_owned(),
            runner: runner.map(str::to_owned),
            tests: failed.map(|failed| TestCounts {
                passed: 1,
                failed,
                skipped: 0,
            }),
            changed_files: Vec::new(),
        };
        is_outcome(&ran, false)
    }

    #[test]
    fn what_was_stopped_or_never_came_to_the_tests_is_no_outcome() {
        let pytest = Some("pytest");
        for code in [129, 130, 131, 137, 143] {
            assert!(!ended("sh test.sh", None, code, None), "{code}");
            assert!(!ended("cargo test", Some("cargo-test"), code, Some(0)));
            assert!(ended("cargo test", Some("cargo-test"), code, Some(1)));
        }
        assert!(!ended("pytest", pytest, 2, Some(0)), "interrupted");
        assert!(ended("pytest", pytest, 2, None), "could not be imported");
        assert!(!ended("pytest -k x", pytest, 5, Some(0)));
        assert!(!ended("/usr/bin/make test", None, 2, None), "no rule");
        assert!(!ended("tests", None, 127, None));
    }

    #[test]
    fn what_failed_is_an_outcome() {
        for (command, runner, code, failed) in [
            ("sh test.sh", None, 1, None),
            ("sh test.sh", None, 2, None),
            ("make test", None, 1, None),
            ("make test", Some("ctest"), 2, None),
            ("./test", None, 134, None),
            ("./test", None, 139, None),
            ("php test.php", None, 255, None),
            ("pytest", Some("pytest"), 1, Some(1)),
            ("cargo test", Some("cargo-test"), 101, None),
        ] {
            assert!(ended(command, runner, code, failed), "{command} {code}");
        }
    }
}
