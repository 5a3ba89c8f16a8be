//! Which of the tests a command asks for, by what was typed; and so whether one run shows that what another one broke is
//! whole again. What is not known to choose nothing chooses something. It must not need output.

mod grammar;

use super::evidence::EvidenceRecord;
use grammar::{Asked, Packages, asked};

/// Which known runner a command calls: `pytest`, `cargo test`, `make check`.
pub fn runner(command: &[String]) -> Option<String> {
    asked(command).map(|asked| asked.runner)
}

/// Whether `newer`, which passed, shows that what `failed` broke is whole again: the very same command; or a run of all
/// tests in the same place, by the same runner, built the same way.
pub fn shows_whole(newer: &EvidenceRecord, failed: &EvidenceRecord) -> bool {
    if newer.environment == failed.environment
        && newer.directory == failed.directory
        && newer.command == failed.command
    {
        return true;
    }
    let Some(new) = asked_for(newer).filter(|new| !new.runs_none) else {
        return false;
    };
    if newer.environment != failed.environment {
        return false;
    }
    let is_same_place = newer.directory == failed.directory;
    let old = asked_for(failed).filter(|old| old.runner == new.runner);
    if let Some(old) = &old
        && is_below(newer, &new, failed, old)
    {
        return true;
    }
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

fn asked_for(record: &EvidenceRecord) -> Option<Asked<'_>> {
    let mut asked = asked(&record.command)?;
    if record.all_packages && asked.packages == Packages::Usual {
        asked.packages = Packages::All;
    }
    Some(asked)
}

/// `cd api && pytest`, or `pytest api`, after `pytest api/test_price.py`: pytest's words for tests are paths.
fn is_below(
    newer: &EvidenceRecord,
    new: &Asked<'_>,
    failed: &EvidenceRecord,
    old: &Asked<'_>,
) -> bool {
    if new.runner != "pytest" || new.with != old.with {
        return false;
    }
    let new = paths(newer, new);
    let old = paths(failed, old);
    let within = |old: &String| new.iter().any(|new| is_within(old, new));
    !new.is_empty() && !old.is_empty() && old.iter().all(within)
}

/// What pytest was told to run, from the root of the work tree: what stands in a directory, in a file, or below a `::`.
/// None of it where something else chose as well; nor at the root, where the configuration may name less than all.
fn paths(record: &EvidenceRecord, asked: &Asked<'_>) -> Vec<String> {
    let mut paths = Vec::new();
    let place = record.directory.as_ref().map(|place| place.to_text());
    if asked.chosen.is_empty() {
        paths.extend(place);
        return paths;
    }
    for word in &asked.chosen {
        if word.starts_with(['-', '/']) || word.split('/').any(|part| part == ".." || part == ".") {
            return Vec::new();
        }
        let word = word.trim_end_matches('/');
        paths.push(match &place {
            Some(place) => format!("{place}/{word}"),
            None => word.to_owned(),
        });
    }
    paths
}

fn is_within(path: &str, whole: &str) -> bool {
    let rest = path.strip_prefix(whole);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with("::"))
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
