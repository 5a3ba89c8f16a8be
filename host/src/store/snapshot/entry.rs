//! One path in the work tree, as bytes: reading it without following links, and writing it so that a reader sees the
//! old file or the new one. It must not decide what to write.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;

use crate::store::{durable, regular_file};

pub(super) const FILE: u32 = 0o100_644;
pub(super) const EXECUTABLE: u32 = 0o100_755;
pub(super) const LINK: u32 = 0o120_000;
pub(super) const SUBMODULE: u32 = 0o160_000;

/// What stands at a path.
#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    Content {
        mode: u32,
        bytes: Vec<u8>,
        /// All permission bits; None for a link.
        permissions: Option<u32>,
    },
    Directory,
    /// It is there and cannot be held: too large, unreadable, or neither file nor link.
    Unreadable,
}

/// Reads a file or a link below `root`. A file that vanishes or grows meanwhile is no error. No component of the
/// path but the last may be a link: git tracks nothing behind one.
pub(super) fn read(root: &Path, relative: &Path, max_file: Option<u64>) -> Found {
    if behind_a_link(root, relative) {
        return Found::Nothing;
    }
    let path = root.join(relative);
    let metadata = match std::fs::symlink_metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if is_absence(&error) => return Found::Nothing,
        Err(_) => return Found::Unreadable,
    };
    if metadata.is_dir() {
        return Found::Directory;
    }
    if metadata.is_symlink() {
        return match std::fs::read_link(&path) {
            Ok(target) => Found::Content {
                mode: LINK,
                bytes: target.as_os_str().as_bytes().to_vec(),
                permissions: None,
            },
            Err(error) if is_absence(&error) => Found::Nothing,
            Err(_) => Found::Unreadable,
        };
    }
    if !metadata.is_file() {
        return Found::Unreadable;
    }
    let limit = max_file.unwrap_or(u64::MAX - 1);
    if metadata.len() > limit {
        return Found::Unreadable;
    }
    match read_regular(&path, limit) {
        Ok(Some(bytes)) => {
            let mode = if metadata.mode() & 0o100 == 0 {
                FILE
            } else {
                EXECUTABLE
            };
            Found::Content {
                mode,
                bytes,
                permissions: Some(metadata.mode() & 0o7777),
            }
        }
        Ok(None) => Found::Unreadable,
        Err(error) if is_absence(&error) => Found::Nothing,
        Err(_) => Found::Unreadable,
    }
}

/// None when it grew beyond the limit, or is no regular file any more: a pipe must not make us wait.
fn read_regular(path: &Path, limit: u64) -> std::io::Result<Option<Vec<u8>>> {
    let Some((file, metadata)) = regular_file::open(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit)).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

pub(super) fn behind_a_link(root: &Path, relative: &Path) -> bool {
    let mut path = root.to_owned();
    let Some(parent) = relative.parent() else {
        return false;
    };
    parent.components().any(|name| {
        path.push(name);
        path.is_symlink()
    })
}

fn is_absence(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(error.kind(), Kind::NotFound | Kind::NotADirectory)
}

/// Puts a file or a link at `root/relative` by a rename, making its directories. The caller holds the `WritingLock`. Without known `permissions`, a file
/// that is replaced passes its own on.
///
/// # Errors
/// Also when a component of the path is a link or a file: nothing is written through one.
pub(super) fn write(
    root: &Path,
    relative: &Path,
    mode: u32,
    permissions: Option<u32>,
    bytes: &[u8],
) -> anyhow::Result<()> {
    let failed = || format!("failed to write {}", relative.display());
    let directory = make_directories(root, relative).with_context(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(durable::RESTORED_PREFIX);
    let path = root.join(relative);
    if mode == LINK {
        let target = Path::new(OsStr::from_bytes(bytes));
        let link = builder
            .make_in(&directory, |path| std::os::unix::fs::symlink(target, path))
            .with_context(failed)?;
        link.into_temp_path().persist(&path).with_context(failed)?;
        return Ok(());
    }
    let exact = permissions.or_else(|| passed_on(&path, mode));
    // As git does: the user's umask decides about everything but the executable bit.
    let by_umask = if mode == EXECUTABLE { 0o777 } else { 0o666 };
    builder.permissions(Permissions::from_mode(exact.unwrap_or(by_umask)));
    let mut file = builder.tempfile_in(&directory).with_context(failed)?;
    if let Some(exact) = exact {
        let exact = Permissions::from_mode(exact);
        file.as_file().set_permissions(exact).with_context(failed)?;
    }
    file.write_all(bytes).with_context(failed)?;
    file.persist(&path).with_context(failed)?;
    Ok(())
}

/// The permissions of the file that is there, executable (for those who may read it) or not as `mode` says.
fn passed_on(path: &Path, mode: u32) -> Option<u32> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    let now = metadata.is_file().then(|| metadata.mode() & 0o7777)?;
    Some(match mode {
        EXECUTABLE => now | ((now & 0o444) >> 2),
        _ => now & !0o111,
    })
}

fn make_directories(root: &Path, relative: &Path) -> anyhow::Result<std::path::PathBuf> {
    let mut path = root.to_owned();
    for name in relative.parent().into_iter().flat_map(Path::components) {
        path.push(name);
        match std::fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => anyhow::bail!("{} is in the way", path.display()),
            Err(_) => std::fs::create_dir(&path)
                .with_context(|| format!("failed to make the directory {}", path.display()))?,
        }
    }
    Ok(path)
}

/// Removes the file or link and the directories that this leaves empty, up to the root.
pub(super) fn remove(root: &Path, relative: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(root.join(relative)) {
        Err(error) if !is_absence(&error) => {
            return Err(error).with_context(|| format!("failed to remove {}", relative.display()));
        }
        _ => {}
    }
    for directory in relative.ancestors().skip(1) {
        // Not empty, or somebody's current directory: it stays.
        if directory.as_os_str().is_empty() || std::fs::remove_dir(root.join(directory)).is_err() {
            break;
        }
    }
    Ok(())
}
