//! `node --test`, as it shows itself to people: `ℹ pass 2`, `ℹ fail 1` and the like between `ℹ tests 3` and
//! `ℹ duration_ms 98.7`. It must not take one of them alone for a count: a test may print that.

use super::{Found, Runner, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct NodeTest {
    summary: Option<TestCounts>,
    /// What stands last is the runner's own word; a test may print what looks like it.
    last: Option<TestCounts>,
}

impl Runner for NodeTest {
    fn name(&self) -> &'static str {
        "node-test"
    }

    fn line(&mut self, line: &str) {
        let said = line
            .strip_prefix("ℹ ")
            .and_then(|said| said.split_once(' '));
        let Some((word, number)) = said else {
            return;
        };
        if word == "tests" {
            self.summary = Some(TestCounts::default());
        } else if word == "duration_ms" {
            self.last = self.summary.take().or(self.last);
        }
        if let (Some(counts), Ok(number)) = (&mut self.summary, number.parse()) {
            match word {
                "pass" => raise(&mut counts.passed, number),
                "fail" | "cancelled" => raise(&mut counts.failed, number),
                "skipped" | "todo" => raise(&mut counts.skipped, number),
                _ => {}
            }
        }
    }

    fn found(&self) -> Option<Found> {
        self.last.map(Found::from)
    }
}
