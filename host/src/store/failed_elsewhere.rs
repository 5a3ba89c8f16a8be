//! Tests that failed on other branches of this clone, in work that HEAD has in it as well: another name for a branch is no way
//! round them. It must not be needed by a command that only reads: it looks at the sessions of all branches.

use super::all_live::AllLive;
use super::layout::Layout;
use super::recorded_evidence;
use crate::git::{ObjectId, Repository};
use crate::session::evidence::EvidenceRecord;
use crate::session::ids::SessionId;

/// Each with the session that knows it. `known`: the sessions whose evidence is at hand already. What failed on a commit
/// that `target` has is there already.
pub fn of(
    repository: &Repository,
    layout: &Layout,
    known: &[&SessionId],
    target: Option<ObjectId>,
) -> anyhow::Result<Vec<(SessionId, EvidenceRecord)>> {
    let Some(head) = repository.head_commit()? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (_, context) in AllLive::read(layout).contexts {
        if known.contains(&&context.id) {
            continue;
        }
        // What cannot be read is told where that session is.
        for (_, failed) in recorded_evidence::failed(repository, &context.id).unwrap_or_default() {
            if is_in(repository, &failed, head, target)? {
                found.push((context.id.clone(), failed));
            }
        }
    }
    found.sort_by_key(|(_, failed)| std::cmp::Reverse(failed.started_at));
    Ok(found)
}

fn is_in(
    repository: &Repository,
    failed: &EvidenceRecord,
    head: ObjectId,
    target: Option<ObjectId>,
) -> anyhow::Result<bool> {
    let commit = failed.head.as_ref().and_then(|id| id.parse().ok());
    let Some(commit) = commit.filter(|commit| repository.commit_exists(*commit)) else {
        return Ok(false);
    };
    let is_there = match target {
        Some(target) => repository.is_ancestor(commit, target)?,
        None => false,
    };
    Ok(!is_there && repository.is_ancestor(commit, head)?)
}
