//! A tree edited from a list of paths, recursively and whatever swaps: a file where a directory was and the other way
//! round. It must not read the work tree or the index.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::ObjectId;
use super::repository::Repository;
use super::status::BlobAt;
use crate::path::RepoPath;

/// What should stand at each path; None for nothing. A path with something counts more than what lies below it.
pub type TreeEdits = BTreeMap<RepoPath, Option<BlobAt>>;

#[derive(Default)]
struct Level<'a> {
    entry: Option<Option<BlobAt>>,
    below: BTreeMap<&'a [u8], Level<'a>>,
}

impl Repository {
    /// `base` with the edits made; None stands for the empty tree. Only the trees on the way to an edit are opened,
    /// and a directory that ends up empty goes, as git knows no empty directories.
    pub fn edit_tree(&self, base: Option<ObjectId>, edits: &TreeEdits) -> anyhow::Result<ObjectId> {
        let mut root = Level::default();
        for (path, entry) in edits {
            let mut level = &mut root;
            for name in path.as_bytes().split(|&byte| byte == b'/') {
                level = level.below.entry(name).or_default();
            }
            level.entry = Some(*entry);
        }
        match self.edit_level(base, &root)? {
            Some(tree) => Ok(tree),
            None => self.write_tree(&[]),
        }
    }

    fn edit_level(
        &self,
        base: Option<ObjectId>,
        level: &Level<'_>,
    ) -> anyhow::Result<Option<ObjectId>> {
        let base = base
            .map(|id| self.inner.find_tree(id))
            .transpose()
            .context("failed to read a tree")?;
        let mut builder = self
            .inner
            .treebuilder(base.as_ref())
            .context("failed to begin a tree")?;
        for (name, below) in &level.below {
            let old = builder
                .get(*name)
                .with_context(|| unusable(name))?
                .map(|entry| super::blobs::blob_at(&entry));
            let old_tree = old.filter(|old| old.mode == 0o040_000).map(|old| old.id);
            let new = match below.entry {
                Some(Some(entry)) => Some(entry),
                _ if below.below.is_empty() => None,
                // What stood at the path itself was removed or is a file now in the way: only a tree can stay.
                _ => self.edit_level(old_tree, below)?.map(|id| BlobAt {
                    id,
                    mode: 0o040_000,
                }),
            };
            match new {
                Some(entry) => {
                    let mode =
                        i32::try_from(entry.mode).context("a mode that git does not have")?;
                    builder
                        .insert(*name, entry.id, mode)
                        .with_context(|| unusable(name))?;
                }
                None if old.is_some() => builder.remove(*name).with_context(|| unusable(name))?,
                None => {}
            }
        }
        if builder.is_empty() {
            return Ok(None);
        }
        self.make_in_memory()
            .and_then(|()| builder.write())
            .map(|id| Some(self.made(id)))
            .map_err(|error| self.unwritten(error, "a tree"))
    }
}

fn unusable(name: &[u8]) -> String {
    format!(
        "git cannot hold a file named {:?}",
        String::from_utf8_lossy(name)
    )
}
