//! Appending to `.session/decision-log.md`, which is the data of decisions. It must never rewrite
//! an entry.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::durable;
use super::lock::StoreLock;
use crate::error::user_error;
use crate::session::decision::Decision;

pub const LOG: &str = ".session/decision-log.md";

/// Appends one entry. The log is made from its template when it is not there yet. On failure nothing of the entry stays.
pub fn append(_lock: &StoreLock, work_tree: &Path, decision: &Decision) -> anyhow::Result<()> {
    let directory = work_tree.join(".session");
    match directory.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            return Err(user_error(
                ".session is not a directory, so the decision log cannot be written",
                "make .session a real directory (symlinks are not followed), then run `session init`",
            ));
        }
        Err(_) => {
            std::fs::create_dir(&directory).map_err(|error| durable::explain(error, &directory))?;
            durable::write(
                &directory.join(".gitattributes"),
                include_bytes!("../../../assets/gitattributes"),
            )?;
        }
    }
    let path = work_tree.join(LOG);
    if path.symlink_metadata().is_err() {
        durable::write(&path, include_bytes!("../../../assets/decision-log.md"))?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .custom_flags(no_follow())
        .open(&path)
        .map_err(|error| durable::explain(error, &path))?;
    let length = file
        .seek(SeekFrom::End(0))
        .map_err(|error| durable::explain(error, &path))?;
    let mut entry = decision.to_entry();
    if !ends_with_newline(&path, length) {
        entry.insert(0, '\n');
    }
    // One write: two processes of ours are kept apart by the lock, and an editor's is not cut in two.
    if let Err(error) = file
        .write_all(entry.as_bytes())
        .and_then(|()| file.sync_all())
    {
        let _ = file.set_len(length);
        return Err(durable::explain(error, &path));
    }
    Ok(())
}

/// Takes the newest entries back, of a command that was refused after it had appended them. Whatever was appended to the
/// log since keeps them in it.
pub fn withdraw(_lock: &StoreLock, work_tree: &Path, decisions: &[Decision]) -> anyhow::Result<()> {
    if decisions.is_empty() {
        return Ok(());
    }
    let path = work_tree.join(LOG);
    let entries: String = decisions.iter().map(Decision::to_entry).collect();
    let log = std::fs::read(&path).map_err(|error| durable::explain(error, &path))?;
    let Some(before) = log.strip_suffix(entries.as_bytes()) else {
        return Ok(());
    };
    OpenOptions::new()
        .write(true)
        .custom_flags(no_follow())
        .open(&path)
        .and_then(|file| {
            file.set_len(before.len() as u64)?;
            file.sync_all()
        })
        .map_err(|error| durable::explain(error, &path))
}

fn no_follow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default()
}

fn ends_with_newline(path: &Path, length: u64) -> bool {
    use std::io::Read as _;
    if length == 0 {
        return true;
    }
    let mut last = [0];
    std::fs::File::open(path)
        .and_then(|mut file| {
            file.seek(SeekFrom::Start(length - 1))?;
            file.read_exact(&mut last)
        })
        .is_ok_and(|()| last == *b"\n")
}
