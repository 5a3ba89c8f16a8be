//! Which lines of the work tree's files are not as they were at an earlier point. It must not decide what that means.

use std::collections::BTreeMap;

use super::Facts;
use crate::git::blobs::BlobBytes;
use crate::git::status::{BlobAt, Change};
use crate::git::tree_diff::added_ranges;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use crate::plugin::host_data::{ChangedLines, Since};

/// Larger files are left out.
const LARGEST: u64 = 10 * 1024 * 1024;
const MOST_FILES: usize = 10_000;

/// By path; None where there is no such point. `changes` is what differs from HEAD, file by file; an error of `go_on`
/// ends it.
pub fn changed_lines(
    facts: &Facts,
    changes: &[Change],
    repository: &Repository,
    since: Since,
    go_on: &dyn Fn() -> anyhow::Result<()>,
) -> anyhow::Result<Option<Vec<ChangedLines>>> {
    let Some(point) = tree_of(facts, repository, since)? else {
        return Ok(None);
    };
    let mut candidates = candidates(facts, changes, repository, point.tree)?;
    // Of a file that was only renamed, no line is new.
    super::renamed::find(repository, &mut candidates, go_on)?;
    let mut files = Vec::new();
    for (path, old) in candidates.into_iter().take(MOST_FILES) {
        go_on()?;
        let Some(ranges) = ranges(repository, &path, old) else {
            continue;
        };
        if !ranges.is_empty() {
            files.push(ChangedLines { path, ranges });
        }
    }
    Ok(Some(files))
}

/// A tree to compare with.
struct Point {
    /// None: nothing was there yet.
    tree: Option<ObjectId>,
}

fn tree_of(facts: &Facts, repository: &Repository, since: Since) -> anyhow::Result<Option<Point>> {
    let commit = match since {
        Since::Head => return point(repository, facts.head.commit).map(Some),
        Since::Start => match &facts.session {
            Some(session) => match &session.context.start_commit {
                Some(commit) => commit,
                None => return Ok(Some(Point { tree: None })),
            },
            None => return Ok(None),
        },
        // The snapshot has what was not committed, too; without one its commit has to do.
        Since::Checkpoint => match &facts.last_checkpoint {
            Some(last) => {
                let there = |id: &&String| {
                    id.parse::<ObjectId>()
                        .is_ok_and(|id| repository.commit_exists(id))
                };
                match last.snapshot.as_ref().filter(there).or(last.head.as_ref()) {
                    Some(commit) => commit,
                    None => return Ok(None),
                }
            }
            None => return Ok(None),
        },
    };
    match commit.parse::<ObjectId>() {
        Ok(id) if repository.commit_exists(id) => {
            let id = match since {
                Since::Start => without_others(facts, repository, id)?,
                Since::Head | Since::Checkpoint => id,
            };
            point(repository, Some(id)).map(Some)
        }
        _ => Ok(None),
    }
}

/// What others did on the base branch came in by a merge or a rebase: then the session's own lines are those since the
/// newest commit that both have. One that the start is not part of says nothing of the session.
fn without_others(
    facts: &Facts,
    repository: &Repository,
    start: ObjectId,
) -> anyhow::Result<ObjectId> {
    let (Some(head), Some(base)) = (facts.head.commit, &facts.head.base) else {
        return Ok(start);
    };
    let mut newest = start;
    for common in super::base::common(repository, head, &base.name)? {
        if repository.is_ancestor(newest, common)? {
            newest = common;
        }
    }
    Ok(newest)
}

fn point(repository: &Repository, commit: Option<ObjectId>) -> anyhow::Result<Point> {
    let tree = commit.map(|id| repository.commit_tree(id)).transpose()?;
    Ok(Point { tree })
}

/// Every path that may differ, with what it was at that point.
fn candidates(
    facts: &Facts,
    changes: &[Change],
    repository: &Repository,
    tree: Option<ObjectId>,
) -> anyhow::Result<BTreeMap<RepoPath, Option<BlobAt>>> {
    let head = point(repository, facts.head.commit)?.tree;
    let mut candidates = BTreeMap::new();
    for change in repository.changed_paths(tree, head)? {
        candidates.insert(change.path, change.old);
    }
    for change in changes {
        if change.submodule.is_none() {
            candidates.entry(change.path.clone()).or_insert(change.head);
        }
    }
    Ok(candidates)
}

/// None for what is no text file, is too large, or cannot be read.
fn ranges(
    repository: &Repository,
    path: &RepoPath,
    old: Option<BlobAt>,
) -> Option<Vec<(u32, u32)>> {
    let full = repository.work_tree().join(path.to_path());
    let metadata = full.symlink_metadata().ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    let old = match old {
        None => Vec::new(),
        Some(old) => match repository.read_blob(old.id, LARGEST) {
            Ok(BlobBytes::Read(bytes)) => bytes,
            _ => return None,
        },
    };
    added_ranges(&old, &std::fs::read(full).ok()?)
}
