//! Refs: reading, listing, and moving our own by compare-and-swap. It must not move the user's branches or HEAD.
//!
//! Git's lock files do not die with their process. A leftover one below our own namespaces would block git, libgit2
//! and us for good, so it is removed: the caller holds the store's lock, so no other command of ours can own it. A
//! young one may belong to a `git gc` that is packing refs, and is waited for first.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;

use super::ObjectId;
use super::own_refs::Expected;
use super::repository::Repository;

/// Below these, a lock file that stays is a leftover.
const OWN_NAMESPACES: [&str; 3] = [
    "refs/sessions/",
    "refs/session-snapshots/",
    "refs/session-kept/",
];
/// How long a lock file may be somebody's who is at work.
const PATIENCE: Duration = Duration::from_secs(1);
/// A lock file that was old when we met it belongs to nobody.
const LEFTOVER_AGE: Duration = Duration::from_secs(10);

/// How a compare-and-swap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefUpdate {
    Done,
    /// The ref was not what the caller expected; nothing changed.
    Moved,
}

impl Repository {
    /// What a ref points at, symbolic refs followed; None where it does not exist.
    pub fn read_ref(&self, name: &str) -> anyhow::Result<Option<ObjectId>> {
        match self.inner.refname_to_id(name) {
            Ok(id) => Ok(Some(id)),
            Err(error)
                if matches!(
                    error.code(),
                    git2::ErrorCode::NotFound | git2::ErrorCode::InvalidSpec
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error).with_context(|| format!("failed to read {name}")),
        }
    }

    /// Every ref below `prefix` (which ends with `/`) with its target, by name. No object is opened, so a ref whose
    /// object is missing is listed too.
    pub fn refs_under(&self, prefix: &str) -> anyhow::Result<Vec<(String, ObjectId)>> {
        let references = self
            .inner
            .references_glob(&format!("{prefix}*"))
            .with_context(|| format!("failed to list the refs below {prefix}"))?;
        let mut list = Vec::new();
        for reference in references {
            // A ref file that a power loss emptied must not hide all the others.
            let Ok(reference) = reference else { continue };
            if let (Ok(name), Some(target)) = (reference.name(), reference.target()) {
                list.push((name.to_owned(), target));
            }
        }
        list.sort();
        Ok(list)
    }

    /// Moves a ref of ours from `expected` (None: it must not exist) to `new`.
    ///
    /// # Errors
    /// The ref could not be written; a ref that was moved meanwhile is no error but [`RefUpdate::Moved`].
    pub fn update_ref(
        &self,
        name: &str,
        new: ObjectId,
        expected: Option<ObjectId>,
    ) -> anyhow::Result<RefUpdate> {
        let expected = expected.map_or(Expected::Absent, Expected::At);
        self.move_ref(name, new, expected)
    }

    /// Sets a ref of ours, whatever it is at.
    pub fn replace_ref(&self, name: &str, new: ObjectId) -> anyhow::Result<()> {
        self.move_ref(name, new, Expected::Anything).map(drop)
    }

    fn move_ref(&self, name: &str, new: ObjectId, expected: Expected) -> anyhow::Result<RefUpdate> {
        anyhow::ensure!(is_own(name), "{name} is no ref of ours");
        self.keep_new_objects()?;
        self.past_locks(name, || self.write_own_ref(name, new, expected))
            .map_err(|error| self.unwritten(error, name))
    }

    /// Removes a ref of ours if it still points at `expected`.
    pub fn delete_ref(&self, name: &str, expected: ObjectId) -> anyhow::Result<RefUpdate> {
        self.past_locks(name, || {
            let mut reference = self.inner.find_reference(name)?;
            if reference.target() != Some(expected) {
                return Err(git2::Error::new(
                    git2::ErrorCode::Modified,
                    git2::ErrorClass::Reference,
                    "the ref has moved",
                ));
            }
            reference.delete()
        })
        .with_context(|| format!("failed to remove {name}"))
    }

