//! The facts of a case, as the real host hands them to a plugin. It must not know anything that is not in the case.

use std::path::Path;

use anyhow::Context as _;
use globset::GlobSet;

use super::{Case, ChangedText, Commit, CommitRef, Entry, Evidence, Item, Since};
use crate::environment::Timestamp;
use crate::error::user_error;
use crate::git::text_diff::LineChange;
use crate::git::tree_diff::LineCount;
use crate::path::RepoPath;
use crate::plugin::host_data::{self, HostData, Scope, SessionCommit, SessionView};
use crate::plugin::work_tree::is_inside;

pub struct CaseHost<'a> {
    case: &'a Case,
    work_tree: tempfile::TempDir,
}

impl<'a> CaseHost<'a> {
    /// Writes the case's files to a directory that lives as long as this value.
    pub fn new(case: &'a Case) -> anyhow::Result<Self> {
        let work_tree = tempfile::Builder::new()
            .prefix(crate::store::durable::TEMPORARY_PREFIX)
            .tempdir()
            .context("no temporary directory could be made for the case's files")?;
        for (path, text) in &case.files {
            if !is_inside(path) {
                return Err(user_error(
                    format!("the case has a file {path:?}, which lies outside of a work tree"),
                    "name files from the root of the work tree, with `/`",
                ));
            }
            write(&work_tree.path().join(path), text, case.now)?;
        }
        Ok(Self { case, work_tree })
    }
}

/// The time of every file is the case's: what a plugin sees is the same in every run.
fn write(path: &Path, text: &str, time: Timestamp) -> anyhow::Result<()> {
    let directory = path.parent().context("a file has a directory")?;
    std::fs::create_dir_all(directory)?;
    std::fs::write(path, text)?;
    let file = std::fs::File::options().write(true).open(path)?;
    file.set_modified(time.into())?;
    Ok(())
}

impl HostData for CaseHost<'_> {
    fn now(&self) -> Timestamp {
        self.case.now
    }

    fn work_tree(&self) -> &Path {
        self.work_tree.path()
    }

    fn session(&self) -> SessionView {
        let session = self.case.session.clone();
        SessionView {
            branch: self.case.branch.clone(),
            session: session.map(|session| host_data::SessionInfo {
                id: session.id,
                started_at: session.started_at,
                mode: session.mode,
                tdd_phase: session.tdd_phase,
                base: session.base,
                active_seconds: session.active_seconds,
            }),
            objectives: self.case.objectives.iter().map(item).collect(),
            blockers: self.case.blockers.iter().map(item).collect(),
            decisions: self.case.decisions.iter().map(decision).collect(),
        }
    }

    fn changed_files(&self) -> Vec<host_data::ChangedFile> {
        let files = self.case.changed_files.iter();
        files
            .map(|file| host_data::ChangedFile {
                path: (&*file.path).into(),
                status: file.status.clone(),
            })
            .collect()
    }

    fn line_counts(&self) -> anyhow::Result<Vec<LineCount>> {
        let counts = self.case.line_counts.iter();
        Ok(counts
            .map(|count| LineCount {
                path: (&*count.path).into(),
                added: count.added,
                removed: count.removed,
            })
            .collect())
    }

    fn commits(&self) -> anyhow::Result<Vec<SessionCommit>> {
        Ok(self.case.commits.iter().map(commit).collect())
    }

    fn path_activity(&self, paths: &[RepoPath]) -> anyhow::Result<Vec<host_data::PathActivity>> {
        let activity = |path: &RepoPath| {
            let known = path
                .as_str()
                .and_then(|path| self.case.path_activity.get(path));
            known.map_or_else(host_data::PathActivity::default, |known| {
                host_data::PathActivity {
                    last_change: known.last_change.as_ref().map(commit_ref),
                    directory_commits: known.directory_commits,
                    directory_files: known.directory_files,
                }
            })
        };
        Ok(paths.iter().map(activity).collect())
    }

    fn list_tracked(&self, _: &[String], globs: &GlobSet) -> anyhow::Result<Vec<RepoPath>> {
        let tracked = self.case.tracked.iter().chain(self.case.files.keys());
        let matching = tracked.filter(|path| globs.is_match(path));
        let mut paths: Vec<RepoPath> = matching.map(|path| (&**path).into()).collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    fn recent_changes(
        &self,
        queries: &[host_data::RecentQuery],
        limit: usize,
    ) -> anyhow::Result<Vec<Vec<host_data::RecentChange>>> {
        let answer = |query: &host_data::RecentQuery| {
            let changes = self.case.recent_changes.iter();
            let wanted = changes.filter(|change| {
                let is_newer = query.since.is_none_or(|since| change.last.time > since);
                is_newer && RepoPath::from(&*change.path).is_within(&query.directory)
            });
            wanted
                .take(limit)
                .map(|change| host_data::RecentChange {
                    path: (&*change.path).into(),
                    commits: change.commits,
                    last: commit_ref(&change.last),
                })
                .collect()
        };
        Ok(queries.iter().map(answer).collect())
    }

    fn commit_texts(
        &self,
        commit: &str,
        wanted: &dyn Fn(&RepoPath) -> bool,
        mut room: usize,
    ) -> anyhow::Result<Option<host_data::CommitTexts>> {
        let Some(known) = self.case.commit_texts.get(commit) else {
            return Ok(None);
        };
        let mut texts = host_data::CommitTexts::default();
        for file in known.iter().filter(|file| wanted(&(&*file.path).into())) {
            if file.text.len() > room {
                texts.partial = true;
                continue;
            }
            room -= file.text.len();
            texts.files.push(changed_text(file));
        }
        Ok(Some(texts))
    }

    fn head(&self) -> Option<String> {
        self.case.head.clone()
    }

    fn remotes(&self) -> Vec<host_data::Remote> {
        let remotes = self.case.remotes.iter();
        remotes
            .map(|remote| host_data::Remote {
                name: remote.name.clone(),
                url: remote.url.clone(),
            })
            .collect()
    }

    fn session_commits(&self) -> anyhow::Result<Vec<SessionCommit>> {
        Ok(self.case.session_commits.iter().map(commit).collect())
    }

    fn changed_lines(
        &self,
        since: host_data::Since,
    ) -> anyhow::Result<Option<Vec<host_data::ChangedLines>>> {
        let since = match since {
            host_data::Since::Head => Since::Head,
            host_data::Since::Checkpoint => Since::Checkpoint,
            host_data::Since::Start => Since::Start,
        };
        let files = self.case.changed_lines.get(&since);
        Ok(files.map(|files| {
            let files = files.iter();
            files
                .map(|file| host_data::ChangedLines {
                    path: (&*file.path).into(),
                    ranges: file.ranges.clone(),
                })
                .collect()
        }))
    }

    fn evidence(&self) -> anyhow::Result<Vec<host_data::EvidenceView>> {
        Ok(self.case.evidence.iter().map(evidence).collect())
    }

    fn checkpoints(&self) -> anyhow::Result<Vec<host_data::CheckpointView>> {
        let checkpoints = self.case.checkpoints.iter();
        Ok(checkpoints
            .map(|it| host_data::CheckpointView {
                id: it.id.clone(),
                label: it.label.clone(),
                time: it.time,
                tdd_phase: it.tdd_phase.clone(),
            })
            .collect())
    }

    fn entries(&self) -> anyhow::Result<Vec<host_data::EntryView>> {
        Ok(self.case.entries.iter().map(entry).collect())
    }

    fn earlier_runs(&self) -> anyhow::Result<Vec<host_data::EarlierRun>> {
        let runs = self.case.earlier_runs.iter();
        Ok(runs
            .map(|run| host_data::EarlierRun {
                session: run.session.clone(),
                evidence: evidence(&run.evidence),
                entry: entry(&run.entry),
            })
            .collect())
    }

    fn commit_origins(&self) -> anyhow::Result<Vec<host_data::CommitOrigin>> {
        let origins = self.case.commit_origins.iter();
        Ok(origins
            .map(|origin| host_data::CommitOrigin {
                id: origin.id.clone(),
                by_user: origin.by_user,
                unwritten: paths(&origin.unwritten),
            })
            .collect())
    }

    fn commit_author_times(&self) -> anyhow::Result<Vec<Timestamp>> {
        Ok(self.case.commit_author_times.clone())
    }

    fn state(&self, _owner: &str, scope: Scope) -> Option<Vec<u8>> {
        let scope = match scope {
            Scope::Session => "session",
            Scope::Repository => "repository",
        };
        let text = self.case.state.get(scope);
        text.map(|text| text.clone().into_bytes())
    }
}

