//! What happened in a session, from its record in one walk: runs and checkpoints. It must not walk for ever, however long
//! the record is.

use std::ops::ControlFlow;

use super::record::{Recorded, walk};
use crate::git::Repository;
use crate::session::evidence::EvidenceRecord;
use crate::session::ids::SessionId;
use crate::session::record::{CheckpointRecord, Entry};

/// Entries looked at, of any kind: a brief waits for them.
const MOST_ENTRIES: usize = 1_000;

/// Each oldest first.
#[derive(Debug, Default)]
pub struct Events {
    pub evidence: Vec<EvidenceRecord>,
    pub checkpoints: Vec<CheckpointRecord>,
}

/// The newest of each kind, at most `most`. What is damaged is passed over: who reads the record for itself warns of it.
pub fn newest(repository: &Repository, id: &SessionId, most: usize) -> anyhow::Result<Events> {
    let mut events = Events::default();
    let mut looked_at = 0;
    walk(repository, id, |recorded| {
        looked_at += 1;
        events.put(recorded, most);
        match looked_at < MOST_ENTRIES && !events.is_full(most) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    events.evidence.reverse();
    events.checkpoints.reverse();
    Ok(events)
}

impl Events {
    fn put(&mut self, recorded: Recorded, most: usize) {
        match recorded.entry {
            Entry::Evidence(evidence) if self.evidence.len() < most => self.evidence.push(evidence),
            Entry::Checkpoint(checkpoint) if self.checkpoints.len() < most => {
                self.checkpoints.push(checkpoint);
            }
            _ => {}
        }
    }

    fn is_full(&self, most: usize) -> bool {
        self.evidence.len() >= most && self.checkpoints.len() >= most
    }
}
