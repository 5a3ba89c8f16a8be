//! Walking a whole tree. It opens every directory, so it must stay off common paths.

use anyhow::Context as _;

use super::ObjectId;
use super::repository::Repository;
use crate::path::RepoPath;

impl Repository {
    pub fn has_tree(&self, id: ObjectId) -> bool {
        self.inner.find_tree(id).is_ok()
    }

    /// The files, links and submodules of a tree that `wanted` picks, in the tree's order.
    pub fn paths_in_tree(
        &self,
        tree: ObjectId,
        wanted: impl Fn(&RepoPath) -> bool,
    ) -> anyhow::Result<Vec<RepoPath>> {
        let mut found = Vec::new();
        let mut open = vec![(Vec::new(), tree)];
        while let Some((prefix, id)) = open.pop() {
            let tree = self
                .inner
                .find_tree(id)
                .with_context(|| format!("failed to read the tree {id}"))?;
            for entry in &tree {
                let mut path = prefix.clone();
                path.extend_from_slice(entry.name_bytes());
                if entry.kind() == Some(git2::ObjectType::Tree) {
                    path.push(b'/');
                    open.push((path, entry.id()));
                    continue;
                }
                let path = RepoPath::new(path);
                if wanted(&path) {
                    found.push(path);
                }
            }
        }
        Ok(found)
    }
}
