//! Untracked directories as the files in them, and what is little enough to be read while somebody waits for a brief.
//! It must not read a file.

use std::collections::BTreeSet;

use super::tree_state;
use crate::git::Repository;
use crate::git::status::{Change, ChangeKind, Status};
use crate::path::RepoPath;

/// What is read at most where somebody waits.
const LITTLE_FILES: usize = 500;
const LITTLE_DIRECTORIES: usize = 100;
const LITTLE_BYTES: u64 = 32 * 1024 * 1024;

pub fn is_little(repository: &Repository, status: &Status) -> bool {
    let mut bytes = 0;
    for change in &status.changes {
        let full = repository.work_tree().join(change.path.to_path());
        bytes += full.symlink_metadata().map_or(0, |found| found.len());
    }
    status.changes.len() <= LITTLE_FILES && bytes <= LITTLE_BYTES
}

/// `git status` names an untracked directory in place of its files. False where there are too many, which is looked at
/// only with `little`.
pub fn expand(repository: &Repository, status: &mut Status, little: bool) -> anyhow::Result<bool> {
    let is_directory = |change: &Change| {
        change.kind() == ChangeKind::Untracked
            && change.path.as_bytes().ends_with(b"/")
            && !tree_state::is_ours(&directory(&change.path))
    };
    let directories: Vec<Change> = status
        .changes
        .iter()
        .filter(|change| is_directory(change))
        .cloned()
        .collect();
    let Some(like) = directories.first() else {
        return Ok(true);
    };
    if little && directories.len() > LITTLE_DIRECTORIES {
        return Ok(false);
    }
    let mut git = repository.git().arg("--literal-pathspecs").args([
        "ls-files",
        "--others",
        "--exclude-standard",
        "-z",
        "--",
    ]);
    // More than a few may be more than a command line takes: then all that is untracked is listed.
    if little {
        git = git.args(directories.iter().map(|change| change.path.to_path()));
    }
    let output = git.output()?;
    let files: BTreeSet<RepoPath> = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(RepoPath::new)
        .collect();
    if little && files.len() > LITTLE_FILES {
        return Ok(false);
    }
    let like = like.clone();
    status.changes.retain(|change| match little {
        true => !is_directory(change),
        false => change.kind() != ChangeKind::Untracked,
    });
    status.changes.extend(files.into_iter().map(|path| Change {
        path,
        ..like.clone()
    }));
    Ok(true)
}

fn directory(path: &RepoPath) -> RepoPath {
    let bytes = path.as_bytes();
    RepoPath::new(bytes.strip_suffix(b"/").unwrap_or(bytes))
}
