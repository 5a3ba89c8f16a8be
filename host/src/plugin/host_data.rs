//! What a plugin may ask the host: plain data, and questions in bulk. It must not know wasmtime, nor how the answers
//! are found.

use std::path::Path;
use std::time::Instant;

use globset::GlobSet;

use crate::environment::Timestamp;
use crate::git::text_diff::LineChange;
use crate::git::tree_diff::LineCount;
use crate::path::RepoPath;
use crate::session::decision::Decision;

/// The facts of one command, as plugins see them. Every answer must be the same however often it is asked for.
///
/// The methods are called on the thread that called [`Plugins::ask`](super::Plugins::ask), while the plugin waits, and so
/// does every other one; what takes longer than the plugin's time limit costs the plugin its answer.
pub trait HostData {
    /// What is asked next is wanted by then: whoever looks at much gives up when it has passed.
    fn until(&self, _deadline: Instant) {}

    fn now(&self) -> Timestamp;

    /// The root of the work tree.
    fn work_tree(&self) -> &Path;

    /// What is known without a further look at the repository.
    fn session(&self) -> SessionView;

    /// Everything that differs from HEAD, by path.
    fn changed_files(&self) -> Vec<ChangedFile>;

    /// The tracked ones of them. Asked for only by plugins that want it: count now, not before.
    fn line_counts(&self) -> anyhow::Result<Vec<LineCount>>;

    /// The session's commits since the last checkpoint, newest first, with the paths each one touched.
    fn commits(&self) -> anyhow::Result<Vec<SessionCommit>>;

    /// For each path, in the same order.
    fn path_activity(&self, paths: &[RepoPath]) -> anyhow::Result<Vec<PathActivity>>;

    /// Tracked paths that match, sorted. `patterns` are what `globs` was made of: an index may be kept for them.
    fn list_tracked(&self, patterns: &[String], globs: &GlobSet) -> anyhow::Result<Vec<RepoPath>>;

    /// For each query, in the same order, at most `limit` paths, newest change first.
    fn recent_changes(
        &self,
        queries: &[RecentQuery],
        limit: usize,
    ) -> anyhow::Result<Vec<Vec<RecentChange>>>;

    /// What a commit did to the text files that `wanted` takes, in at most so many bytes of text; None where it is no
    /// commit of this session.
    fn commit_texts(
        &self,
        commit: &str,
        wanted: &dyn Fn(&RepoPath) -> bool,
        room: usize,
    ) -> anyhow::Result<Option<CommitTexts>>;

    /// The commit that is checked out, hexadecimal.
    fn head(&self) -> Option<String>;

    /// By name; addresses without user, password, query and fragment.
    fn remotes(&self) -> Vec<Remote>;

    /// All commits of the session, newest first, with the paths each one touched.
    fn session_commits(&self) -> anyhow::Result<Vec<SessionCommit>>;

    /// Lines of the work tree's files that differ from that point, by path; None where there is no such point.
    fn changed_lines(&self, since: Since) -> anyhow::Result<Option<Vec<ChangedLines>>>;

    /// What `session run` observed in this session, oldest first.
    fn evidence(&self) -> anyhow::Result<Vec<EvidenceView>>;

    /// The checkpoints of this session, oldest first.
    fn checkpoints(&self) -> anyhow::Result<Vec<CheckpointView>>;

    /// Both of them, in the order of the record.
    fn entries(&self) -> anyhow::Result<Vec<EntryView>>;

    /// The newest run of each command in the sessions before on this branch, newest first.
    fn earlier_runs(&self) -> anyhow::Result<Vec<EarlierRun>>;

    /// One for each of the session's commits, in the same order.
    fn commit_origins(&self) -> anyhow::Result<Vec<CommitOrigin>>;

    /// Of each of `session_commits`, in the same order.
    fn commit_author_times(&self) -> anyhow::Result<Vec<Timestamp>>;

    /// What a plugin left for itself; `owner` is as [`super::state_owner::of`] names it.
    fn state(&self, owner: &str, scope: Scope) -> Option<Vec<u8>>;
}

