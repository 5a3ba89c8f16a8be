//! Which of the tests a command asks for, by what was typed; and so whether one run shows that what another one broke is
//! whole again. What is not known to be without effect has one. It must not need output, nor look at files.

mod grammar;
mod unchosen;

use super::evidence::EvidenceRecord;
use grammar::{Asked, Packages, asked};
use unchosen::{is_among_all, is_collected};

/// Which known runner a command calls: `pytest`, `cargo test`, `make check`.
pub fn runner(command: &[String]) -> Option<String> {
    asked(command).map(|asked| asked.runner)
}

/// Whether `newer`, which passed, shows that what `failed` broke is whole again: the very same command, or one that has its
/// tests, by the same runner, built the same way.
pub fn shows_whole(newer: &EvidenceRecord, failed: &EvidenceRecord) -> bool {
    if has_lost_some(newer, failed) {
        return false;
    }
    if is_same(newer, failed) {
        return true;
    }
    let Some((new, old)) = asked_for(newer).zip(asked_for(failed)) else {
        return false;
    };
    if new.runs_none
        || newer.environment != failed.environment
        || (&new.runner, &new.with) != (&old.runner, &old.with)
    {
        return false;
    }
    if new.runner == "pytest" && names_more(newer, &new, failed, &old) {
        return true;
    }
    match newer.directory == failed.directory {
        // The same choice in other words: `pytest -q a.py`, and `pytest -v a.py`.
        true if (new.packages, &new.chosen) == (old.packages, &old.chosen) => true,
        true => {
            new.chosen.is_empty() && has_packages(&new, &old) && is_among_all(newer, failed, &old)
        }
        false => {
            let of_all = new.packages == Packages::All && newer.directory.is_none();
            of_all
                && new.chosen.is_empty()
                && failed.setup.in_root_workspace
                && failed.has_failed_tests()
        }
    }
}

/// Tests that counted are skipped now, or none is counted any more: something that is not among the words decides.
fn has_lost_some(newer: &EvidenceRecord, failed: &EvidenceRecord) -> bool {
    if newer.command != failed.command {
        return false;
    }
    match (newer.counts(), failed.counts()) {
        (Some(now), Some(then)) => now.skipped > then.skipped && now.ran() < then.ran(),
        (None, Some(_)) => true,
        (_, None) => false,
    }
}

/// The same words in the same place, in the same environment.
pub fn is_same(one: &EvidenceRecord, other: &EvidenceRecord) -> bool {
    one.environment == other.environment
        && one.directory == other.directory
        && one.command == other.command
}

/// Whether a run had only some of the tests that another one of the same runner in the same place asks for, which is all
/// of them there.
pub fn is_part(some: &EvidenceRecord, all: &EvidenceRecord) -> bool {
    let Some((some_of, all_of)) = asked_for(some).zip(asked_for(all)) else {
        return false;
    };
    let is_narrower = !some_of.chosen.is_empty()
        || (all_of.packages == Packages::All && some_of.packages != Packages::All);
    is_narrower
        && all_of.chosen.is_empty()
        && some.directory == all.directory
        && some_of.runner == all_of.runner
}

/// Whether nothing chose among the tests of a known runner, but for the options and variables of `failed`, which the same
/// runner had.
pub fn is_all(record: &EvidenceRecord, failed: &EvidenceRecord) -> bool {
    let Some(asked) = asked_for(record).filter(|asked| asked.chosen.is_empty()) else {
        return false;
    };
    let is_plain = asked.with.is_empty() && record.environment.is_empty();
    let is_alike = asked_for(failed)
        .is_some_and(|old| (&old.runner, &old.with) == (&asked.runner, &asked.with));
    is_plain || is_alike && record.environment == failed.environment
}

/// Whether words choose among the tests. Of what is not known, nobody can say so.
pub fn chooses(record: &EvidenceRecord) -> bool {
    asked_for(record).is_some_and(|asked| !asked.chosen.is_empty())
}

