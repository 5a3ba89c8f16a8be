//! Sparse checkout: which paths git keeps out of the work tree. It must not change what is checked out.

use std::collections::HashSet;

use super::repository::Repository;
use crate::path::RepoPath;

impl Repository {
    pub fn is_sparse(&self) -> bool {
        self.config_bool("core.sparseCheckout") == Some(true)
    }

    /// Those of `paths` that the sparse checkout leaves out, by one process (git 2.41 or later).
    pub fn outside_sparse_checkout(&self, paths: &[RepoPath]) -> anyhow::Result<HashSet<RepoPath>> {
        if paths.is_empty() || !self.is_sparse() {
            return Ok(HashSet::new());
        }
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        let output = self
            .git()
            .args(["sparse-checkout", "check-rules", "-z"])
            .input(input)
            .output()?;
        let inside: HashSet<&[u8]> = output.stdout.split(|&byte| byte == 0).collect();
        let outside = paths
            .iter()
            .filter(|path| !inside.contains(path.as_bytes()));
        Ok(outside.cloned().collect())
    }
}