    fn past_locks(
        &self,
        name: &str,
        attempt: impl Fn() -> Result<(), git2::Error>,
    ) -> Result<RefUpdate, git2::Error> {
        use git2::ErrorCode as Code;
        let lock = self.lock_file(name);
        let begun = Instant::now();
        let mut removed = false;
        loop {
            let error = match attempt() {
                Ok(()) => return Ok(RefUpdate::Done),
                Err(error) => error,
            };
            match error.code() {
                Code::Modified | Code::Exists | Code::NotFound => return Ok(RefUpdate::Moved),
                Code::Locked => {}
                _ => return Err(error),
            }
            let patient = begun.elapsed() < PATIENCE;
            match &lock {
                Some(lock) if !removed && (is_old(lock) || !patient) => {
                    removed = true;
                    // Gone already is as good as removed; anything else shows at the next attempt.
                    let _ = std::fs::remove_file(lock);
                }
                _ if patient => std::thread::sleep(Duration::from_millis(10)),
                _ => return Err(error),
            }
        }
    }

    /// The ref's lock file, if it is one that we may remove.
    fn lock_file(&self, name: &str) -> Option<PathBuf> {
        is_own(name).then(|| self.common_dir().join(format!("{name}.lock")))
    }
}

fn is_own(name: &str) -> bool {
    OWN_NAMESPACES
        .iter()
        .any(|namespace| name.starts_with(namespace))
}

fn is_old(lock: &Path) -> bool {
    std::fs::symlink_metadata(lock)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| SystemTime::now().duration_since(time).ok())
        .is_some_and(|age| age > LEFTOVER_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;

    const REF: &str = "refs/sessions/x-20261122-aaaa";

    #[test]
    fn a_ref_moves_only_from_where_it_is_expected() {
        let test = TestRepository::new();
        let one = test.commit_file("a", "1", "one");
        let two = test.commit_file("a", "2", "two");
        let repository = test.open();
        assert_eq!(
            repository.update_ref(REF, one, Some(two)).unwrap(),
            RefUpdate::Moved
        );
        assert_eq!(
            repository.update_ref(REF, one, None).unwrap(),
            RefUpdate::Done
        );
        assert_eq!(
            repository.update_ref(REF, two, None).unwrap(),
            RefUpdate::Moved
        );
        assert_eq!(
            repository.update_ref(REF, one, Some(two)).unwrap(),
            RefUpdate::Moved
        );
        assert_eq!(repository.read_ref(REF).unwrap(), Some(one));
        assert_eq!(
            repository.update_ref(REF, two, Some(one)).unwrap(),
            RefUpdate::Done
        );
        assert_eq!(repository.delete_ref(REF, one).unwrap(), RefUpdate::Moved);
        assert_eq!(repository.delete_ref(REF, two).unwrap(), RefUpdate::Done);
        assert_eq!(repository.read_ref(REF).unwrap(), None);
        assert!(
            !test.path(".git/logs/refs/sessions").exists(),
            "a record needs no reflog"
        );
    }

    #[test]
    fn packed_and_loose_refs_are_listed_even_when_their_object_is_missing() {
        let test = TestRepository::new();
        let one = test.commit_file("a", "1", "one");
        let repository = test.open();
        repository
            .update_ref("refs/sessions/packed", one, None)
            .unwrap();
        test.git(&["pack-refs", "--all"]);
        let gone = "7".repeat(40);
        std::fs::create_dir_all(test.path(".git/refs/sessions")).unwrap();
        std::fs::write(test.path(".git/refs/sessions/loose"), format!("{gone}\n")).unwrap();
        std::fs::write(test.path(".git/refs/sessions/torn"), "").unwrap();
        let names: Vec<_> = test
            .open()
            .refs_under("refs/sessions/")
            .unwrap()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["refs/sessions/loose", "refs/sessions/packed"]);
    }

    #[test]
    fn a_leftover_lock_below_our_namespaces_does_not_block() {
        let test = TestRepository::new();
        let one = test.commit_file("a", "1", "one");
        let lock = test.path(format!(".git/{REF}.lock"));
        std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
        let file = std::fs::File::create(&lock).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(
            test.open().update_ref(REF, one, None).unwrap(),
            RefUpdate::Done
        );
        assert!(!lock.exists());
    }

    #[test]
    fn somebody_elses_ref_is_not_moved() {
        let test = TestRepository::new();
        let one = test.commit_file("a", "1", "one");
        let lock = test.path(".git/refs/heads/other.lock");
        let file = std::fs::File::create(&lock).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(
            test.open()
                .update_ref("refs/heads/other", one, None)
                .is_err()
        );
        assert!(lock.exists());
    }
}
