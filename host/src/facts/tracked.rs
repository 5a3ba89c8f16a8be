//! Tracked paths that match some globs, from an index keyed by tree: walking a tree of 100,000 files takes as long as a
//! brief may. It must not be asked for by anything but plugins.

use std::collections::BTreeSet;
use std::path::Path;

use globset::GlobSet;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::path_history::replace;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;

const INDEX_FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Index {
    format: u32,
    tree: String,
    paths: BTreeSet<RepoPath>,
}

/// The paths of `tree` that match, sorted. The first time the whole tree is walked; afterwards only what differs.
pub fn matching(
    repository: &Repository,
    directory: &Path,
    tree: Option<ObjectId>,
    patterns: &[String],
    globs: &GlobSet,
) -> anyhow::Result<Vec<RepoPath>> {
    let Some(tree) = tree else {
        return Ok(Vec::new());
    };
    let digest = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(patterns.join("\0"))[..8]);
    let name = format!("tracked-{digest}.json");
    let known = load(&directory.join(&name));
    if let Some((indexed, paths)) = &known
        && *indexed == tree
    {
        return Ok(paths.iter().cloned().collect());
    }
    let matches = |path: &RepoPath| globs.is_match(path.to_path());
    let paths = match known.filter(|(indexed, _)| repository.has_tree(*indexed)) {
        Some((indexed, mut paths)) => {
            for change in repository.changed_paths(Some(indexed), Some(tree))? {
                if change.new.is_none() {
                    paths.remove(&change.path);
                } else if matches(&change.path) {
                    paths.insert(change.path);
                }
            }
            paths
        }
        None => repository
            .paths_in_tree(tree, matches)?
            .into_iter()
            .collect(),
    };
    let index = Index {
        format: INDEX_FORMAT,
        tree: tree.to_string(),
        paths,
    };
    // A cache: a read-only store costs only time.
    if let Ok(bytes) = serde_json::to_vec(&index) {
        let _ = replace(directory, &name, &bytes);
    }
    Ok(index.paths.into_iter().collect())
}

fn load(path: &Path) -> Option<(ObjectId, BTreeSet<RepoPath>)> {
    let index: Index = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let tree = ObjectId::from_str(&index.tree).ok()?;
    (index.format == INDEX_FORMAT).then_some((tree, index.paths))
}
