//! Directories and files that are this user's alone: what is in them decides what runs. It must not use one that
//! somebody else could have written to.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::error::user_error;
use crate::store::durable;

const WAY_OUT: &str = "make it writable for this user, or set HOME, SESSION_DATA_DIR and SESSION_CACHE_DIR to directories of yours, then run the command again";

/// The program's data directory, where the environment names one.
pub fn data_dir(base: Option<&Path>) -> anyhow::Result<&Path> {
    base.ok_or_else(|| {
        user_error(
            "there is no home directory and no SESSION_DATA_DIR, so there is nowhere to keep plugins or what you agree to",
            "set HOME, or SESSION_DATA_DIR to a directory of yours, then run the command again",
        )
    })
}

/// `<base>/<name>`, if it is a directory of ours that no one else can enter. Both are made where they are missing.
pub fn directory(base: &Path, name: &str) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(base).map_err(|error| unwritable(error, base))?;
    let directory = base.join(name);
    match std::fs::DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(unwritable(error, &directory));
        }
        _ => {}
    }
    let metadata = std::fs::symlink_metadata(&directory)?;
    let name = directory.display();
    if !metadata.is_dir() {
        bail!("{name} is not a directory of its own");
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        bail!("{name} belongs to another user");
    }
    if metadata.mode() & 0o077 != 0 {
        bail!("{name} is open to other users (its mode should be 0700)");
    }
    Ok(directory)
}

/// Replaces a file of ours with `bytes`, durably; nobody else can read it.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    durable::write_private(path, bytes, WAY_OUT)
}

/// What went wrong at one of these places, with what to do about it.
pub fn unwritable(error: std::io::Error, path: &Path) -> anyhow::Error {
    durable::explain_outside(error, path, WAY_OUT)
}

/// A regular file of ours; a symbolic link is refused.
pub fn open(path: &Path) -> anyhow::Result<File> {
    // NONBLOCK: opening a named pipe must not wait for its writer.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).expect("open flags fit the type that open takes");
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if !metadata.is_file() || !ours || metadata.mode() & 0o022 != 0 {
        bail!("{} is not a file of ours alone", path.display());
    }
    Ok(file)
}
