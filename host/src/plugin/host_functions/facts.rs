//! The contract's interface `facts`: the session and the work. Answers come from the host data; this must not look anything
//! up itself.

use super::{MOST_PATHS, failed, failure, trap};
use crate::path::RepoPath;
use crate::plugin::bindings::session::plugin::{facts, types};
use crate::plugin::host_data::{self, Since};
use crate::plugin::sandbox::Sandbox;

const MOST_CHANGED_FILES: usize = 10_000;
const MOST_COMMITS: usize = 1_000;
/// Evidence, and checkpoints.
const MOST_EVENTS: usize = 200;

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

    fn entries(&mut self) -> wasmtime::Result<Vec<facts::Entry>> {
        let all = self.ask(|host| host.entries())?.map_err(trap)?;
        let older = all.len().saturating_sub(2 * MOST_EVENTS);
        Ok(all.into_iter().skip(older).map(entry).collect())
    }

    fn earlier_runs(&mut self) -> wasmtime::Result<Vec<facts::EarlierRun>> {
        let all = self.ask(|host| host.earlier_runs())?.map_err(trap)?;
        let newest = all.into_iter().take(MOST_EVENTS);
        Ok(newest
            .map(|run| facts::EarlierRun {
                session: run.session,
                evidence: evidence(run.evidence),
                entry: entry(run.entry),
            })
            .collect())
    }

    fn commit_origins(&mut self) -> wasmtime::Result<Vec<facts::CommitOrigin>> {
        let all = self.ask(|host| host.commit_origins())?.map_err(trap)?;
        let newest = all.into_iter().take(MOST_COMMITS);
        Ok(newest
            .map(|origin| facts::CommitOrigin {
                id: origin.id,
                by_user: origin.by_user,
                unwritten: origin.unwritten.iter().map(RepoPath::to_text).collect(),
            })
            .collect())
    }

    fn commit_author_times(&mut self) -> wasmtime::Result<Vec<i64>> {
        let all = self.ask(|host| host.commit_author_times())?.map_err(trap)?;
        let newest = all.into_iter().take(MOST_COMMITS);
        Ok(newest.map(|time| time.timestamp()).collect())
    }

    fn configuration(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(self.context.configuration.clone())
    }
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

fn entry(entry: host_data::EntryView) -> facts::Entry {
    let unwritten = entry.unwritten.iter().take(MOST_PATHS);
    facts::Entry {
        id: entry.id,
        tests: entry.tests,
        directory: entry.directory.as_ref().map(RepoPath::to_text),
        unwritten: unwritten.map(RepoPath::to_text).collect(),
    }
}
