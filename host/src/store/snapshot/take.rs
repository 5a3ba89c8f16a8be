//! Taking a snapshot: HEAD's tree, edited from what `git status` listed. It must not write a ref, nor anything that
//! the user has.

use std::collections::BTreeSet;

use super::Snapshot;
use super::entry::{self, EXECUTABLE, FILE, Found, LINK, SUBMODULE};
use super::metadata::{Metadata, SNAPSHOT_FORMAT};
use super::staged::Staged;
use crate::config::Config;
use crate::git::dot_git::Protection;
use crate::git::status::{BlobAt, Change, ChangeKind, Status};
use crate::git::tree_edit::TreeEdits;
use crate::git::{BlobBatch, ObjectId, Repository};
use crate::path::RepoPath;

/// What git makes of a file under the usual umasks: it says nothing that the mode in the tree does not.
const GITS_OWN: [u32; 4] = [0o644, 0o755, 0o664, 0o775];

/// What a snapshot holds at most.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Bytes. A larger file is left out and named. None: every file.
    pub max_file: Option<u64>,
}

impl Limits {
    /// Those of the configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            max_file: Some(config.snapshots.max_file),
        }
    }
}

/// Takes a snapshot of the work tree that `status` (with `untracked_all`) describes. `message` is the first line of
/// its commit. Files that change or vanish meanwhile are held as they were read, or not at all.
///
/// # Errors
/// Objects could not be written or HEAD's could not be read.
pub fn take(
    repository: &Repository,
    status: &Status,
    limits: Limits,
    message: &str,
) -> anyhow::Result<Snapshot> {
    let head_tree = status
        .head
        .map(|head| repository.commit_tree(head))
        .transpose()?;
    let mut edits = Edits {
        repository,
        limits,
        // With core.fileMode off the bit on disk says nothing, and git goes by the index.
        trust_mode: repository.config_bool("core.fileMode") != Some(false),
        protection: Protection::of(repository),
        work: TreeEdits::new(),
        blobs: Blobs::Written(repository.blob_batch()),
        metadata: Metadata {
            format: SNAPSHOT_FORMAT,
            head: status.head.map(|id| id.to_string()),
            ..Metadata::default()
        },
    };
    for change in &status.changes {
        edits.hold(change)?;
    }
    if let Blobs::Written(batch) = edits.blobs {
        batch.finish()?;
    }
    let tree = repository.edit_tree(head_tree, &edits.work)?;
    let staged = Staged::observe(repository, status, head_tree)?;
    let index_tree = match staged.tree {
        Some(tree) => tree,
        None => repository.write_tree(&[])?,
    };
    let mut metadata = edits.metadata;
    metadata.conflicts = staged.conflicts;
    metadata.intent_to_add = staged.intent_to_add;
    metadata.raw = raw_although_equal(repository, head_tree, tree, &edits.work)?;
    metadata.omitted.sort();

    let time = repository.now();
    let head: Vec<_> = status.head.into_iter().collect();
    let index_message = format!("index of: {message}\n");
    let index_commit = repository.write_commit(index_tree, &head, &index_message, time)?;
    let parents: Vec<_> = head.into_iter().chain([index_commit]).collect();
    let commit = repository.write_commit(tree, &parents, &metadata.to_message(message)?, time)?;
    Ok(Snapshot {
        commit,
        tree,
        index_tree,
        omitted: metadata.omitted.clone(),
        head_tree,
        metadata,
    })
}

/// What a snapshot of these changes would hold at each path, and the paths that it would leave out. Nothing is written:
/// the ids are those that writing would give.
pub fn observe(
    repository: &Repository,
    changes: &[Change],
    limits: Limits,
) -> anyhow::Result<(TreeEdits, Vec<RepoPath>)> {
    let mut edits = Edits {
        repository,
        limits,
        trust_mode: repository.config_bool("core.fileMode") != Some(false),
        protection: Protection::of(repository),
        work: TreeEdits::new(),
        blobs: Blobs::Hashed,
        metadata: Metadata::default(),
    };
    for change in changes {
        edits.hold(change)?;
    }
    Ok((edits.work, edits.metadata.omitted))
}

/// What becomes of the content of a file.
enum Blobs<'a> {
    Written(BlobBatch<'a>),
    Hashed,
}

