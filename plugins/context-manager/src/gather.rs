//! Asking the host. It must not decide anything: what it returns is data for the other modules.

use std::collections::{BTreeMap, BTreeSet};

use session_plugin::repository::{self, RecentQuery};
use session_plugin::{Failure, facts, work_tree};

use crate::answer::Draft;
use crate::block::{self, Block};
use crate::choose::Situation;
use crate::context_file::{ContextFile, globs, is_below, is_context_file};
use crate::describe::describe;

/// Bytes: a context file longer than this is not read to its end, and not rewritten.
const LONGEST_TEXT: u32 = 64 * 1024;
/// Bytes of a file in which its first comment is looked for.
const HEADER: u32 = 2 * 1024;
const MOST_FILES: usize = 40;
const MOST_CHANGES: u32 = 10;

/// All context files with their staleness, from one bulk question.
pub fn situation() -> Result<Situation, String> {
    let changed_files = facts::changed_files();
    let gone: BTreeSet<&str> = changed_files
        .iter()
        .filter(|file| file.status == "deleted")
        .map(|file| file.path.as_str())
        .collect();
    let edited: BTreeSet<&str> = changed_files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    let mut paths: BTreeSet<String> = repository::list_tracked(&globs())
        .map_err(sentence)?
        .into_iter()
        .collect();
    let new = edited.iter().filter(|path| is_context_file(path));
    paths.extend(new.map(|path| (*path).to_owned()));
    let paths: Vec<String> = paths
        .into_iter()
        .filter(|path| !gone.contains(path.as_str()))
        .take(1_000)
        .collect();
    let activity = repository::path_activity(&paths).map_err(sentence)?;
    let context_files = activity.into_iter().map(|activity| {
        let being_edited = edited.contains(activity.path.as_str());
        ContextFile {
            last_change: activity.last_change.map(|commit| commit.time),
            commits_since: if being_edited {
                0
            } else {
                activity.directory_commits
            },
            files_since: activity.directory_files,
            path: activity.path,
        }
    });
    let context_files = context_files.collect();
    let mut changed: BTreeSet<String> = facts::commits()
        .into_iter()
        .flat_map(|commit| commit.files)
        .collect();
    changed.extend(edited.into_iter().map(str::to_owned));
    Ok(Situation {
        branch: facts::branch().unwrap_or_default(),
        objectives: facts::objectives()
            .into_iter()
            .filter(|item| !item.done)
            .map(|item| item.text)
            .collect(),
        changed: changed.into_iter().collect(),
        context_files,
    })
}

/// The files' texts, in the same order; None for what can't be read (a symbolic link, say).
pub fn texts(files: &[&ContextFile]) -> Vec<Option<String>> {
    let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let answers = work_tree::read_files(&paths, LONGEST_TEXT);
    let texts = answers.into_iter().map(|answer| {
        let file = answer.ok()?;
        Some(String::from_utf8_lossy(&file.bytes).into_owned())
    });
    texts.collect()
}

/// A new text for each file that can be rewritten without loss.
pub fn drafts(files: &[&ContextFile], situation: &Situation) -> Result<Vec<Draft>, String> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let answers = work_tree::read_files(&paths, LONGEST_TEXT);
    let queries: Vec<RecentQuery> = files
        .iter()
        .map(|file| RecentQuery {
            directory: file.directory().to_owned(),
            since: file.last_change,
        })
        .collect();
    let changes = repository::recent_changes(&queries, MOST_CHANGES).map_err(sentence)?;
    let mut drafts = Vec::new();
    for ((file, answer), changes) in files.iter().zip(answers).zip(changes) {
        let whole = answer.ok().filter(|read| !read.truncated);
        let Some(before) = whole.and_then(|read| String::from_utf8(read.bytes).ok()) else {
            continue;
        };
        let mut block = files_of(file.directory(), situation)?;
        block.changed = changes
            .into_iter()
            .filter(|change| change.path != file.path)
            .map(|change| {
                let path = relative(&change.path, file.directory()).to_owned();
                (path, change.last.subject, change.commits)
            })
            .collect();
        drafts.push(Draft {
            file: (*file).clone(),
            after: block::put(&before, &block),
            before,
        });
    }
    Ok(drafts)
}

/// The directory's own files with what they are for, and its directories with how many files they hold.
fn files_of(directory: &str, situation: &Situation) -> Result<Block, String> {
    let glob = match directory {
        "" => "**".to_owned(),
        directory => format!("{}/**", escaped(directory)),
    };
    let mut paths: BTreeSet<String> = match repository::list_tracked(&[glob]) {
        Ok(paths) => paths.into_iter().collect(),
        Err(failure) if failure.kind == "too-large" => {
            repository::list_tracked(&[own_files(directory)])
                .map_err(sentence)?
                .into_iter()
                .collect()
        }
        Err(failure) => return Err(sentence(failure)),
    };
    let changed = situation.changed.iter();
    paths.extend(changed.filter(|path| is_below(path, directory)).cloned());
    let mut own = Vec::new();
    let mut below: BTreeMap<&str, usize> = BTreeMap::new();
    for path in paths.iter().filter(|path| !is_context_file(path)) {
        match relative(path, directory).split_once('/') {
            Some((name, _)) => *below.entry(name).or_default() += 1,
            None => own.push(path.clone()),
        }
    }
    let described = own.get(..MOST_FILES.min(own.len())).unwrap_or_default();
    let beginnings = work_tree::read_files(described, HEADER);
    let mut block = Block {
        more_files: own.len() - described.len(),
        directories: below
            .into_iter()
            .take(MOST_FILES)
            .map(|(name, files)| (name.to_owned(), files))
            .collect(),
        ..Block::default()
    };
    for (path, beginning) in described.iter().zip(beginnings) {
        let purpose = match beginning {
            // Deleted since, or never there: the paths of the session's commits are among them.
            Err(failure) if failure.kind == "not-found" => continue,
            Err(_) => None,
            Ok(file) => describe(path, &String::from_utf8_lossy(&file.bytes)),
        };
        block
            .files
            .push((relative(path, directory).to_owned(), purpose));
    }
    Ok(block)
}

fn own_files(directory: &str) -> String {
    match directory {
        "" => "*".to_owned(),
        directory => format!("{}/*", escaped(directory)),
    }
}

fn relative<'a>(path: &'a str, directory: &str) -> &'a str {
    path.strip_prefix(directory)
        .map_or(path, |rest| rest.trim_start_matches('/'))
}

/// A directory's name is no pattern.
fn escaped(directory: &str) -> String {
    let mut glob = String::new();
    for c in directory.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '!') {
            glob.push('\\');
        }
        glob.push(c);
    }
    glob
}

fn sentence(failure: Failure) -> String {
    failure.message
}
