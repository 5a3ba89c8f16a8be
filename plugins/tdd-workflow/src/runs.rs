//! The runs of tests among all that was recorded, and what had changed before each. It must not tell phases.

use session_plugin::facts::{Entry, EvidenceInfo, TestCounts};

use crate::beside;
use crate::files::{Classes, Kind};
use crate::gather::Effort;
use crate::inline::{Language, Sides};
use crate::kept::Kept;
use crate::machine::Run;
use crate::outcome::outcome;
use crate::settings::Settings;

/// What was run, and how many of its tests came to an end: what is skipped is as if it were not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    pub command: String,
    /// None at the root of the work tree.
    pub directory: Option<String>,
    pub runner: Option<String>,
    /// None where nobody counted.
    pub counted: Option<u64>,
}

/// What has changed since the tests were run last.
#[derive(Debug, Default)]
struct Changed {
    sides: Sides,
    /// Tests, in which nothing new was written: they were removed, or stand as they did before.
    tests_moved: bool,
    /// Files that hold both; which of the two it was is not seen from their names.
    beside: Vec<String>,
    /// Anything at all.
    any: bool,
}

impl Changed {
    fn note(&mut self, classes: &Classes, ran: &EvidenceInfo, entry: &Entry) {
        self.any |= !ran.changed_files.is_empty();
        for path in &ran.changed_files {
            let beside = beside::is_beside(classes, path);
            match classes.kind(path) {
                kind if entry.unwritten.contains(path) => {
                    let blocks = Language::of(path).is_some_and(Language::has_blocks);
                    self.tests_moved |= kind == Kind::Test || (beside && blocks);
                }
                Kind::Test => self.sides.tests = true,
                Kind::Source if beside => self.beside.push(path.clone()),
                Kind::Source => self.sides.source = true,
                Kind::Other => {}
            }
        }
    }
}

/// Of each whether it was on the work tree as it stands. What changed before other commands counts for the next run of
/// the tests. `recorded`: oldest first.
pub fn runs(
    settings: &Settings,
    classes: &Classes,
    recorded: &[(&Entry, &EvidenceInfo)],
    kept: &mut Kept,
    effort: Effort,
) -> Vec<(Run, bool)> {
    let mut runs = Vec::new();
    let mut changed = Changed::default();
    let mut counts = Vec::new();
    let mut widest = Vec::new();
    let ended = |(entry, ran): (&Entry, &EvidenceInfo)| {
        let word = entry.tests.as_deref();
        outcome(ran, word, settings.names(&ran.command))
    };
    let last = recorded.iter().rfind(|it| ended(**it).is_some());
    let last = last.map(|(_, ran)| &ran.id);
    for (entry, ran) in recorded.iter().copied() {
        changed.note(classes, ran, entry);
        let Some(passed) = ended((entry, ran)) else {
            continue;
        };
        let what = what(entry, ran);
        let before = counted_before(&what, &mut counts);
        let more = before.is_some_and(|before| Some(before) < what.counted);
        let none_new = before.is_some() && what.counted <= before;
        let narrow = is_narrow(&what, more, &mut widest);
        let Changed {
            mut sides,
            tests_moved,
            beside,
            any,
        } = std::mem::take(&mut changed);
        let current = ran.standing == "verified";
        if !beside.is_empty() {
            if effort == Effort::Full
                && current
                && last == Some(&ran.id)
                && kept.run(&ran.id).is_none()
                && let Some(found) = beside::changed_now(&beside, kept)
            {
                kept.keep_run(&ran.id, found);
            }
            // Where nobody looked: there are more tests than before, or none was seen to have changed.
            sides.add(kept.run(&ran.id).unwrap_or(Sides {
                tests: more,
                source: true,
            }));
        }
        let seconds = i64::try_from(ran.milliseconds / 1000).unwrap_or(i64::MAX);
        let run = Run {
            id: ran.id.clone(),
            started_at: ran.started_at,
            ended_at: ran.started_at.saturating_add(seconds),
            passed,
            tests_changed: sides.tests,
            source_changed: sides.source,
            tests_moved,
            moved: any,
            narrow,
            none_new,
            what,
        };
        runs.push((run, current));
    }
    runs
}

pub fn what(entry: &Entry, ran: &EvidenceInfo) -> Ran {
    Ran {
        command: ran.command.clone(),
        directory: entry.directory.clone(),
        runner: ran.runner.clone(),
        counted: ran.tests.as_ref().map(number),
    }
}

fn number(tests: &TestCounts) -> u64 {
    u64::from(tests.passed) + u64::from(tests.failed)
}

/// Whether another command of the same runner counted more tests before in the same place, as `pytest` does before
/// `pytest -k price`. Where the same command counts fewer, some were taken out; and one that counts more than it did has
/// new ones among them.
fn is_narrow(ran: &Ran, more: bool, widest: &mut Vec<Ran>) -> bool {
    if ran.runner.is_none() || ran.counted.is_none() {
        return false;
    }
    let place = |known: &&mut Ran| known.runner == ran.runner && known.directory == ran.directory;
    match widest.iter_mut().find(place) {
        Some(known) if known.command != ran.command && known.counted > ran.counted => !more,
        Some(known) => {
            *known = ran.clone();
            false
        }
        None => {
            widest.push(ran.clone());
            false
        }
    }
}

/// How many tests the same command counted last, where it counts them now.
fn counted_before(ran: &Ran, counts: &mut Vec<Ran>) -> Option<u64> {
    ran.counted?;
    let mut known = counts.iter_mut();
    match known.find(|known| known.command == ran.command && known.directory == ran.directory) {
        Some(known) => std::mem::replace(known, ran.clone()).counted,
        None => {
            counts.push(ran.clone());
            None
        }
    }
}
