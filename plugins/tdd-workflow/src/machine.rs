//! The state machine of test-driven development: from runs of the tests and from claims to phases and cycles. It must
//! not know where runs and claims come from, nor what a file is.

mod red;

use crate::failing::Failing;
use crate::runs::Ran;
use red::{Aside, Touched};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Red,
    Green,
    Refactor,
}

impl Phase {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "RED" => Some(Self::Red),
            "GREEN" => Some(Self::Green),
            "REFACTOR" => Some(Self::Refactor),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "RED",
            Self::Green => "GREEN",
            Self::Refactor => "REFACTOR",
        }
    }
}

/// A run of the tests that was seen to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// `ev-3`.
    pub id: String,
    pub started_at: i64,
    pub ended_at: i64,
    pub passed: bool,
    /// Since the run before.
    pub tests_changed: bool,
    pub source_changed: bool,
    /// Files with tests were taken out or put back, and nothing new was written in them.
    pub tests_moved: bool,
    /// Anything at all has.
    pub moved: bool,
    /// It counted fewer tests than its runner did before: the changed ones may not be among them.
    pub narrow: bool,
    /// The same command counted as many tests the last time, or more.
    pub none_new: bool,
    pub what: Ran,
}

/// A phase that somebody named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// `cp-3`, or what is being made now.
    pub id: String,
    pub at: i64,
    pub phase: Phase,
    /// Whether the tests are known to pass on the tree of the claim; none where only the run before can say.
    pub passing: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Run(Run),
    Claim(Claim),
}

impl Event {
    pub fn id(&self) -> &str {
        match self {
            Self::Run(run) => &run.id,
            Self::Claim(claim) => &claim.id,
        }
    }
}

/// From the first failing run with a changed test to the first pass of what failed, both of them seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cycle {
    pub red_at: i64,
    pub green_at: i64,
}

/// A cycle that is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub red_at: i64,
    /// A run failed; else somebody said so.
    pub seen: bool,
    /// Somebody said that it is complete, and no run has passed.
    pub claimed_green: bool,
}

/// What the events come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    pub phase: Option<Phase>,
    /// How it came to be in this phase, or in none: a clause.
    pub why: String,
    /// It is in this phase because somebody said so, or because the session before was.
    pub by_claim: bool,
    /// Nothing was seen or said in this session that tells a phase.
    pub carried: bool,
    /// When each phase began, oldest first. Where the clock went back, no earlier than the one before.
    pub phases: Vec<(i64, Phase)>,
    pub cycles: Vec<Cycle>,
    /// Cycles of which no run showed the beginning or the end.
    pub claimed_cycles: usize,
    /// Runs that passed after nothing but tests was changed, where code had broken them.
    pub fixed_after_code: Vec<String>,
    /// Runs in which changed tests passed at once: nobody saw them fail.
    pub never_failed: Vec<String>,
    /// Claims of GREEN or REFACTOR without a passing run.
    pub unverified: Vec<String>,
    /// The last run, and whether it passed.
    pub last_run: Option<(String, bool)>,
    pub open: Option<Open>,
    /// What failed since this cycle began.
    pub failing: Failing,
    pub touched: Touched,
    /// The last cycle that was given up, as long as no other has begun.
    pub aside: Option<Aside>,
    /// A run that passed since, and is not known to have had that.
    pub passed_beside: Option<String>,
    /// The last run failed although no test had changed.
    pub broken: bool,
    /// Tests were changed, and no run since is known to have had them.
    pub pending: bool,
}

/// Where the session before stopped.
#[derive(Debug, Clone, Default)]
pub struct Before {
    pub phase: Option<Phase>,
    /// The runs that failed then and have not passed since, with the time at which each was started. Of RED they are
    /// what was seen.
    pub failed: Vec<(i64, Ran)>,
    /// Code was written for them.
    pub source: bool,
}

/// Goes through the events, which have to be in the order in which they happened.
pub fn tell(events: &[Event], before: Before) -> Story {
    let mut story = Story {
        why: "no run of the tests was seen yet".to_owned(),
        ..Story::default()
    };
    if let Some(phase) = before.phase {
        let why = "it was the phase of the session before".to_owned();
        story.enter(phase, i64::MIN, why);
        story.by_claim = true;
        story.carried = true;
    }
    let since = before.failed.iter().map(|(at, _)| *at).min();
    if let (Some(Phase::Red), Some(red_at)) = (before.phase, since) {
        story.open = Some(Open {
            red_at,
            seen: true,
            claimed_green: false,
        });
        story.touched = Touched::begun(before.source);
        let failed = before.failed.into_iter();
        failed.for_each(|(_, ran)| story.failing.add(ran));
    }
    for event in events {
        if let Event::Run(Run { moved: true, .. }) = event {
            story.failing.moved();
        }
        match event {
            Event::Run(run) if run.passed => story.pass(run),
            Event::Run(run) => story.fail(run),
            Event::Claim(claim) => story.claim(claim),
        }
        if let Event::Run(run) = event {
            story.last_run = Some((run.id.clone(), run.passed));
        }
    }
    story
}

