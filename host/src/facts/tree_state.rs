//! The work tree at one moment as ids, and what differs between two moments. It must not write an object.

use std::collections::{BTreeMap, BTreeSet};

use super::large::{self, Large};
use super::within::{Look, Within};
use crate::git::status::{BlobAt, Change, ChangeKind, Status};
use crate::git::tree_diff::TreeChange;
use crate::git::tree_edit::TreeEdits;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use crate::session::evidence::{Contents, StateFile, StateWithin, TreeState};
use crate::store::snapshot::{self, Limits};

/// The team's own files say nothing about what was tested, and `session` itself writes there.
const OURS: &str = ".session";

/// Files that are named one by one; where more differ from HEAD, only the tree's id tells two states apart.
const MOST_NAMED: usize = 2_000;

/// As [`TreeState`], before it is put into words.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    pub head_tree: Option<ObjectId>,
    /// What differs from HEAD, `.session/` not among it.
    pub edits: TreeEdits,
    pub untracked: BTreeSet<RepoPath>,
    /// The files among them that were too large to be read: what stands in `edits` for them is no id of their content.
    pub large: Large,
    /// What repositories inside it hold beyond their commits.
    pub within: Within,
}

/// Reads the files that differ from HEAD. `status` names every untracked file by itself.
pub fn observe(
    repository: &Repository,
    status: &Status,
    limits: Limits,
) -> anyhow::Result<Observed> {
    observe_with(repository, status, limits, &mut Look::new(limits))
}

/// As [`observe`], looking into the repositories inside it only as far as `look` goes.
pub(super) fn observe_with(
    repository: &Repository,
    status: &Status,
    limits: Limits,
    look: &mut Look,
) -> anyhow::Result<Observed> {
    let head = status.head;
    let head_tree = head.map(|head| repository.commit_tree(head)).transpose()?;
    let changes: Vec<Change> = status
        .changes
        .iter()
        .filter(|change| !is_ours(&change.path))
        .cloned()
        .collect();
    let (mut edits, omitted) = snapshot::observe(repository, &changes, limits)?;
    let mut large = Large::new();
    for path in omitted {
        if let Some(stand_in) = large::stand_in(repository, &path) {
            large.insert(path.clone(), None);
            edits.insert(path, Some(stand_in));
        }
    }
    let untracked = changes
        .into_iter()
        .filter(|change| change.kind() == ChangeKind::Untracked)
        .map(|change| {
            let path = change.path.as_bytes();
            RepoPath::new(path.strip_suffix(b"/").unwrap_or(path))
        })
        .collect();
    Ok(Observed {
        head_tree,
        edits,
        untracked,
        large,
        within: look.within(repository, status),
    })
}

impl Observed {
    pub fn state(&self, repository: &Repository) -> anyhow::Result<TreeState> {
        let mut edits = self.edits.clone();
        for (path, inside) in &self.within {
            edits.insert(
                path.clone(),
                Some(self.stand_in_for(path, inside.as_ref())?),
            );
        }
        edits.insert(RepoPath::from(OURS), None);
        let tree = repository.hash_tree(self.head_tree, &edits)?;
        let changed = self.edits.iter().take(MOST_NAMED);
        Ok(TreeState {
            tree: tree.to_string(),
            head_tree: self.head_tree.map(|id| id.to_string()),
            changed: changed
                .map(|(path, entry)| StateFile {
                    path: path.clone(),
                    blob: entry.map(|entry| entry.id.to_string()),
                    mode: entry.map_or(0, |entry| entry.mode),
                    untracked: self.untracked.contains(path),
                    content: self.content(path).map(|id| id.to_string()),
                })
                .collect(),
            more: self.edits.len() > MOST_NAMED || self.within.len() > MOST_NAMED,
            within: self
                .within
                .iter()
                .take(MOST_NAMED)
                .map(|(path, contents)| StateWithin {
                    path: path.clone(),
                    contents: contents.clone(),
                })
                .collect(),
        })
    }

    /// For a tree's id: a repository inside it with all that it holds.
    fn stand_in_for(&self, path: &RepoPath, inside: Option<&Contents>) -> anyhow::Result<BlobAt> {
        let commit = self.edits.get(path).copied().flatten();
        let commit = commit.map(|commit| commit.id.to_string());
        let id = Repository::hash_blob(format!("{commit:?} {inside:?}").as_bytes())?;
        Ok(BlobAt {
            id,
            mode: 0o160_000,
        })
    }

    /// The repositories inside it of which one of both does not know what they hold.
    pub fn unseen_with<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a RepoPath> {
        [self, other].into_iter().flat_map(Self::unseen).collect()
    }

    fn unseen(&self) -> impl Iterator<Item = &RepoPath> {
        let within = self.within.iter();
        within.filter_map(|(path, contents)| contents.is_none().then_some(path))
    }

