//! What happened in a session, from its record in one walk: runs and checkpoints. It must not walk for ever, nor open what
//! nobody wants, however long the record is.

use super::record::{Found, entry_of, find, read_summary};
use crate::git::{ObjectId, Repository};
use crate::session::evidence::EvidenceRecord;
use crate::session::ids::SessionId;
use crate::session::record::{CheckpointRecord, Entry, SessionSummary};
use crate::session::summary::{is_checkpoint, is_evidence};

/// Commits looked at: a brief waits for them.
const MOST_ENTRIES: usize = 1_000;

/// Each oldest first.
#[derive(Debug, Default)]
pub struct Events {
    pub evidence: Vec<EvidenceRecord>,
    pub checkpoints: Vec<CheckpointRecord>,
    /// The ids of both, as they follow each other in the record.
    pub order: Vec<String>,
}

/// The newest of each kind, at most `most`. What is damaged is passed over: who reads the record for itself warns of it.
pub fn newest(repository: &Repository, id: &SessionId, most: usize) -> anyhow::Result<Events> {
    let mut events = Events::default();
    let mut next = match find(repository, id)? {
        Found::Tip(tip) => Some(tip.commit),
        Found::Nothing | Found::Damaged(_) => None,
    };
    for _ in 0..MOST_ENTRIES {
        let Some(commit) = next else { break };
        let summary = read_summary(repository, id, commit)?.ok();
        if summary.as_ref().is_none_or(|it| events.wants(it, most))
            && let Ok(entry) = entry_of(repository, commit)
        {
            events.put(entry, most);
        }
        next = match summary.as_ref().map(|it| events.way_on(it, most)) {
            Some(Way::Nothing) => None,
            Some(Way::Checkpoint(commit)) => Some(commit),
            Some(Way::Parent) | None => {
                let parents = repository.commit_parents(commit).unwrap_or_default();
                parents.first().copied()
            }
        };
    }
    events.evidence.reverse();
    events.checkpoints.reverse();
    events.order.reverse();
    Ok(events)
}

/// What to look at next.
enum Way {
    Parent,
    /// The newest checkpoint of before: only runs lie between.
    Checkpoint(ObjectId),
    Nothing,
}

impl Events {
    /// A commit that does not say what it is (the start, the end) costs little.
    fn wants(&self, summary: &SessionSummary, most: usize) -> bool {
        let found = match (is_evidence(summary), is_checkpoint(summary)) {
            (true, _) => self.evidence.len(),
            (_, true) => self.checkpoints.len(),
            _ => 0,
        };
        found < most
    }

    fn put(&mut self, entry: Entry, most: usize) {
        match entry {
            Entry::Evidence(evidence) if self.evidence.len() < most => {
                self.order.push(evidence.id.to_string());
                self.evidence.push(evidence);
            }
            Entry::Checkpoint(checkpoint) if self.checkpoints.len() < most => {
                self.order.push(checkpoint.id.to_string());
                self.checkpoints.push(checkpoint);
            }
            _ => {}
        }
    }

    /// From a commit with this summary, which counts what was there by then, itself included.
    fn way_on(&self, summary: &SessionSummary, most: usize) -> Way {
        let earlier = |count: u32, is_one: bool| count > u32::from(is_one);
        let runs = self.evidence.len() < most && earlier(summary.evidence, is_evidence(summary));
        let checkpoints =
            self.checkpoints.len() < most && earlier(summary.checkpoints, is_checkpoint(summary));
        let pointed = summary.pointers.checkpoint.as_ref();
        match (runs, checkpoints, pointed.and_then(|id| id.parse().ok())) {
            (true, ..) => Way::Parent,
            (false, true, Some(commit)) => Way::Checkpoint(commit),
            // A record of before there were pointers.
            (false, true, None) => Way::Parent,
            (false, false, _) => Way::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;
    use crate::session::evidence::tests::evidence;
    use crate::session::ids::{CheckpointId, EvidenceId};
    use crate::session::live::tests::session;
    use crate::store::layout::Layout;
    use crate::store::lock::StoreLock;
    use crate::store::record;

    /// A record with a run for each `r` and a checkpoint for each `c`, numbered from 1.
    fn recorded(test: &TestRepository, what: &str) -> SessionId {
        let repository = test.open();
        let lock = StoreLock::acquire(&Layout::new(repository.common_dir())).unwrap();
        let live = session();
        let (mut runs, mut checkpoints) = (0, 0);
        for kind in what.chars() {
            let entry = match kind {
                'r' => {
                    runs += 1;
                    Entry::Evidence(EvidenceRecord {
                        id: EvidenceId(runs),
                        ..evidence(&["make", &runs.to_string()], 0)
                    })
                }
                _ => {
                    checkpoints += 1;
                    let record = serde_json::json!({
                        "format": 1, "id": CheckpointId(checkpoints), "reason": "asked", "time": "2026-11-22T10:00:00Z",
                        "branch": null, "head": null, "files": [], "commits": [], "objectives_done": 0,
                        "objectives_total": 0, "blockers_open": 0, "active_seconds": 0,
                    });
                    Entry::Checkpoint(serde_json::from_value(record).unwrap())
                }
            };
            let now = repository.now();
            record::append(&lock, &repository, &live, &entry, None, now).unwrap();
        }
        live.context.id
    }

    fn found(what: &str, most: usize) -> (Vec<u32>, Vec<u32>) {
        let test = TestRepository::new();
        let id = recorded(&test, what);
        let events = newest(&test.open(), &id, most).unwrap();
        let runs = events.evidence.iter().map(|it| it.id.0).collect();
        (runs, events.checkpoints.iter().map(|it| it.id.0).collect())
    }

    #[test]
    fn runs_and_checkpoints_follow_each_other_as_they_were_recorded() {
        let test = TestRepository::new();
        let id = recorded(&test, "rccrrc");
        let events = newest(&test.open(), &id, 2).unwrap();
        assert_eq!(events.order, ["cp-2", "ev-2", "ev-3", "cp-3"]);
    }

    #[test]
    fn the_newest_of_each_kind_are_found_whatever_lies_between() {
        assert_eq!(found("", 2), (vec![], vec![]));
        assert_eq!(found("rcr", 2), (vec![1, 2], vec![1]));
        assert_eq!(found("ccrcrrrrr", 2), (vec![5, 6], vec![2, 3]));
        assert_eq!(found("rrcccc", 2), (vec![1, 2], vec![3, 4]));
        assert_eq!(found("crrcrr", 5), (vec![1, 2, 3, 4], vec![1, 2]));
    }
}
