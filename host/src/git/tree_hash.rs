//! The id that an edited tree would have, without writing anything. It must not read the work tree or the index.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::ObjectId;
use super::repository::Repository;
use super::status::BlobAt;
use super::tree_edit::TreeEdits;

const DIRECTORY: u32 = 0o040_000;

/// What stands at one name, and what is to be changed below it.
#[derive(Default)]
struct Level<'a> {
    entry: Option<Option<BlobAt>>,
    below: BTreeMap<&'a [u8], Level<'a>>,
}

impl Repository {
    /// What [`Repository::edit_tree`] would give. Only the trees on the way to an edit are opened.
    pub fn hash_tree(&self, base: Option<ObjectId>, edits: &TreeEdits) -> anyhow::Result<ObjectId> {
        let mut root = Level::default();
        for (path, entry) in edits {
            let mut level = &mut root;
            for name in path.as_bytes().split(|&byte| byte == b'/') {
                level = level.below.entry(name).or_default();
            }
            level.entry = Some(*entry);
        }
        match self.hash_level(base, &root)? {
            Some(tree) => Ok(tree),
            None => hash(&BTreeMap::new()),
        }
    }

    fn hash_level(
        &self,
        base: Option<ObjectId>,
        level: &Level<'_>,
    ) -> anyhow::Result<Option<ObjectId>> {
        let mut entries = BTreeMap::new();
        if let Some(base) = base {
            let tree = self
                .inner
                .find_tree(base)
                .context("failed to read a tree")?;
            for entry in &tree {
                let mode = u32::try_from(entry.filemode_raw()).unwrap_or_default();
                let id = entry.id();
                entries.insert(entry.name_bytes().to_vec(), BlobAt { id, mode });
            }
        }
        for (name, below) in &level.below {
            let old = entries.get(*name).copied();
            let old_tree = old.filter(|old| old.mode == DIRECTORY).map(|old| old.id);
            let new = match below.entry {
                Some(Some(entry)) => Some(entry),
                _ if below.below.is_empty() => None,
                _ => self.hash_level(old_tree, below)?.map(|id| BlobAt {
                    id,
                    mode: DIRECTORY,
                }),
            };
            match new {
                Some(entry) => entries.insert(name.to_vec(), entry),
                None => entries.remove(*name),
            };
        }
        if entries.is_empty() {
            return Ok(None);
        }
        hash(&entries).map(Some)
    }
}

/// Git sorts a directory as if its name ended with a slash.
fn hash(entries: &BTreeMap<Vec<u8>, BlobAt>) -> anyhow::Result<ObjectId> {
    let mut sorted: Vec<(Vec<u8>, &Vec<u8>, &BlobAt)> = entries
        .iter()
        .map(|(name, entry)| {
            let mut key = name.clone();
            if entry.mode == DIRECTORY {
                key.push(b'/');
            }
            (key, name, entry)
        })
        .collect();
    sorted.sort_by(|one, two| one.0.cmp(&two.0));
    let mut bytes = Vec::new();
    for (_, name, entry) in sorted {
        bytes.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(entry.id.as_bytes());
    }
    ObjectId::hash_object(git2::ObjectType::Tree, &bytes).context("failed to hash a tree")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;
    use crate::path::RepoPath;

    #[test]
    fn the_id_is_the_one_that_writing_gives() {
        let test = TestRepository::new();
        let repository = test.open();
        let blob = |text: &str| BlobAt {
            id: repository.write_blob(text.as_bytes()).unwrap(),
            mode: 0o100_644,
        };
        let edit = |paths: &[(&str, Option<BlobAt>)]| -> TreeEdits {
            let edits = paths.iter();
            edits
                .map(|(path, entry)| (RepoPath::from(*path), *entry))
                .collect()
        };
        let first = edit(&[
            ("a", Some(blob("1"))),
            ("a.b/c", Some(blob("2"))),
            ("d/e/f", Some(blob("3"))),
            ("z", Some(blob("4"))),
        ]);
        let base = repository.edit_tree(None, &first).unwrap();
        assert_eq!(repository.hash_tree(None, &first).unwrap(), base);
        assert_eq!(
            repository.hash_tree(Some(base), &TreeEdits::new()).unwrap(),
            base
        );
        for edits in [
            edit(&[("a", None), ("a/b", Some(blob("5")))]),
            edit(&[("d", Some(blob("6")))]),
            edit(&[("d/e/f", None)]),
            edit(&[("nothing", None), ("a.b", None)]),
            edit(&[("a", None), ("a.b", None), ("d", None), ("z", None)]),
        ] {
            assert_eq!(
                repository.hash_tree(Some(base), &edits).unwrap(),
                repository.edit_tree(Some(base), &edits).unwrap()
            );
        }
    }
}
