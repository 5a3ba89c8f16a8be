//! A recorded case: the facts of one command in JSON, for running a plugin's real component without a repository. This
//! file is the format; it must not run anything.

mod file;
mod host;
mod record;
mod run;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::contribution::Hook;
use crate::environment::Timestamp;

pub use file::{expected_path, expected_text};
pub use record::record;
pub use run::{Answered, Candidate, run};

/// What a case file says it is.
pub const SCHEMA: &str = "session.plugin-case/1";

/// What follows here has the contract's own names and meanings (`wit/facts.wit`), in snake case, times in RFC 3339.
/// Everything but `schema` may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub schema: String,
    /// Without one, every hook that the component exports is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<Hook>,
    /// The command's options: `label`, `notes`, `tdd-phase`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, String>,
    #[serde(default = "default_room")]
    pub room: usize,
    #[serde(default = "default_now")]
    pub now: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Item>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Item>,
    /// Newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_files: Vec<ChangedFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub line_counts: Vec<LineCount>,
    /// By `head`, `checkpoint` and `start`; what is missing is `not-found`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changed_lines: BTreeMap<Since, Vec<ChangedLines>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<Commit>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub session_commits: Vec<Commit>,
    /// By commit: the text files that it changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commit_texts: BTreeMap<String, Vec<ChangedText>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checkpoints: Vec<Checkpoint>,
    /// In the order of the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_runs: Vec<EarlierRun>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commit_origins: Vec<CommitOrigin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commit_author_times: Vec<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remotes: Vec<Remote>,
    /// Tracked files, besides those of `files`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracked: Vec<String>,
    /// By path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub path_activity: BTreeMap<String, Activity>,
    /// Newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent_changes: Vec<RecentChange>,
    /// The work tree: text by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// What the plugin left for itself: text by scope, `session` and `repository`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub state: BTreeMap<String, String>,
    /// As `config` in `.session/config.yaml`.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub configuration: Json,
    /// What the user would have agreed to. Nothing else is open.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
    #[serde(default, skip_serializing_if = "Limits::is_default")]
    pub limits: Limits,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub id: String,
    pub started_at: Timestamp,
    #[serde(default = "default_mode")]
    pub mode: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdd_phase: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    #[serde(default)]
    pub active_seconds: u64,
}

/// An objective or a blocker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub id: String,
    pub text: String,
    #[serde(default)]
    pub done: bool,
    #[serde(default)]
    pub current: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    pub id: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedFile {
    pub path: String,
    pub status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineCount {
    pub path: String,
    pub added: Option<u32>,
    pub removed: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    Head,
    Checkpoint,
    Start,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedLines {
    pub path: String,
    /// The first line and how many.
    pub ranges: Vec<(u32, u32)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitRef {
    pub id: String,
    pub time: Timestamp,
    pub subject: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    pub id: String,
    pub time: Timestamp,
    pub subject: String,
    pub author: String,
    #[serde(default)]
    pub files: Vec<String>,
}

/// A text file as a commit left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedText {
    pub path: String,
    pub text: String,
    /// First line, how many were added, how many removed.
    pub changes: Vec<(u32, u32, u32)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub command: String,
    pub exit_code: i32,
    pub started_at: Timestamp,
    #[serde(default)]
    pub milliseconds: u64,
    pub standing: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<String>,
    /// Passed, failed, skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<(u32, u32, u32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_files: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdd_phase: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unwritten: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierRun {
    pub session: String,
    pub evidence: Evidence,
    pub entry: Entry,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitOrigin {
    pub id: String,
    pub by_user: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unwritten: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    pub name: String,
    pub url: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_change: Option<CommitRef>,
    #[serde(default)]
    pub directory_commits: u32,
    #[serde(default)]
    pub directory_files: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecentChange {
    pub path: String,
    pub commits: u32,
    pub last: CommitRef,
}

/// What the plugin may reach in this case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    pub read: Vec<String>,
    pub http: Vec<String>,
    /// Variables with the values they have in this case.
    pub env: BTreeMap<String, String>,
}

impl Grants {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the case has limits of its own; the host's ceilings hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
}

impl Limits {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Case {
    /// The case that a plugin is shown when its author has none: small, with one of everything that matters.
    pub fn built_in() -> Self {
        let text = include_str!("../../../../sdk/cases/built-in.json");
        serde_json::from_str(text).expect("the built-in case is well-formed")
    }
}

fn default_room() -> usize {
    9_500
}

fn default_now() -> Timestamp {
    chrono::DateTime::from_timestamp(1_795_341_600, 0).expect("the time is a time")
}

fn default_mode() -> String {
    "normal".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_case_is_of_this_format_and_comes_back_as_it_was() {
        let case = Case::built_in();
        assert_eq!(case.schema, SCHEMA);
        let again = serde_json::to_string(&case).unwrap();
        assert_eq!(serde_json::from_str::<Case>(&again).unwrap(), case);
    }
}
