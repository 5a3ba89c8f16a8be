//! Which commits touched which paths, newest first: an index kept in the local store. It must not walk history on a
//! common path: it shows what it has, and says how old that is.

mod build;
mod format;
mod path_table;
mod refresh;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use crate::environment::Timestamp;
use crate::git::ObjectId;
use crate::git::commits::Person;
use crate::path::RepoPath;

pub(super) use format::replace;
use path_table::PathTable;
pub use refresh::{Depth, Refresh};

/// How many of the newest commits say what is recent.
const RECENT: usize = 200;

/// The index as loaded, for the commit it was built for.
#[derive(Debug, Clone, Default)]
pub struct PathHistory {
    /// Newest first.
    commits: Vec<IndexedCommit>,
    /// Every path that an indexed commit touched, sorted, so that a directory is a range.
    paths: PathTable,
    authors: Vec<Person>,
    head: Option<ObjectId>,
    /// A full pass was made, to the root of the history or to its bound.
    complete: bool,
    built_at: Timestamp,
    outdated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct IndexedCommit {
    id: ObjectId,
    time: Timestamp,
    author: u32,
    /// Numbers of `paths`, ascending, so that those below a directory are a slice.
    touched: Vec<u32>,
    /// Kept for the newest commits only.
    subject: String,
}

/// What is known of one path (a file or a directory).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathActivity {
    /// The newest commit that touched it, if the index reaches that far back.
    pub last_change: Option<LastChange>,
    /// Commits since then that touched the directory the path is in (for a directory always 0).
    pub directory_commits_since: u32,
    /// Distinct files that those commits touched there.
    pub directory_files_since: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastChange {
    pub id: ObjectId,
    pub time: Timestamp,
    /// The first line of the message; None for older commits, of which it is not kept.
    pub subject: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentPath {
    pub path: RepoPath,
    pub time: Timestamp,
    /// How many of the indexed recent commits touched it.
    pub commits: u32,
}

/// A file below a directory that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentChange {
    pub path: RepoPath,
    pub commits: u32,
    pub last: LastChange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentAuthor {
    pub person: Person,
    pub commits: u32,
    pub time: Timestamp,
}

impl PathHistory {
    /// The index kept in `directory`; None when there is none, or one that cannot be used and will be built again.
    pub fn load(directory: &Path) -> Option<Self> {
        format::read(&std::fs::read(directory.join(format::FILE_NAME)).ok()?)
    }

    /// The commit that the index was built for.
    pub fn indexed_commit(&self) -> Option<ObjectId> {
        self.head
    }

    /// False as long as only the newest commits were read: a path without a change may have an older one.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// HEAD has moved since, and there was no time to follow it.
    pub fn outdated(&self) -> bool {
        self.outdated
    }

    /// How long ago it was built, as of `now`.
    pub fn age(&self, now: Timestamp) -> std::time::Duration {
        (now - self.built_at).to_std().unwrap_or_default()
    }

    /// The newest commit that touched each path (a file or a directory).
    pub fn last_change(&self, paths: &[RepoPath]) -> Vec<Option<LastChange>> {
        let activity = self.activity(paths);
        activity
            .into_iter()
            .map(|activity| activity.last_change)
            .collect()
    }

    /// What is known of each path, in the order asked. One pass over the commits for all of them.
    pub fn activity(&self, paths: &[RepoPath]) -> Vec<PathActivity> {
        let mut queries: Vec<Query> = paths.iter().map(|path| self.query(path)).collect();
        let mut open: Vec<usize> = (0..queries.len()).collect();
        for (position, commit) in self.commits.iter().enumerate() {
            // A query is done when its own path is met: what comes after is older.
            open.retain(|&index| !queries[index].meet(position, commit));
            if open.is_empty() {
                break;
            }
        }
        queries
            .into_iter()
            .map(|query| self.answer(query))
            .collect()
    }

    /// The paths that the newest commits touched last, newest first, leaving out our own `.session/`.
    pub fn recent_paths(&self, count: usize) -> Vec<RecentPath> {
        let own = self.range(&RepoPath::from(".session"));
        // By path number: a commit that brought the whole tree touched as many as there are.
        let mut commits = vec![0_u32; self.paths.len()];
        let mut found: Vec<(Timestamp, u32)> = Vec::new();
        for commit in self.commits.iter().take(RECENT) {
            for &path in commit.touched.iter().filter(|path| !own.contains(path)) {
                if commits[path as usize] == 0 {
                    found.push((commit.time, path));
                }
                commits[path as usize] += 1;
            }
        }
        let order = |one: &(Timestamp, u32), two: &(Timestamp, u32)| {
            let touching = |path: u32| commits[path as usize];
            two.0
                .cmp(&one.0)
                .then(touching(two.1).cmp(&touching(one.1)))
                .then(one.1.cmp(&two.1))
        };
        if count < found.len() {
            found.select_nth_unstable_by(count, order);
            found.truncate(count);
        }
        found.sort_unstable_by(order);
        let recent = found.into_iter().map(|(time, path)| RecentPath {
            path: self.paths.path(path),
            time,
            commits: commits[path as usize],
        });
        recent.collect()
    }

    /// The files below a directory that commits after `since` touched, newest change first, at most `limit`.
    pub fn recent_below(
        &self,
        directory: &RepoPath,
        since: Option<Timestamp>,
        limit: usize,
    ) -> Vec<RecentChange> {
        let below = self.range(directory);
        let mut found: HashMap<u32, RecentChange> = HashMap::new();
        let mut order = Vec::new();
        let commits = self.commits.iter().enumerate();
        for (position, commit) in
            commits.filter(|(_, commit)| since.is_none_or(|since| commit.time > since))
        {
            for &path in commit.within(&below) {
                let entry = found.entry(path).or_insert_with(|| {
                    order.push(path);
                    RecentChange {
                        path: self.paths.path(path),
                        commits: 0,
                        last: self.change_at(position),
                    }
                });
                entry.commits += 1;
            }
        }
        order.truncate(limit);
        order
            .into_iter()
            .filter_map(|path| found.remove(&path))
            .collect()
    }

    fn change_at(&self, position: usize) -> LastChange {
        let commit = &self.commits[position];
        LastChange {
            id: commit.id,
            time: commit.time,
            subject: (!commit.subject.is_empty()).then(|| commit.subject.clone()),
        }
    }

    /// Who made the newest commits, the busiest first.
    pub fn recent_authors(&self, count: usize) -> Vec<RecentAuthor> {
        let mut list: Vec<RecentAuthor> = Vec::new();
        let mut position: HashMap<u32, usize> = HashMap::new();
        for commit in self.commits.iter().take(RECENT) {
            let at = *position.entry(commit.author).or_insert_with(|| {
                list.push(RecentAuthor {
                    person: self.authors[commit.author as usize].clone(),
                    commits: 0,
                    time: commit.time,
                });
                list.len() - 1
            });
            list[at].commits += 1;
        }
        list.sort_by(|one, two| two.commits.cmp(&one.commits).then(two.time.cmp(&one.time)));
        list.truncate(count);
        list
    }

    fn query(&self, path: &RepoPath) -> Query {
        let own = self.range(path);
        let is_file = own.len() == 1 && self.paths.get(own.start) == path.as_bytes();
        let directory = match is_file {
            true => self.range(&path.parent()),
            false => own.clone(),
        };
        Query {
            own,
            directory,
            found: None,
            commits: 0,
            files: Vec::new(),
        }
    }

    /// The indices of what is `path` or lies below it: not quite a range of bytes (`a.b` sorts between `a` and
    /// `a/b`), so the file itself counts only where nothing is below it.
    fn range(&self, path: &RepoPath) -> std::ops::Range<u32> {
        if path.as_bytes().is_empty() {
            return 0..u32::try_from(self.paths.len()).unwrap_or(u32::MAX);
        }
        let start = self.paths.lower_bound(&[path.as_bytes(), b"/"].concat());
        let end = self.paths.lower_bound(&[path.as_bytes(), b"0"].concat());
        match self.paths.find(path.as_bytes()) {
            Some(at) if start == end => at..at + 1,
            _ => start..end,
        }
    }

    fn answer(&self, query: Query) -> PathActivity {
        let last_change = query.found.map(|position| self.change_at(position));
        let mut files = query.files;
        files.sort_unstable();
        files.dedup();
        PathActivity {
            // Nothing is known of "since" when the change itself was not found.
            directory_commits_since: last_change.as_ref().map_or(0, |_| query.commits),
            directory_files_since: last_change
                .as_ref()
                .map_or(0, |_| u32::try_from(files.len()).unwrap_or(u32::MAX)),
            last_change,
        }
    }
}

struct Query {
    own: std::ops::Range<u32>,
    directory: std::ops::Range<u32>,
    found: Option<usize>,
    commits: u32,
    files: Vec<u32>,
}

impl Query {
    /// Counts a commit; true when it touched the path itself.
    fn meet(&mut self, position: usize, commit: &IndexedCommit) -> bool {
        if !commit.within(&self.own).is_empty() {
            self.found = Some(position);
            return true;
        }
        let beside = commit.within(&self.directory);
        self.files.extend(beside);
        self.commits += u32::from(!beside.is_empty());
        false
    }
}

impl IndexedCommit {
    /// What it touched of a range of paths.
    fn within(&self, range: &std::ops::Range<u32>) -> &[u32] {
        let start = self.touched.partition_point(|path| *path < range.start);
        let end = self.touched.partition_point(|path| *path < range.end);
        &self.touched[start..end.max(start)]
    }
}
