//! Which commits touched which paths, newest first: an index kept in the local store. It must not walk history on a
//! common path: it shows what it has, and says how old that is.

use super::Person;
use crate::environment::Timestamp;
use crate::git::ObjectId;
use crate::path::RepoPath;

/// The index as loaded, for the commit it was built for.
#[derive(Debug, Clone, Default)]
pub struct PathHistory {}

/// What is known of one path (a file or a directory).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathActivity {
    /// The newest commit that touched it, if the index reaches that far back.
    pub last_change: Option<(ObjectId, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentPath {
    pub path: RepoPath,
    pub time: Timestamp,
    /// How many of the indexed recent commits touched it.
    pub commits: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentAuthor {
    pub person: Person,
    pub commits: u32,
    pub time: Timestamp,
}
