//! Compiled components, kept in the user's cache directory. It must never hand wasmtime an artifact that it did not
//! verify: wasmtime checks headers only, and runs what a flipped byte says.
//!
//! On disk: `<cache>/plugins/<key>.cwasm`, the artifact, and `<key>.blake3`, the key and the artifact's checksum in
//! hexadecimal. `key` is the component's digest and the engine's compatibility hash: a pair that was made for another
//! component is foreign under this name. The directory is 0700 and ours, or it is not used.
//!
//! A component is known by its SHA-256, as people and registries name it. An artifact is nobody's but ours, and hashed
//! whole before every use: BLAKE3 takes a quarter of the time.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::{compile, engine, private};

/// Where compiled components are found and put.
#[derive(Debug)]
pub struct Cache {
    /// None: everything is compiled, and forgotten at the end.
    directory: Option<PathBuf>,
    compatibility: String,
    /// Why there is no directory, for the user.
    pub unusable: Option<String>,
}

/// A component in the cache, or its place there.
#[derive(Debug)]
pub struct Entry {
    key: String,
    artifact: PathBuf,
    checksum: PathBuf,
}

impl Cache {
    /// `base` is the program's cache directory; it is made where it is missing.
    pub fn open(base: Option<&Path>, engine: &Engine) -> Self {
        let directory = base
            .context("no home directory and no SESSION_CACHE_DIR")
            .and_then(|base| private::directory(base, "plugins"));
        let (directory, unusable) = match directory {
            Ok(directory) => (Some(directory), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        Self {
            directory,
            compatibility: engine::compatibility(engine),
            unusable,
        }
    }

    /// The verified artifact of a component, ready to run; None if it must be compiled.
    pub fn load(&self, engine: &Engine, component: &str) -> Option<Component> {
        self.entry(component)?.load(engine).ok()
    }

    /// Whether `load` would find it. The artifact itself is only verified by loading it.
    pub fn holds(&self, component: &str) -> bool {
        self.entry(component)
            .is_some_and(|entry| entry.artifact.is_file() && entry.checksum.is_file())
    }

    /// Compiles a component, and keeps the artifact if it can: a full disk costs the next start some time, nothing else.
    pub fn compile(
        &self,
        engine: &Engine,
        digest: &str,
        bytes: &[u8],
    ) -> anyhow::Result<Component> {
        let component = compile::compile(engine, bytes, compile::LIMIT)?;
        if let Some(entry) = self.entry(digest) {
            let _kept = component
                .serialize()
                .map_err(engine::into_anyhow)
                .and_then(|artifact| entry.store(&artifact));
        }
        Ok(component)
    }

    /// Removes what was compiled from components that are not `wanted` any more, or by another version of this program,
    /// once that is so long ago. What is missed is compiled again.
    pub fn forget(&self, wanted: impl Fn(&str) -> bool, age: Duration) -> anyhow::Result<()> {
        let directory = self.directory.as_ref().context("there is no cache")?;
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let key = name.to_str().and_then(|name| {
                let artifact = name.strip_suffix(".cwasm");
                artifact.or_else(|| name.strip_suffix(".blake3"))
            });
            let Some((component, compatibility)) = key.and_then(|key| key.split_once('-')) else {
                continue;
            };
            let is_ours = compatibility == &self.compatibility[..16];
            if !(is_ours && wanted(component)) && is_older(&entry.metadata()?, age) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn entry(&self, component: &str) -> Option<Entry> {
        let directory = self.directory.as_ref()?;
        let key = format!("{component}-{}", &self.compatibility[..16]);
        Some(Entry {
            artifact: directory.join(format!("{key}.cwasm")),
            checksum: directory.join(format!("{key}.blake3")),
            key,
        })
    }
}

impl Entry {
    fn load(&self, engine: &Engine) -> anyhow::Result<Component> {
        let mut expected = String::new();
        private::open(&self.checksum)?.read_to_string(&mut expected)?;
        let found = checksum_of(private::open(&self.artifact)?)?;
        if expected != self.note(&found) {
            bail!("the artifact is not what was compiled");
        }
        // SAFETY: what is mapped has the checksum that was noted when this program compiled it, for this engine's
        // compatibility hash. Between the two looks at it the path can only have been given another artifact of ours:
        // both files are ours alone, in a directory that no one else can write to, and are replaced but never changed.
        unsafe { Component::deserialize_file(engine, &self.artifact) }.map_err(engine::into_anyhow)
    }

    /// The artifact first: until the checksum follows, the pair does not match, and counts as cold.
    fn store(&self, artifact: &[u8]) -> anyhow::Result<()> {
        write_whole(&self.artifact, artifact)?;
        let note = self.note(&checksum_of(artifact)?);
        write_whole(&self.checksum, note.as_bytes())
    }

    /// What stands beside an artifact of this checksum.
    fn note(&self, artifact: &str) -> String {
        format!("{} {artifact}", self.key)
    }
}

fn is_older(metadata: &std::fs::Metadata, age: Duration) -> bool {
    let elapsed = metadata.modified().map(|at| at.elapsed());
    matches!(elapsed, Ok(Ok(elapsed)) if elapsed > age)
}

/// A piece at a time, as large as the widest processors hash at once: each page of memory that is touched costs more than
/// the hashing of it.
fn checksum_of(mut source: impl std::io::Read) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut piece = [0; 16 * 1024];
    loop {
        match source.read(&mut piece)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            read => hasher.update(&piece[..read]),
        };
    }
}

/// All of it or nothing, never in place: another process may have the old file mapped. It does not wait for the disk.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let directory = path.parent().context("a file has a directory")?;
    crate::store::durable::sweep_old(directory);
    let mut file = tempfile::Builder::new()
        .prefix(crate::store::durable::TEMPORARY_PREFIX)
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
