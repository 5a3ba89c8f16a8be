//! The facts as plugins may ask for them. What costs something is read when it is first asked for, never before.

use std::cell::{Cell, OnceCell};
use std::path::Path;
use std::time::Instant;

use globset::GlobSet;

use super::Facts;
use super::commit_texts;
use super::evidence::Comparison;
use super::expansion::expand;
use super::happened;
use crate::environment::Timestamp;
use crate::git::commits::Commit;
use crate::git::status::{Change, ChangeKind};
use crate::git::tree_diff::{LineCount, TreeChange};
use crate::git::{Repository, remote_url};
use crate::path::RepoPath;
use crate::plugin::host_data::{
    ChangedFile, ChangedLines, CheckpointView, CommitOrigin, CommitRef, CommitTexts, EarlierRun,
    EntryView, EvidenceView, HostData, ItemView, PathActivity, RecentChange, RecentQuery, Remote,
    Scope, SessionCommit, SessionInfo, SessionView, Since,
};
use crate::session::list::Item;
use crate::session::live::{LiveSession, Mode};
use crate::store::events::{self, Events};
use crate::store::layout::Layout;
use crate::store::recorded_evidence;

/// That a plugin is told of.
const MOST_COMMITS: usize = 1_000;
const MOST_EVENTS: usize = 200;

pub struct PluginView<'a> {
    facts: &'a Facts,
    repository: &'a Repository,
    layout: &'a Layout,
    /// Walked once: several plugins ask, and some ask again of each commit.
    session_commits: OnceCell<Vec<Commit>>,
    /// What each of them changed.
    session_changes: OnceCell<Vec<Vec<TreeChange>>>,
    /// When nobody waits any more for what is being looked at.
    deadline: Cell<Option<Instant>>,
    /// Git is asked once for the files of untracked directories.
    changes: OnceCell<Vec<Change>>,
    /// Read once: evidence and checkpoints lie in the same record.
    events: OnceCell<Events>,
}

impl<'a> PluginView<'a> {
    pub fn new(facts: &'a Facts, repository: &'a Repository, layout: &'a Layout) -> Self {
        Self {
            facts,
            repository,
            layout,
            session_commits: OnceCell::new(),
            session_changes: OnceCell::new(),
            changes: OnceCell::new(),
            deadline: Cell::new(None),
            events: OnceCell::new(),
        }
    }

    /// For between two files or commits.
    fn go_on(&self) -> anyhow::Result<()> {
        let is_over = |deadline| Instant::now() >= deadline;
        anyhow::ensure!(
            !self.deadline.get().is_some_and(is_over),
            "there is more to look at than the time allows"
        );
        Ok(())
    }

    /// What differs from HEAD, untracked directories as the files in them. Where that is too much, or git fails, a
    /// directory stays an entry of its own.
    fn changes(&self) -> &[Change] {
        self.changes.get_or_init(|| {
            let mut status = self.facts.status();
            let expanded = expand(self.repository, &mut status, true);
            if !matches!(expanded, Ok(true)) {
                return self.facts.changes.clone();
            }
            status
                .changes
                .sort_by(|one, other| one.path.cmp(&other.path));
            status.changes
        })
    }

    /// What each of these commits changed.
    fn changes_of(&self, commits: &[Commit]) -> anyhow::Result<Vec<Vec<TreeChange>>> {
        commits
            .iter()
            .map(|commit| {
                self.go_on()?;
                self.repository.changes_of(commit.id)
            })
            .collect()
    }

    fn changes_of_session(&self) -> anyhow::Result<&[Vec<TreeChange>]> {
        if let Some(known) = self.session_changes.get() {
            return Ok(known);
        }
        let changes = self.changes_of(self.commits_of_session()?)?;
        Ok(self.session_changes.get_or_init(|| changes))
    }

    /// None without a session.
    fn events(&self) -> anyhow::Result<&Events> {
        if let Some(known) = self.events.get() {
            return Ok(known);
        }
        let events = match &self.facts.session {
            Some(session) => events::newest(self.repository, &session.context.id, MOST_EVENTS)?,
            None => Events::default(),
        };
        Ok(self.events.get_or_init(|| events))
    }

    /// Newest first; none without a session.
    fn commits_of_session(&self) -> anyhow::Result<&[Commit]> {
        if let Some(known) = self.session_commits.get() {
            return Ok(known);
        }
        let list = match (self.facts.head.commit, &self.facts.session) {
            (Some(head), Some(session)) => {
                let hide = happened::hidden(self.facts, self.repository, head, &session.context)?;
                self.repository.commits(head, &hide, MOST_COMMITS)?.list
            }
            _ => Vec::new(),
        };
        Ok(self.session_commits.get_or_init(|| list))
    }

