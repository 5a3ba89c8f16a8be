//! Reading trees and blobs, with a cap on what is read into memory. It must not write, filter or touch the work tree.

use anyhow::Context as _;

use super::ObjectId;
use super::repository::Repository;
use super::status::BlobAt;
use crate::path::RepoPath;

/// What a blob held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobBytes {
    Read(Vec<u8>),
    /// It is larger than the caller wanted; its size in bytes.
    TooLarge(u64),
}

impl BlobBytes {
    /// None when it was too large to read.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Read(bytes) => Some(bytes),
            Self::TooLarge(_) => None,
        }
    }
}

impl Repository {
    /// A blob of at most `cap` bytes. Its size is looked at first: nothing larger is unpacked.
    pub fn read_blob(&self, id: ObjectId, cap: u64) -> anyhow::Result<BlobBytes> {
        let odb = self
            .inner
            .odb()
            .context("failed to open the object store")?;
        let (size, kind) = odb
            .read_header(id)
            .with_context(|| format!("failed to read the object {id}"))?;
        anyhow::ensure!(kind == git2::ObjectType::Blob, "{id} is no blob");
        if size as u64 > cap {
            return Ok(BlobBytes::TooLarge(size as u64));
        }
        let object = odb
            .read(id)
            .with_context(|| format!("failed to read the blob {id}"))?;
        Ok(BlobBytes::Read(object.data().to_vec()))
    }

    /// The file at `path` in a tree; None where the tree has no file there.
    pub fn read_file(
        &self,
        tree: ObjectId,
        path: &RepoPath,
        cap: u64,
    ) -> anyhow::Result<Option<BlobBytes>> {
        match self.tree_entry(tree, path)? {
            Some(entry) if entry.mode != 0o160_000 && entry.mode != 0o040_000 => {
                self.read_blob(entry.id, cap).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// As [`Repository::read_file`], for the tree of a commit.
    pub fn read_file_at(
        &self,
        commit: ObjectId,
        path: &RepoPath,
        cap: u64,
    ) -> anyhow::Result<Option<BlobBytes>> {
        self.read_file(self.commit_tree(commit)?, path, cap)
    }

    /// What a tree has at `path`, a directory (mode 0o040000) included.
    pub fn tree_entry(&self, tree: ObjectId, path: &RepoPath) -> anyhow::Result<Option<BlobAt>> {
        let mut id = tree;
        let mut names = path.as_bytes().split(|&byte| byte == b'/').peekable();
        while let Some(name) = names.next() {
            let tree = self
                .inner
                .find_tree(id)
                .with_context(|| format!("failed to read the tree {id}"))?;
            let Some(entry) = tree.get_name_bytes(name) else {
                return Ok(None);
            };
            let found = blob_at(&entry);
            if names.peek().is_none() {
                return Ok(Some(found));
            }
            if found.mode != 0o040_000 {
                return Ok(None);
            }
            id = found.id;
        }
        Ok(None)
    }
}

/// Modes that old gits wrote (0o100664) count as the plain file they are.
pub(super) fn blob_at(entry: &git2::TreeEntry<'_>) -> BlobAt {
    let mode = u32::try_from(entry.filemode()).unwrap_or_default();
    BlobAt {
        id: entry.id(),
        mode,
    }
}