/// A point that the work tree can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Head,
    /// The last checkpoint of this session.
    Checkpoint,
    /// The commit that the session was started from.
    Start,
}

/// What a plugin's state belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Session,
    /// This clone, with all its work trees.
    Repository,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    pub name: String,
    pub url: String,
}

/// Runs of lines that were added or changed in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedLines {
    pub path: RepoPath,
    /// The first line (1-based) and how many, from top to bottom.
    pub ranges: Vec<(u32, u32)>,
}

/// A command that `session run` saw the end of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceView {
    pub id: String,
    pub label: Option<String>,
    /// As typed, on one line.
    pub command: String,
    pub exit_code: i32,
    pub started_at: Timestamp,
    pub milliseconds: u64,
    /// `verified` or `stale`.
    pub standing: String,
    pub runner: Option<String>,
    /// Passed, failed, skipped.
    pub tests: Option<(u32, u32, u32)>,
    /// Against the evidence before it, or the session's start.
    pub changed_files: Vec<RepoPath>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointView {
    pub id: String,
    pub label: Option<String>,
    pub time: Timestamp,
    /// `RED`, `GREEN` or `REFACTOR`.
    pub tdd_phase: Option<String>,
}

/// An entry of the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryView {
    pub id: String,
    /// Of a run of tests: `passed` or `failed`.
    pub tests: Option<String>,
    pub directory: Option<RepoPath>,
    /// Of the changed files, those in which nothing new was written.
    pub unwritten: Vec<RepoPath>,
}

/// A command that a session before this one saw the end of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRun {
    pub session: String,
    pub evidence: EvidenceView,
    pub entry: EntryView,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitOrigin {
    pub id: String,
    /// Made on this branch by the user.
    pub by_user: bool,
    /// Of its files, those in which it wrote nothing new.
    pub unwritten: Vec<RepoPath>,
}

/// The branch, its session, and the three lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionView {
    /// None when HEAD is detached.
    pub branch: Option<String>,
    pub session: Option<SessionInfo>,
    pub objectives: Vec<ItemView>,
    pub blockers: Vec<ItemView>,
    /// Newest first.
    pub decisions: Vec<Decision>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    pub id: String,
    pub started_at: Timestamp,
    /// `normal` or `tdd`.
    pub mode: String,
    /// `RED`, `GREEN` or `REFACTOR`.
    pub tdd_phase: Option<String>,
    pub base: Option<String>,
    pub active_seconds: u64,
}

/// An objective or a blocker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView {
    pub id: String,
    pub text: String,
    pub done: bool,
    pub current: bool,
    pub issue: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    pub path: RepoPath,
    /// `added`, `modified`, `type-changed`, `deleted`, `untracked` or `conflicted`.
    pub status: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCommit {
    pub commit: CommitRef,
    pub author: String,
    pub files: Vec<RepoPath>,
}

/// What one commit did to text files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitTexts {
    /// By path, without deleted ones.
    pub files: Vec<ChangedText>,
    /// Some were left out.
    pub partial: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedText {
    pub path: RepoPath,
    /// The whole file as the commit left it.
    pub text: String,
    /// From top to bottom.
    pub changes: Vec<LineChange>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRef {
    /// Hexadecimal, in full.
    pub id: String,
    pub time: Timestamp,
    pub subject: String,
}

/// How a file stands against the directory it is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathActivity {
    /// The newest commit that touched it; None if it was never committed or lies beyond the index.
    pub last_change: Option<CommitRef>,
    /// Commits since then that touched its directory or anything below. 0 without `last_change`.
    pub directory_commits: u32,
    /// Distinct files that those commits touched.
    pub directory_files: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentQuery {
    /// The root is the empty path.
    pub directory: RepoPath,
    /// Only commits after this time.
    pub since: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentChange {
    pub path: RepoPath,
    pub commits: u32,
    pub last: CommitRef,
}
