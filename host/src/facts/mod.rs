//! What is known when a command decides: one immutable value, gathered once. It must not decide, ask or write.

pub mod annotations;
mod as_it_stands;
pub mod base;
pub mod changed_lines;
pub mod commit_texts;
pub mod evidence;
mod expansion;
pub mod gather;
mod happened;
mod large;
pub mod path_history;
pub mod plugin_view;
mod renamed;
pub mod since;
pub mod standing;
pub mod tracked;
pub mod tree_state;
pub mod unwritten;
pub mod within;

use serde::Serialize;

use crate::config::Config;
use crate::document::time_text;
use crate::environment::Timestamp;
use crate::error::Warning;
use crate::git::ObjectId;
use crate::git::commits::{Commits, Person};
use crate::git::status::{AheadBehind, Change, Status, SubmoduleContents, Upstream};
use crate::session::decision::Decision;
use crate::session::evidence::EvidenceFact;
use crate::session::ids::CheckpointId;
use crate::session::live::LiveSession;
use crate::session::record::{CheckpointRecord, EndRecord};

use annotations::WorkItems;
use evidence::Thoroughness;
use path_history::PathHistory;
use standing::{Held, Standing};

#[derive(Debug)]
pub struct Facts {
    pub now: Timestamp,
    /// How the reader's clock differs from UTC.
    pub offset: chrono::FixedOffset,
    pub config: Config,
    /// The root of the work tree.
    pub work_tree: std::path::PathBuf,
    pub head: Head,
    /// A merge, rebase, cherry-pick, revert or bisect that is under way.
    pub operation: Option<&'static str>,
    pub changes: Vec<Change>,
    pub submodules: SubmoduleContents,
    /// The open session of this branch.
    pub session: Option<LiveSession>,
    /// The last session of this branch, when it has ended and none is open.
    pub ended: Option<LiveSession>,
    /// Newest first.
    pub decisions: Vec<Decision>,
    pub last_checkpoint: Option<CheckpointRecord>,
    /// Commits on HEAD since the last checkpoint (since the session's start if there is none), newest first.
    pub commits: Commits,
    /// The handoff to read: the last one of this branch.
    pub handoff: Option<EndRecord>,
    /// How closely evidence was compared with the work tree.
    pub thoroughness: Thoroughness,
    /// The newest evidence of each command in the open session, newest first.
    pub evidence: Vec<Held>,
    /// The same of the sessions before it on this branch, where the open one has not run the same command.
    pub earlier_evidence: Vec<Held>,
    pub shared: SharedContext,
    pub history: PathHistory,
    pub work_items: WorkItems,
    /// What was damaged, skipped or out of date.
    pub warnings: Vec<Warning>,
}

impl Facts {
    /// A point in time as `display.date_format` wants it, on the reader's clock.
    pub fn date(&self, time: Timestamp) -> String {
        time_text::date(time, self.offset, &self.config.display.date_format)
    }

    /// The checkpoint with changes that `switch --park` took out of here and nobody put back.
    pub fn parked(&self) -> Option<CheckpointId> {
        let latest = self.session.as_ref().or(self.ended.as_ref());
        latest?.context.parked
    }

    /// For a document that is kept.
    pub fn evidence_facts(&self) -> Vec<EvidenceFact> {
        self.told_evidence().map(Held::fact).collect()
    }

    /// What documents tell beside the handoff's: the open session's, and what holds up a merge whichever session saw it.
    pub fn told_evidence(&self) -> impl Iterator<Item = &Held> {
        let failures = self
            .earlier_evidence
            .iter()
            .filter(|held| held.record.is_failure());
        self.evidence.iter().chain(failures)
    }

    /// What else the handoff says that held when it was written, judged by the work tree now. Its author had seen it
    /// himself or found it in the handoff before.
    pub fn handoff_evidence(&self) -> impl Iterator<Item = &Held> {
        let earlier = self.earlier_evidence.iter();
        earlier.filter(|held| !held.record.is_failure() && self.is_of_handoff(held))
    }

    fn is_of_handoff(&self, held: &Held) -> bool {
        self.handoff.as_ref().is_some_and(|handoff| {
            handoff.evidence.iter().any(|fact| {
                let of = fact.session.as_ref().unwrap_or(&handoff.session);
                fact.id == held.record.id
                    && held.session.as_ref() == Some(of)
                    && fact.standing == Standing::Verified.word()
            })
        })
    }

    /// The work tree's state in git's own terms.
    pub fn status(&self) -> Status {
        Status {
            head: self.head.commit,
            branch: self.head.branch.clone(),
            upstream: self.head.upstream.clone(),
            changes: self.changes.clone(),
            submodules: self.submodules.clone(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Head {
    /// None when detached.
    pub branch: Option<String>,
    /// None on an unborn branch.
    #[serde(serialize_with = "as_text")]
    pub commit: Option<ObjectId>,
    pub upstream: Option<Upstream>,
    /// The branch this one was started from.
    pub base: Option<Base>,
    /// `user.name`, to tell "yours" from others'.
    #[serde(skip)]
    pub user: Option<Person>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Base {
    pub name: String,
    pub ahead_behind: Option<AheadBehind>,
}

/// `.session/` as the team shares it, without what is only template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharedContext {
    pub architecture: Option<String>,
    pub conventions: Option<String>,
}

fn as_text<S: serde::Serializer>(id: &Option<ObjectId>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}
