//! What the durable record holds, entry by entry, and the summary that a record commit's message carries.
//! It must not know how commits are made.

use serde::{Deserialize, Serialize};

use super::evidence::{EvidenceFact, EvidenceRecord};
use super::ids::{CheckpointId, SessionId};
use super::live::{Mode, TddPhase};
use super::phase::{PhaseNow, PhaseTold};
use crate::environment::Timestamp;
use crate::path::RepoPath;
use crate::plugin::contribution::Contribution;

/// The version of the entries that this program writes.
pub const RECORD_FORMAT: u32 = 1;

/// One record commit's `entry.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Entry {
    Start(StartRecord),
    Checkpoint(CheckpointRecord),
    Evidence(EvidenceRecord),
    End(EndRecord),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartRecord {
    pub format: u32,
    pub time: Timestamp,
    pub commit: Option<String>,
    pub mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<SessionId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointReason {
    /// Somebody asked for it.
    Asked,
    /// The last one, made by `end`.
    End,
    /// Made by `end`, whose merge a quality gate refused, for a number that no checkpoint before it has.
    Refused,
    /// Made by `switch` before leaving.
    Switch,
    /// Made by itself, `session.checkpoint_interval` after the one before.
    Interval,
    /// Made by itself, when evidence told another phase of test-driven development.
    Phase,
    /// The present, kept before `checkpoint restore` changed it.
    BeforeRestore,
}

/// A save point: facts about the work, and the snapshot's object id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointRecord {
    pub format: u32,
    pub id: CheckpointId,
    pub reason: CheckpointReason,
    pub time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    pub branch: Option<String>,
    /// HEAD when it was made (after the commit, when it made one).
    pub head: Option<String>,
    /// What differed from HEAD (from the commit's parent, when it made one).
    pub files: Vec<FileFact>,
    /// They are not listed: `session.auto_track` is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub files_untold: bool,
    /// Commits since the checkpoint before, newest first.
    pub commits: Vec<CommitFact>,
    /// There were more commits than are listed.
    #[serde(default)]
    pub more_commits: bool,
    /// The enhanced commit that this checkpoint made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<String>,
    /// The snapshot's commit, in this clone only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Files that the snapshot left out: for their size, or for a name that git refuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<RepoPath>,
    /// As it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdd_phase: Option<TddPhase>,
    /// As a plugin told it: from evidence, or what it says of the phase that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase_told: Option<PhaseTold>,
    pub objectives_done: u32,
    pub objectives_total: u32,
    pub blockers_open: u32,
    pub active_seconds: u64,
    /// What commands said of the work, and whether it held for the work tree at this moment.
    #[serde(default)]
    pub evidence: Vec<EvidenceFact>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<Contribution>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFact {
    #[serde(flatten, with = "crate::path::fields")]
    pub path: RepoPath,
    /// `added`, `modified`, `type_changed`, `deleted`, `untracked`, `conflicted`.
    pub status: String,
    /// None for a binary file, and where it was not counted.
    pub added: Option<u32>,
    pub removed: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitFact {
    pub id: String,
    pub subject: String,
    pub author: String,
    pub time: Timestamp,
}

/// The end of a session. What `session` observed and what somebody said are kept apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndRecord {
    pub format: u32,
    pub session: SessionId,
    pub branch: Option<String>,
    pub started_at: Timestamp,
    pub time: Timestamp,
    pub mode: Mode,
    /// HEAD at the end; after a merge still this branch's.
    pub head: Option<String>,
    /// The last checkpoint, which `end` made.
    pub checkpoint: CheckpointId,
    pub active_seconds: u64,
    /// All commits of the session, newest first.
    pub commits: Vec<CommitFact>,
    #[serde(default)]
    pub more_commits: bool,
    /// All files that the session's commits and the work tree changed, with the blob at the end: what `resume` compares with.
    pub files: Vec<EndFile>,
    pub objectives_done: u32,
    pub objectives_total: u32,
    pub checkpoints: u32,
    pub claims: Claims,
    /// What commands said of the work, and whether it held for the work tree at the end.
    #[serde(default)]
    pub evidence: Vec<EvidenceFact>,
    /// Ids of the decisions recorded in this session.
    pub decisions: Vec<String>,
    pub next_steps: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_commit: Option<String>,
    /// In a session of test-driven development, how it stood at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdd_phase: Option<PhaseNow>,
    /// A handoff was written; `document.md` of this entry is it.
    pub handoff: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<Contribution>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndFile {
    #[serde(flatten, with = "crate::path::fields")]
    pub path: RepoPath,
    /// The blob's id as git would store the file as it stood; None when it was deleted.
    pub blob: Option<String>,
}

/// What a person or an agent said. Nothing here was observed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub accomplished: Vec<String>,
    pub decisions: Vec<String>,
    pub remember: Vec<String>,
}

/// What a session's newest record commit says in its message: enough for `history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    pub id: SessionId,
    pub branch: Option<String>,
    pub started_at: Timestamp,
    /// The time of the newest entry.
    pub updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    pub active_seconds: u64,
    pub checkpoints: u32,
    pub commits: u32,
    pub objectives_done: u32,
    pub objectives_total: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<SessionId>,
    /// The label of the newest checkpoint, or what it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// The highest number of evidence so far.
    #[serde(default)]
    pub evidence: u32,
    /// What the commit itself holds, and where to look for what lies before it.
    #[serde(skip)]
    pub pointers: Box<Pointers>,
}

/// Where the newest entries of a kind are, so that nobody has to walk past what lies between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pointers {
    /// The newest checkpoint before this commit.
    pub checkpoint: Option<String>,
    /// The newest evidence of each command before this commit, newest first.
    pub evidence: Vec<EvidenceAt>,
    /// The same of the sessions before it on this branch, as far as this one has not run the same command.
    pub earlier: Vec<EvidenceAt>,
    /// What this commit is: `checkpoint`, or `evidence` with its key, and `failed` where that is so.
    pub is: Option<String>,
}

/// Where the newest evidence of a command is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceAt {
    pub commit: String,
    pub key: String,
    /// Tests that failed: they stay at hand until they are known to pass.
    pub failed: bool,
}
