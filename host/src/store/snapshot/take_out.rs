//! Taking uncommitted changes out of the work tree once a snapshot holds them. What the snapshot does not hold stays:
//! it must not remove a byte that could not be brought back.

use std::collections::BTreeSet;

use super::plan::{self, Side};
use super::staged::Staged;
use super::{Snapshot, apply};
use crate::error::user_error;
use crate::git::Repository;
use crate::git::status::Status;
use crate::path::RepoPath;

/// What became of the changes, each list by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenOut {
    /// Files that are as HEAD has them again.
    pub reverted: Vec<RepoPath>,
    /// Untracked and added files that are gone.
    pub removed: Vec<RepoPath>,
    /// Changes that are still there: made after the snapshot, left out of it, or in submodules.
    pub left: Vec<RepoPath>,
}

/// Brings index and files back to HEAD where they are exactly what `snapshot` holds. `status` is a fresh one, with
/// `untracked_all`. The caller refuses while a merge or rebase is under way.
///
/// # Errors
/// HEAD is not where it was when the snapshot was taken; nothing was touched then.
pub fn take_out(
    repository: &Repository,
    snapshot: &Snapshot,
    status: &Status,
) -> anyhow::Result<TakenOut> {
    if status.head.map(|id| id.to_string()) != snapshot.metadata.head {
        return Err(user_error(
            "HEAD has moved since the checkpoint was made",
            "run the command again",
        ));
    }
    let sides = [
        Side::of(repository, snapshot)?,
        Side::clean(snapshot.head_tree),
    ];
    let steps = plan::steps(repository, &sides[0], &sides[1])?;
    let plan = plan::decide(steps, [&sides[0], &sides[1]], |_| true, |_| true);
    let outcome = apply::apply(repository, &plan)?;

    let held = Staged::of(snapshot);
    let now = Staged::observe(repository, status, snapshot.head_tree)?;
    let clean = Staged::clean(snapshot.head_tree);
    let restaged = now.differences(&held, repository)?;
    let untouchable: BTreeSet<&RepoPath> =
        outcome.left_alone.iter().chain(&plan.left_alone).collect();
    let mut to_reset = held.differences(&clean, repository)?;
    to_reset.retain(|path| !restaged.contains(path) && !untouchable.contains(path));
    clean.put_back(repository, &to_reset)?;

    let done: BTreeSet<&RepoPath> = [&outcome.written, &outcome.deleted, &outcome.unchanged]
        .into_iter()
        .flatten()
        .chain(&to_reset)
        .collect();
    let changed = status.changes.iter().map(|change| &change.path);
    let still_there = changed.filter(|path| !done.contains(path));
    let left: BTreeSet<RepoPath> = still_there
        .chain(&restaged)
        .chain(untouchable)
        .cloned()
        .collect();
    Ok(TakenOut {
        reverted: outcome.written,
        removed: outcome.deleted,
        left: left.into_iter().collect(),
    })
}