    fn commit_ref(change: &super::path_history::LastChange) -> CommitRef {
        CommitRef {
            id: change.id.to_string(),
            time: change.time,
            subject: change.subject.clone().unwrap_or_default(),
        }
    }
}

impl HostData for PluginView<'_> {
    fn until(&self, deadline: Instant) {
        self.deadline.set(Some(deadline));
    }

    fn now(&self) -> Timestamp {
        self.facts.now
    }

    fn work_tree(&self) -> &Path {
        &self.facts.work_tree
    }

    fn session(&self) -> SessionView {
        let session = self.facts.session.as_ref();
        SessionView {
            branch: self.facts.head.branch.clone(),
            session: session.map(|session| info(session, self.facts.now)),
            objectives: session.map(objectives).unwrap_or_default(),
            blockers: session
                .map(|session| {
                    session
                        .blockers
                        .items()
                        .map(|item| view(item, false))
                        .collect()
                })
                .unwrap_or_default(),
            decisions: self.facts.decisions.clone(),
        }
    }

    fn changed_files(&self) -> Vec<ChangedFile> {
        let changes = self.changes().iter();
        changes
            .map(|change| ChangedFile {
                path: change.path.clone(),
                status: status(change.kind()).into(),
            })
            .collect()
    }

    fn line_counts(&self) -> anyhow::Result<Vec<LineCount>> {
        let mut counts = Vec::new();
        for change in &self.facts.changes {
            self.go_on()?;
            let change = std::slice::from_ref(change);
            counts.extend(self.repository.work_line_counts(change)?);
        }
        Ok(counts)
    }

    fn commits(&self) -> anyhow::Result<Vec<SessionCommit>> {
        let commits = &self.facts.commits.list;
        Ok(happened::commits(commits, &self.changes_of(commits)?))
    }

    fn head(&self) -> Option<String> {
        self.facts.head.commit.map(|id| id.to_string())
    }

    fn remotes(&self) -> Vec<Remote> {
        let remotes = self.repository.remote_urls().into_iter();
        remotes
            .map(|(name, url)| Remote {
                name,
                url: remote_url::without_secrets(&url),
            })
            .collect()
    }

    fn session_commits(&self) -> anyhow::Result<Vec<SessionCommit>> {
        let commits = self.commits_of_session()?;
        Ok(happened::commits(commits, self.changes_of_session()?))
    }

    fn commit_texts(
        &self,
        commit: &str,
        wanted: &dyn Fn(&RepoPath) -> bool,
        room: usize,
    ) -> anyhow::Result<Option<CommitTexts>> {
        let Some(id) = commit_texts::commit_among(self.commits_of_session()?, commit) else {
            return Ok(None);
        };
        let go_on = || self.go_on();
        commit_texts::commit_texts(self.repository, id, wanted, room, &go_on).map(Some)
    }

    fn changed_lines(&self, since: Since) -> anyhow::Result<Option<Vec<ChangedLines>>> {
        let go_on = || self.go_on();
        super::changed_lines::changed_lines(
            self.facts,
            self.changes(),
            self.repository,
            since,
            &go_on,
        )
    }

    fn evidence(&self) -> anyhow::Result<Vec<EvidenceView>> {
        let all = self.events()?.evidence.iter();
        let status = self.facts.status();
        let max_file = self.facts.config.snapshots.max_file;
        let mut now = Comparison::new(self.repository, &status, self.facts.thoroughness, max_file);
        all.map(|evidence| {
            self.go_on()?;
            let standing = match self
                .facts
                .evidence
                .iter()
                .find(|held| held.record.id == evidence.id)
            {
                Some(held) => held.standing.clone(),
                None => now.standing(evidence)?,
            };
            Ok(happened::evidence_view(evidence.clone(), &standing))
        })
        .collect()
    }

    fn checkpoints(&self) -> anyhow::Result<Vec<CheckpointView>> {
        let checkpoints = self.events()?.checkpoints.iter();
        Ok(checkpoints
            .map(|checkpoint| CheckpointView {
                id: checkpoint.id.to_string(),
                label: checkpoint.label.clone(),
                time: checkpoint.time,
                tdd_phase: checkpoint.tdd_phase.map(|phase| phase.name().to_owned()),
            })
            .collect())
    }

    fn entries(&self) -> anyhow::Result<Vec<EntryView>> {
        Ok(happened::entries(self.events()?))
    }

    fn earlier_runs(&self) -> anyhow::Result<Vec<EarlierRun>> {
        let session = self.facts.session.as_ref();
        let Some(before) = session.and_then(|session| session.context.before()) else {
            return Ok(Vec::new());
        };
        let newest = recorded_evidence::newest(self.repository, before)?.found;
        let own = newest.own.into_iter().map(|run| (before.clone(), run));
        let status = self.facts.status();
        let max_file = self.facts.config.snapshots.max_file;
        let mut now = Comparison::new(self.repository, &status, self.facts.thoroughness, max_file);
        own.chain(newest.earlier)
            .map(|(session, run)| {
                self.go_on()?;
                let standing = now.standing(&run)?;
                Ok(EarlierRun {
                    session: session.to_string(),
                    entry: happened::entry(&run),
                    evidence: happened::evidence_view(run, &standing),
                })
            })
            .collect()
    }

    fn commit_origins(&self) -> anyhow::Result<Vec<CommitOrigin>> {
        happened::origins(
            self.repository,
            self.commits_of_session()?,
            self.changes_of_session()?,
            self.facts.head.commit,
            self.facts.head.user.as_ref(),
        )
    }

    fn commit_author_times(&self) -> anyhow::Result<Vec<Timestamp>> {
        let commits = self.commits_of_session()?.iter();
        commits
            .map(|commit| self.repository.author_time(commit.id))
            .collect()
    }

    fn path_activity(&self, paths: &[RepoPath]) -> anyhow::Result<Vec<PathActivity>> {
        let activity = self.facts.history.activity(paths).into_iter();
        Ok(activity
            .map(|activity| PathActivity {
                last_change: activity.last_change.as_ref().map(Self::commit_ref),
                directory_commits: activity.directory_commits_since,
                directory_files: activity.directory_files_since,
            })
            .collect())
    }

    fn list_tracked(&self, patterns: &[String], globs: &GlobSet) -> anyhow::Result<Vec<RepoPath>> {
        let tree = self
            .facts
            .head
            .commit
            .map(|head| self.repository.commit_tree(head))
            .transpose()?;
        super::tracked::matching(self.repository, &self.layout.index(), tree, patterns, globs)
    }

    fn recent_changes(
        &self,
        queries: &[RecentQuery],
        limit: usize,
    ) -> anyhow::Result<Vec<Vec<RecentChange>>> {
        Ok(queries
            .iter()
            .map(|query| {
                let recent = self
                    .facts
                    .history
                    .recent_below(&query.directory, query.since, limit)
                    .into_iter();
                recent
                    .map(|recent| RecentChange {
                        path: recent.path,
                        commits: recent.commits,
                        last: Self::commit_ref(&recent.last),
                    })
                    .collect()
            })
            .collect())
    }

    fn state(&self, owner: &str, scope: Scope) -> Option<Vec<u8>> {
        let path = match scope {
            Scope::Repository => self.layout.repository_state(owner),
            Scope::Session => {
                let session = self.facts.session.as_ref()?;
                self.layout.plugin_state(&session.context.id, owner)
            }
        };
        std::fs::read(path).ok()
    }
}

fn info(session: &LiveSession, now: Timestamp) -> SessionInfo {
    let context = &session.context;
    SessionInfo {
        id: context.id.to_string(),
        started_at: context.started_at,
        mode: match context.mode {
            Mode::Normal => "normal".into(),
            Mode::Tdd => "tdd".into(),
        },
        tdd_phase: context.tdd_phase.map(|phase| phase.name().to_owned()),
        base: context.base.clone(),
        active_seconds: context.active(now).as_secs(),
    }
}

fn objectives(session: &LiveSession) -> Vec<ItemView> {
    let current = session.current_objective().map(|item| item.id);
    session
        .objectives
        .items()
        .map(|item| view(item, Some(item.id) == current))
        .collect()
}

fn view(item: &Item, current: bool) -> ItemView {
    ItemView {
        id: item.id.to_string(),
        text: item.text.clone(),
        done: item.done,
        current,
        issue: item.issue.clone(),
    }
}

fn status(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Deleted => "deleted",
        ChangeKind::TypeChanged => "type-changed",
        ChangeKind::Untracked => "untracked",
        ChangeKind::Conflicted => "conflicted",
        ChangeKind::Modified | ChangeKind::Unchanged => "modified",
    }
}
