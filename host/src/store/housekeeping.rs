//! What may go: old snapshots, and the live files of sessions that ended long ago. Their records stay. It must never
//! fail a command.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::environment::Timestamp;
use crate::session::live::LiveContext;
use crate::store::transaction::Transaction;

/// At most once a day, with the lock held. What cannot be removed now is tried again the next day.
pub fn tidy(transaction: &Transaction<'_>, config: &Config) {
    let now = transaction.now();
    let stamp = transaction.layout().index().join("tidied");
    let today = now.format("%Y-%m-%d").to_string();
    if std::fs::read_to_string(&stamp).is_ok_and(|last| last == today) {
        return;
    }
    let _ = std::fs::write(&stamp, &today);
    let mut live = Live::default();
    live.read(transaction.layout().sessions());
    let _ = drop_old_snapshots(transaction, config, &live);
    let oldest = now - chrono::TimeDelta::days(i64::from(config.session.archive_after_days));
    remove_ended(&live, oldest);
}

/// The live sessions of all branches.
#[derive(Debug, Default)]
struct Live {
    /// Each with its directory.
    contexts: Vec<(PathBuf, LiveContext)>,
    /// A `context.json` could not be read, so nobody knows what it needs.
    unknown: bool,
}

impl Live {
    /// Branch names have slashes, so their directories nest.
    fn read(&mut self, directory: &Path) {
        let Ok(entries) = std::fs::read_dir(directory) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if hidden || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            self.read(&path);
            let file = path.join("context.json");
            if file.symlink_metadata().is_err() {
                continue;
            }
            let bytes = std::fs::read(file).unwrap_or_default();
            match serde_json::from_slice(&bytes) {
                Ok(context) => self.contexts.push((path, context)),
                Err(_) => self.unknown = true,
            }
        }
    }
}

/// Snapshots older than `snapshots.keep`, but for those that hold what `switch --park` took out: nothing else has it.
fn drop_old_snapshots(
    transaction: &Transaction<'_>,
    config: &Config,
    live: &Live,
) -> anyhow::Result<()> {
    if live.unknown {
        return Ok(());
    }
    let parked: Vec<String> = live
        .contexts
        .iter()
        .filter_map(|(_, context)| Some(context.parked?.snapshot_ref(&context.id)))
        .collect();
    let keep = chrono::TimeDelta::from_std(config.snapshots.keep)?;
    let oldest = transaction.now() - keep;
    for (name, commit) in transaction
        .repository()
        .refs_under("refs/session-snapshots/")?
    {
        let is_old = || {
            let commit = transaction.repository().commit(commit);
            commit.is_ok_and(|commit| commit.time < oldest)
        };
        if !parked.contains(&name) && is_old() {
            transaction.drop_snapshot_ref(&name, commit)?;
        }
    }
    Ok(())
}

/// Live directories whose session ended before `oldest` and left nothing parked.
fn remove_ended(live: &Live, oldest: Timestamp) {
    for (directory, context) in &live.contexts {
        let is_over = context.ended_at.is_some_and(|ended| ended < oldest);
        if is_over && context.parked.is_none() {
            for name in ["context.json", "objectives.md", "blockers.md"] {
                let _ = std::fs::remove_file(directory.join(name));
            }
            // Only when nothing else is in it.
            let _ = std::fs::remove_dir(directory);
        }
    }
}
