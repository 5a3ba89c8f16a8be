//! Python's `unittest`: a rule of dashes, `Ran 7 tests in 0.001s`, and `OK (skipped=1)`, `FAILED (failures=1, errors=1)` or
//! `NO TESTS RAN`. It must not take what a test prints for it: that stands below no rule.

use super::{Found, Runner, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Unittest {
    below_rule: bool,
    /// Said, and not how they ended.
    ran: Option<u32>,
    sum: Option<TestCounts>,
}

impl Runner for Unittest {
    fn name(&self) -> &'static str {
        "unittest"
    }

    fn line(&mut self, line: &str) {
        if std::mem::take(&mut self.below_rule)
            && let Some(number) = ran(line)
        {
            self.ran = Some(number);
        } else if line.starts_with("-----") {
            self.below_rule = line.trim_end().len() == 70 && line.trim_end_matches('-').is_empty();
        } else if let Some(number) = self.ran
            && let Some(counts) = ended(line, number)
        {
            self.ran = None;
            self.sum.get_or_insert_default().add(counts);
        }
    }

    fn found(&self) -> Option<Found> {
        self.sum.map(Found::from)
    }
}

fn ran(line: &str) -> Option<u32> {
    let (number, rest) = line.strip_prefix("Ran ")?.split_once(' ')?;
    let time = rest
        .strip_prefix("tests in ")
        .or_else(|| rest.strip_prefix("test in "))?;
    time.strip_suffix('s')?.parse::<f64>().ok()?;
    number.parse().ok()
}

/// A test with several subtests may fail several times: what is left of all has passed.
fn ended(line: &str, ran: u32) -> Option<TestCounts> {
    let words = ["OK", "FAILED", "NO TESTS RAN"];
    let rest = words.iter().find_map(|word| line.strip_prefix(word))?;
    let mut counts = TestCounts::default();
    if !rest.is_empty() {
        for part in rest.strip_prefix(" (")?.strip_suffix(')')?.split(", ") {
            let (word, number) = part.split_once('=')?;
            let number = number.parse().ok()?;
            match word {
                "failures" | "errors" | "unexpected successes" => {
                    raise(&mut counts.failed, number);
                }
                "skipped" | "expected failures" => raise(&mut counts.skipped, number),
                _ => return None,
            }
        }
    }
    counts.passed = ran
        .saturating_sub(counts.failed)
        .saturating_sub(counts.skipped);
    Some(counts)
}
