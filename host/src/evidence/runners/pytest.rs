//! `pytest`: `===== 1 failed, 2 passed, 1 skipped in 0.03s =====`, without the frame when quiet. It must not take another
//! program's frame for it: the words are pytest's own, and so is the time at the end.

use super::{Found, Runner, parts, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Pytest {
    /// What stands last is the runner's own word; a test may print what looks like it.
    last: Option<TestCounts>,
}

impl Runner for Pytest {
    fn name(&self) -> &'static str {
        "pytest"
    }

    fn line(&mut self, line: &str) {
        let Some(counts) = summary(line) else { return };
        self.last = Some(counts);
    }

    fn found(&self) -> Option<Found> {
        self.last.map(Found::from)
    }
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
