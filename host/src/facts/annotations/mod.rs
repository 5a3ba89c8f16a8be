//! Work items: `TODO:` and its like in tracked files, from an index keyed by tree. It must not read the whole work
//! tree on a common path.

mod refresh;
mod scan;
mod store;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::git::ObjectId;
use crate::git::status::{Change, ChangeKind};
use crate::path::RepoPath;

pub use super::path_history::Depth;

/// What the index has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkItems {
    /// How many of each annotation there are in the watched files, in the configuration's order.
    pub counts: Vec<(String, u64)>,
    /// Nearest to the changes first: in changed files, then beside them, then by path.
    pub nearest: Vec<WorkItem>,
    /// False until the whole tree was read once, and while more changed than was read again.
    pub complete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    pub annotation: String,
    pub path: RepoPath,
    /// 1-based.
    pub line: u32,
    /// The rest of the line, trimmed; what is not UTF-8 is replaced.
    pub text: String,
}

/// The index: HEAD's annotations, and over them those of files that differ from HEAD in the work tree.
#[derive(Debug, Clone, Default)]
pub struct Annotations {
    /// What the index was built with: annotations, watch and ignore patterns.
    rules: store::Rules,
    /// HEAD's tree when it was brought up to date.
    tree: Option<ObjectId>,
    /// The whole tree was read for it.
    complete: bool,
    files: BTreeMap<RepoPath, Vec<Item>>,
    /// Not stored: the files as they stand.
    overlay: BTreeMap<RepoPath, Vec<Item>>,
    /// Not stored: every changed file is in the overlay.
    overlay_complete: bool,
    /// Not stored: the rules' patterns, compiled.
    watched: Option<scan::Watched>,
}

/// One annotation in a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Item {
    /// Index into the configuration's list.
    annotation: u32,
    line: u32,
    text: String,
}

impl Annotations {
    /// Counts, and the `limit` items nearest to the changes.
    pub fn work_items(&self, near: &[Change], limit: usize) -> WorkItems {
        let mut counts: Vec<(String, u64)> = self
            .rules
            .annotations
            .iter()
            .map(|annotation| (annotation.clone(), 0))
            .collect();
        let changed: BTreeSet<&RepoPath> = near.iter().map(|change| &change.path).collect();
        let beside: BTreeSet<RepoPath> = near.iter().map(|change| change.path.parent()).collect();
        let distance = |path: &RepoPath| match () {
            () if changed.contains(path) => 0_u8,
            () if beside.contains(&path.parent()) => 1,
            () => 2,
        };
        let mut found: Vec<(u8, &RepoPath, &Item)> = Vec::new();
        for (path, items) in self.current() {
            let distance = distance(path);
            for item in items {
                if let Some(count) = counts.get_mut(item.annotation as usize) {
                    count.1 += 1;
                }
                found.push((distance, path, item));
            }
        }
        // The sort is stable, and the files come by path with their items by line.
        found.sort_by_key(|(distance, _, _)| *distance);
        let nearest = found.into_iter().take(limit).filter_map(|(_, path, item)| {
            Some(WorkItem {
                annotation: self
                    .rules
                    .annotations
                    .get(item.annotation as usize)?
                    .clone(),
                path: path.clone(),
                line: item.line,
                text: item.text.clone(),
            })
        });
        WorkItems {
            nearest: nearest.collect(),
            counts,
            complete: self.complete && self.overlay_complete,
        }
    }

    fn current(&self) -> impl Iterator<Item = (&RepoPath, &Vec<Item>)> {
        let untouched = self
            .files
            .iter()
            .filter(|(path, _)| !self.overlay.contains_key(*path));
        let mut all: Vec<_> = untouched.chain(&self.overlay).collect();
        all.sort_by_key(|(path, _)| *path);
        all.into_iter()
    }
}

/// Untracked files are no work items: nobody has taken them on yet.
fn is_tracked(change: &Change) -> bool {
    change.unstaged != ChangeKind::Untracked
}
