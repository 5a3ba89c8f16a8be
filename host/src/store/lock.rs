//! One lock for all that we write in a repository. It is an OS file lock, so it dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
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
        acquire_file(&path, || {
            user_error(
                "another `session` command has been writing in this repository for 30 seconds",
                "wait for it to end, or stop it, then run this command again; nothing was changed",
            )
        })
        .map(|file| Self { _file: file })
    }
}

/// Waits for a lock of one file, which is made where it is missing and held until it is dropped. `busy` is the error
/// when another process keeps it until the deadline.
pub fn acquire_file(path: &Path, busy: impl FnOnce() -> anyhow::Error) -> anyhow::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| durable::explain(error, path))?;
    let started = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        match file.try_lock() {
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
