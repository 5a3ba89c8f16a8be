//! `jest`: `Tests:       1 failed, 1 skipped, 2 passed, 4 total`, after its `Test Suites:`; on a terminal the same again and
//! again while it runs. It must not take the line without the one before for it.

use super::{Found, Runner, parts, raise};
use crate::session::evidence::TestCounts;

#[derive(Default)]
pub struct Jest {
    in_summary: bool,
    before: TestCounts,
    newest: Option<TestCounts>,
    follows: Follows,
}

/// What the next summary is to the newest.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// It may be the same run's, as far as it has come.
    #[default]
    Run,
    /// That run is over.
    Ended,
    /// That run is over, and the next one counts in its place.
    Watched,
}

impl Jest {
    fn summary(&mut self, counts: TestCounts) {
        let newest = self.newest.unwrap_or_default();
        // Of one run, no number ever falls. With `--silent`, nothing else tells where the next one begins.
        let fell = counts.passed < newest.passed
            || counts.failed < newest.failed
            || counts.skipped < newest.skipped;
        if self.follows == Follows::Ended || (self.follows == Follows::Run && fell) {
            self.before.add(newest);
        }
        self.newest = Some(counts);
        self.follows = Follows::Run;
    }
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
            self.summary(counts);
        } else if line.starts_with("Ran all test suites") {
            self.follows = Follows::Ended;
        } else if line.starts_with("Watch Usage") {
            self.follows = Follows::Watched;
        }
    }

    fn found(&self) -> Option<Found> {
        let mut sum = self.newest?;
        sum.add(self.before);
        Some(Found::from(sum))
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
