//! `vitest`: ` RUN  v3.2.7 /project`, and at the end `      Tests  1 failed | 2 passed | 1 skipped (4)`, after its `Test Files`.
//! On a terminal it draws what it has so far, with one blank in place of two. It must not take the line without the one
//! before for it.

use super::runs::Runs;
use super::{Found, Runner, parts, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Vitest {
    in_summary: bool,
    runs: Runs,
}

impl Runner for Vitest {
    fn name(&self) -> &'static str {
        "vitest"
    }

    fn line(&mut self, line: &str) {
        let line = line.trim();
        // When it watches, what it runs again has another word, and counts in place of what it ran before.
        if line.starts_with("RUN  v") || line.starts_with("DEV  v") {
            self.runs.begin();
        } else if line.starts_with("Test Files  ") {
            self.in_summary = true;
        } else if let Some(numbers) = line.strip_prefix("Tests  ")
            && std::mem::take(&mut self.in_summary)
            && let Some(counts) = summary(numbers)
        {
            self.runs.summary(counts);
        }
    }

    fn found(&self) -> Option<Found> {
        self.runs.sum().map(Found::from)
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
