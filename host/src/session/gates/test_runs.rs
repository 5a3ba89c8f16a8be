//! The gate of the tests: what has to have passed on the tree that is merged. It must not know how a standing came about,
//! nor what a runner's words mean.

use super::{Judgement, Refusal};
use crate::document::text;
use crate::facts::standing::Held;
use crate::path::RepoPath;
use crate::session::selection;

/// The newest tests have to have passed on this very tree, and all of them where all were run before; no other tests may
/// have failed on it, and what failed on another one has to have passed since: neither a narrower run nor one of other
/// tests makes it forgotten. `evidence`: newest first.
pub fn judge(evidence: &[&Held], is_there: &dyn Fn(&RepoPath) -> bool, judgement: &mut Judgement) {
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
        let is_gone = held
            .record
            .directory
            .as_ref()
            .is_some_and(|place| !is_there(place));
        let reason = match held.standing.is_verified() {
            _ if held.record.passed() => continue,
            _ if newer.iter().any(|newer| redeems(newer, held, is_gone)) => continue,
            true => "tests fail",
            // It is said already that it has to run again.
            false if number == 0 => continue,
            false => "tests failed, and have not passed since",
        };
        judgement.refusals.push(Refusal {
            reason: format!("{reason}: {}", told(held)),
            remedy: Some(match is_gone {
                true => {
                    "its directory is gone: run all tests of that runner where they are now".into()
                }
                false => format!("make them pass, then {}, or all tests there", again(held)),
            }),
        });
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

/// A run that was told which tests to take says little where all were run before.
fn only_a_part(newest: &Held, runs: &[(usize, &Held)]) -> Option<Refusal> {
    let is_all = |one: &Held| selection::is_part(&newest.record, &one.record);
    let (_, all) = runs.iter().find(|(_, one)| is_all(one))?;
    let has_passed = |one: &Held| one.standing.is_verified() && one.record.passed() && is_all(one);
    if runs.iter().any(|(_, one)| has_passed(one)) {
        return None;
    }
    Some(Refusal {
        reason: format!(
            "only a part of the tests has run on this tree: {}; before, all did: {}",
            told(newest),
            told(all)
        ),
        remedy: Some(again(all)),
    })
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

/// Whether what failed is known to pass on this very tree, or to be gone from it.
fn redeems(newer: &Held, failed: &Held, is_gone: bool) -> bool {
    newer.standing.is_verified()
        && (newer.record.shows_whole(&failed.record)
            || is_gone && newer.record.shows_moved(&failed.record))
}

/// Also a run of the tests' command in which none was seen: what does not compile has no test that passes. But one that
/// ran nothing says nothing.
fn are_tests(held: &Held, evidence: &[&Held]) -> bool {
    let record = &held.record;
    let same = |other: &&Held| other.record.is_test() && other.record.thing() == record.thing();
    !record.ran_nothing() && (record.is_test() || evidence.iter().any(same))
}
