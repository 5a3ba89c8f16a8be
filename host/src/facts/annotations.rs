//! Work items: `TODO:` and its like in tracked files, from an index keyed by tree. It must not read the whole work
//! tree on a common path.

use crate::path::RepoPath;

/// What the index has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkItems {
    /// How many of each annotation there are in the watched files, in the configuration's order.
    pub counts: Vec<(String, u64)>,
    /// Nearest to the changes first: in changed files, then beside them, then by path.
    pub nearest: Vec<WorkItem>,
    /// False until the whole tree was read once.
    pub complete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    pub annotation: String,
    pub path: RepoPath,
    /// 1-based.
    pub line: u32,
    /// The rest of the line, trimmed.
    pub text: String,
}
