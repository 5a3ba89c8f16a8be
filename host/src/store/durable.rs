//! Writing a file so that it survives kill -9 and power loss, and clearing away what a kill left half done. It must not be
//! used for caches: each call waits for the disk.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;

use crate::error::{OUT_OF_SPACE_HINT, UserError, unwritable, unwritable_place, user_error};
use crate::git::status::Change;
use crate::store::layout::Layout;
use crate::store::lock::WritingLock;

/// What all our temporary files begin with, those in the user's work tree too.
pub const TEMPORARY_PREFIX: &str = ".session-tmp-";

/// What those begin with that become a file of the user's, written with the `WritingLock` held.
pub const RESTORED_PREFIX: &str = ".session-tmp-restored-";

/// A temporary file is renamed at once after it was written; one that is older was left by a killed process.
const LEFTOVER_AGE: Duration = Duration::from_secs(60);

/// Replaces `path` with `bytes`: a temporary file in the same directory, fsync, rename, fsync of the directory.
/// A reader sees the old bytes or the new ones, never a mixture. Directories that are missing are made.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    // As for any new file, the umask decides who else may read it.
    write_with_mode(path, bytes, 0o666)
}

/// As [`write()`], for a file that is nobody else's, whatever the umask says. It is not in the repository: `way_out` is
/// what to do where it cannot be written.
pub fn write_private(path: &Path, bytes: &[u8], way_out: &str) -> anyhow::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    write_in(directory, path, bytes, 0o600, None)
        .map_err(|error| explain_outside(error, path, way_out))
}

/// As [`write()`], for a place that the user named. What is there and no regular file is not replaced: a rename would put
/// a file in the place of a device or a link.
pub fn write_where_named(path: &Path, bytes: &[u8], way_out: &str) -> anyhow::Result<()> {
    if let Ok(found) = path.symlink_metadata()
        && !found.is_file()
    {
        return Err(user_error(
            format!(
                "{} is there and is no regular file, so it is not replaced",
                path.display()
            ),
            way_out,
        ));
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    write_in(directory, path, bytes, 0o666, None)
        .map_err(|error| explain_outside(error, path, way_out))
}

/// As [`write()`], for a file that is to be run.
pub fn write_program(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_with_mode(path, bytes, 0o777)
}

/// Removes a file; it does not come back after power loss.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::remove_file(path)
        .and_then(|()| File::open(directory)?.sync_all())
        .map_err(|error| explain(error, path))
}

fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    write_in(directory, path, bytes, mode, None).map_err(|error| explain(error, path))
}

/// As [`write()`], for a file of the user's: it keeps its permissions, and is never there with others.
pub fn write_keeping_mode(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let permissions = path.metadata().ok().map(|metadata| metadata.permissions());
    let directory = path.parent().unwrap_or(Path::new("."));
    write_in(directory, path, bytes, 0o666, permissions).map_err(|error| explain(error, path))
}

/// As `create_dir_all`, durable: a directory's own entry is in its parent, which has to reach the disk too.
fn make_directories(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = directory
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_directories(parent)?;
    }
    match std::fs::create_dir(directory) {
        // Another process may have made it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => File::open(parent.unwrap_or(Path::new(".")))?.sync_all(),
    }
}

