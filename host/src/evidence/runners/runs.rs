//! Several runs of one runner in one command's output, summed. It must not read a line: it is told what stood there.

use crate::session::evidence::TestCounts;

/// The summaries of runs that have a first line of their own. A test may print what looks like a summary: within one run
/// what stands last is the runner's own word.
#[derive(Default)]
pub struct Runs {
    /// Have begun, and no summary of theirs was seen: two may run at once.
    open: u32,
    before: TestCounts,
    newest: Option<TestCounts>,
}

impl Runs {
    pub fn begin(&mut self) {
        self.open = self.open.saturating_add(1);
    }

    pub fn is_open(&self) -> bool {
        self.open > 0
    }

    pub fn summary(&mut self, counts: TestCounts) {
        if self.open > 0 {
            self.open -= 1;
            self.before.add(self.newest.unwrap_or_default());
        }
        self.newest = Some(counts);
    }

    /// Of all of them; None where there was no summary.
    pub fn sum(&self) -> Option<TestCounts> {
        let mut sum = self.newest?;
        sum.add(self.before);
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_runs_at_once_none_is_lost() {
        let failed = |failed| TestCounts {
            failed,
            ..TestCounts::default()
        };
        let mut runs = Runs::default();
        assert_eq!(runs.sum(), None);
        runs.begin();
        runs.begin();
        runs.summary(failed(1));
        runs.summary(failed(2));
        assert_eq!(runs.sum(), Some(failed(3)));
        runs.summary(failed(0));
        assert_eq!(runs.sum(), Some(failed(1)), "its run has said it before");
    }
}
