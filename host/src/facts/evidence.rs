//! What evidence is worth now: whether the work tree is still the one that it is about. It must not record anything.
//!
//! A brief takes no snapshot. HEAD's tree and the list that `git status` gave say which paths can differ, and only the
//! files on that list are read, as far as [`Thoroughness`] goes: ids of blobs tell content, so that a commit of what was
//! tested, a rebase onto nothing new, or a file touched and left alone make nothing stale. Times of files would.

use std::collections::HashMap;

use super::Facts;
use super::as_it_stands::AsItStands;
use super::expansion::{expand, is_little};
use super::standing::{Held, Moved, Standing};
use super::tree_state::{self, Observed};
use crate::git::Repository;
use crate::git::status::Status;
use crate::session::evidence::{EvidenceRecord, TreeState};
use crate::session::ids::SessionId;
use crate::store::snapshot::Limits;

/// How much is read to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thoroughness {
    /// Where somebody waits for a brief; the status may name an untracked directory in place of its files. Where that is
    /// too much to read, nothing is compared.
    Quick,
    /// As `Quick`, where somebody waits for as long as it takes.
    Patient,
    /// Where a decision hangs on it; the status names every file.
    Whole,
}

/// The work tree as it is, looked at when it is first needed.
pub struct Comparison<'a> {
    repository: &'a Repository,
    status: &'a Status,
    thoroughness: Thoroughness,
    limits: Limits,
    observed: Option<Option<Observed>>,
    as_it_stands: AsItStands<'a>,
    /// By the trees before and after: many commands run on the same one.
    known: HashMap<[String; 2], Standing>,
}

impl<'a> Comparison<'a> {
    pub fn new(
        repository: &'a Repository,
        status: &'a Status,
        thoroughness: Thoroughness,
        max_file: u64,
    ) -> Self {
        Self {
            repository,
            status,
            thoroughness,
            limits: Limits {
                max_file: Some(max_file),
            },
            observed: None,
            as_it_stands: AsItStands::new(repository),
            known: HashMap::new(),
        }
    }

    /// `session`: the earlier session of the branch that saw it.
    pub fn judged(
        &mut self,
        record: EvidenceRecord,
        session: Option<SessionId>,
    ) -> anyhow::Result<Held> {
        let standing = self.standing(&record)?;
        Ok(Held {
            record,
            standing,
            session,
        })
    }

    pub fn standing(&mut self, evidence: &EvidenceRecord) -> anyhow::Result<Standing> {
        let key = [&evidence.before, evidence.after()].map(|state| state.tree.clone());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let standing = self.judge(evidence)?;
        self.known.insert(key, standing.clone());
        Ok(standing)
    }

    fn judge(&mut self, evidence: &EvidenceRecord) -> anyhow::Result<Standing> {
        let repository = self.repository;
        if !evidence.holds {
            return changed_while_it_ran(repository, evidence);
        }
        let Some(now) = self.observed()? else {
            return Ok(Standing::NotCompared);
        };
        let mut moved = None;
        for state in [evidence.after(), &evidence.before] {
            let Some(found) = self.difference(state, &now)? else {
                continue;
            };
            if found.is_none() {
                return Ok(Standing::Verified);
            }
            moved.get_or_insert(found);
        }
        Ok(Standing::Stale(moved.unwrap_or_default()))
    }

    /// What is not as it was, which may be nothing. None where the record does not say enough to tell what it is.
    fn difference(&mut self, then: &TreeState, now: &Observed) -> anyhow::Result<Option<Moved>> {
        let repository = self.repository;
        if let Some(then) = Observed::from_state(repository, then) {
            let mut paths = then.difference(repository, now)?;
            self.as_it_stands.leave_out(&mut paths, &then, now);
            let unseen = then.unseen_with(now);
            return Ok(Some(Moved::new(paths, unseen.into_iter().cloned())));
        }
        let unseen = then.unseen().cloned().collect::<Vec<_>>();
        let same = now.state(repository)?.tree == then.tree;
        Ok(same.then(|| Moved::new(Vec::new(), unseen)))
    }

    /// None where it is too much to look at.
    fn observed(&mut self) -> anyhow::Result<Option<Observed>> {
        if self.observed.is_none() {
            self.observed = Some(self.observe()?);
        }
        Ok(self.observed.clone().flatten())
    }

    fn observe(&self) -> anyhow::Result<Option<Observed>> {
        let mut status = self.status.clone();
        let is_whole = match self.thoroughness {
            Thoroughness::Quick => {
                expand(self.repository, &mut status, true)? && is_little(self.repository, &status)
            }
            Thoroughness::Patient => expand(self.repository, &mut status, false)?,
            Thoroughness::Whole => true,
        };
        if !is_whole {
            return Ok(None);
        }
        tree_state::observe(self.repository, &status, self.limits).map(Some)
    }
}

/// What sessions of other branches saw, held against the work tree of these facts.
pub fn judged(
    repository: &Repository,
    facts: &Facts,
    records: Vec<(SessionId, EvidenceRecord)>,
) -> anyhow::Result<Vec<Held>> {
    let status = facts.status();
    let max_file = facts.config.snapshots.max_file;
    let mut now = Comparison::new(repository, &status, Thoroughness::Whole, max_file);
    let records = records.into_iter();
    records
        .map(|(session, record)| now.judged(record, Some(session)))
        .collect()
}

fn changed_while_it_ran(
    repository: &Repository,
    evidence: &EvidenceRecord,
) -> anyhow::Result<Standing> {
    let ends =
        [&evidence.before, evidence.after()].map(|state| Observed::from_state(repository, state));
    let mut moved = match ends {
        [Some(before), Some(after)] => Moved::new(before.difference(repository, &after)?, []),
        _ => Moved::default(),
    };
    moved.while_it_ran = true;
    Ok(Standing::Stale(moved))
}
