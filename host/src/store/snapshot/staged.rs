//! The staged state as a value: read from `git status`, put back through `git update-index`. It must not read the
//! index file, nor touch the work tree.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;

use super::Snapshot;
use super::metadata::{Conflict, Stage};
use crate::git::status::{BlobAt, ChangeKind, Status};
use crate::git::tree_edit::TreeEdits;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;

const ZERO: &str = "0000000000000000000000000000000000000000";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Staged {
    /// A path in conflict has our side here. None is the empty tree.
    pub(super) tree: Option<ObjectId>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) intent_to_add: Vec<RepoPath>,
}

impl Staged {
    /// What is staged now.
    pub(super) fn observe(
        repository: &Repository,
        status: &Status,
        head_tree: Option<ObjectId>,
    ) -> anyhow::Result<Self> {
        let mut staged = Self::default();
        let mut edits = TreeEdits::new();
        for change in &status.changes {
            if let Some(stages) = &change.conflict {
                edits.insert(change.path.clone(), stages[1].or(stages[2]));
                staged.conflicts.push(Conflict {
                    path: change.path.clone(),
                    stages: stages.map(|stage| stage.map(Stage::from)),
                });
            } else if change.unstaged == ChangeKind::Added {
                staged.intent_to_add.push(change.path.clone());
            } else if change.staged != ChangeKind::Unchanged {
                edits.insert(change.path.clone(), change.index);
                // A status with renames has only the new path; without (as snapshots ask for it) both are listed.
                if let Some(original) = &change.original {
                    edits.entry(original.clone()).or_insert(None);
                }
            }
        }
        staged.tree = Some(repository.edit_tree(head_tree, &edits)?);
        Ok(staged)
    }

    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self {
            tree: Some(snapshot.index_tree),
            conflicts: snapshot.metadata.conflicts.clone(),
            intent_to_add: snapshot.metadata.intent_to_add.clone(),
        }
    }

    /// Nothing staged: the index as HEAD is.
    pub(super) fn clean(head_tree: Option<ObjectId>) -> Self {
        Self {
            tree: head_tree,
            ..Self::default()
        }
    }

    /// The paths at which two staged states differ.
    pub(super) fn differences(
        &self,
        other: &Self,
        repository: &Repository,
    ) -> anyhow::Result<BTreeSet<RepoPath>> {
        let changed = repository.changed_paths(self.tree, other.tree)?;
        let mut paths: BTreeSet<RepoPath> = changed.into_iter().map(|change| change.path).collect();
        for (one, two) in [(self, other), (other, self)] {
            let conflicts = one
                .conflicts
                .iter()
                .filter(|conflict| !two.conflicts.contains(conflict));
            paths.extend(conflicts.map(|conflict| conflict.path.clone()));
            let announced = one
                .intent_to_add
                .iter()
                .filter(|path| !two.intent_to_add.contains(path));
            paths.extend(announced.cloned());
        }
        Ok(paths)
    }

    /// Brings the index to this state at `paths`, and nowhere else: one process, and a second one where files were
    /// announced with `git add --intent-to-add`.
    pub(super) fn put_back(
        &self,
        repository: &Repository,
        paths: &BTreeSet<RepoPath>,
    ) -> anyhow::Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        // All removals first: a file and a directory of its name cannot both be in the index.
        let mut input = Vec::new();
        for path in paths {
            line(&mut input, &format!("0 {ZERO}\t"), path);
        }
        for path in paths {
            let conflict = self
                .conflicts
                .iter()
                .find(|conflict| &conflict.path == path);
            if let Some(conflict) = conflict {
                for (number, stage) in (1..).zip(&conflict.stages) {
                    if let Some(blob) = stage.as_ref().and_then(Stage::blob) {
                        line(&mut input, &entry(blob, number), path);
                    }
                }
            } else if let Some(tree) = self.tree
                && let Some(blob) = repository.tree_entry(tree, path)?
                && blob.mode != 0o040_000
            {
                line(&mut input, &entry(blob, 0), path);
            }
        }
        repository
            .git()
            .args(["update-index", "-z", "--index-info"])
            .input(input)
            .output()?;
        self.announce(repository, paths)
    }

    fn announce(&self, repository: &Repository, paths: &BTreeSet<RepoPath>) -> anyhow::Result<()> {
        let root = repository.work_tree();
        let mut input = Vec::new();
        for path in self
            .intent_to_add
            .iter()
            .filter(|path| paths.contains(*path))
        {
            let there = root.join(path.to_path());
            if std::fs::symlink_metadata(&there).is_ok() {
                input.extend_from_slice(path.to_path().as_os_str().as_bytes());
                input.push(0);
            }
        }
        if !input.is_empty() {
            let arguments = ["--literal-pathspecs", "add", "--intent-to-add", "--force"];
            let from_input = ["--pathspec-from-file=-", "--pathspec-file-nul"];
            repository
                .git()
                .args(arguments)
                .args(from_input)
                .input(input)
                .output()?;
        }
        Ok(())
    }
}

fn entry(blob: BlobAt, stage: u32) -> String {
    format!("{:o} {} {stage}\t", blob.mode, blob.id)
}

fn line(input: &mut Vec<u8>, start: &str, path: &RepoPath) {
    input.extend_from_slice(start.as_bytes());
    input.extend_from_slice(path.as_bytes());
    input.push(0);
}
