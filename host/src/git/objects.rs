//! Making objects: small trees and commits. None of them becomes reachable here, and none is about the index.

use std::path::PathBuf;

use anyhow::Context as _;

use super::ObjectId;
use super::repository::Repository;
use crate::environment::Timestamp;
use crate::error::unwritable;

impl Repository {
    /// The id that these bytes would have; nothing is written.
    pub fn hash_blob(bytes: &[u8]) -> anyhow::Result<ObjectId> {
        ObjectId::hash_object(git2::ObjectType::Blob, bytes).context("failed to hash a file")
    }

    /// A tree of plain files, one level deep. No entries give the empty tree.
    pub fn write_tree(&self, entries: &[(&str, &[u8])]) -> anyhow::Result<ObjectId> {
        let mut builder = self
            .inner
            .treebuilder(None)
            .context("failed to begin a tree")?;
        for (name, bytes) in entries {
            let blob = self.write_blob(bytes)?;
            builder
                .insert(*name, blob, 0o100_644)
                .with_context(|| format!("failed to put {name} into a tree"))?;
        }
        self.make_in_memory()
            .and_then(|()| builder.write())
            .map(|id| self.made(id))
            .map_err(|error| self.unwritten(error, "a tree"))
    }

    /// A commit at `time`, by the user, or by `session <session@localhost>` where git knows no user. No ref moves.
    pub fn write_commit(
        &self,
        tree: ObjectId,
        parents: &[ObjectId],
        message: &str,
        time: Timestamp,
    ) -> anyhow::Result<ObjectId> {
        let signature = self.signature(time)?;
        let tree = self
            .inner
            .find_tree(tree)
            .with_context(|| format!("failed to read the tree {tree}"))?;
        let parents = parents
            .iter()
            .map(|id| self.find_commit(*id))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        self.make_in_memory()
            .and_then(|()| {
                let commit = self
                    .inner
                    .commit(None, &signature, &signature, message, &tree, &parents);
                commit.map(|id| self.made(id))
            })
            .map_err(|error| self.unwritten(error, "a commit"))
    }

    /// Why libgit2 could not write. It says so only in words, so the directories are asked.
    pub(super) fn unwritten(&self, error: git2::Error, what: &str) -> anyhow::Error {
        match self.read_only_directory() {
            Some(path) => unwritable(&path, error.message()),
            None => anyhow::Error::new(error).context(format!("failed to write {what}")),
        }
    }

    /// As [`Repository::unwritten`], where it was a file.
    pub(super) fn unwritten_file(&self, error: std::io::Error, what: &str) -> anyhow::Error {
        match self.read_only_directory() {
            Some(path) => unwritable(&path, error),
            None => anyhow::Error::new(error).context(format!("failed to write {what}")),
        }
    }

    /// The directory that this user may not write in, if that is why something failed.
    pub fn read_only_directory(&self) -> Option<PathBuf> {
        ["objects", "refs"]
            .map(|name| self.common_dir().join(name))
            .into_iter()
            .find(|path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err())
    }
}

#[cfg(test)]
mod tests {
    use crate::git::commits::timestamp;
    use crate::git::testing::TestRepository;

    #[test]
    fn a_commit_is_possible_where_git_knows_no_user() {
        let test = TestRepository::new();
        test.git(&["config", "user.name", ""]);
        let repository = test.open();
        let tree = repository.write_tree(&[]).unwrap();
        let id = repository
            .write_commit(tree, &[], "record\n", timestamp(1_000))
            .unwrap();
        repository.keep_new_objects().unwrap();
        let shown = test.git(&["log", "-1", "--format=%an <%ae> %ct %T", &id.to_string()]);
        let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(
            shown.trim(),
            format!("session <session@localhost> 1000 {empty}")
        );
    }

    #[test]
    fn a_small_tree_holds_its_files() {
        let test = TestRepository::new();
        let repository = test.open();
        let tree = repository
            .write_tree(&[("b", b"2"), ("a", b"1\n")])
            .unwrap();
        repository.keep_new_objects().unwrap();
        let shown = test.git(&["ls-tree", "--name-only", &tree.to_string()]);
        assert_eq!(shown, "a\nb\n");
        let bytes = repository
            .read_file(tree, &crate::path::RepoPath::from("a"), 10)
            .unwrap();
        assert_eq!(bytes.unwrap().as_bytes(), Some(&b"1\n"[..]));
    }
}
