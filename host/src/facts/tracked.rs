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
/// Lists of patterns that an index is kept for. Plugins have a few, always the same; one that asks for others each time
/// must not fill the disk.
const MOST_KEPT: usize = 64;
const PREFIX: &str = "tracked-";

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
    let name = format!("{PREFIX}{digest}.json");
    let known = load(&directory.join(&name));
    if let Some((indexed, paths)) = &known
        && *indexed == tree
    {
        return Ok(paths.iter().cloned().collect());
    }
    let matches = |path: &RepoPath| globs.is_match(path.to_path());
    if known.is_none() {
        make_room(directory);
    }
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

/// For one index more: the oldest go.
fn make_room(directory: &Path) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
    });
    let mut kept: Vec<_> = ours
        .map(|entry| {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            (modified.ok(), entry.path())
        })
        .collect();
    kept.sort();
    let surplus = (kept.len() + 1).saturating_sub(MOST_KEPT);
    for (_, path) in kept.into_iter().take(surplus) {
        // One that cannot be removed does no harm.
        let _ = std::fs::remove_file(path);
    }
}

fn load(path: &Path) -> Option<(ObjectId, BTreeSet<RepoPath>)> {
    let index: Index = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let tree = ObjectId::from_str(&index.tree).ok()?;
    (index.format == INDEX_FORMAT).then_some((tree, index.paths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_indexes_are_kept_and_nothing_else_is_touched() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("path-history"), "-").unwrap();
        let started = std::time::SystemTime::now();
        for number in 0..MOST_KEPT + 5 {
            make_room(directory.path());
            let path = directory.path().join(format!("{PREFIX}{number}.json"));
            let file = std::fs::File::create(path).unwrap();
            let age = std::time::Duration::from_secs(1_000 - number as u64);
            file.set_modified(started - age).unwrap();
        }
        let is_there = |name: &str| directory.path().join(name).exists();
        assert!(is_there("path-history"));
        assert!(!is_there("tracked-4.json"));
        assert!(is_there("tracked-5.json"));
        let count = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(count, MOST_KEPT + 1);
    }
}