/// `mode` is what a new file has, as far as the umask lets it; `kept` holds whatever the umask says.
fn write_in(
    directory: &Path,
    path: &Path,
    bytes: &[u8],
    mode: u32,
    kept: Option<Permissions>,
) -> io::Result<()> {
    make_directories(directory)?;
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    if let Some(kept) = kept {
        file.as_file().set_permissions(kept)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

/// Tells what the user can put right from what they cannot. `path` is in the repository.
pub fn explain(error: io::Error, path: &Path) -> anyhow::Error {
    explain_with(error, path, unwritable)
}

/// As [`explain`], for another place: `way_out` is what to do where it cannot be written.
pub fn explain_outside(error: io::Error, path: &Path, way_out: &str) -> anyhow::Error {
    match error.kind() {
        // As /proc says it.
        io::ErrorKind::NotFound => unwritable_place(path, error, way_out),
        _ => explain_with(error, path, |path, error| {
            unwritable_place(path, error, way_out)
        }),
    }
}

fn explain_with(
    error: io::Error,
    path: &Path,
    unwritable: impl FnOnce(&Path, io::Error) -> anyhow::Error,
) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            unwritable(path, error)
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            UserError::new(format!("{} cannot be written: {error}", path.display()))
                .hint(OUT_OF_SPACE_HINT)
                .into()
        }
        // `create_dir_all` says that it exists, everything below it that it is no directory.
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => user_error(
            format!("{} cannot be written: {error}", path.display()),
            "a file stands where a directory is needed: move it somewhere else, then run the command again",
        ),
        _ => Err::<(), _>(error)
            .with_context(|| format!("failed to write {}", path.display()))
            .unwrap_err(),
    }
}

/// Removes temporary files that a killed process left in `directory`, of which every writer holds the store's lock, as
/// the caller does now.
pub fn sweep(directory: &Path) {
    sweep_where(directory, |_| true);
}

/// As [`sweep`], for a directory that is also written to without the lock: a young file may be somebody's.
pub fn sweep_old(directory: &Path) {
    sweep_where(directory, is_old);
}

fn sweep_where(directory: &Path, is_leftover: impl Fn(&Path) -> bool) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if is_temporary(&path) && is_leftover(&path) {
            // A leftover that cannot be removed does no harm.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Takes our own temporary files out of what git found in the work tree, and removes those that a killed process left:
/// they are no change of the user's, to be kept or committed.
pub fn sweep_changes(layout: &Layout, work_tree: &Path, changes: &mut Vec<Change>) {
    let temporary = |change: &Change| {
        let path = work_tree.join(change.path.to_path());
        (is_temporary(&path) && change.head.is_none()).then_some(path)
    };
    let found: Vec<PathBuf> = changes.iter().filter_map(temporary).collect();
    if found.is_empty() {
        return;
    }
    changes.retain(|change| temporary(change).is_none());
    let without_writers = WritingLock::without_writers(layout);
    for path in found {
        if is_old(&path) || (without_writers.is_some() && has_prefix(&path, RESTORED_PREFIX)) {
            // A leftover that cannot be removed does no harm.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn is_temporary(path: &Path) -> bool {
    has_prefix(path, TEMPORARY_PREFIX)
}

fn has_prefix(path: &Path, prefix: &str) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(prefix.as_bytes())
}

fn is_old(path: &Path) -> bool {
    path.symlink_metadata()
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| SystemTime::now().duration_since(time).ok())
        .is_some_and(|age| age > LEFTOVER_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_is_swept_and_the_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.json");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        std::fs::write(dir.path().join("a/.session-tmp-x"), "half").unwrap();
        sweep(&dir.path().join("a"));
        let names: Vec<_> = std::fs::read_dir(dir.path().join("a"))
            .unwrap()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        assert_eq!(names, ["b.json"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn what_is_no_regular_file_is_not_replaced_where_the_user_named_a_place() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), "old").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("dangling")).unwrap();
        std::fs::create_dir(at("directory")).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for name in ["link", "dangling", "directory", "socket"] {
            let before = at(name).symlink_metadata().unwrap().file_type();
            let refused = write_where_named(&at(name), b"new", "elsewhere").unwrap_err();
            let refused = refused.downcast::<UserError>().unwrap();
            assert!(refused.message.contains("no regular file"), "{refused}");
            assert_eq!(refused.hint.as_deref(), Some("elsewhere"));
            assert_eq!(at(name).symlink_metadata().unwrap().file_type(), before);
        }
        drop(socket);
        assert_eq!(std::fs::read(at("file")).unwrap(), b"old");
        for name in ["file", "new/file"] {
            write_where_named(&at(name), b"new", "elsewhere").unwrap();
            assert_eq!(std::fs::read(at(name)).unwrap(), b"new");
        }
    }
}
