//! Many new blobs at the price of a few: more than a handful go into one pack, which is one file to write and sync. It
//! must not let an id be used before [`BlobBatch::finish`] has made the blob as durable as any other.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context as _;

use super::ObjectId;
use super::repository::Repository;

/// Up to so many new blobs become loose objects: a pack costs five syncs, and every reader one more file to look into.
const LOOSE: usize = 16;
/// Bytes that wait in memory at most, but for the last file.
const PENDING: usize = 32 * 1024 * 1024;

pub struct BlobBatch<'a> {
    repository: &'a Repository,
    pending: Vec<Vec<u8>>,
    ids: HashSet<ObjectId>,
    bytes: usize,
}

impl Repository {
    pub fn blob_batch(&self) -> BlobBatch<'_> {
        BlobBatch {
            repository: self,
            pending: Vec::new(),
            ids: HashSet::new(),
            bytes: 0,
        }
    }
}

impl BlobBatch<'_> {
    /// The id that the blob will have.
    pub fn add(&mut self, bytes: Vec<u8>) -> anyhow::Result<ObjectId> {
        let id = Repository::hash_blob(&bytes)?;
        let objects = self
            .repository
            .inner
            .odb()
            .context("failed to open the objects")?;
        if objects.exists(id) {
            // Written again, it gets a new time: git's garbage collection spares what is young.
            return self.repository.write_blob(&bytes);
        }
        if self.ids.insert(id) {
            self.bytes += bytes.len();
            self.pending.push(bytes);
        }
        if self.bytes > PENDING {
            self.flush()?;
        }
        Ok(id)
    }

    pub fn finish(mut self) -> anyhow::Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if self.pending.len() <= LOOSE {
            for bytes in &self.pending {
                self.repository.write_blob(bytes)?;
            }
            // They are counted line by line before a ref names them, and each is an open file until it has its name.
            self.repository.keep_new_objects()?;
        } else {
            write_pack(self.repository, &self.pending)
                .context("failed to write a pack of blobs")?;
        }
        self.pending.clear();
        self.ids.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// Writes and syncs the pack in a directory that `git prune` knows for a leftover, then moves it to the others.
fn write_pack(repository: &Repository, blobs: &[Vec<u8>]) -> anyhow::Result<()> {
    let objects = repository.common_dir().join("objects");
    let scratch = tempfile::Builder::new()
        .prefix("tmp_objdir-session-")
        .tempdir_in(&objects)?;
    // Objects of its own: what goes to memory must not be all that the repository's other writers write.
    let odb = git2::Odb::new()?;
    odb.add_new_mempack_backend(1)?;
    let memory = git2::Repository::from_odb(odb)?;
    let odb = memory.odb()?;
    let mut builder = memory.packbuilder()?;
    builder.set_threads(1);
    for bytes in blobs {
        builder.insert_object(odb.write(git2::ObjectType::Blob, bytes)?, None)?;
    }
    // libgit2 syncs both files and their directory.
    builder.write(scratch.path(), 0)?;
    let packs = objects.join("pack");
    std::fs::create_dir_all(&packs)?;
    // The index last: readers find a pack by it.
    for extension in ["pack", "idx"] {
        for entry in std::fs::read_dir(scratch.path())? {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension)
                && let Some(name) = path.file_name()
            {
                std::fs::rename(&path, packs.join(name))?;
            }
        }
        sync(&packs)?;
    }
    Ok(())
}

fn sync(directory: &Path) -> std::io::Result<()> {
    std::fs::File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use crate::git::testing::TestRepository;

    #[test]
    fn a_few_blobs_are_loose_and_many_are_one_pack() {
        for (number, packs) in [(super::LOOSE, 0), (super::LOOSE + 1, 1)] {
            let test = TestRepository::new();
            let repository = test.open();
            let mut batch = repository.blob_batch();
            let ids: Vec<_> = (0..number)
                .chain(0..number)
                .map(|n| batch.add(format!("blob {n}\n").into_bytes()).unwrap())
                .collect();
            batch.finish().unwrap();
            for (n, id) in ids.iter().take(number).enumerate() {
                let bytes = repository.read_blob(*id, 100).unwrap();
                assert_eq!(bytes.as_bytes().unwrap(), format!("blob {n}\n").as_bytes());
            }
            let counts = test.git(&["count-objects", "-v"]);
            assert!(counts.contains(&format!("packs: {packs}\n")), "{counts}");
            assert!(counts.contains("garbage: 0\n"), "{counts}");
            let loose = if packs == 0 { number } else { 0 };
            assert!(counts.starts_with(&format!("count: {loose}\n")), "{counts}");
            test.git(&["fsck", "--full"]);
        }
    }

    #[test]
    fn blobs_that_are_there_are_not_written_again() {
        let test = TestRepository::new();
        let repository = test.open();
        for _ in 0..2 {
            let mut batch = repository.blob_batch();
            for n in 0..100 {
                batch.add(format!("{n}").into_bytes()).unwrap();
            }
            batch.finish().unwrap();
        }
        let counts = test.git(&["count-objects", "-v"]);
        assert!(counts.starts_with("count: 0\n"), "{counts}");
        assert!(counts.contains("in-pack: 100\npacks: 1\n"), "{counts}");
    }
}
