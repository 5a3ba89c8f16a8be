//! Which paths differ between what the work tree holds and what it should hold, and what to do about each. Pure but
//! for reading trees: it must not touch a file.

use std::collections::{BTreeMap, BTreeSet};

use super::Snapshot;
use super::entry::SUBMODULE;
use crate::git::status::BlobAt;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;

/// One state of the work tree.
pub(super) struct Side {
    pub(super) tree: Option<ObjectId>,
    /// Paths whose entry holds the file's own bytes.
    pub(super) raw: BTreeSet<RepoPath>,
    /// Paths of which nothing is known.
    pub(super) omitted: BTreeSet<RepoPath>,
    /// Permission bits that the tree cannot hold.
    pub(super) permissions: BTreeMap<RepoPath, u32>,
}

impl Side {
    pub(super) fn of(repository: &Repository, snapshot: &Snapshot) -> anyhow::Result<Self> {
        Ok(Self {
            tree: Some(snapshot.tree),
            raw: snapshot.raw_paths(repository)?,
            omitted: snapshot.omitted.iter().cloned().collect(),
            permissions: snapshot.metadata.permissions.iter().cloned().collect(),
        })
    }

    /// The work tree that git would check out.
    pub(super) fn clean(tree: Option<ObjectId>) -> Self {
        Self {
            tree,
            raw: BTreeSet::new(),
            omitted: BTreeSet::new(),
            permissions: BTreeMap::new(),
        }
    }
}

/// An entry, and whether its bytes are the file's own or have to go through git's filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) blob: BlobAt,
    pub(super) raw: bool,
    /// None: whatever the file has, or the umask gives.
    pub(super) permissions: Option<u32>,
}

/// One path that has to change.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) path: RepoPath,
    pub(super) present: Option<Held>,
    pub(super) target: Option<Held>,
}

/// What to do, by path.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) delete: Vec<Step>,
    pub(super) write: Vec<Step>,
    /// Files that the target does not have and that stay.
    pub(super) kept_extra: Vec<RepoPath>,
    /// Submodules, and files of which one side knows nothing.
    pub(super) left_alone: Vec<RepoPath>,
}

/// Every path at which the two states differ.
pub(super) fn steps(
    repository: &Repository,
    present: &Side,
    target: &Side,
) -> anyhow::Result<Vec<Step>> {
    let held = |side: &Side, path: &RepoPath, blob: Option<BlobAt>| {
        blob.map(|blob| Held {
            blob,
            raw: side.raw.contains(path),
            permissions: side.permissions.get(path).copied(),
        })
    };
    let mut steps = BTreeMap::new();
    for change in repository.changed_paths(present.tree, target.tree)? {
        let step = Step {
            present: held(present, &change.path, change.old),
            target: held(target, &change.path, change.new),
            path: change.path.clone(),
        };
        steps.insert(change.path, step);
    }
    // The same blob, once as the file's own bytes and once as what git checks out, may be two contents.
    for path in present.raw.symmetric_difference(&target.raw) {
        if !steps.contains_key(path)
            && let Some(tree) = target.tree
            && let Some(blob) = repository.tree_entry(tree, path)?
        {
            let step = Step {
                path: path.clone(),
                present: held(present, path, Some(blob)),
                target: held(target, path, Some(blob)),
            };
            steps.insert(path.clone(), step);
        }
    }
    Ok(steps.into_values().collect())
}

/// Sorts the steps. `selected` says which paths were asked for; `deletes` which of those that the target does not
/// have are to go.
pub(super) fn decide(
    steps: Vec<Step>,
    sides: [&Side; 2],
    selected: impl Fn(&RepoPath) -> bool,
    deletes: impl Fn(&RepoPath) -> bool,
) -> Plan {
    let mut plan = Plan::default();
    let mut extra = Vec::new();
    for step in steps {
        let unknown = sides.iter().any(|side| side.omitted.contains(&step.path));
        let is_submodule =
            |held: Option<Held>| held.is_some_and(|held| held.blob.mode == SUBMODULE);
        if unknown || is_submodule(step.present) || is_submodule(step.target) {
            if selected(&step.path) {
                plan.left_alone.push(step.path);
            }
        } else if step.target.is_none() {
            extra.push(step);
        } else if selected(&step.path) {
            plan.write.push(step);
        }
    }
    // Room must be made for what is written, whether or not it was asked for: it is in the snapshot of the present.
    let written: BTreeSet<RepoPath> = plan.write.iter().map(|step| step.path.clone()).collect();
    let directories: BTreeSet<RepoPath> = written.iter().flat_map(ancestors).collect();
    for step in extra {
        let blocks = directories.contains(&step.path)
            || ancestors(&step.path).iter().any(|a| written.contains(a));
        if blocks || (selected(&step.path) && deletes(&step.path)) {
            plan.delete.push(step);
        } else if selected(&step.path) {
            plan.kept_extra.push(step.path);
        }
    }
    plan
}

/// The directories that a path is in, the root excluded.
fn ancestors(path: &RepoPath) -> Vec<RepoPath> {
    let bytes = path.as_bytes();
    let ends = bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'/');
    ends.map(|(end, _)| RepoPath::new(&bytes[..end])).collect()
}
