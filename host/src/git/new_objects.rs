//! New objects, made durable all at once before a ref of ours names one of them: on a disk that many wait for, twenty
//! cost little more than one. It must not let a name be seen before what it stands for is whole.
//!
//! libgit2 writes objects one by one, and waits for the disk twice for each. Here trees and commits are made in memory,
//! blobs in files without a name; [`Repository::keep_new_objects`] gives all of them their names. What no ref comes to
//! name goes with the process; after a kill a `tmp_obj_…` is left, which `git prune` removes.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use tempfile::NamedTempFile;

use super::ObjectId;
use super::repository::Repository;

/// libgit2 writes to the backend with the highest priority; its own have one and two.
const BEFORE_ALL_OTHERS: i32 = 1_000;
/// Who waits for the disk at the same time.
const AT_ONCE: usize = 16;

#[derive(Default)]
pub(super) struct NewObjects {
    in_memory: Cell<bool>,
    /// Trees and commits that are in memory, and may be on disk as well.
    made: RefCell<Vec<ObjectId>>,
    blobs: RefCell<Vec<Pending>>,
}

struct Pending {
    id: ObjectId,
    file: NamedTempFile,
}

impl Repository {
    /// To be called before libgit2 makes a tree or a commit.
    pub(super) fn make_in_memory(&self) -> Result<(), git2::Error> {
        if !self.new_objects.in_memory.replace(true) {
            let odb = self.inner.odb()?;
            odb.add_new_mempack_backend(BEFORE_ALL_OTHERS)?;
        }
        Ok(())
    }

    /// A tree or commit that libgit2 has made.
    pub(super) fn made(&self, id: ObjectId) -> ObjectId {
        self.new_objects.made.borrow_mut().push(id);
        id
    }

    /// The id of a blob, which is readable once the new objects are kept.
    pub fn write_blob(&self, bytes: &[u8]) -> anyhow::Result<ObjectId> {
        let failed = |error| self.unwritten(error, "a blob");
        let id = Self::hash_blob(bytes)?;
        let new = &self.new_objects;
        if new.blobs.borrow().iter().any(|pending| pending.id == id) {
            return Ok(id);
        }
        self.make_in_memory().map_err(failed)?;
        if self.inner.odb().map_err(failed)?.exists(id) {
            // Written again, it gets a new time: git's garbage collection spares what is young.
            return self.inner.blob(bytes).map_err(failed);
        }
        let pending = self.unnamed(id, git2::ObjectType::Blob, bytes);
        let pending = pending.map_err(|error| self.unwritten_file(error, "a blob"))?;
        new.blobs.borrow_mut().push(pending);
        Ok(id)
    }

    /// Makes all new objects durable, and gives them their names.
    pub fn keep_new_objects(&self) -> anyhow::Result<()> {
        let new = &self.new_objects;
        let mut pending = new.blobs.take();
        for id in new.made.take() {
            if self.object_path(id).exists() || pending.iter().any(|known| known.id == id) {
                continue;
            }
            let odb = self.inner.odb()?;
            let object = odb
                .read(id)
                .with_context(|| format!("failed to read {id} back"))?;
            let written = self.unnamed(id, object.kind(), object.data());
            pending.push(written.map_err(|error| self.unwritten_file(error, "an object"))?);
        }
        let named: Vec<_> = pending
            .into_iter()
            .map(|pending| (self.object_path(pending.id), pending.file))
            .collect();
        self.name(named)
            .map_err(|error| self.unwritten_file(error, "an object"))
    }

    /// An object's file as git keeps it, without its name.
    fn unnamed(
        &self,
        id: ObjectId,
        kind: git2::ObjectType,
        bytes: &[u8],
    ) -> std::io::Result<Pending> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("tmp_obj_session-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o444));
        let file = builder.tempfile_in(self.objects())?;
        let mut encoder = ZlibEncoder::new(file.as_file(), Compression::fast());
        write!(encoder, "{kind} {}\0", bytes.len())?;
        encoder.write_all(bytes)?;
        encoder.finish()?;
        Ok(Pending { id, file })
    }