/// Of the same known runner.
pub fn is_of_one_runner(one: &EvidenceRecord, other: &EvidenceRecord) -> bool {
    let both = runner(&one.command).zip(runner(&other.command));
    both.is_some_and(|(one, other)| one == other)
}

fn asked_for(record: &EvidenceRecord) -> Option<Asked<'_>> {
    let mut asked = asked(&record.command)?;
    if record.setup.all_packages && asked.packages == Packages::Usual {
        asked.packages = Packages::All;
    }
    Some(asked)
}

fn has_packages(new: &Asked<'_>, old: &Asked<'_>) -> bool {
    new.packages == Packages::All || old.packages == Packages::Usual
}

/// `cd api && pytest`, or `pytest api`, after `pytest api/test_price.py`: pytest's words for tests are paths, and all that
/// is named is run.
fn names_more(
    newer: &EvidenceRecord,
    new: &Asked<'_>,
    failed: &EvidenceRecord,
    old: &Asked<'_>,
) -> bool {
    let (new, old) = (paths(newer, new), paths(failed, old));
    let has = |old: &String| {
        new.iter().any(|new| {
            let is_of_file = old.split("::").next() == Some(new);
            let is_below = || !newer.setup.chooses && is_within(old, new) && is_collected(old);
            old == new || is_of_file || is_below()
        })
    };
    !new.is_empty() && !old.is_empty() && old.iter().all(has)
}

/// What pytest was told to run: what stands in a directory, in a file, or below a `::`. None of it where something else
/// chose as well; nor at the root, nor where its configuration names what is run.
fn paths(record: &EvidenceRecord, asked: &Asked<'_>) -> Vec<String> {
    if asked.chosen.is_empty() && record.setup.test_paths.is_empty() && !record.setup.chooses {
        let place = record.directory.iter();
        return place.map(|place| place.to_text()).collect();
    }
    let leaves = |part: &str| part == "..";
    let is_plain = |word: &&&str| !word.starts_with(['-', '/']) && !word.split('/').any(leaves);
    match asked.chosen.iter().all(|word| is_plain(&word)) {
        true => asked
            .chosen
            .iter()
            .map(|word| from_root(record, word))
            .collect(),
        false => Vec::new(),
    }
}

/// A path as it was typed, from the root of the work tree.
fn from_root(record: &EvidenceRecord, path: &str) -> String {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    match &record.directory {
        Some(place) => format!("{}/{path}", place.to_text()),
        None => path.to_owned(),
    }
}

fn is_within(path: &str, whole: &str) -> bool {
    let rest = path.strip_prefix(whole);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with("::"))
}

/// Nothing was run, whatever the exit code: it was only asked what there is, or had no test to run.
pub fn ran_none(record: &EvidenceRecord) -> bool {
    let counts = record.counts();
    let counted = counts.is_some_and(|counts| counts.ran() > 0);
    let Some(asked) = asked(&record.command).filter(|_| !counted) else {
        return !counted && counts.is_some() && record.exit_code == 0;
    };
    let is_one_of = |codes: &[i32]| codes.contains(&record.exit_code);
    asked.runs_none
        || match asked.runner.as_str() {
            // Nothing was collected. Whatever ran says how it ended, unless it is told not to.
            "pytest" => is_one_of(&[5]) || (record.exit_code == 0 && !is_hushed(record)),
            "unittest" => is_one_of(&[5]),
            "cargo test" => record.exit_code == 0,
            "cargo nextest" => is_one_of(&[0, 4]),
            _ => counts.is_some() && record.exit_code == 0,
        }
}

/// `pytest -qq` has no summary.
fn is_hushed(record: &EvidenceRecord) -> bool {
    let quiet = |word: &&String| word.starts_with("-q") || *word == "--quiet";
    let words = record.command.iter().filter(quiet);
    words.map(|word| word.matches('q').count()).sum::<usize>() > 1
        || record.command.iter().any(|word| word == "--no-summary")
}

#[cfg(test)]
mod tests;
