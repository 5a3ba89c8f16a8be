//! What was touched since tests failed: whether code answered them, or nothing but the tests themselves. It must not tell
//! phases.

use super::{Open, Run};
use crate::failing::Failing;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Touched {
    /// Code was written since RED began, or for the run that began it.
    source: bool,
    /// Since the last failing run.
    since: Since,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Since {
    source: bool,
    tests: bool,
    /// Test files were taken out or put back.
    moved: bool,
}

impl Touched {
    /// RED has begun before what is known here.
    pub fn begun(source: bool) -> Self {
        Self {
            source,
            ..Self::default()
        }
    }

    pub fn note(&mut self, run: &Run) {
        self.source |= run.source_changed;
        self.since.source |= run.source_changed;
        self.since.tests |= run.tests_changed;
        self.since.moved |= run.tests_moved;
    }

    /// It is known to fail on this very tree.
    pub fn fails(&mut self, run: &Run) {
        self.note(run);
        self.since = Since::default();
    }

    /// What failed was taken out or changed, and no code was written for it.
    pub fn is_tests_alone(&self) -> bool {
        let since = &self.since;
        match since.tests {
            true => !self.source,
            // What is taken back is taken back together with the code that was begun.
            false => since.moved && !since.source,
        }
    }
}

/// A cycle whose failing tests are away, as they are after `git stash`: they may come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    pub open: Open,
    failing: Failing,
    since: Since,
}

impl Aside {
    pub fn new(open: Open, mut failing: Failing) -> Self {
        failing.moved();
        Self {
            open,
            failing,
            since: Since::default(),
        }
    }

    /// Whether what failed is back by now and passes, with code that was written meanwhile.
    pub fn is_answered(&mut self, run: &Run) -> bool {
        self.since.source |= run.source_changed;
        self.since.tests |= run.tests_changed || run.tests_moved;
        self.since.source && self.since.tests && self.has(run)
    }

    /// Whether what failed is back by now and fails again.
    pub fn is_back(&self, run: &Run) -> bool {
        run.tests_moved && self.has(run)
    }

    fn has(&self, run: &Run) -> bool {
        self.failing.pass(&run.what) && !self.failing.has_more_than(&run.what)
    }
}