    fn name(&self, objects: Vec<(PathBuf, NamedTempFile)>) -> std::io::Result<()> {
        let mut new_directory = false;
        for (path, _) in &objects {
            if let Some(directory) = path.parent()
                && !directory.is_dir()
            {
                new_directory = true;
                match std::fs::create_dir(directory) {
                    Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                    _ => {}
                }
            }
        }
        let each = objects.len().div_ceil(AT_ONCE).max(1);
        let mut shares: Vec<Vec<_>> = Vec::new();
        for object in objects {
            match shares.last_mut().filter(|share| share.len() < each) {
                Some(share) => share.push(object),
                None => shares.push(vec![object]),
            }
        }
        std::thread::scope(|scope| {
            let threads: Vec<_> = shares
                .into_iter()
                .map(|share| scope.spawn(|| share.into_iter().try_for_each(durably)))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                let ended = thread.join();
                ended.unwrap_or_else(|_| Err(std::io::Error::other("a thread panicked")))
            })
        })?;
        match new_directory {
            true => sync(&self.objects()),
            false => Ok(()),
        }
    }

    fn objects(&self) -> PathBuf {
        self.common_dir().join("objects")
    }

    fn object_path(&self, id: ObjectId) -> PathBuf {
        let name = id.to_string();
        let (directory, file) = name.split_at(2);
        self.objects().join(directory).join(file)
    }
}

/// The content before the name, and the name before anybody is told of it.
fn durably((path, file): (PathBuf, NamedTempFile)) -> std::io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(&path)?;
    path.parent().map_or(Ok(()), sync)
}

fn sync(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use crate::git::commits::timestamp;
    use crate::git::testing::TestRepository;
    use crate::path::RepoPath;

    #[test]
    fn nothing_has_a_name_before_a_ref_needs_it_and_then_everything_is_whole() {
        let test = TestRepository::new();
        let repository = test.open();
        let loose = || test.git(&["count-objects"]);
        assert!(loose().starts_with("0 objects"), "{}", loose());
        let files: Vec<(String, Vec<u8>)> = (0..40)
            .map(|number| {
                (
                    format!("f{number:02}"),
                    vec![number; usize::from(number) * 999],
                )
            })
            .collect();
        let entries: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .collect();
        let tree = repository.write_tree(&entries).unwrap();
        let commit = repository
            .write_commit(tree, &[], "all\n", timestamp(1_000))
            .unwrap();
        assert!(loose().starts_with("0 objects"), "{}", loose());
        let name = "refs/sessions/a";
        repository.update_ref(name, commit, None).unwrap();
        assert!(loose().starts_with("42 objects"), "{}", loose());
        assert!(test.git(&["count-objects", "-v"]).contains("garbage: 0\n"));
        test.git(&["fsck", "--full", "--strict"]);
        for (file, bytes) in &files {
            let read = repository.read_file(tree, &RepoPath::from(file.as_str()), 1 << 20);
            assert_eq!(
                read.unwrap().unwrap().as_bytes(),
                Some(&bytes[..]),
                "{file}"
            );
        }
    }

    #[test]
    fn what_no_ref_names_leaves_nothing() {
        let test = TestRepository::new();
        let repository = test.open();
        repository.write_blob(b"never named\n").unwrap();
        let names = || {
            let entries = std::fs::read_dir(test.path(".git/objects")).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.starts_with("tmp_")).count()
        };
        assert_eq!(names(), 1);
        drop(repository);
        assert_eq!(names(), 0);
    }

    #[test]
    fn what_is_there_is_not_written_again_and_becomes_young() {
        let test = TestRepository::new();
        let id = test.git(&["hash-object", "-w", "--stdin"]);
        let path = format!(".git/objects/{}/{}", &id.trim()[..2], &id.trim()[2..]);
        let object = std::fs::File::open(test.path(&path)).unwrap();
        object.set_modified(std::time::UNIX_EPOCH).unwrap();
        let repository = test.open();
        assert_eq!(repository.write_blob(b"").unwrap().to_string(), id.trim());
        let modified = object.metadata().unwrap().modified().unwrap();
        assert_ne!(modified, std::time::UNIX_EPOCH);
        repository.keep_new_objects().unwrap();
        assert!(test.git(&["count-objects"]).starts_with("1 objects"));
    }
}
