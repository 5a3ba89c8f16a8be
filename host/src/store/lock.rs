//! One lock for all that we write in a repository, and one for what we write in its work trees. They are OS file locks,
//! which die with their process. They must not be held while a user's command or an editor runs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::durable;
use super::layout::Layout;
use crate::error::user_error;

/// How long another process may keep us waiting.
const DEADLINE: Duration = Duration::from_secs(30);

/// Held while anything of ours is read, changed and written back. Dropping it releases the lock.
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
}

impl StoreLock {
    /// Waits for the lock. `File::lock` would wait for ever, so it is tried again and again until the deadline.
    pub fn acquire(layout: &Layout) -> anyhow::Result<Self> {
        let path = layout.lock();
        let directory = layout.index();
        std::fs::create_dir_all(&directory).map_err(|error| durable::explain(error, &directory))?;
        let busy = || {
            user_error(
                "another `session` command has been writing in this repository for 30 seconds",
                "wait for it to end, or stop it, then run this command again; nothing was changed",
            )
        };
        let file = acquire_with(&path, File::try_lock, busy, durable::explain)?;
        Ok(Self { _file: file })
    }
}

/// Held while files are written into a work tree. Writers do not keep each other out; while there is none, a temporary
/// file of theirs was left by a killed one.
#[derive(Debug)]
pub struct WritingLock {
    _file: File,
}

impl WritingLock {
    /// For a writer.
    pub fn acquire(layout: &Layout) -> anyhow::Result<Self> {
        let directory = layout.index();
        std::fs::create_dir_all(&directory).map_err(|error| durable::explain(error, &directory))?;
        let busy = || {
            user_error(
                "another `session` command has been clearing this work tree for 30 seconds",
                "wait for it to end, or stop it, then run this command again",
            )
        };
        let path = layout.writing();
        let file = acquire_with(&path, File::try_lock_shared, busy, durable::explain)?;
        Ok(Self { _file: file })
    }

    /// Keeps writers away for a moment. None while there is one, or where nobody can know.
    pub fn without_writers(layout: &Layout) -> Option<Self> {
        let file = File::options().write(true).open(layout.writing()).ok()?;
        file.try_lock().ok()?;
        Some(Self { _file: file })
    }
}

/// Waits for a lock of one file, which is made where it is missing and held until it is dropped. `busy` is the error
/// when another process keeps it until the deadline, `unwritable` the one where it cannot be made.
pub fn acquire_file(
    path: &Path,
    busy: impl FnOnce() -> anyhow::Error,
    unwritable: fn(io::Error, &Path) -> anyhow::Error,
) -> anyhow::Result<File> {
    acquire_with(path, File::try_lock, busy, unwritable)
}

fn acquire_with(
    path: &Path,
    try_lock: fn(&File) -> Result<(), TryLockError>,
    busy: impl FnOnce() -> anyhow::Error,
    unwritable: fn(io::Error, &Path) -> anyhow::Error,
) -> anyhow::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| unwritable(error, path))?;
    let started = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        match try_lock(&file) {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < DEADLINE => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return Err(busy()),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("failed to lock {}", path.display()));
            }
        }
    }
}
