//! What each runner runs when nothing is chosen: whether that has what was chosen. It must not compare the rest of two
//! commands.

use super::grammar::{Asked, Packages};
use super::{from_root, is_within};
use crate::session::evidence::EvidenceRecord;

/// Whether what was chosen is a part of what the runner runs where nothing is chosen. Its configuration may name less than
/// all, and then only the same words have the same tests.
pub fn is_among_all(newer: &EvidenceRecord, failed: &EvidenceRecord, old: &Asked<'_>) -> bool {
    let setup = &newer.setup;
    let no_one_chooses = !setup.chooses && !failed.setup.chooses;
    let mut chosen = old.chosen.iter();
    match old.runner.as_str() {
        "pytest" => {
            let is_found = |path: &str| {
                let path = from_root(failed, path);
                let named = &setup.test_paths;
                let is_named = named.is_empty() || named.iter().any(|it| is_within(&path, it));
                is_named && is_collected(&path)
            };
            no_one_chooses && words_of_pytest(old).all(is_found)
        }
        // A target may be left out, and what did not compile alone may do so together with other packages' features.
        "cargo test" => {
            let is_target =
                |word: &&str| OF_TARGETS.contains(&word.split('=').next().unwrap_or(word));
            let is_plain = no_one_chooses && old.packages == Packages::Usual;
            (is_plain || !chosen.any(is_target))
                && (old.packages != Packages::Named || failed.has_failed_tests())
        }
        "cargo nextest" => {
            !setup.chooses && (old.packages != Packages::Named || failed.has_failed_tests())
        }
        "go test" => {
            let is_option = |word: &str| word.starts_with("-run") || word.starts_with("-skip");
            let mut words = old.chosen.iter();
            let mut is_known = true;
            while let Some(word) = words.next() {
                match *word {
                    "-run" | "-skip" => drop(words.next()),
                    word => is_known &= is_option(word) || is_go_package(word),
                }
            }
            is_known && no_one_chooses
        }
        // A module that discovery finds without knowing of packages.
        "unittest" => chosen.all(|word| word.starts_with("test_") && !word.contains('.')),
        "node --test" => chosen.all(|word| is_found_by_node(word)),
        _ => true,
    }
}

/// Options of cargo's that name targets: one may be none of those that run unnamed.
const OF_TARGETS: [&str; 6] = ["--lib", "--doc", "--bins", "--tests", "--test", "--bin"];

/// One that `./...` has: not what go passes over, nor a single file.
fn is_go_package(word: &str) -> bool {
    let Some(path) = word.strip_prefix("./") else {
        return word == ".";
    };
    let passes_over = |part: &str| {
        part == "testdata"
            || part == "vendor"
            || part.starts_with('_')
            || (part.starts_with('.') && part != "...")
    };
    !path.ends_with(".go") && !path.split('/').any(passes_over)
}

/// As its documentation says which files it takes for tests.
fn is_found_by_node(word: &str) -> bool {
    let path = word.trim_start_matches("./");
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_named = stem == "test"
        || stem.starts_with("test-")
        || [".test", "-test", "_test"]
            .iter()
            .any(|end| stem.ends_with(end));
    is_named
        && !path.contains("node_modules")
        && !path.starts_with(['/', '-'])
        && !path.contains('*')
}

/// Its paths: the words that are no option's value.
fn words_of_pytest<'a>(asked: &'a Asked<'_>) -> impl Iterator<Item = &'a str> {
    let mut words = asked.chosen.iter();
    std::iter::from_fn(move || {
        loop {
            let word = words.next()?;
            match *word {
                "-k" | "-m" | "--deselect" | "--ignore" | "--ignore-glob" => drop(words.next()),
                option if option.starts_with('-') => {}
                path => return Some(path),
            }
        }
    })
}

/// Whether pytest finds a path by itself: it does not look into some directories, nor at files with other names.
pub fn is_collected(path: &str) -> bool {
    const LEFT_OUT: [&str; 7] = [
        "build",
        "dist",
        "venv",
        "node_modules",
        "CVS",
        "_darcs",
        "{arch}",
    ];
    let path = path.split("::").next().unwrap_or(path);
    let mut parts = path.trim_end_matches('/').split('/');
    let last = parts.next_back().unwrap_or_default();
    let is_usual = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with(".egg")
            && !LEFT_OUT.contains(&part)
    };
    let is_file = last.contains('.');
    let named = last.strip_suffix(".py");
    let is_test = named.is_some_and(|name| name.starts_with("test_") || name.ends_with("_test"));
    parts.all(is_usual) && if is_file { is_test } else { is_usual(last) }
}
