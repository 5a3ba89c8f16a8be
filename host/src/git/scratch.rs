//! A directory that a git operation needs for a moment, and finding those that a killed process left. It must not decide
//! what is made in it.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Repository;

/// Held in each directory as long as it is in use. It is an OS file lock, so it dies with its process.
const LOCK: &str = "lock";

/// A directory of our own. Dropping it removes it.
#[derive(Debug)]
pub struct Scratch {
    directory: tempfile::TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes one below `parent`. The caller keeps [`Repository::remove_leftover_worktrees`] away meanwhile: until it is
    /// locked, a new directory looks like a leftover.
    pub fn make(parent: &Path) -> anyhow::Result<Self> {
        let failed = || format!("failed to make a directory below {}", parent.display());
        std::fs::create_dir_all(parent).with_context(failed)?;
        let directory = tempfile::Builder::new()
            .prefix("merge-")
            .tempdir_in(parent)
            .with_context(failed)?;
        let lock = File::create(directory.path().join(LOCK)).with_context(failed)?;
        lock.try_lock().with_context(failed)?;
        Ok(Self {
            directory,
            _lock: lock,
        })
    }

    /// Where a work tree may be made. It has the directory's own name, after which git calls it.
    pub fn work_tree(&self) -> PathBuf {
        let directory = self.directory.path();
        directory.join(directory.file_name().unwrap_or_default())
    }
}

impl Repository {
    /// Removes what a killed merge left below `scratch`: every directory whose lock nobody holds.
    pub fn remove_leftover_worktrees(&self, scratch: &Path) {
        let entries = std::fs::read_dir(scratch).into_iter().flatten().flatten();
        let mut removed = false;
        for entry in entries.filter(|entry| !is_in_use(&entry.path())) {
            removed |= std::fs::remove_dir_all(entry.path()).is_ok();
        }
        if removed {
            // Git does not know one that was cut short; what it does know of them is pruned.
            let _ = self.git().args(["worktree", "prune"]).try_output();
        }
    }
}

fn is_in_use(directory: &Path) -> bool {
    match File::open(directory.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_err(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepository;
    use super::*;

    #[test]
    fn what_is_in_use_stays_and_what_was_left_goes() {
        let test = TestRepository::new();
        let parent = test.beside("scratch");
        let used = Scratch::make(&parent).unwrap();
        let killed = parent.join("merge-killed");
        std::fs::create_dir(&killed).unwrap();
        std::fs::write(killed.join(LOCK), "").unwrap();
        std::fs::create_dir(parent.join("merge-cut-short")).unwrap();
        test.open().remove_leftover_worktrees(&parent);
        let left: Vec<_> = std::fs::read_dir(&parent)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(left, [used.directory.path().to_owned()]);
        drop(used);
        assert_eq!(std::fs::read_dir(&parent).unwrap().count(), 0);
    }
}
