//! What may go: old snapshots, and the live files of sessions that ended long ago. Their records stay. It must never
//! fail a command.

use crate::config::Config;
use crate::environment::Timestamp;
use crate::store::all_live::AllLive;
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
    let live = AllLive::read(transaction.layout());
    let _ = drop_old_snapshots(transaction, config, &live);
    let oldest = now - chrono::TimeDelta::days(i64::from(config.session.archive_after_days));
    remove_ended(&live, oldest);
}

/// Snapshots older than `snapshots.keep`, but for those that hold what `switch --park` took out: nothing else has it.
fn drop_old_snapshots(
    transaction: &Transaction<'_>,
    config: &Config,
    live: &AllLive,
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
fn remove_ended(live: &AllLive, oldest: Timestamp) {
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
