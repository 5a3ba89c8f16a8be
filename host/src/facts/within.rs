//! What the repositories inside the work tree hold beyond the commits that they are at, as ids. A snapshot leaves that
//! out, and a test sees it. It must not run git in a repository that git itself leaves alone: what a foreign
//! configuration names would be run.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::expansion::is_little;
use super::tree_state::{self, Observed};
use crate::git::Repository;
use crate::git::status::{BlobAt, Change, ChangeKind, Status};
use crate::path::RepoPath;
use crate::session::evidence::Contents;
use crate::store::snapshot::Limits;

/// By the path of the repository. None where it was too much to look at, or git cannot look into it.
pub type Within = BTreeMap<RepoPath, Option<Contents>>;

/// Submodules that are looked into: each costs a git. Only those count in which git saw a change.
const MOST_SUBMODULES: usize = 8;

/// Files and directories that are looked at in repositories which are not tracked, all together.
const MOST_ENTRIES: usize = 5_000;

/// How much may still be looked at.
pub struct Look {
    limits: Limits,
    submodules: usize,
    entries: usize,
}

impl Look {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            submodules: MOST_SUBMODULES,
            entries: MOST_ENTRIES,
        }
    }

    /// Those that hold something beyond a commit. `status` names every untracked file by itself.
    pub fn within(&mut self, repository: &Repository, status: &Status) -> Within {
        let mut within = Within::new();
        for path in &status.submodules.dirty {
            let at = repository.work_tree().join(path.to_path());
            within.insert(path.clone(), self.submodule(repository, &at));
        }
        if status.submodules.unseen {
            // Any of them may have changed.
            within.insert(RepoPath::from("."), None);
        }
        for path in status.changes.iter().filter_map(untracked_repository) {
            if !tree_state::is_ours(&path) {
                let at = repository.work_tree().join(path.to_path());
                within.insert(path, self.untracked(&at));
            }
        }
        within
    }

    /// What differs from its HEAD, by content.
    fn submodule(&mut self, parent: &Repository, at: &Path) -> Option<Contents> {
        self.submodules = self.submodules.checked_sub(1)?;
        let (submodule, status) = parent.submodule(at).ok()?;
        if !is_little(&submodule, &status) {
            return None;
        }
        let limits = self.limits;
        let observed = tree_state::observe_with(&submodule, &status, limits, self).ok()?;
        contents(&observed)
    }

    /// Git says nothing of it, and is not asked: names, sizes and times of all its files, whatever it ignores.
    fn untracked(&mut self, at: &Path) -> Option<Contents> {
        let mut lines = Vec::new();
        self.walk(at, Path::new(""), &mut lines)?;
        lines.sort();
        Some(Contents {
            tracked: None,
            untracked: digest(&lines).ok()?,
        })
    }

    fn walk(&mut self, root: &Path, below: &Path, lines: &mut Vec<Vec<u8>>) -> Option<()> {
        for entry in std::fs::read_dir(root.join(below)).ok()? {
            let name = entry.ok()?.file_name();
            // Git writes there when it is only asked.
            if name == ".git" {
                continue;
            }
            self.entries = self.entries.checked_sub(1)?;
            let path = below.join(name);
            let found = root.join(&path).symlink_metadata().ok()?;
            if found.is_dir() {
                self.walk(root, &path, lines)?;
                continue;
            }
            let stamp = format!(
                "{:o} {} {}.{:09} {}.{:09} ",
                found.mode(),
                found.len(),
                found.mtime(),
                found.mtime_nsec(),
                found.ctime(),
                found.ctime_nsec()
            );
            lines.push([stamp.as_bytes(), path.as_os_str().as_bytes()].concat());
        }
        Some(())
    }
}

/// The path of a repository that is not tracked, for which git says no more than that it is there.
fn untracked_repository(change: &Change) -> Option<RepoPath> {
    let path = change.path.as_bytes().strip_suffix(b"/")?;
    (change.kind() == ChangeKind::Untracked).then(|| RepoPath::new(path))
}

/// None where something inside it could not be looked at.
fn contents(observed: &Observed) -> Option<Contents> {
    let (mut tracked, mut untracked) = (Vec::new(), Vec::new());
    for (path, entry) in &observed.edits {
        match observed.untracked.contains(path) {
            true => untracked.push(line(path, *entry)),
            false => tracked.push(line(path, *entry)),
        }
    }
    for (path, inside) in &observed.within {
        let inside = inside.as_ref()?;
        let line = |id: &String| format!("{id} inside {}", path.to_text()).into_bytes();
        tracked.extend(inside.tracked.as_ref().map(line));
        untracked.extend(inside.untracked.as_ref().map(line));
    }
    Some(Contents {
        tracked: digest(&tracked).ok()?,
        untracked: digest(&untracked).ok()?,
    })
}

fn line(path: &RepoPath, entry: Option<BlobAt>) -> Vec<u8> {
    let what = match entry {
        Some(BlobAt { id, mode }) => format!("{mode:o} {id} "),
        None => "gone ".to_owned(),
    };
    [what.as_bytes(), path.as_bytes()].concat()
}

/// No id for nothing.
fn digest(lines: &[Vec<u8>]) -> anyhow::Result<Option<String>> {
    if lines.is_empty() {
        return Ok(None);
    }
    let id = Repository::hash_blob(&lines.join(&0))?;
    Ok(Some(id.to_string()))
}
