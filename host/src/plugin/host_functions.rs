//! The contract's host interfaces: what a plugin can ask. Each answer is a copy of plain data; none of these functions
//! may write, start a process, or wait longer than the call's deadline.

use globset::{GlobBuilder, GlobSet};

use super::bindings::session::plugin::{facts, log, repository, state, types, work_tree};
use super::host_data::{self, CommitRef, HostData, Scope, Since};
use super::sandbox::Sandbox;
use super::work_tree::{Refusal, WorkTree};
use crate::path::RepoPath;

const MOST_CHANGED_FILES: usize = 10_000;
const MOST_COMMITS: usize = 1_000;
/// Evidence, and checkpoints.
const MOST_EVENTS: usize = 200;
const MOST_PATHS: usize = 1_000;
const MOST_GLOBS: usize = 100;
const MOST_TRACKED: usize = 10_000;
/// Bytes that one `read-files` gives back.
const MOST_READ: usize = 4 * 1024 * 1024;

impl Sandbox {
    /// Counts a call; one too many is a trap.
    fn count(&mut self) -> wasmtime::Result<()> {
        self.host_calls += 1;
        if self.host_calls > self.context.limits.host_calls {
            let most = self.context.limits.host_calls;
            return Err(wasmtime::Error::msg(format!(
                "more than {most} calls of host functions"
            )));
        }
        Ok(())
    }

    /// Epochs cannot interrupt a host function: one that takes long looks at the clock itself.
    fn stop_when_over(&self) -> wasmtime::Result<()> {
        if self.line.is_over() {
            return Err(wasmtime::Error::from(wasmtime::Trap::Interrupt));
        }
        Ok(())
    }

    fn ask<R: Send + 'static>(
        &mut self,
        question: impl FnOnce(&dyn HostData) -> R + Send + 'static,
    ) -> wasmtime::Result<R> {
        self.count()?;
        self.line.ask(question)
    }
}

impl types::Host for Sandbox {}

impl facts::Host for Sandbox {
    fn now(&mut self) -> wasmtime::Result<types::Timestamp> {
        self.count()?;
        Ok(self.context.now.timestamp())
    }

    fn branch(&mut self) -> wasmtime::Result<Option<String>> {
        self.ask(|host| host.session().branch)
    }

    fn session(&mut self) -> wasmtime::Result<Option<facts::SessionInfo>> {
        self.ask(|host| {
            host.session().session.map(|info| facts::SessionInfo {
                id: info.id,
                started_at: info.started_at.timestamp(),
                mode: info.mode,
                tdd_phase: info.tdd_phase,
                base: info.base,
                active_seconds: info.active_seconds,
            })
        })
    }

    fn objectives(&mut self) -> wasmtime::Result<Vec<facts::Item>> {
        self.ask(|host| host.session().objectives.into_iter().map(item).collect())
    }

    fn blockers(&mut self) -> wasmtime::Result<Vec<facts::Item>> {
        self.ask(|host| host.session().blockers.into_iter().map(item).collect())
    }

    fn decisions(&mut self) -> wasmtime::Result<Vec<facts::Decision>> {
        self.ask(|host| {
            let decisions = host.session().decisions.into_iter();
            decisions.map(decision).collect()
        })
    }

    fn changed_files(&mut self) -> wasmtime::Result<Vec<facts::ChangedFile>> {
        self.ask(|host| {
            let files = host.changed_files().into_iter().take(MOST_CHANGED_FILES);
            files
                .map(|file| facts::ChangedFile {
                    path: file.path.to_text(),
                    status: file.status,
                })
                .collect()
        })
    }

    fn line_counts(&mut self) -> wasmtime::Result<Vec<facts::LineCount>> {
        let counts = self.ask(|host| host.line_counts())?;
        let counts = counts.map_err(trap)?;
        Ok(counts
            .into_iter()
            .take(MOST_CHANGED_FILES)
            .map(|count| facts::LineCount {
                path: count.path.to_text(),
                added: count.added,
                removed: count.removed,
            })
            .collect())
    }

    fn commits(&mut self) -> wasmtime::Result<Vec<facts::Commit>> {
        self.ask(|host| host.commits())?.map(commits).map_err(trap)
    }

    fn head(&mut self) -> wasmtime::Result<Option<String>> {
        self.ask(|host| host.head())
    }

    fn remotes(&mut self) -> wasmtime::Result<Vec<facts::Remote>> {
        self.ask(|host| {
            let remotes = host.remotes().into_iter();
            remotes
                .map(|remote| facts::Remote {
                    name: remote.name,
                    url: remote.url,
                })
                .collect()
        })
    }

