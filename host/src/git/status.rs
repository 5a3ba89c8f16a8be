//! The state of the work tree, from one `git status --porcelain=v2 --branch -z`. It must not run git a second time.

use serde::Serialize;

use super::ObjectId;
use crate::path::RepoPath;

/// What `git status` said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// None on an unborn branch.
    pub head: Option<ObjectId>,
    /// The branch's short name, lossily decoded; None when HEAD is detached.
    pub branch: Option<String>,
    pub upstream: Option<Upstream>,
    pub changes: Vec<Change>,
    pub submodules: SubmoduleContents,
}

/// What git saw inside the submodules, beside the commits that they are at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubmoduleContents {
    /// Those with changed or untracked files of their own.
    pub dirty: Vec<RepoPath>,
    /// Git failed to look into them: nobody knows which are.
    pub unseen: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upstream {
    pub name: String,
    /// None when the upstream is configured but gone.
    pub ahead_behind: Option<AheadBehind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AheadBehind {
    /// Commits on this side only.
    pub ahead: u64,
    /// Commits on the other side only.
    pub behind: u64,
}

/// One path that differs from HEAD, in the index, in the work tree or in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// An untracked directory (or a repository of its own inside this one) ends with `/`.
    pub path: RepoPath,
    /// Where a staged rename or copy came from; the new path itself counts as added.
    pub original: Option<RepoPath>,
    /// HEAD against the index.
    pub staged: ChangeKind,
    /// The index against the work tree.
    pub unstaged: ChangeKind,
    pub head: Option<BlobAt>,
    pub index: Option<BlobAt>,
    /// The mode in the work tree: 0o100644, 0o100755, 0o120000, 0o160000; 0 where there is nothing.
    pub worktree_mode: u32,
    pub submodule: Option<SubmoduleState>,
    /// Stages 1, 2 and 3 of a path in conflict.
    pub conflict: Option<[Option<BlobAt>; 3]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobAt {
    pub id: ObjectId,
    pub mode: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmoduleState {
    pub commit_changed: bool,
    pub modified: bool,
    pub untracked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Unchanged,
    Added,
    Modified,
    TypeChanged,
    Deleted,
    Untracked,
    Conflicted,
}

impl Status {
    /// A snapshot holds the commit that a submodule is at and none of its files: what changed in those is no change of
    /// this repository, and stands only in [`Status::submodules`].
    pub(super) fn list_submodules_by_commit(&mut self) {
        for change in &mut self.changes {
            let moved = change.submodule.is_none_or(|state| state.commit_changed);
            if !moved && change.unstaged == ChangeKind::Modified {
                change.unstaged = ChangeKind::Unchanged;
            }
        }
        let unchanged = (ChangeKind::Unchanged, ChangeKind::Unchanged);
        self.changes
            .retain(|change| (change.staged, change.unstaged) != unchanged);
    }

    /// Without submodules and repositories of their own inside this one: their files are not this repository's.
    pub fn without_repositories(mut self) -> Self {
        self.changes.retain(|change| !change.is_repository());
        self
    }
}

impl SubmoduleState {
    pub fn is_dirty(self) -> bool {
        self.modified || self.untracked
    }
}

impl Change {
    /// A submodule, there or not, or a repository of its own that is not tracked.
    pub fn is_repository(&self) -> bool {
        const GITLINK: u32 = 0o160_000;
        let known = self.index.or(self.head);
        self.path.as_bytes().ends_with(b"/")
            || self.worktree_mode == GITLINK
            || (self.worktree_mode == 0 && known.is_some_and(|blob| blob.mode == GITLINK))
    }

    /// The change as a whole, HEAD against the work tree: what a reader wants to know first.
    pub fn kind(&self) -> ChangeKind {
        use ChangeKind::{Added, Conflicted, Deleted, Unchanged, Untracked};
        match (self.staged, self.unstaged) {
            (Conflicted, _) | (_, Conflicted) => Conflicted,
            (_, Untracked) => Untracked,
            (Added, Deleted) => Unchanged,
            (Added, _) => Added,
            (_, Deleted) => Deleted,
            (Unchanged, kind) => kind,
            (kind, _) => kind,
        }
    }
}