impl Blobs<'_> {
    fn add(&mut self, bytes: Vec<u8>) -> anyhow::Result<ObjectId> {
        match self {
            Self::Written(batch) => batch.add(bytes),
            Self::Hashed => Repository::hash_blob(&bytes),
        }
    }
}

struct Edits<'a> {
    repository: &'a Repository,
    limits: Limits,
    trust_mode: bool,
    protection: Protection,
    work: TreeEdits,
    blobs: Blobs<'a>,
    metadata: Metadata,
}

impl Edits<'_> {
    /// The work tree's side: the file is read and stored.
    fn hold(&mut self, change: &Change) -> anyhow::Result<()> {
        // Git lets no tree have it, so nobody else can hold it either.
        if self.protection.forbids(change.path.as_bytes()) {
            let path = change.path.as_bytes();
            let path = path.strip_suffix(b"/").unwrap_or(path);
            self.metadata.omitted.push(RepoPath::new(path));
            return Ok(());
        }
        if let Some(original) = &change.original {
            self.work.entry(original.clone()).or_insert(None);
        }
        let untracked = change.unstaged == ChangeKind::Untracked;
        if let Some(nested) = change.path.as_bytes().strip_suffix(b"/") {
            return self.hold_repository(RepoPath::new(nested), None);
        }
        if !untracked && change.worktree_mode == SUBMODULE {
            return self.hold_repository(change.path.clone(), change.index.or(change.head));
        }
        if !untracked && change.worktree_mode == 0 {
            self.work.insert(change.path.clone(), None);
            return Ok(());
        }
        let root = self.repository.work_tree();
        match entry::read(root, &change.path.to_path(), self.limits.max_file) {
            Found::Content {
                mode,
                bytes,
                permissions,
            } => {
                let id = self.blobs.add(bytes)?;
                if let Some(bits) = permissions.filter(|bits| !GITS_OWN.contains(bits)) {
                    self.metadata.permissions.push((change.path.clone(), bits));
                }
                let mode = self.believed_mode(change, mode);
                self.work
                    .insert(change.path.clone(), Some(BlobAt { id, mode }));
            }
            Found::Nothing | Found::Directory if untracked => {}
            Found::Nothing | Found::Directory => {
                self.work.insert(change.path.clone(), None);
            }
            // Whatever HEAD has stays in the tree; restoring leaves an omitted path alone.
            Found::Unreadable => self.metadata.omitted.push(change.path.clone()),
        }
        Ok(())
    }

    /// A submodule, or a repository of its own that is not tracked: the commit it is at, never its files.
    fn hold_repository(&mut self, path: RepoPath, tracked: Option<BlobAt>) -> anyhow::Result<()> {
        let at = self.repository.work_tree().join(path.to_path());
        let commit = Repository::head_of_nested(&at).or(tracked.map(|blob| blob.id));
        match commit {
            Some(id) => {
                let mode = SUBMODULE;
                self.work.insert(path, Some(BlobAt { id, mode }));
            }
            None => self.metadata.omitted.push(path),
        }
        Ok(())
    }

    fn believed_mode(&self, change: &Change, mode: u32) -> u32 {
        if self.trust_mode || mode == LINK {
            return mode;
        }
        let known = change.index.or(change.head).map(|blob| blob.mode);
        known
            .filter(|mode| matches!(*mode, FILE | EXECUTABLE))
            .unwrap_or(FILE)
    }
}

/// Files that were read and yet have HEAD's blob: without a note they would be taken for clean ones.
fn raw_although_equal(
    repository: &Repository,
    head_tree: Option<ObjectId>,
    tree: ObjectId,
    work: &TreeEdits,
) -> anyhow::Result<Vec<RepoPath>> {
    let changed: BTreeSet<RepoPath> = repository
        .changed_paths(head_tree, Some(tree))?
        .into_iter()
        .map(|change| change.path)
        .collect();
    let held = work
        .iter()
        .filter(|(_, entry)| entry.is_some_and(|entry| entry.mode != SUBMODULE));
    Ok(held
        .map(|(path, _)| path)
        .filter(|path| !changed.contains(*path))
        .cloned()
        .collect())
}