    fn session_commits(&mut self) -> wasmtime::Result<Vec<facts::Commit>> {
        let answer = self.ask(|host| host.session_commits())?;
        answer.map(commits).map_err(trap)
    }

    fn changed_lines(
        &mut self,
        since: String,
    ) -> wasmtime::Result<Result<Vec<facts::FileLines>, types::Failure>> {
        let point = match since.as_str() {
            "head" => Since::Head,
            "checkpoint" => Since::Checkpoint,
            "start" => Since::Start,
            _ => {
                self.count()?;
                let message = "since is head, checkpoint or start";
                return Ok(Err(failure("invalid", message)));
            }
        };
        Ok(match self.ask(move |host| host.changed_lines(point))? {
            Ok(Some(files)) => Ok(files
                .into_iter()
                .take(MOST_CHANGED_FILES)
                .map(changed_lines)
                .collect()),
            Ok(None) => Err(failure("not-found", format!("there is no {since}"))),
            Err(error) => Err(failed(error)),
        })
    }

    fn evidence(&mut self) -> wasmtime::Result<Vec<facts::EvidenceInfo>> {
        let all = self.ask(|host| host.evidence())?.map_err(trap)?;
        let older = all.len().saturating_sub(MOST_EVENTS);
        Ok(all.into_iter().skip(older).map(evidence).collect())
    }

    fn checkpoints(&mut self) -> wasmtime::Result<Vec<facts::CheckpointInfo>> {
        let all = self.ask(|host| host.checkpoints())?.map_err(trap)?;
        let older = all.len().saturating_sub(MOST_EVENTS);
        let newest = all.into_iter().skip(older);
        Ok(newest
            .map(|checkpoint| facts::CheckpointInfo {
                id: checkpoint.id,
                label: checkpoint.label,
                time: checkpoint.time.timestamp(),
                tdd_phase: checkpoint.tdd_phase,
            })
            .collect())
    }

    fn configuration(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(self.context.configuration.clone())
    }
}

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
        let set = match glob_set(&globs) {
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
        let queries: Vec<host_data::RecentQuery> = queries
            .into_iter()
            .map(|query| host_data::RecentQuery {
                directory: query.directory.as_str().into(),
                since: query
                    .since
                    .and_then(|since| chrono::DateTime::from_timestamp(since, 0)),
            })
            .collect();
        let changes = self.ask(move |host| host.recent_changes(&queries, limit))?;
        Ok(changes.map_err(failed).map(|lists| {
            lists
                .into_iter()
                .map(|list| list.into_iter().map(recent_change).collect())
                .collect()
        }))
    }
}

impl work_tree::Host for Sandbox {
    fn read_files(
        &mut self,
        paths: Vec<String>,
        max_bytes: u32,
    ) -> wasmtime::Result<Vec<Result<work_tree::File, types::Failure>>> {
        self.count()?;
        let tree = WorkTree::open(&self.context.work_tree, self.context.access.read.clone());
        let mut left = MOST_READ;
        let mut answers = Vec::with_capacity(paths.len());
        for (index, path) in paths.iter().enumerate() {
            self.stop_when_over()?;
            if index >= MOST_PATHS || left == 0 {
                answers.push(Err(failure(
                    "too-large",
                    "one call reads no more than this",
                )));
                continue;
            }
            let Ok(tree) = &tree else {
                answers.push(Err(failure("failed", "the work tree cannot be opened")));
                continue;
            };
            let limit = usize::try_from(max_bytes).map_or(left, |limit| limit.min(left));
            answers.push(match tree.read(path, limit) {
                Ok(start) => {
                    left -= start.bytes.len();
                    Ok(work_tree::File {
                        bytes: start.bytes,
                        truncated: start.truncated,
                    })
                }
                Err(refusal) => Err(refused(refusal, path)),
            });
        }
        Ok(answers)
    }

    fn stat_files(
        &mut self,
        paths: Vec<String>,
    ) -> wasmtime::Result<Vec<Result<work_tree::FileInfo, types::Failure>>> {
        self.count()?;
        let tree = WorkTree::open(&self.context.work_tree, self.context.access.read.clone());
        let mut answers = Vec::with_capacity(paths.len().min(MOST_PATHS));
        for (index, path) in paths.iter().enumerate() {
            self.stop_when_over()?;
            answers.push(match &tree {
                _ if index >= MOST_PATHS => Err(too_large("paths", MOST_PATHS)),
                Err(_) => Err(failure("failed", "the work tree cannot be opened")),
                Ok(tree) => tree
                    .stat(path)
                    .map(file_info)
                    .map_err(|refusal| refused(refusal, path)),
            });
        }
        Ok(answers)
    }

