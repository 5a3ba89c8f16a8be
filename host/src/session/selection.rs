//! Which of the tests a command asks for, by what was typed; and so whether one run shows that what another one broke is
//! whole again. What is not known to choose nothing chooses something. It must not need output.

mod grammar;

use super::evidence::EvidenceRecord;
use grammar::{Packages, asked};

/// Whether `newer`, which passed, shows that what `failed` broke is whole again: the very same command; or a run of all
/// tests in the same place, by the same runner, built the same way.
pub fn shows_whole(newer: &EvidenceRecord, failed: &EvidenceRecord) -> bool {
    if newer.environment == failed.environment
        && newer.directory == failed.directory
        && newer.command == failed.command
    {
        return true;
    }
    let Some(new) = asked(&newer.command).filter(|new| !new.runs_none) else {
        return false;
    };
    if newer.environment != failed.environment {
        return false;
    }
    let is_same_place = newer.directory == failed.directory;
    let old = asked(&failed.command).filter(|old| old.runner == new.runner);
    if !new.chosen.is_empty() {
        // The same choice in other words: `pytest -q a.py`, and `pytest -v a.py`.
        return is_same_place
            && old.is_some_and(|old| {
                (&old.chosen, old.packages, &old.with) == (&new.chosen, new.packages, &new.with)
            });
    }
    let of_all_packages = new.packages == Packages::All && newer.directory.is_none();
    if !is_same_place && !of_all_packages {
        return false;
    }
    match old {
        Some(old) => {
            let has_packages = new.packages == Packages::All || old.packages == Packages::Usual;
            has_packages && new.with == old.with
        }
        None => counted_as_many(newer, failed),
    }
}

/// Of a command of which nobody knows what it asks for: tests of one runner failed in it, and no fewer of that runner's
/// have passed.
fn counted_as_many(newer: &EvidenceRecord, failed: &EvidenceRecord) -> bool {
    let (Some(new), Some(old)) = (newer.counts(), failed.counts()) else {
        return false;
    };
    newer.runner() == failed.runner()
        && old.failed > 0
        && u64::from(new.passed) >= u64::from(old.passed) + u64::from(old.failed)
}

/// Nothing was run, whatever the exit code: it was only asked what there is, or had no test to run.
pub fn ran_none(record: &EvidenceRecord) -> bool {
    let counts = record.counts();
    let counted = counts.is_some_and(|counts| counts.passed > 0 || counts.failed > 0);
    let Some(asked) = asked(&record.command).filter(|_| !counted) else {
        return !counted && counts.is_some() && record.exit_code == 0;
    };
    let is_one_of = |codes: &[i32]| codes.contains(&record.exit_code);
    asked.runs_none
        || match asked.runner.as_str() {
            // Nothing was collected, or it was called wrongly. Whatever ran says how it ended, unless it is told not to.
            "pytest" => is_one_of(&[4, 5]) || (record.exit_code == 0 && !is_hushed(record)),
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
