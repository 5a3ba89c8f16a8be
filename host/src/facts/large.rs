//! Files that are too large to be read at every look: their size and times stand for them. Once, after a command, some of
//! them are read, so that a commit of what was tested is known as that. It must not read one while somebody waits for a
//! brief.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;

use super::tree_state::Observed;
use crate::git::status::BlobAt;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use crate::session::evidence::TreeState;

/// By path, with the id of the content where somebody has read it.
pub type Large = BTreeMap<RepoPath, Option<ObjectId>>;

/// What is read after one command, in bytes.
const MOST_READ: u64 = 128 * 1024 * 1024;

/// What stands for a file that is not read: another size or time is another file.
pub(super) fn stand_in(repository: &Repository, path: &RepoPath) -> Option<BlobAt> {
    let full = repository.work_tree().join(path.to_path());
    let found = full
        .symlink_metadata()
        .ok()
        .filter(|found| !found.is_dir())?;
    // The second time changes with everything, and nobody can set it.
    let text = format!(
        "{} bytes of {}.{:09} {}.{:09}",
        found.len(),
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec()
    );
    let id = Repository::hash_blob(text.as_bytes()).ok()?;
    let mode = match found.mode() & 0o100 {
        0 => 0o100_644,
        _ => 0o100_755,
    };
    Some(BlobAt { id, mode })
}

impl Observed {
    /// Reads the large files that `known`, a state of before, has not read as they are.
    pub fn read_large(&mut self, repository: &Repository, known: Option<&TreeState>) {
        if let Some(known) = known.and_then(|known| Self::from_state(repository, known)) {
            self.take_large(&known);
        }
        let mut left = MOST_READ;
        for (path, content) in self.large.iter_mut().filter(|(_, id)| id.is_none()) {
            let full = repository.work_tree().join(path.to_path());
            let size = full
                .symlink_metadata()
                .map_or(u64::MAX, |found| found.len());
            let Some(rest) = left.checked_sub(size) else {
                continue;
            };
            left = rest;
            let id = repository.hash_work_file(path).ok().flatten();
            // It may have been written meanwhile.
            let is_still = self.edits.get(path) == Some(&stand_in(repository, path));
            *content = id.filter(|_| is_still);
        }
    }

    /// Takes over what `other` knows of the same files.
    pub fn take_large(&mut self, other: &Self) {
        for (path, content) in &mut self.large {
            if content.is_none() && self.edits.get(path) == other.edits.get(path) {
                *content = other.content(path);
            }
        }
    }

    pub(super) fn content(&self, path: &RepoPath) -> Option<ObjectId> {
        self.large.get(path).copied().flatten()
    }

    /// `here` and `there` are what stands at `path` in both.
    pub(super) fn is_same_file(
        &self,
        other: &Self,
        path: &RepoPath,
        here: Option<BlobAt>,
        there: Option<BlobAt>,
    ) -> bool {
        let read = |observed: &Self, at: Option<BlobAt>| {
            let id = observed.content(path);
            at.map(|at| BlobAt {
                id: id.unwrap_or(at.id),
                ..at
            })
        };
        here == there || read(self, here) == read(other, there)
    }
}