    fn read_range(
        &mut self,
        path: String,
        offset: u64,
        max_bytes: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, types::Failure>> {
        self.count()?;
        let limit = usize::try_from(max_bytes).map_or(MOST_READ, |limit| limit.min(MOST_READ));
        let tree = WorkTree::open(&self.context.work_tree, self.context.access.read.clone());
        let Ok(tree) = tree else {
            return Ok(Err(failure("failed", "the work tree cannot be opened")));
        };
        let read = tree.read_range(&path, offset, limit);
        self.stop_when_over()?;
        Ok(read.map_err(|refusal| refused(refusal, &path)))
    }
}

impl state::Host for Sandbox {
    fn get(&mut self, scope: String) -> wasmtime::Result<Option<Vec<u8>>> {
        let plugin = self.context.plugin.clone();
        self.ask(move |host| match scope.as_str() {
            "session" => host.state(&plugin, Scope::Session),
            "repository" => host.state(&plugin, Scope::Repository),
            _ => None,
        })
    }
}

impl log::Host for Sandbox {
    fn log(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        self.count()?;
        let line = format!("{level}: {message}");
        if line.len() <= self.log_left {
            self.log_left -= line.len();
            self.log.push(line);
        }
        Ok(())
    }
}

/// `*` stays within a directory, as in git's own patterns.
pub fn glob_set(globs: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSet::builder();
    for glob in globs {
        set.add(GlobBuilder::new(glob).literal_separator(true).build()?);
    }
    set.build()
}

fn item(item: host_data::ItemView) -> facts::Item {
    facts::Item {
        id: item.id,
        text: item.text,
        done: item.done,
        current: item.current,
        issue: item.issue,
    }
}

fn decision(decision: crate::session::decision::Decision) -> facts::Decision {
    let time = chrono::DateTime::parse_from_rfc3339(&decision.time);
    facts::Decision {
        id: decision.id,
        text: decision.text,
        rationale: decision.rationale,
        alternatives: decision.alternatives,
        time: time.ok().map(|time| time.timestamp()),
    }
}

fn commits(commits: Vec<host_data::SessionCommit>) -> Vec<facts::Commit> {
    commits
        .into_iter()
        .take(MOST_COMMITS)
        .map(|commit| facts::Commit {
            id: commit.commit.id,
            subject: commit.commit.subject,
            author: commit.author,
            time: commit.commit.time.timestamp(),
            files: commit.files.iter().map(RepoPath::to_text).collect(),
        })
        .collect()
}

fn changed_lines(file: host_data::ChangedLines) -> facts::FileLines {
    facts::FileLines {
        path: file.path.to_text(),
        ranges: file
            .ranges
            .into_iter()
            .map(|(first, count)| facts::LineRange { first, count })
            .collect(),
    }
}

fn evidence(evidence: host_data::EvidenceView) -> facts::EvidenceInfo {
    let files = evidence.changed_files.iter().take(MOST_PATHS);
    facts::EvidenceInfo {
        id: evidence.id,
        label: evidence.label,
        command: evidence.command,
        exit_code: evidence.exit_code,
        started_at: evidence.started_at.timestamp(),
        milliseconds: evidence.milliseconds,
        standing: evidence.standing,
        runner: evidence.runner,
        tests: evidence
            .tests
            .map(|(passed, failed, skipped)| facts::TestCounts {
                passed,
                failed,
                skipped,
            }),
        changed_files: files.map(RepoPath::to_text).collect(),
    }
}

fn file_info(info: super::work_tree::FileInfo) -> work_tree::FileInfo {
    work_tree::FileInfo {
        size: info.size,
        modified_at: info.modified_at,
        stamp: info.stamp,
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

fn failure(kind: &str, message: impl Into<String>) -> types::Failure {
    types::Failure {
        kind: kind.to_owned(),
        message: message.into(),
    }
}

fn too_large(what: &str, most: usize) -> types::Failure {
    failure("too-large", format!("more than {most} {what} in one call"))
}

fn trap(error: anyhow::Error) -> wasmtime::Error {
    wasmtime::Error::msg(format!("{error:#}"))
}

fn failed(error: anyhow::Error) -> types::Failure {
    failure("failed", format!("{error:#}"))
}

fn refused(refusal: Refusal, path: &str) -> types::Failure {
    match refusal {
        Refusal::NotFound => failure("not-found", format!("there is no {path}")),
        Refusal::Denied => failure("denied", format!("{path} is not for this plugin to read")),
        Refusal::Failed => failure("failed", format!("{path} could not be read")),
    }
}
