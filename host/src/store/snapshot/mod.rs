//! Work tree snapshots: tracked files as they stand and untracked files that are not ignored, as one commit that no
//! branch sees. It must not touch HEAD, the index, branches or the stash, except where `restore` and `take_out` say so.
//!
//! # What a snapshot is
//! A commit whose tree is the work tree as raw bytes. Its parents are HEAD (unless the branch is unborn) and, last,
//! a commit whose tree is the index. The message ends with one line of JSON, [`metadata::Metadata`]: what trees cannot
//! say. An entry that equals HEAD's was clean: its bytes are those git would check out. Every other entry holds the
//! file's own bytes, unfiltered.

mod apply;
mod entry;
pub mod metadata;
mod plan;
pub mod restore;
mod staged;
pub mod take;
pub mod take_out;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use anyhow::Context as _;

use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use metadata::Metadata;

pub use restore::{Options, Restored, require_known, restore};
pub use take::{Limits, observe, take};
pub use take_out::{TakenOut, take_out};

/// A snapshot, as taken or as loaded from its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub commit: ObjectId,
    /// The work tree.
    pub tree: ObjectId,
    /// What was staged; a path in conflict has our side.
    pub index_tree: ObjectId,
    /// Files that were left out, because of their size or because they could not be read. By path.
    pub omitted: Vec<RepoPath>,
    /// HEAD's tree; None on an unborn branch.
    pub head_tree: Option<ObjectId>,
    pub metadata: Metadata,
}

impl Snapshot {
    /// Reads a snapshot back.
    ///
    /// # Errors
    /// The commit is no snapshot of ours, is of a newer format, or its objects are gone.
    pub fn load(repository: &Repository, commit: ObjectId) -> anyhow::Result<Self> {
        let metadata = Metadata::from_message(&repository.commit_message(commit)?)
            .with_context(|| format!("{commit} is not a snapshot that can be restored"))?;
        let parents = repository.commit_parents(commit)?;
        let index_commit = *parents
            .last()
            .context("the snapshot has lost its staged state")?;
        let head_tree = match parents.as_slice() {
            [head, _] => Some(repository.commit_tree(*head)?),
            _ => None,
        };
        Ok(Self {
            commit,
            tree: repository.commit_tree(commit)?,
            index_tree: repository.commit_tree(index_commit)?,
            omitted: metadata.omitted.clone(),
            head_tree,
            metadata,
        })
    }

    /// The paths whose entry holds the file's own bytes. All others come from HEAD through git's filters.
    fn raw_paths(&self, repository: &Repository) -> anyhow::Result<BTreeSet<RepoPath>> {
        let changed = repository.changed_paths(self.head_tree, Some(self.tree))?;
        let mut raw: BTreeSet<RepoPath> = self.metadata.raw.iter().cloned().collect();
        raw.extend(
            changed
                .into_iter()
                .filter(|change| change.new.is_some())
                .map(|change| change.path),
        );
        Ok(raw)
    }
}