impl Story {
    fn enter(&mut self, phase: Phase, at: i64, why: String) {
        if self.phase != Some(phase) {
            let before = self.phases.last().map_or(i64::MIN, |(at, _)| *at);
            self.phases.push((at.max(before), phase));
        }
        self.phase = Some(phase);
        self.why = why;
        self.by_claim = false;
        self.carried = false;
    }

    fn fail(&mut self, run: &Run) {
        let id = &run.id;
        self.passed_beside = None;
        let pending = std::mem::take(&mut self.pending);
        let unseen = self.seen_to_fail(run);
        let back = self.aside.take_if(|aside| aside.is_back(run));
        if let Some(aside) = &back {
            self.open = Some(aside.open);
        }
        if run.tests_changed || pending || unseen || back.is_some() {
            self.saw_red(run);
            self.broken = false;
            self.enter(
                Phase::Red,
                run.ended_at,
                format!("tests were changed, and they fail ({id})"),
            );
        } else if self.phase == Some(Phase::Red) {
            self.saw_red(run);
        } else {
            self.broken = true;
            self.why = match self.phase {
                Some(_) => format!("the tests fail, and none was changed ({id})"),
                None => format!("the tests fail, and none was changed in this session ({id})"),
            };
        }
    }

    /// A cycle that somebody said to be complete is none any more.
    fn saw_red(&mut self, run: &Run) {
        let open = self.open.filter(|open| !open.claimed_green);
        if open.is_none() {
            self.failing.clear();
            self.touched = Touched::default();
        }
        self.touched.fails(run);
        self.aside = None;
        self.open = Some(Open {
            red_at: open.map_or(run.started_at, |open| open.red_at),
            seen: true,
            claimed_green: false,
        });
        self.failing.add(run.what.clone());
    }

    /// Whether these are the tests that failed. Where only somebody's word is known of that, any run that is not narrow.
    fn is_of_what_failed(&self, run: &Run) -> bool {
        match self.failing.is_none() {
            true => !run.narrow,
            false => self.failing.pass(&run.what),
        }
    }

    /// The changed tests that passed at once in the run before fail in this one, on the same tree: that run did
    /// not have them, or they depend on something else. Then nobody can say that they were never seen to fail.
    fn seen_to_fail(&mut self, run: &Run) -> bool {
        let before = self.last_run.as_ref().map(|(id, _)| id);
        let same = !run.moved;
        let accused = before.is_some() && self.never_failed.last() == before;
        if same && accused {
            self.never_failed.pop();
        }
        same && accused
    }

    fn pass(&mut self, run: &Run) {
        let id = &run.id;
        let is_red = self.phase == Some(Phase::Red);
        let of_what_failed = self.is_of_what_failed(run);
        self.touched.note(run);
        if is_red && !of_what_failed {
            self.passed_beside = Some(id.clone());
            return;
        }
        if !is_red && of_what_failed {
            self.complete_claimed(run.ended_at);
        }
        let tests_changed = run.tests_changed || self.pending;
        self.pending = tests_changed && run.narrow && !is_red;
        if self.pending {
            self.why = format!("the changed tests may not be among those that pass ({id})");
            return;
        }
        let back = self.aside.as_mut().is_some_and(|it| it.is_answered(run));
        match self.phase {
            Some(Phase::Red) if self.failing.has_more_than(&run.what) => {
                self.abandon(run, "the tests pass, and are fewer than those that failed");
            }
            Some(Phase::Red) if self.is_taken_out() => {
                self.abandon(
                    run,
                    "what failed was taken out or changed, without new code",
                );
            }
            Some(Phase::Red) => self.turn_green(run),
            _ if back => {
                self.open = self.aside.take().map(|aside| aside.open);
                self.turn_green(run);
            }
            // Nothing new is there that somebody should have seen fail: a function was renamed in its tests as well, or a
            // test was cleaned up.
            Some(_) if tests_changed && run.none_new && !run.source_changed && !self.broken => {
                self.why = format!("the changed tests pass, and are no more than before ({id})");
            }
            Some(_) if tests_changed && run.none_new && !self.broken => {
                self.enter(
                    Phase::Refactor,
                    run.ended_at,
                    format!("a pass after GREEN, with code and its tests changed and no test more ({id})"),
                );
            }
            _ if tests_changed => {
                if self.broken && !run.source_changed {
                    self.fixed_after_code.push(id.clone());
                    self.why = format!("tests were changed to fit the code, and pass ({id})");
                } else {
                    self.never_failed.push(id.clone());
                    self.why =
                        format!("changed tests passed at once, without having failed ({id})");
                }
            }
            Some(_) if run.source_changed => {
                self.enter(
                    Phase::Refactor,
                    run.ended_at,
                    format!("a pass after GREEN, with no test changed ({id})"),
                );
            }
            Some(_) if self.broken => self.why = format!("the tests pass again ({id})"),
            Some(_) => {}
            None => self.why = format!("the tests pass, and none was seen to fail yet ({id})"),
        }
        self.broken = false;
    }

