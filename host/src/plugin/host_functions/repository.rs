//! The contract's interface `repository`: history and tracked files, in bulk. It must not answer one path at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{MOST_PATHS, failed, failure, too_large};
use crate::glob;
use crate::path::RepoPath;
use crate::plugin::bindings::session::plugin::{repository, types};
use crate::plugin::host_data::{self, CommitRef};
use crate::plugin::sandbox::Sandbox;

const MOST_GLOBS: usize = 100;
const MOST_TRACKED: usize = 10_000;
/// Of all queries of one call together.
const MOST_RECENT: usize = 10_000;
const MOST_COMMITS: usize = 100;
/// Bytes that one `commit-texts` gives back.
const MOST_TEXT: usize = 4 * 1024 * 1024;

impl repository::Host for Sandbox {
    fn path_activity(
        &mut self,
        paths: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<repository::Activity>, types::Failure>> {
        if paths.len() > MOST_PATHS {
            return Ok(Err(too_large("paths", MOST_PATHS)));
        }
        let asked: Vec<RepoPath> = paths.iter().map(|path| path.as_str().into()).collect();
        let activity = self.ask(move |host| host.path_activity(&asked))?;
        Ok(activity.map_err(failed).map(|activity| {
            let pairs = paths.into_iter().zip(activity);
            pairs
                .map(|(path, activity)| repository::Activity {
                    path,
                    last_change: activity.last_change.map(commit_ref),
                    directory_commits: activity.directory_commits,
                    directory_files: activity.directory_files,
                })
                .collect()
        }))
    }

    fn list_tracked(
        &mut self,
        globs: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<String>, types::Failure>> {
        if globs.len() > MOST_GLOBS {
            return Ok(Err(too_large("globs", MOST_GLOBS)));
        }
        let set = match glob::set(globs.iter().map(String::as_str)) {
            Ok(set) => set,
            Err(error) => return Ok(Err(failure("invalid", error.to_string()))),
        };
        let paths = self.ask(move |host| host.list_tracked(&globs, &set))?;
        Ok(match paths {
            Ok(paths) if paths.len() > MOST_TRACKED => Err(too_large("matches", MOST_TRACKED)),
            Ok(paths) => Ok(paths.iter().map(RepoPath::to_text).collect()),
            Err(error) => Err(failed(error)),
        })
    }

    fn recent_changes(
        &mut self,
        queries: Vec<repository::RecentQuery>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<Vec<repository::RecentChange>>, types::Failure>> {
        let limit = usize::try_from(limit).map_or(MOST_PATHS, |limit| limit.min(MOST_PATHS));
        if queries.len() > MOST_PATHS {
            return Ok(Err(too_large("queries", MOST_PATHS)));
        }
        self.count()?;
        let mut answers = Vec::with_capacity(queries.len());
        let mut found = 0;
        // One after another: each may go through all of the history, and the host has a clock to watch meanwhile.
        for query in queries {
            let query = recent_query(&query);
            let answer = self
                .line
                .ask(move |host| host.recent_changes(&[query], limit))?;
            let changes: Vec<_> = match answer {
                Ok(lists) => lists.into_iter().flatten().map(recent_change).collect(),
                Err(error) => return Ok(Err(failed(error))),
            };
            found += changes.len();
            if found > MOST_RECENT {
                return Ok(Err(too_large("changes", MOST_RECENT)));
            }
            answers.push(changes);
        }
        Ok(Ok(answers))
    }

    fn commit_texts(
        &mut self,
        commits: Vec<String>,
        globs: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<repository::CommitChanges>, types::Failure>> {
        if commits.len() > MOST_COMMITS {
            return Ok(Err(too_large("commits", MOST_COMMITS)));
        }
        if globs.len() > MOST_GLOBS {
            return Ok(Err(too_large("globs", MOST_GLOBS)));
        }
        let set = match glob::set(globs.iter().map(String::as_str)) {
            Ok(set) => Arc::new(set),
            Err(error) => return Ok(Err(failure("invalid", error.to_string()))),
        };
        self.count()?;
        let mut room = MOST_TEXT;
        let mut answers = Vec::with_capacity(commits.len());
        // One after another, as above.
        for id in commits {
            let (asked, set) = (id.clone(), Arc::clone(&set));
            let grant = self.context.access.read.clone();
            let denied = Arc::new(AtomicBool::new(false));
            let refused = Arc::clone(&denied);
            let answer = self.line.ask(move |host| {
                let wanted = |path: &RepoPath| {
                    let matches = set.is_match(path.to_path());
                    let allowed = path.as_str().is_some_and(|path| grant.allows(path));
                    refused.fetch_or(matches && !allowed, Ordering::Relaxed);
                    matches && allowed
                };
                host.commit_texts(&asked, &wanted, room)
            })?;
            let texts = match answer {
                Ok(texts) => texts.unwrap_or_else(unknown_commit),
                Err(error) => return Ok(Err(failed(error))),
            };
            let bytes = texts.files.iter().map(|file| file.text.len());
            room = room.saturating_sub(bytes.sum());
            answers.push(repository::CommitChanges {
                id,
                partial: texts.partial || denied.load(Ordering::Relaxed),
                files: texts.files.into_iter().map(changed_text).collect(),
            });
        }
        Ok(Ok(answers))
    }
}

fn unknown_commit() -> host_data::CommitTexts {
    host_data::CommitTexts {
        partial: true,
        ..host_data::CommitTexts::default()
    }
}

fn changed_text(file: host_data::ChangedText) -> repository::ChangedText {
    let changes = file.changes.into_iter();
    repository::ChangedText {
        path: file.path.to_text(),
        text: file.text,
        changes: changes
            .map(|change| repository::TextChange {
                first: change.first,
                added: change.added,
                removed: change.removed,
            })
            .collect(),
    }
}

fn recent_query(query: &repository::RecentQuery) -> host_data::RecentQuery {
    let since = query.since;
    host_data::RecentQuery {
        directory: query.directory.as_str().into(),
        since: since.and_then(|since| chrono::DateTime::from_timestamp(since, 0)),
    }
}

fn recent_change(change: host_data::RecentChange) -> repository::RecentChange {
    repository::RecentChange {
        path: change.path.to_text(),
        commits: change.commits,
        last: commit_ref(change.last),
    }
}

fn commit_ref(commit: CommitRef) -> repository::CommitRef {
    repository::CommitRef {
        id: commit.id,
        time: commit.time.timestamp(),
        subject: commit.subject,
    }
}
