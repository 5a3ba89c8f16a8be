//! What may go: old snapshots, and the live files of sessions that ended long ago. Their records stay. It must never
//! fail a command.

use std::path::Path;

use crate::config::Config;
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
    let _ = drop_old_snapshots(transaction, config);
    let oldest = now - chrono::TimeDelta::days(i64::from(config.session.archive_after_days));
    remove_ended(transaction.layout().sessions(), oldest);
}

/// Snapshots older than `snapshots.keep`.
fn drop_old_snapshots(transaction: &Transaction<'_>, config: &Config) -> anyhow::Result<()> {
    let keep = chrono::TimeDelta::from_std(config.snapshots.keep)?;
    let oldest = transaction.now() - keep;
    for (name, commit) in transaction
        .repository()
        .refs_under("refs/session-snapshots/")?
    {
        if transaction
            .repository()
            .commit(commit)
            .is_ok_and(|commit| commit.time < oldest)
        {
            transaction.drop_snapshot_ref(&name, commit)?;
        }
    }
    Ok(())
}

/// Live directories whose session ended before `oldest`. Branch names have slashes, so they nest.
fn remove_ended(directory: &Path, oldest: crate::environment::Timestamp) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if hidden || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        remove_ended(&path, oldest);
        let context = std::fs::read(path.join("context.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<LiveContext>(&bytes).ok());
        if context
            .and_then(|context| context.ended_at)
            .is_some_and(|ended| ended < oldest)
        {
            for name in ["context.json", "objectives.md", "blockers.md"] {
                let _ = std::fs::remove_file(path.join(name));
            }
            // Only when nothing else is in it.
            let _ = std::fs::remove_dir(&path);
        }
    }
}
