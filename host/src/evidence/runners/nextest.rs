//! `cargo nextest run`: `Summary [   0.005s] 3 tests run: 2 passed, 1 failed, 1 skipped`, of which a run that was cut
//! short says `2/3 tests run`. It must not count single tests: retries would count twice.

use super::{Found, Runner, parts, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Nextest {
    sum: Option<TestCounts>,
}

impl Runner for Nextest {
    fn name(&self) -> &'static str {
        "nextest"
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
    let rest = line.trim_start().strip_prefix("Summary [")?;
    let (_, rest) = rest.split_once("] ")?;
    let (_, numbers) = rest
        .split_once(" tests run: ")
        .or_else(|| rest.split_once(" test run: "))?;
    let mut counts = TestCounts::default();
    // `2 passed (1 slow, 1 flaky), 1 failed`: what is in brackets is part of the number before.
    for (number, word) in parts(&without_brackets(numbers), ",")? {
        match word {
            "passed" => raise(&mut counts.passed, number),
            "failed" | "exec failed" | "timed out" => raise(&mut counts.failed, number),
            "skipped" => raise(&mut counts.skipped, number),
            _ => {}
        }
    }
    Some(counts)
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|character| {
            match character {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}
