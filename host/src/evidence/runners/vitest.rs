//! `vitest`: `      Tests  1 failed | 2 passed | 1 skipped (4)`, after its `Test Files`. It must not take the line without the
//! one before for it.

use super::{Found, Runner, parts, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Vitest {
    in_summary: bool,
    /// What stands last is the runner's own word; a test may print what looks like it.
    last: Option<TestCounts>,
}

impl Runner for Vitest {
    fn name(&self) -> &'static str {
        "vitest"
    }

    fn line(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with("Test Files  ") {
            self.in_summary = true;
        } else if let Some(numbers) = line.strip_prefix("Tests  ")
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
    if numbers.trim() == "no tests" {
        return Some(TestCounts::default());
    }
    let mut counts = TestCounts::default();
    let (numbers, _) = numbers.rsplit_once('(').unwrap_or((numbers, ""));
    for (number, word) in parts(numbers.trim(), "|")? {
        match word {
            "passed" => raise(&mut counts.passed, number),
            "failed" => raise(&mut counts.failed, number),
            "skipped" | "todo" | "expected fail" => raise(&mut counts.skipped, number),
            _ => return None,
        }
    }
    Some(counts)
}