    /// What a record says of a moment. None where it does not say all, or names what is not here.
    pub fn from_state(repository: &Repository, state: &TreeState) -> Option<Self> {
        let head_tree = match &state.head_tree {
            None => None,
            Some(id) => Some(id.parse().ok().filter(|id| repository.has_tree(*id))?),
        };
        let mut observed = Self {
            head_tree,
            ..Self::default()
        };
        if state.more {
            return None;
        }
        for inside in &state.within {
            let contents = inside.contents.clone();
            observed.within.insert(inside.path.clone(), contents);
        }
        for file in &state.changed {
            let entry = match &file.blob {
                None => None,
                Some(id) => Some(BlobAt {
                    id: id.parse().ok()?,
                    mode: file.mode,
                }),
            };
            observed.edits.insert(file.path.clone(), entry);
            if let Some(content) = &file.content {
                let content = content.parse().ok();
                observed.large.insert(file.path.clone(), content);
            }
            if file.untracked {
                observed.untracked.insert(file.path.clone());
            }
        }
        Some(observed)
    }

    /// The paths that are not the same in both, `.session/` left out, sorted. What is not known of a repository inside it
    /// is no difference; [`Observed::unseen_with`] tells that.
    pub fn difference(
        &self,
        repository: &Repository,
        other: &Self,
    ) -> anyhow::Result<Vec<RepoPath>> {
        let changes = self.changes(repository, other)?.into_iter();
        Ok(changes.map(|change| change.path).collect())
    }

    /// As [`Observed::difference`], with what stood there and what stands there now.
    pub fn changes(
        &self,
        repository: &Repository,
        other: &Self,
    ) -> anyhow::Result<Vec<TreeChange>> {
        let mut heads = BTreeMap::new();
        for change in repository.changed_paths(self.head_tree, other.head_tree)? {
            heads.insert(change.path, [change.old, change.new]);
        }
        let paths: BTreeSet<&RepoPath> = heads
            .keys()
            .chain(self.edits.keys())
            .chain(other.edits.keys())
            .chain(self.within.keys())
            .chain(other.within.keys())
            .collect();
        let mut different = Vec::new();
        for path in paths {
            if is_ours(path) {
                continue;
            }
            let at = |observed: &Self, side: usize| -> anyhow::Result<Option<BlobAt>> {
                if let Some(entry) = observed.edits.get(path) {
                    return Ok(*entry);
                }
                match (heads.get(path), observed.head_tree) {
                    (Some(sides), _) => Ok(sides[side]),
                    (None, Some(tree)) => repository.tree_entry(tree, path),
                    (None, None) => Ok(None),
                }
            };
            let (old, new) = (at(self, 0)?, at(other, 1)?);
            let is_same = self.is_same_file(other, path, old, new);
            if !is_same || self.differs_inside(other, path) {
                different.push(TreeChange {
                    path: path.clone(),
                    old,
                    new,
                });
            }
        }
        Ok(different)
    }

    /// Whether the repository at `path` is known to hold something else.
    fn differs_inside(&self, other: &Self, path: &RepoPath) -> bool {
        match (self.inside(path), other.inside(path)) {
            (Some(here), Some(there)) => here != there,
            _ => false,
        }
    }

    /// None where nobody knows.
    fn inside(&self, path: &RepoPath) -> Option<Contents> {
        self.within
            .get(path)
            .cloned()
            .unwrap_or_else(|| Some(Contents::default()))
    }

    /// Whether what differs is untracked wherever it is there. A file that is tracked on one side is not.
    pub fn differs_in_untracked_only(
        &self,
        repository: &Repository,
        other: &Self,
        different: &[RepoPath],
    ) -> bool {
        let is_committed = |observed: &Self, path: &RepoPath| {
            let entry = observed
                .head_tree
                .map(|tree| repository.tree_entry(tree, path));
            !matches!(entry, None | Some(Ok(None)))
        };
        let untracked_or_gone = |observed: &Self, path: &RepoPath| {
            observed.untracked.contains(path)
                || (!observed.edits.contains_key(path) && !is_committed(observed, path))
        };
        let same_outside = |path: &RepoPath| {
            self.head_tree == other.head_tree && self.edits.get(path) == other.edits.get(path)
        };
        let same_tracked_inside = |path: &RepoPath| match (self.inside(path), other.inside(path)) {
            (Some(here), Some(there)) => here.tracked == there.tracked,
            _ => true,
        };
        different.iter().all(|path| {
            let untracked = untracked_or_gone(self, path)
                && untracked_or_gone(other, path)
                && (self.untracked.contains(path) || other.untracked.contains(path));
            (same_outside(path) || untracked) && same_tracked_inside(path)
        })
    }
}

pub fn is_ours(path: &RepoPath) -> bool {
    path.is_within(&RepoPath::from(OURS))
}
