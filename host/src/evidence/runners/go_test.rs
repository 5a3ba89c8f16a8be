//! `go test`: with `-v` each test's `--- PASS: TestOne (0.00s)`, with `-json` an event for each; without either it says
//! only which packages passed, and so nothing is counted. It must not count what a passing package does not say.

use super::{Found, Runner};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct GoTest {
    recognised: bool,
    sum: Option<TestCounts>,
    /// The tests were named one by one, so that the count is whole.
    verbose: bool,
}

impl Runner for GoTest {
    fn name(&self) -> &'static str {
        "go-test"
    }

    fn line(&mut self, line: &str) {
        if line.starts_with("{\"Time\":") {
            self.event(line);
        } else if line.starts_with("=== RUN   ") {
            self.verbose = true;
            self.recognised = true;
        } else if package(line) {
            self.recognised = true;
        } else if let Some(rest) = line.trim_start().strip_prefix("--- ")
            && let Some((word, rest)) = rest.split_once(": ")
            && rest.ends_with("s)")
        {
            self.count(word);
        }
    }

    fn found(&self) -> Option<Found> {
        self.recognised.then_some(Found {
            counts: self.sum.filter(|_| self.verbose),
        })
    }
}

impl GoTest {
    fn event(&mut self, line: &str) {
        let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else {
            return;
        };
        let text = |name: &str| event.get(name).and_then(serde_json::Value::as_str);
        if text("Package").is_none() {
            return;
        }
        if let (Some(action), Some(_)) = (text("Action"), text("Test")) {
            self.recognised = true;
            self.verbose = true;
            self.count(match action {
                "pass" => "PASS",
                "fail" => "FAIL",
                "skip" => "SKIP",
                _ => return,
            });
        }
    }

    fn count(&mut self, word: &str) {
        let sum = self.sum.get_or_insert_default();
        let number = match word {
            "PASS" => &mut sum.passed,
            "FAIL" => &mut sum.failed,
            "SKIP" => &mut sum.skipped,
            _ => return,
        };
        *number = number.saturating_add(1);
    }
}

/// `ok`, `FAIL` or `?` (padded to four characters), the package and its time, with tabs between them.
fn package(line: &str) -> bool {
    let mut fields = line.split('\t');
    let (state, name, time) = (fields.next(), fields.next(), fields.next());
    matches!(state, Some("ok  " | "FAIL" | "?   "))
        && name.is_some_and(|name| !name.is_empty())
        && time.is_some_and(|time| time.starts_with(['(', '[']) || time.ends_with('s'))
}
