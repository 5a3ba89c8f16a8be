//! Finding a component that is not part of this program: in the user's store, or as a file of the work tree. It must
//! not fetch anything, and must not hand out bytes that do not have the digest they were asked for by.

use std::fmt;
use std::fs::File;
use std::path::Path;

use super::components::{self, Components};
use super::engine;
use super::work_tree::{ReadGrant, Refusal, WorkTree};
use crate::config::PluginConfig;
use crate::environment::Environment;

/// The repository's directories that matter here.
#[derive(Debug, Clone, Copy)]
pub struct Checkout<'a> {
    pub work_tree: &'a Path,
    /// What linked worktrees share.
    pub common_dir: &'a Path,
}

/// Where a component can be had from.
#[derive(Debug, Clone)]
pub struct Place {
    /// sha256 of the component that is wanted.
    pub digest: String,
    /// A path below `work_tree`; None for what has to be installed.
    file: Option<String>,
    work_tree: std::path::PathBuf,
    data_dir: Option<std::path::PathBuf>,
}

/// Why there is no component: a clause about the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    NotInstalled,
    /// The file is another one than `sha256` says.
    NotThePinned {
        file: String,
    },
    Unreadable {
        file: String,
        cause: String,
    },
}

impl Place {
    /// The component that the configuration names: the pinned one, or else the file as it is now.
    pub fn of(
        entry: &PluginConfig,
        checkout: Checkout<'_>,
        environment: &Environment,
    ) -> Result<Self, Missing> {
        let file = entry.source.as_deref().and_then(path);
        let digest = match (&entry.sha256, &file) {
            (Some(pinned), _) => pinned.clone(),
            (None, Some(file)) => digest_of_file(checkout.work_tree, file)?,
            // The configuration refuses a source from elsewhere without its digest.
            (None, None) => return Err(Missing::NotInstalled),
        };
        Ok(Self {
            digest,
            file,
            work_tree: checkout.work_tree.to_owned(),
            data_dir: environment.data_dir.clone(),
        })
    }

    /// Whether there is anything that could be reviewed. Nothing of it is read.
    pub fn is_there(
        entry: &PluginConfig,
        checkout: Checkout<'_>,
        environment: &Environment,
    ) -> Result<(), Missing> {
        if let Some(file) = entry.source.as_deref().and_then(path) {
            return open(checkout.work_tree, &file).map(drop);
        }
        let components = Components::open(environment.data_dir.as_deref());
        let pinned = entry.sha256.as_ref();
        let stored = components.is_ok_and(|it| pinned.is_some_and(|digest| it.holds(digest)));
        stored.then_some(()).ok_or(Missing::NotInstalled)
    }

    /// Bytes of the component that would be read, as far as can be seen without reading it.
    pub fn size(
        entry: &PluginConfig,
        checkout: Checkout<'_>,
        environment: &Environment,
    ) -> Option<u64> {
        let components = Components::open(environment.data_dir.as_deref());
        let stored = entry.sha256.as_deref().zip(components.ok());
        let stored = stored.and_then(|(digest, it)| it.path(digest).metadata().ok());
        let file = || open(checkout.work_tree, &path(entry.source.as_deref()?)?).ok();
        let found = stored.or_else(|| file()?.metadata().ok())?;
        Some(found.len())
    }

    /// Whether `read` would find it, as far as can be seen without reading what the store has.
    pub fn find(&self) -> Result<(), Missing> {
        let stored = Components::open(self.data_dir.as_deref())
            .is_ok_and(|components| components.holds(&self.digest));
        if stored {
            return Ok(());
        }
        let file = self.file.as_ref().ok_or(Missing::NotInstalled)?;
        self.pinned(file, &digest_of_file(&self.work_tree, file)?)
    }

    /// The component's bytes, which have its digest.
    pub fn read(&self) -> Result<Vec<u8>, Missing> {
        let stored = Components::open(self.data_dir.as_deref())
            .and_then(|components| components.read(&self.digest));
        if let Ok(bytes) = stored {
            return Ok(bytes);
        }
        let file = self.file.as_ref().ok_or(Missing::NotInstalled)?;
        let opened = open(&self.work_tree, file)?;
        let bytes = components::bounded(opened).map_err(|error| Missing::Unreadable {
            file: file.clone(),
            cause: error.to_string(),
        })?;
        self.pinned(file, &engine::digest(&bytes))?;
        Ok(bytes)
    }