    fn claim(&mut self, claim: &Claim) {
        let id = &claim.id;
        if claim.phase == Phase::Red {
            let open = self.open.filter(|open| !open.claimed_green);
            if open.is_none() {
                self.failing.clear();
                self.touched = Touched::default();
            }
            self.aside = None;
            self.open = open.or(Some(Open {
                red_at: claim.at,
                seen: false,
                claimed_green: false,
            }));
        } else {
            let last = self.last_run.as_ref();
            if !claim
                .passing
                .unwrap_or(last.is_some_and(|(_, passed)| *passed))
            {
                self.unverified.push(id.clone());
            }
            if self.phase == Some(Phase::Red)
                && let Some(open) = &mut self.open
            {
                open.claimed_green = true;
                self.claimed_cycles += 1;
            }
        }
        if self.phase != Some(claim.phase) || self.carried {
            self.enter(claim.phase, claim.at, format!("claimed ({id})"));
            self.by_claim = true;
        }
    }

    fn turn_green(&mut self, run: &Run) {
        self.complete(run.ended_at);
        let why = format!("the first pass after RED ({})", run.id);
        self.enter(Phase::Green, run.ended_at, why);
    }

    /// Of what nobody saw fail, nobody can say so.
    fn is_taken_out(&self) -> bool {
        self.open.is_some_and(|open| open.seen) && self.touched.is_tests_alone()
    }

    /// A run showed the end. Of a beginning that nobody saw it makes no cycle.
    fn complete(&mut self, green_at: i64) {
        self.failing.clear();
        self.passed_beside = None;
        match self.open.take() {
            Some(Open { red_at, seen, .. }) if seen => self.cycles.push(Cycle { red_at, green_at }),
            Some(_) => self.claimed_cycles += 1,
            None => {}
        }
    }

    /// The tests that failed are not there any more: it is as it was before they were.
    fn abandon(&mut self, run: &Run, why: &str) {
        let failing = std::mem::take(&mut self.failing);
        let open = self.open.take().filter(|open| open.seen);
        self.aside = open.map(|open| Aside::new(open, failing));
        self.passed_beside = None;
        let why = format!("{why} ({})", run.id);
        let mut phases = self.phases.iter().rev().map(|(_, phase)| *phase);
        match phases.find(|phase| *phase != Phase::Red) {
            Some(before) => self.enter(before, run.ended_at, why),
            None => (self.phase, self.why) = (None, why),
        }
    }

    /// The end that somebody claimed before is seen now.
    fn complete_claimed(&mut self, green_at: i64) {
        if self.open.is_some_and(|open| open.claimed_green) && !self.is_taken_out() {
            self.claimed_cycles -= 1;
            self.complete(green_at);
        }
    }

    /// At a time in the past; none before the first one.
    pub fn phase_at(&self, time: i64) -> Option<Phase> {
        let earlier = self.phases.iter().take_while(|(at, _)| *at <= time);
        earlier.last().map(|(_, phase)| *phase)
    }

    /// Seconds, on average.
    pub fn mean_cycle(&self) -> Option<i64> {
        let number = i64::try_from(self.cycles.len())
            .ok()
            .filter(|number| *number > 0)?;
        Some(self.cycles.iter().map(Cycle::seconds).sum::<i64>() / number)
    }
}

impl Cycle {
    pub fn seconds(&self) -> i64 {
        (self.green_at - self.red_at).max(0)
    }
}

#[cfg(test)]
mod tests;
