//! What evidence is worth, and why, in the words that every document and `--json` use. It must not compare anything.

use serde::Serialize;

use crate::path::RepoPath;
use crate::session::evidence::{EvidenceFact, EvidenceRecord};
use crate::session::ids::SessionId;

/// Why evidence was not compared, and who does.
pub const NOT_COMPARED: &str =
    "not compared: too much is changed for a quick look; `session status --refresh` compares it";

/// Evidence, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub record: EvidenceRecord,
    pub standing: Standing,
    /// The session that saw it, where that is an earlier one of the branch.
    pub session: Option<SessionId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// This very tree.
    Verified,
    /// Another tree, or one of which nobody can say that it is the same.
    Stale(Moved),
    /// So much is changed that nobody looked.
    NotCompared,
}

/// What is not as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// None: too many to be named, or what it was is not here.
    pub files: Option<usize>,
    /// The first of them.
    pub first: Vec<RepoPath>,
    /// Repositories inside the work tree of which nobody can say whether they hold what they held.
    pub unseen: Vec<RepoPath>,
    /// Tracked files changed while the command ran: it says nothing of any one tree.
    pub while_it_ran: bool,
}

impl Standing {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Stale(_) => "stale",
            // Somebody said that it is so, and nobody looked.
            Self::NotCompared => "unverified",
        }
    }

    /// Why it is not verified, in words.
    pub fn reason(&self, named: usize) -> Option<String> {
        match self {
            Self::Verified => None,
            Self::Stale(moved) => Some(moved.text(named)),
            Self::NotCompared => Some(NOT_COMPARED.to_owned()),
        }
    }

    pub fn is_verified(&self) -> bool {
        *self == Self::Verified
    }
}

/// Names kept of what moved, and those that a line tells.
const NAMES: usize = 20;
const NAMED: usize = 3;

impl Moved {
    pub fn new(paths: Vec<RepoPath>, unseen: impl IntoIterator<Item = RepoPath>) -> Self {
        Self {
            files: Some(paths.len()),
            first: paths.into_iter().take(NAMES).collect(),
            unseen: unseen.into_iter().take(NAMES).collect(),
            while_it_ran: false,
        }
    }

    /// It is as it was.
    pub fn is_none(&self) -> bool {
        self.files == Some(0) && self.unseen.is_empty()
    }

    /// `2 files changed since: a, b`.
    pub fn text(&self, named: usize) -> String {
        let when = match self.while_it_ran {
            true => "while it ran",
            false => "since",
        };
        let names = |paths: &[RepoPath]| {
            let names = paths.iter().take(named).map(RepoPath::to_text);
            names.collect::<Vec<_>>().join(", ")
        };
        match self.files {
            None => format!("something changed {when}, and what cannot be told"),
            Some(0) => format!(
                "what the repository inside it ({}) holds cannot be compared",
                names(&self.unseen)
            ),
            Some(files) => {
                let word = if files == 1 { "file" } else { "files" };
                let more = if files > named.min(self.first.len()) {
                    ", …"
                } else {
                    ""
                };
                format!(
                    "{files} {word} changed {when}: {}{more}",
                    names(&self.first)
                )
            }
        }
    }
}

impl Held {
    /// What it is worth at the moment at which it was recorded.
    pub fn just_seen(record: EvidenceRecord) -> Self {
        let unseen = record.after().unseen().cloned();
        let moved = Moved {
            while_it_ran: !record.holds,
            files: record.holds.then_some(0),
            ..Moved::new(Vec::new(), unseen)
        };
        let standing = match moved.is_none() {
            true => Standing::Verified,
            false => Standing::Stale(moved),
        };
        Self {
            record,
            standing,
            session: None,
        }
    }

    /// `ev-3`, or `ev-3 of feature-auth-20261122-k3f7`.
    pub fn name(&self) -> String {
        self.record.id.of(self.session.as_ref())
    }

    /// For a document that is kept.
    pub fn fact(&self) -> EvidenceFact {
        let record = &self.record;
        EvidenceFact {
            id: record.id,
            session: self.session.clone(),
            label: record.label.clone(),
            command: record.command_text(),
            exit_code: record.exit_code,
            outcome: record.outcome(),
            runner: record.runner(),
            tests: record.counts(),
            started_at: record.started_at,
            standing: self.standing.word().to_owned(),
            moved: self.standing.reason(NAMED),
        }
    }
}