    fn pinned(&self, file: &str, digest: &str) -> Result<(), Missing> {
        if digest == self.digest {
            return Ok(());
        }
        Err(Missing::NotThePinned {
            file: file.to_owned(),
        })
    }
}

impl Missing {
    pub fn is_install_needed(&self) -> bool {
        *self == Self::NotInstalled
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => f.write_str("it is not installed"),
            Self::NotThePinned { file } => write!(
                f,
                "{file} is not the component that `sha256` in .session/config.yaml names"
            ),
            Self::Unreadable { file, cause } => write!(f, "{file} {cause}"),
        }
    }
}

impl std::error::Error for Missing {}

/// The source as a path from the root; None for a URL.
fn path(source: &str) -> Option<String> {
    let parts = source.split('/').filter(|part| !matches!(*part, "" | "."));
    (!source.contains("://")).then(|| parts.collect::<Vec<_>>().join("/"))
}

fn digest_of_file(work_tree: &Path, file: &str) -> Result<String, Missing> {
    engine::digest_of(open(work_tree, file)?).map_err(|error| Missing::Unreadable {
        file: file.to_owned(),
        cause: format!("cannot be read: {error}"),
    })
}

/// A regular file of a component's size, reached without following a link.
fn open(work_tree: &Path, file: &str) -> Result<File, Missing> {
    let unreadable = |cause: &str| Missing::Unreadable {
        file: file.to_owned(),
        cause: cause.to_owned(),
    };
    let tree = WorkTree::open(work_tree, ReadGrant::WorkTree)
        .map_err(|error| unreadable(&format!("cannot be read: {error}")))?;
    let (opened, metadata) = tree.regular_file(file).map_err(|refusal| {
        unreadable(match refusal {
            Refusal::NotFound => "is not there",
            Refusal::Denied => "is no file of the work tree, or is reached through a symbolic link",
            Refusal::Failed => "cannot be read",
        })
    })?;
    if metadata.len() > components::LARGEST {
        return Err(unreadable(&components::too_large()));
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_path_from_the_root_however_it_is_written() {
        assert_eq!(path("./tools//x.wasm").as_deref(), Some("tools/x.wasm"));
        assert_eq!(path("https://a.example/x.wasm"), None);
    }

    #[test]
    fn a_file_counts_only_with_the_digest_that_is_wanted() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("x.wasm"), "one").unwrap();
        std::os::unix::fs::symlink("x.wasm", tree.path().join("link.wasm")).unwrap();
        let large = File::create(tree.path().join("large.wasm")).unwrap();
        large.set_len(components::LARGEST + 1).unwrap();
        let checkout = Checkout {
            work_tree: tree.path(),
            common_dir: tree.path(),
        };
        let place = |source: &str, sha256: Option<String>| {
            let entry = PluginConfig {
                source: Some(source.to_owned()),
                sha256,
                ..PluginConfig::default()
            };
            Place::of(&entry, checkout, &Environment::unknown())
        };
        let unpinned = place("./x.wasm", None).unwrap();
        assert_eq!(unpinned.read().unwrap(), b"one");
        assert_eq!(unpinned.find(), Ok(()));
        std::fs::write(tree.path().join("x.wasm"), "two").unwrap();
        let other = Missing::NotThePinned {
            file: "x.wasm".into(),
        };
        assert_eq!(unpinned.find().unwrap_err(), other);
        assert_eq!(unpinned.read().unwrap_err(), other);

        let cause = |source| place(source, None).unwrap_err().to_string();
        assert!(cause("link.wasm").contains("symbolic link"));
        assert!(cause("none.wasm").contains("not there"));
        assert!(cause("large.wasm").contains("64 MiB"));
        let remote = place("https://a.example/x.wasm", Some("0".repeat(64))).unwrap();
        assert_eq!(remote.find(), Err(Missing::NotInstalled));
    }
}
