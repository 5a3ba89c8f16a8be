//! `pytest`: `===== test session starts =====`, and at the end `===== 1 failed, 2 passed, 1 skipped in 0.03s =====`; quiet,
//! there is no first line, and no frame around the last. It must not take another program's frame for it: the words are
//! pytest's own, and so is the time at the end.

use super::runs::Runs;
use super::{Found, Runner, parts, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Pytest {
    runs: Runs,
}

impl Runner for Pytest {
    fn name(&self) -> &'static str {
        "pytest"
    }

    fn line(&mut self, line: &str) {
        if is_beginning(line) {
            return self.runs.begin();
        }
        let Some(counts) = summary(line) else { return };
        let is_quiet = !line.starts_with('=');
        if is_quiet && !self.runs.is_open() {
            self.runs.begin();
        }
        self.runs.summary(counts);
    }

    fn found(&self) -> Option<Found> {
        self.runs.sum().map(Found::from)
    }
}

/// What a test of pytest's own plugins runs stands behind the name of that test, or its dot.
fn is_beginning(line: &str) -> bool {
    line.starts_with('=') && line.trim_end().trim_matches('=') == " test session starts "
}

fn summary(line: &str) -> Option<TestCounts> {
    let line = line.trim().trim_matches('=').trim();
    let (numbers, time) = line.rsplit_once(" in ")?;
    // `0.03s`, or `75.20s (0:01:15)`.
    let seconds = time.split(' ').next()?.strip_suffix('s')?;
    seconds.parse::<f64>().ok()?;
    if numbers == "no tests ran" {
        return Some(TestCounts::default());
    }
    let mut counts = TestCounts::default();
    for (number, word) in parts(numbers, ",")? {
        match word {
            "passed" | "xpassed" => raise(&mut counts.passed, number),
            "failed" | "error" | "errors" => raise(&mut counts.failed, number),
            "skipped" | "xfailed" => raise(&mut counts.skipped, number),
            "deselected" | "warning" | "warnings" | "rerun" | "subtests passed" => {}
            _ => return None,
        }
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_test_prints_is_not_the_summary() {
        let mut runner = Pytest::default();
        for line in [
            "=== 1 failed, 2 passed in 0.01s ===",
            "=== 3 passed in 0.03s ===",
        ] {
            runner.line(line);
        }
        let counts = runner.found().unwrap().counts.unwrap();
        assert_eq!((counts.passed, counts.failed), (3, 0));
    }

    #[test]
    fn a_long_run_has_its_time_twice() {
        let counts = summary("=== 3 passed, 2 warnings in 75.20s (0:01:15) ===").unwrap();
        assert_eq!(counts.passed, 3);
        assert_eq!(summary("=== 3 files in 2.0s ==="), None);
        assert_eq!(summary("3 passed in a row"), None);
    }
}
