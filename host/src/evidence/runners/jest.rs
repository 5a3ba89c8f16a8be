//! `jest`: `Tests:       1 failed, 1 skipped, 2 passed, 4 total`, after its `Test Suites:`. It must not take the line
//! without the one before for it.

use super::{Found, Runner, parts, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Jest {
    in_summary: bool,
    /// What stands last is the runner's own word; a test may print what looks like it.
    last: Option<TestCounts>,
}

impl Runner for Jest {
    fn name(&self) -> &'static str {
        "jest"
    }

    fn line(&mut self, line: &str) {
        if line.starts_with("Test Suites: ") {
            self.in_summary = true;
        } else if let Some(numbers) = line.strip_prefix("Tests: ")
            && std::mem::take(&mut self.in_summary)
            && let Some(counts) = summary(numbers)
        {
            self.last = Some(counts);
        }
    }

    fn found(&self) -> Option<Found> {
        self.last.map(Found::from)
    }
}

fn summary(numbers: &str) -> Option<TestCounts> {
    let mut counts = TestCounts::default();
    for (number, word) in parts(numbers, ",")? {
        match word {
            "passed" => raise(&mut counts.passed, number),
            "failed" => raise(&mut counts.failed, number),
            "skipped" | "todo" => raise(&mut counts.skipped, number),
            "total" => {}
            _ => return None,
        }
    }
    Some(counts)
}
