//! Components that are not part of this program, each under its sha256 in the user's own data directory. It must not
//! hand out bytes that are not what their name says.
//!
//! On disk: `<data>/components/<sha256>.wasm`, in a directory that is 0700 and ours.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;

use super::{engine, private};
use crate::store::durable;

/// Larger components are refused: the largest that a usual toolchain makes have 20 MB.
pub const LARGEST: u64 = 64 * 1024 * 1024;

#[derive(Debug, Clone)]
pub struct Components {
    directory: PathBuf,
}

/// A component of the store, as its directory shows it.
#[derive(Debug)]
pub struct Stored {
    pub digest: String,
    /// Bytes.
    pub size: u64,
    pub wanted: SystemTime,
}

impl Components {
    /// `base` is the program's data directory; what is missing is made.
    pub fn open(base: Option<&Path>) -> anyhow::Result<Self> {
        let directory = private::directory(private::data_dir(base)?, "components")?;
        Ok(Self { directory })
    }

    pub fn path(&self, digest: &str) -> PathBuf {
        self.directory.join(format!("{digest}.wasm"))
    }

    pub fn holds(&self, digest: &str) -> bool {
        self.path(digest).is_file()
    }

    /// Keeps a component; it is there when this returns, whatever happens to the machine. Gives its sha256.
    pub fn put(&self, bytes: &[u8]) -> anyhow::Result<String> {
        let digest = engine::digest(bytes);
        durable::sweep_old(&self.directory);
        match self.read(&digest) {
            Ok(_) => self.renew(&digest),
            Err(_) => private::write(&self.path(&digest), bytes)?,
        }
        Ok(digest)
    }

    /// Somebody wanted it just now: it gets old from here on. One that cannot be told so is fetched again some day.
    fn renew(&self, digest: &str) {
        let file = private::open(&self.path(digest));
        let _ = file.and_then(|file| Ok(file.set_modified(SystemTime::now())?));
    }

    /// Each with its bytes, and when somebody wanted it last.
    pub fn all(&self) -> anyhow::Result<Vec<Stored>> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let digest = name.to_str().and_then(|name| name.strip_suffix(".wasm"));
            let metadata = entry.metadata()?;
            if let Some(digest) = digest
                && metadata.is_file()
            {
                all.push(Stored {
                    digest: digest.to_owned(),
                    size: metadata.len(),
                    wanted: metadata.modified()?,
                });
            }
        }
        Ok(all)
    }

    /// The component's bytes. An error if it is not there, or is not what its name says.
    pub fn read(&self, digest: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.path(digest);
        let bytes = bounded(private::open(&path)?)?;
        anyhow::ensure!(
            engine::digest(&bytes) == digest,
            "{} is not what its name says",
            path.display()
        );
        Ok(bytes)
    }

    /// Forgets a component; one that is not there is no error.
    pub fn remove(&self, digest: &str) -> anyhow::Result<()> {
        match std::fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{digest} cannot be removed"))
            }
            _ => Ok(()),
        }
    }
}

/// All of a file of at most [`LARGEST`] bytes.
pub fn bounded(file: File) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    anyhow::ensure!(size <= LARGEST, too_large());
    Ok(bytes)
}

/// Said of a file.
pub fn too_large() -> String {
    format!(
        "is too large: a component has at most {} MiB",
        LARGEST / 1024 / 1024
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_found_by_its_digest_and_a_changed_one_is_not() {
        let base = tempfile::tempdir().unwrap();
        let components = Components::open(Some(base.path())).unwrap();
        let digest = components.put(b"one").unwrap();
        assert_eq!(components.read(&digest).unwrap(), b"one");
        std::fs::write(components.path(&digest), b"two").unwrap();
        let error = components.read(&digest).unwrap_err();
        assert!(error.to_string().contains("not what its name says"));
        // Put again, it is mended.
        components.put(b"one").unwrap();
        assert_eq!(components.read(&digest).unwrap(), b"one");
        components.remove(&digest).unwrap();
        components.remove(&digest).unwrap();
        assert!(!components.holds(&digest));
    }
}
