//! The gate of the tests: what has to have passed on the tree that is merged. It must not know how a standing came about,
//! nor what a runner's words mean.

use super::{Judgement, Refusal};
use crate::document::text;
use crate::facts::standing::Held;
use crate::path::RepoPath;
use crate::session::evidence::EvidenceRecord;
use crate::session::selection;

/// What only the repository knows.
pub struct Places<'a> {
    /// Whether a directory is in the work tree.
    pub is_there: &'a dyn Fn(&RepoPath) -> bool,
    /// Whether it was when the run began.
    pub was_there: &'a dyn Fn(&EvidenceRecord, &RepoPath) -> bool,
}

/// The newest tests have to have passed on this very tree, and all of them where more were run before; no other tests may
/// have failed on it, and what failed on another one has to have passed since: neither a narrower run nor one of other
/// tests makes it forgotten. `evidence`: newest first.
pub fn judge(evidence: &[&Held], places: &Places<'_>, judgement: &mut Judgement) {
    let runs = evidence.iter().enumerate();
    let runs: Vec<(usize, &Held)> = runs
        .map(|(index, held)| (index, *held))
        .filter(|(_, held)| are_tests(held, evidence))
        .collect();
    let Some((_, newest)) = runs.first() else {
        judgement.unmeasured.push("tests");
        return;
    };
    judgement
        .refusals
        .extend(not_on_this_tree(newest).or_else(|| only_a_part(newest, &runs)));
    for (number, (index, held)) in runs.iter().enumerate() {
        let newer = &evidence[..*index];
        let place = held.record.directory.as_ref();
        let is_gone = Gone {
            place: place.is_some_and(|place| !(places.is_there)(place)),
            tests: newer.iter().any(|newer| shows_gone(newer, held)),
        };
        let reason = match held.standing.is_verified() {
            _ if held.record.passed() => continue,
            _ if redeemed(newer, held, places, is_gone) => continue,
            true => "tests fail",
            // It is said already that it has to run again.
            false if number == 0 => continue,
            false => "tests failed, and have not passed since",
        };
        judgement.refusals.push(Refusal {
            reason: format!("{reason}: {}", told(held)),
            remedy: Some(match is_gone {
                Gone { place: true, .. } => {
                    "its directory is gone: run all tests of that runner where they are now".into()
                }
                Gone { tests: true, .. } => {
                    "it is gone, and may have been moved: run all tests that are there with that runner"
                        .into()
                }
                _ => format!("make them pass, then {}", again(held)),
            }),
        });
    }
}

/// What is not in the work tree any more of what failed.
#[derive(Clone, Copy)]
struct Gone {
    /// The directory that it was run in.
    place: bool,
    /// What its command names, as the same command says.
    tests: bool,
}

/// Whether what failed is known to pass on this very tree, or to be gone from it. What is gone may have been moved: all
/// tests that are there now have to pass.
fn redeemed(newer: &[&Held], held: &Held, places: &Places<'_>, is_gone: Gone) -> bool {
    let here = newer.iter().filter(|held| held.standing.is_verified());
    let here: Vec<&EvidenceRecord> = here.map(|held| &held.record).collect();
    let failed = &held.record;
    let place = failed.directory.as_ref();
    let has_place = |run: &&&EvidenceRecord| is_at_or_above(run.directory.as_ref(), place);
    let has_moved_place = |run: &&&EvidenceRecord| match &run.directory {
        None => true,
        Some(now) => !(places.was_there)(failed, now),
    };
    let mut of_all = here.iter().filter(|run| run.is_of_all(failed));
    here.iter().any(|run| run.shows_whole(failed))
        || (is_gone.tests && of_all.clone().any(|run| has_place(&run)))
        || (is_gone.place
            && of_all.any(|run| selection::is_of_one_runner(run, failed) && has_moved_place(&run)))
}

fn shows_gone(newer: &Held, failed: &Held) -> bool {
    newer.standing.is_verified() && newer.record.shows_gone(&failed.record)
}

fn is_at_or_above(above: Option<&RepoPath>, below: Option<&RepoPath>) -> bool {
    match (above, below) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(above), Some(below)) => above == below || below.is_within(above),
    }
}

fn not_on_this_tree(newest: &Held) -> Option<Refusal> {
    let why = newest.standing.reason(3)?;
    Some(Refusal {
        reason: format!(
            "the tests have not run on this tree: {}; {}",
            told(newest),
            text::line(&why)
        ),
        remedy: Some(again(newest)),
    })
}

/// A run that was told which tests to take, or that counted fewer, says little where more passed before.
fn only_a_part(newest: &Held, runs: &[(usize, &Held)]) -> Option<Refusal> {
    let mut others = runs.iter().map(|(_, one)| *one);
    let all = others.find(|one| is_wider(&one.record, &newest.record))?;
    let shows_all = |one: &Held| {
        let record = &one.record;
        one.standing.is_verified()
            && record.passed()
            && (record.shows_whole(&all.record) || counts_as_many(record, &all.record))
    };
    if runs.iter().any(|(_, one)| shows_all(one)) {
        return None;
    }
    Some(Refusal {
        reason: format!(
            "only a part of the tests has run on this tree: {}; before, there were more: {}",
            told(newest),
            told(all)
        ),
        remedy: Some(again(all)),
    })
}

/// Whether a run that passed had more tests than a later one that belongs to its place. A run that chose among them is no
/// measure.
fn is_wider(all: &EvidenceRecord, some: &EvidenceRecord) -> bool {
    let is_more = || {
        let counted = counted(all).zip(counted(some));
        all.runner() == some.runner() && counted.is_some_and(|(all, some)| all > some)
    };
    all.passed()
        && is_at_or_above(all.directory.as_ref(), some.directory.as_ref())
        && !selection::chooses(all)
        && (selection::is_part(some, all) || is_more())
}

fn counts_as_many(one: &EvidenceRecord, other: &EvidenceRecord) -> bool {
    let counted = counted(one).zip(counted(other));
    one.runner() == other.runner()
        && is_at_or_above(one.directory.as_ref(), other.directory.as_ref())
        && counted.is_some_and(|(one, other)| one >= other)
}

fn counted(record: &EvidenceRecord) -> Option<u64> {
    Some(record.counts()?.ran())
}

fn told(held: &Held) -> String {
    let record = &held.record;
    text::line(&format!(
        "`{}` {} ({})",
        record.command_text(),
        record.outcome(),
        held.name()
    ))
}

/// ``run `session run -- pytest -q` in web``.
fn again(held: &Held) -> String {
    let command = text::line(&held.record.again());
    let place = held.record.directory.as_ref();
    let place = place.map(|place| format!(" in {}", text::line(&place.to_text())));
    format!("run `{command}`{} on this tree", place.unwrap_or_default())
}

/// Also a run of the tests' command in which none was seen: what does not compile has no test that passes. But one that
/// ran nothing says nothing.
fn are_tests(held: &Held, evidence: &[&Held]) -> bool {
    let record = &held.record;
    let same = |other: &&Held| other.record.is_test() && other.record.thing() == record.thing();
    let is_one = record.is_test() || (!record.did_not_start() && evidence.iter().any(same));
    is_one && !record.ran_nothing()
}
