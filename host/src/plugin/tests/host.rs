//! Host data that stands still, for tests that need no repository.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::GlobSet;

use crate::environment::Timestamp;
use crate::git::text_diff::LineChange;
use crate::git::tree_diff::LineCount;
use crate::path::RepoPath;
use crate::plugin::host_data::{
    ChangedFile, ChangedLines, ChangedText, CheckpointView, CommitOrigin, CommitRef, CommitTexts,
    EarlierRun, EntryView, EvidenceView, HostData, PathActivity, RecentChange, RecentQuery, Remote,
    Scope, SessionCommit, SessionView, Since,
};

pub struct FixedHost {
    root: PathBuf,
    pub session: SessionView,
    pub changed: Vec<ChangedFile>,
    pub tracked: Vec<RepoPath>,
    /// How many commits have touched a directory since the files in it that are asked about.
    pub commits_since: u32,
    /// Against the session's start; None: there is no session.
    pub changed_lines: Option<Vec<ChangedLines>>,
    pub session_commits: Vec<SessionCommit>,
    /// By commit.
    pub commit_texts: BTreeMap<String, Vec<ChangedText>>,
    /// For how many commits.
    pub texts_asked_for: Cell<usize>,
    pub evidence: Vec<EvidenceView>,
    pub checkpoints: Vec<CheckpointView>,
    pub entries: Vec<EntryView>,
    pub earlier_runs: Vec<EarlierRun>,
    /// Where they are not the user's own, or wrote nothing new somewhere.
    pub commit_origins: Vec<CommitOrigin>,
    /// The committers', where none is given.
    pub commit_author_times: Vec<Timestamp>,
    /// What plugins left for themselves.
    pub states: Vec<(Scope, Vec<u8>)>,
    /// Of queries for recent changes, the most that were asked at once.
    pub most_queries: Cell<usize>,
}

impl FixedHost {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            session: SessionView::default(),
            changed: Vec::new(),
            tracked: Vec::new(),
            commits_since: 0,
            changed_lines: None,
            session_commits: Vec::new(),
            commit_texts: BTreeMap::from([("1".repeat(40), vec![readme()])]),
            texts_asked_for: Cell::new(0),
            evidence: Vec::new(),
            checkpoints: Vec::new(),
            entries: Vec::new(),
            earlier_runs: Vec::new(),
            commit_origins: Vec::new(),
            commit_author_times: Vec::new(),
            states: vec![(Scope::Repository, b"kept".to_vec())],
            most_queries: Cell::new(0),
        }
    }
}

fn readme() -> ChangedText {
    ChangedText {
        path: "README.md".into(),
        text: "hello\n".to_owned(),
        changes: vec![LineChange {
            first: 1,
            added: 1,
            removed: 0,
        }],
    }
}

fn commit(subject: &str) -> CommitRef {
    CommitRef {
        id: "1".repeat(40),
        time: "2026-11-01T00:00:00Z".parse().unwrap(),
        subject: subject.to_owned(),
    }
}

impl HostData for FixedHost {
    fn now(&self) -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn work_tree(&self) -> &Path {
        &self.root
    }

    fn session(&self) -> SessionView {
        self.session.clone()
    }

    fn changed_files(&self) -> Vec<ChangedFile> {
        self.changed.clone()
    }

    fn line_counts(&self) -> anyhow::Result<Vec<LineCount>> {
        Ok(Vec::new())
    }

    fn commits(&self) -> anyhow::Result<Vec<SessionCommit>> {
        Ok(Vec::new())
    }

    fn path_activity(&self, paths: &[RepoPath]) -> anyhow::Result<Vec<PathActivity>> {
        let activity = PathActivity {
            last_change: Some(commit("Describe the directory")),
            directory_commits: self.commits_since,
            directory_files: self.commits_since,
        };
        Ok(vec![activity; paths.len()])
    }

    fn list_tracked(&self, _: &[String], globs: &GlobSet) -> anyhow::Result<Vec<RepoPath>> {
        let matching = |path: &&RepoPath| globs.is_match(path.to_path());
        Ok(self.tracked.iter().filter(matching).cloned().collect())
    }

    fn recent_changes(
        &self,
        queries: &[RecentQuery],
        _limit: usize,
    ) -> anyhow::Result<Vec<Vec<RecentChange>>> {
        self.most_queries
            .set(self.most_queries.get().max(queries.len()));
        let below = |query: &RecentQuery| {
            let paths = self.tracked.iter();
            let within = paths.filter(|path| path.is_within(&query.directory));
            within
                .map(|path| RecentChange {
                    path: path.clone(),
                    commits: 1,
                    last: commit("Rotate refresh tokens"),
                })
                .collect()
        };
        Ok(queries.iter().map(below).collect())
    }

    fn commit_texts(
        &self,
        commit: &str,
        wanted: &dyn Fn(&RepoPath) -> bool,
        _room: usize,
    ) -> anyhow::Result<Option<CommitTexts>> {
        self.texts_asked_for.set(self.texts_asked_for.get() + 1);
        let Some(files) = self.commit_texts.get(commit) else {
            return Ok(None);
        };
        let files = files.iter().filter(|file| wanted(&file.path));
        Ok(Some(CommitTexts {
            files: files.cloned().collect(),
            partial: false,
        }))
    }

    fn head(&self) -> Option<String> {
        Some("1".repeat(40))
    }

    fn remotes(&self) -> Vec<Remote> {
        vec![Remote {
            name: "origin".to_owned(),
            url: "https://example.com/a/b.git".to_owned(),
        }]
    }

    fn session_commits(&self) -> anyhow::Result<Vec<SessionCommit>> {
        Ok(self.session_commits.clone())
    }

    fn changed_lines(&self, since: Since) -> anyhow::Result<Option<Vec<ChangedLines>>> {
        let readme = || {
            vec![ChangedLines {
                path: "README.md".into(),
                ranges: vec![(2, 3)],
            }]
        };
        Ok(match since {
            Since::Head => Some(readme()),
            Since::Checkpoint => None,
            Since::Start => self.changed_lines.clone(),
        })
    }

    fn evidence(&self) -> anyhow::Result<Vec<EvidenceView>> {
        Ok(self.evidence.clone())
    }

    fn checkpoints(&self) -> anyhow::Result<Vec<CheckpointView>> {
        Ok(self.checkpoints.clone())
    }

    fn entries(&self) -> anyhow::Result<Vec<EntryView>> {
        Ok(self.entries.clone())
    }

    fn earlier_runs(&self) -> anyhow::Result<Vec<EarlierRun>> {
        Ok(self.earlier_runs.clone())
    }

    fn commit_origins(&self) -> anyhow::Result<Vec<CommitOrigin>> {
        let commits = self.session_commits.iter().map(|it| &it.commit.id);
        Ok(commits
            .map(|id| {
                let mut told = self.commit_origins.iter();
                let told = told.find(|origin| origin.id == *id).cloned();
                told.unwrap_or_else(|| CommitOrigin {
                    id: id.clone(),
                    by_user: true,
                    unwritten: Vec::new(),
                })
            })
            .collect())
    }

    fn commit_author_times(&self) -> anyhow::Result<Vec<Timestamp>> {
        let given = &self.commit_author_times;
        let commits = self.session_commits.iter().enumerate();
        Ok(commits
            .map(|(index, it)| given.get(index).copied().unwrap_or(it.commit.time))
            .collect())
    }

    fn state(&self, _owner: &str, scope: Scope) -> Option<Vec<u8>> {
        let mut states = self.states.iter();
        let state = states.find(|(of, _)| *of == scope);
        state.map(|(_, bytes)| bytes.clone())
    }
}
