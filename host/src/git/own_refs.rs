//! Single refs as git keeps them: a file for each, or a line among the packed ones; our own are replaced under git's own
//! lock for them. It must not write a ref outside of our namespaces.
//!
//! libgit2 parses every packed ref before it writes a single one, to see whether the name of another stands in its way,
//! and to look up one that is packed: 8 ms at 10,000 sessions, for each checkpoint and each piece of evidence. Below our
//! namespaces nobody else makes names.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use git2::{Error, ErrorClass, ErrorCode};

use super::ObjectId;
use super::repository::Repository;

/// What a ref has to be at for it to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Absent,
    At(ObjectId),
    Anything,
}

impl Repository {
    /// Moves a ref, durably.
    ///
    /// # Errors
    /// In libgit2's words: `Locked` where somebody has git's lock for it, `Modified` where it is not at what is expected.
    pub(super) fn write_own_ref(
        &self,
        name: &str,
        new: ObjectId,
        expected: Expected,
    ) -> Result<(), Error> {
        let path = self.common_dir().join(name);
        let lock = RefLock::take(&path)?;
        let is_expected = match expected {
            Expected::Absent => self.current(&path, name)?.is_none(),
            Expected::At(old) => self.current(&path, name)? == Some(old),
            Expected::Anything => true,
        };
        if !is_expected {
            return Err(error(ErrorCode::Modified, "the ref has moved"));
        }
        lock.replace(&path, new).map_err(|error| failed(&error))
    }

    /// What a ref of this full name is at, without parsing all packed ones. An error where it is not a plain one.
    pub(super) fn plain_ref(&self, name: &str) -> Result<Option<ObjectId>, Error> {
        self.current(&self.common_dir().join(name), name)
    }

    fn current(&self, path: &Path, name: &str) -> Result<Option<ObjectId>, Error> {
        let mut text = Vec::new();
        match File::open(path) {
            Ok(file) => {
                file.take(64)
                    .read_to_end(&mut text)
                    .map_err(|error| failed(&error))?;
                parse(text.trim_ascii_end()).map(Some)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => self.packed(name),
            Err(error) => Err(failed(&error)),
        }
    }

    /// A line of `packed-refs` is the id, a space and the name.
    fn packed(&self, name: &str) -> Result<Option<ObjectId>, Error> {
        let file = match File::open(self.common_dir().join("packed-refs")) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&error)),
        };
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line);
            if read.map_err(|error| failed(&error))? == 0 {
                return Ok(None);
            }
            let line = line.trim_ascii_end();
            if line.get(40) == Some(&b' ') && &line[41..] == name.as_bytes() {
                return parse(&line[..40]).map(Some);
            }
        }
    }
}

fn parse(hexadecimal: &[u8]) -> Result<ObjectId, Error> {
    let text = std::str::from_utf8(hexadecimal).unwrap_or_default();
    ObjectId::from_str_ext(text, git2::ObjectFormat::Sha1)
}

/// `<ref>.lock`, which git and libgit2 respect. It is removed when it was not used.
struct RefLock {
    path: Option<PathBuf>,
    file: File,
}

impl RefLock {
    fn take(of: &Path) -> Result<Self, Error> {
        let mut path = of.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut opened = options.open(&path);
        if let (Err(error), Some(directory)) = (&opened, path.parent())
            && error.kind() == ErrorKind::NotFound
        {
            std::fs::create_dir_all(directory).map_err(|error| failed(&error))?;
            opened = options.open(&path);
        }
        match opened {
            Ok(file) => Ok(Self {
                path: Some(path),
                file,
            }),
            Err(found) if found.kind() == ErrorKind::AlreadyExists => {
                Err(error(ErrorCode::Locked, "the ref is locked"))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    fn replace(mut self, of: &Path, new: ObjectId) -> std::io::Result<()> {
        self.file.write_all(format!("{new}\n").as_bytes())?;
        self.file.sync_all()?;
        if let Some(lock) = &self.path {
            std::fs::rename(lock, of)?;
        }
        self.path = None;
        match of.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for RefLock {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // One that cannot be removed is a leftover, which the next write removes.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn error(code: ErrorCode, message: &str) -> Error {
    Error::new(code, ErrorClass::Reference, message)
}

fn failed(error: &std::io::Error) -> Error {
    Error::new(ErrorCode::GenericError, ErrorClass::Os, error.to_string())
}

#[cfg(test)]
mod tests {
    use crate::git::refs::RefUpdate;
    use crate::git::testing::TestRepository;

    #[test]
    fn a_packed_ref_of_ours_is_moved_from_where_it_is_packed() {
        let test = TestRepository::new();
        let one = test.commit_file("a", "1", "one");
        let two = test.commit_file("a", "2", "two");
        let repository = test.open();
        let names = ["refs/sessions/a", "refs/sessions/ab", "refs/sessions/b"];
        for name in names {
            repository.update_ref(name, one, None).unwrap();
        }
        test.git(&["tag", "-a", "-m", "peeled", "v1"]);
        test.git(&["pack-refs", "--all"]);
        assert!(!test.path(".git/refs/sessions/a").exists());
        for name in names {
            let moved = |expected| repository.update_ref(name, two, expected).unwrap();
            assert_eq!(moved(None), RefUpdate::Moved, "{name} is there");
            assert_eq!(moved(Some(two)), RefUpdate::Moved);
            assert_eq!(moved(Some(one)), RefUpdate::Done);
            let shown = test.git(&["rev-parse", name]);
            assert_eq!(shown.trim(), two.to_string());
        }
        let new = "refs/sessions/c";
        let absent = repository.update_ref(new, two, Some(one)).unwrap();
        assert_eq!(absent, RefUpdate::Moved);
        assert_eq!(
            repository.update_ref(new, one, None).unwrap(),
            RefUpdate::Done
        );
        assert!(!test.path(".git/refs/sessions/c.lock").exists());
    }

    #[test]
    fn a_branch_is_found_loose_packed_and_by_other_words() {
        let test = TestRepository::new();
        let one = test.commit_file("a", "1", "one");
        test.git(&["branch", "other"]);
        let found = |name: &str| test.open().resolve_branch(name).unwrap();
        for _ in 0..2 {
            for name in ["other", "refs/heads/other", "HEAD"] {
                assert_eq!(found(name), Some(one), "{name}");
            }
            assert_eq!(found("none"), None);
            test.git(&["pack-refs", "--all"]);
        }
    }

    #[test]
    fn whatever_a_killed_command_left_is_replaced() {
        let test = TestRepository::new();
        let one = test.commit_file("a", "1", "one");
        let two = test.commit_file("a", "2", "two");
        let repository = test.open();
        let name = "refs/session-snapshots/x/cp-1";
        for id in [one, two] {
            repository.replace_ref(name, id).unwrap();
            assert_eq!(repository.read_ref(name).unwrap(), Some(id));
        }
        std::fs::write(test.path(".git").join(name), "").unwrap();
        repository.replace_ref(name, one).unwrap();
        assert_eq!(repository.read_ref(name).unwrap(), Some(one));
    }
}
