//! `ctest`: `75% tests passed, 1 tests failed out of 4`; what did not run is listed below. It must not count a test that did
//! not run as one that passed.

use super::{Found, Runner};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Ctest {
    sum: Option<TestCounts>,
    in_not_run: bool,
}

impl Runner for Ctest {
    fn name(&self) -> &'static str {
        "ctest"
    }

    fn line(&mut self, line: &str) {
        if let Some((failed, total)) = summary(line) {
            self.in_not_run = false;
            self.sum.get_or_insert_default().add(TestCounts {
                passed: total.saturating_sub(failed),
                failed,
                skipped: 0,
            });
        } else if self.sum.is_some() && line == "The following tests did not run:" {
            self.in_not_run = true;
        } else if self.in_not_run && !line.starts_with('\t') {
            self.in_not_run = false;
        } else if self.in_not_run
            && let Some(sum) = &mut self.sum
        {
            sum.skipped = sum.skipped.saturating_add(1);
            // A disabled one is not in the total.
            if line.ends_with("(Skipped)") {
                sum.passed = sum.passed.saturating_sub(1);
            }
        }
    }

    fn found(&self) -> Option<Found> {
        self.sum.map(Found::from)
    }
}

fn summary(line: &str) -> Option<(u32, u32)> {
    let (percent, rest) = line.split_once("% tests passed, ")?;
    percent.parse::<u32>().ok()?;
    let (failed, total) = rest.split_once(" tests failed out of ")?;
    Some((failed.parse().ok()?, total.trim().parse().ok()?))
}
