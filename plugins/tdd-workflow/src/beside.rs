//! Files that hold tests and code: asks the host what a commit changed in them, and what had changed before a run. Where
//! that cannot be known it says so; it must not guess, since somebody would be accused of it.

use session_plugin::facts::{self, Commit as CommitInfo};
use session_plugin::repository::{self, CommitChanges};
use session_plugin::work_tree;

use crate::discipline::Commit;
use crate::files::{Classes, Kind};
use crate::gather::Effort;
use crate::inline::{self, Language, Sides, fingerprint};
use crate::kept::Kept;

/// Bytes; the host's own limit for the text of a commit.
const LARGEST: u32 = 256 * 1024;

/// Whether a file holds its own tests, as far as its language goes.
pub fn is_beside(classes: &Classes, path: &str) -> bool {
    classes.kind(path) == Kind::Source && Language::of(path).is_some()
}

/// Those that the user made on the branch, oldest first, each with the files that it wrote. What is found out of them is
/// kept.
pub fn commits(classes: &Classes, kept: &mut Kept, effort: Effort) -> Vec<Commit> {
    let all = written_by_user();
    look_into(&all, classes, kept, effort);
    let commits = all.into_iter().rev().map(|commit| {
        let has = |kind: Kind| commit.files.iter().any(|path| classes.kind(path) == kind);
        let looked = wants_a_look(&commit, classes).then(|| kept.commit(&commit.id));
        let by_name = Sides {
            tests: has(Kind::Test),
            source: has(Kind::Source),
        };
        let mut sides = looked.flatten().unwrap_or(by_name);
        let mut files = commit.files.iter();
        sides.source |=
            files.any(|path| classes.kind(path) == Kind::Source && !is_beside(classes, path));
        Commit {
            tests: sides.tests,
            source: sides.source,
            unknown: looked == Some(None),
            id: commit.id.chars().take(7).collect(),
            subject: commit.subject,
            time: commit.time,
        }
    });
    commits.collect()
}

/// What others did is theirs to have tested, and a file that was only moved needs no test. Each with the time at which it
/// was written: a rebase moves the committer's.
fn written_by_user() -> Vec<CommitInfo> {
    let mut all = facts::session_commits();
    for (commit, time) in all.iter_mut().zip(facts::commit_author_times()) {
        commit.time = time;
    }
    let all = all.into_iter();
    let both = all.zip(facts::commit_origins());
    both.filter(|(_, origin)| origin.by_user)
        .map(|(mut commit, origin)| {
            commit.files.retain(|path| !origin.unwritten.contains(path));
            commit
        })
        .collect()
}

/// A commit that changes a test file needs none: it has its tests.
fn wants_a_look(commit: &CommitInfo, classes: &Classes) -> bool {
    let kinds = || commit.files.iter().map(|path| classes.kind(path));
    kinds().all(|kind| kind != Kind::Test)
        && commit.files.iter().any(|path| is_beside(classes, path))
}

fn look_into(commits: &[CommitInfo], classes: &Classes, kept: &mut Kept, effort: Effort) {
    // What a brief has time for, and what the host answers at once.
    let most = match effort {
        Effort::Quick => 10,
        Effort::Full => 100,
    };
    let ids: Vec<String> = commits
        .iter()
        .filter(|commit| wants_a_look(commit, classes) && kept.commit(&commit.id).is_none())
        .map(|commit| commit.id.clone())
        .take(most)
        .collect();
    if ids.is_empty() {
        return;
    }
    let globs = inline::GLOBS.map(str::to_owned);
    // Without an answer they stay unknown.
    for changes in repository::commit_texts(&ids, &globs).unwrap_or_default() {
        let of = commits.iter().find(|commit| commit.id == changes.id);
        let written = of.map_or(&[][..], |commit| &commit.files);
        if let Some(found) = found_in(&changes, written, classes) {
            kept.keep_commit(&changes.id, found);
        }
    }
}

/// None: some of it was not to be seen, and no test in the rest.
fn found_in(changes: &CommitChanges, written: &[String], classes: &Classes) -> Option<Sides> {
    let mut found = Sides::default();
    let files = changes.files.iter();
    for file in files.filter(|file| written.contains(&file.path)) {
        let language = Language::of(&file.path).filter(|_| is_beside(classes, &file.path));
        if let Some(language) = language {
            let kinds = language.line_kinds(&file.text);
            let runs = file
                .changes
                .iter()
                .map(|change| (change.first, change.added));
            found.add(Sides::of(&kinds, runs));
        }
    }
    (found.tests || !changes.partial).then_some(found)
}

/// What has changed in these files since the tests were run last, as far as the work tree still shows it: where they were
/// looked at before, against that; else against the session's start. None where it cannot be known.
pub fn changed_now(paths: &[String], kept: &mut Kept) -> Option<Sides> {
    const MOST: usize = 200;
    if paths.len() > MOST {
        return None;
    }
    let mut sides = Sides::default();
    let mut since_start = None;
    for (path, file) in paths.iter().zip(work_tree::read_files(paths, LARGEST)) {
        let file = match file {
            Ok(file) if !file.truncated => file,
            // A file that is gone has no test that could have been changed in it.
            Err(failure) if failure.kind == "not-found" => {
                sides.source = true;
                continue;
            }
            _ => return None,
        };
        let text = String::from_utf8_lossy(&file.bytes);
        let kinds = Language::of(path)?.line_kinds(&text);
        let print = fingerprint(&kinds, &text);
        sides.add(match kept.keep_file(path, print) {
            Some(before) => Sides {
                tests: before.0 != print.0,
                source: before.1 != print.1,
            },
            None => {
                let lines = since_start.get_or_insert_with(|| facts::changed_lines("start"));
                let lines = lines.as_ref().ok()?.iter().find(|file| file.path == *path);
                let runs = lines.into_iter().flat_map(|file| &file.ranges);
                Sides::of(&kinds, runs.map(|run| (run.first, run.count)))
            }
        });
    }
    Some(sides)
}