fn evidence(it: &Evidence) -> host_data::EvidenceView {
    host_data::EvidenceView {
        id: it.id.clone(),
        label: it.label.clone(),
        command: it.command.clone(),
        exit_code: it.exit_code,
        started_at: it.started_at,
        milliseconds: it.milliseconds,
        standing: it.standing.clone(),
        runner: it.runner.clone(),
        tests: it.tests,
        changed_files: paths(&it.changed_files),
    }
}

fn entry(entry: &Entry) -> host_data::EntryView {
    host_data::EntryView {
        id: entry.id.clone(),
        tests: entry.tests.clone(),
        directory: entry.directory.as_deref().map(RepoPath::from),
        unwritten: paths(&entry.unwritten),
    }
}

fn item(item: &Item) -> host_data::ItemView {
    host_data::ItemView {
        id: item.id.clone(),
        text: item.text.clone(),
        done: item.done,
        current: item.current,
        issue: item.issue.clone(),
    }
}

fn decision(decision: &super::Decision) -> crate::session::decision::Decision {
    crate::session::decision::Decision {
        id: decision.id.clone(),
        text: decision.text.clone(),
        rationale: decision.rationale.clone(),
        alternatives: decision.alternatives.clone(),
        time: decision
            .time
            .map(|time| time.to_rfc3339())
            .unwrap_or_default(),
        session: None,
        by: None,
    }
}

fn commit(commit: &Commit) -> SessionCommit {
    SessionCommit {
        commit: host_data::CommitRef {
            id: commit.id.clone(),
            time: commit.time,
            subject: commit.subject.clone(),
        },
        author: commit.author.clone(),
        files: paths(&commit.files),
    }
}

fn changed_text(file: &ChangedText) -> host_data::ChangedText {
    let changes = file.changes.iter();
    host_data::ChangedText {
        path: (&*file.path).into(),
        text: file.text.clone(),
        changes: changes
            .map(|&(first, added, removed)| LineChange {
                first,
                added,
                removed,
            })
            .collect(),
    }
}

fn commit_ref(commit: &CommitRef) -> host_data::CommitRef {
    host_data::CommitRef {
        id: commit.id.clone(),
        time: commit.time,
        subject: commit.subject.clone(),
    }
}

fn paths(paths: &[String]) -> Vec<RepoPath> {
    paths.iter().map(|path| (&**path).into()).collect()
}
