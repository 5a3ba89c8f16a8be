//! `cargo test`: `test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`, one
//! for each binary. It must not count what a test prints: that stands in a line with the same words only on purpose.

use super::{Found, Runner, parts};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct CargoTest {
    sum: Option<TestCounts>,
}

impl Runner for CargoTest {
    fn name(&self) -> &'static str {
        "cargo-test"
    }

    fn line(&mut self, line: &str) {
        let Some(counts) = summary(line) else { return };
        self.sum.get_or_insert_default().add(counts);
    }

    fn found(&self) -> Option<Found> {
        self.sum.map(Found::from)
    }
}

fn summary(line: &str) -> Option<TestCounts> {
    let rest = line.strip_prefix("test result: ")?;
    let rest = rest
        .strip_prefix("ok. ")
        .or_else(|| rest.strip_prefix("FAILED. "))?;
    let (numbers, _) = rest.split_once("; finished in ")?;
    let mut counts = TestCounts::default();
    for (number, word) in parts(numbers, ";")? {
        match word {
            "passed" => counts.passed = number,
            "failed" => counts.failed = number,
            "ignored" => counts.skipped = number,
            "measured" | "filtered out" => {}
            _ => return None,
        }
    }
    Some(counts)
}
