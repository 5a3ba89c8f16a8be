//! The durable record of a session: a chain of commits at `refs/sessions/<id>`, one for each start, checkpoint,
//! evidence and end.
//! A commit here is never changed. It must not compose what it stores.
//!
//! The tree of each commit: `entry.json` (the facts), `document.md` (for people; evidence has none, which would make each
//! run wait for the disk twice more), and the live files as they were.

use std::ops::ControlFlow;

use anyhow::Context as _;

use super::live::Recovered;
use super::lock::StoreLock;
use super::recorded_evidence;
use crate::document::secrets;
use crate::environment::Timestamp;
use crate::error::{Warning, user_error};
use crate::git::refs::RefUpdate;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use crate::session::ids::{DETACHED, SessionId};
use crate::session::list::{CheckList, ListKind};
use crate::session::live::LiveSession;
use crate::session::record::{CheckpointRecord, EndRecord, Entry, RECORD_FORMAT, SessionSummary};
use crate::session::summary::{self, SummaryError};

/// Where every record lives; outside `refs/heads`, so that no branch list or CI sees it.
pub const RECORDS: &str = "refs/sessions/";

/// No file of a record is larger, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The newest commit of a record.
#[derive(Debug, Clone)]
pub struct Tip {
    pub commit: ObjectId,
    pub summary: SessionSummary,
}

/// What stands at a record's ref.
#[derive(Debug, Clone)]
pub enum Found {
    Nothing,
    Tip(Tip),
    /// It cannot be read: why, and what happens to it. The session's live files are whole without it.
    Damaged(Warning),
}

/// Looks at a record's newest commit.
///
/// # Errors
/// Only a record of a newer format, which must not be touched.
pub fn find(repository: &Repository, id: &SessionId) -> anyhow::Result<Found> {
    let commit = match repository.read_ref(&id.record_ref()) {
        Ok(None) => return Ok(Found::Nothing),
        Ok(Some(commit)) => commit,
        Err(error) => return Ok(Found::Damaged(damaged(id, &error))),
    };
    match read_summary(repository, id, commit)? {
        Ok(summary) => Ok(Found::Tip(Tip { commit, summary })),
        Err(error) => Ok(Found::Damaged(damaged(id, &error))),
    }
}

/// As [`find`], for whom a damaged record is an error.
pub fn tip(repository: &Repository, id: &SessionId) -> anyhow::Result<Option<Tip>> {
    match find(repository, id)? {
        Found::Nothing => Ok(None),
        Found::Tip(tip) => Ok(Some(tip)),
        Found::Damaged(warning) => Err(warning.into_error()),
    }
}

fn damaged(id: &SessionId, why: &anyhow::Error) -> Warning {
    Warning::new(format!("the record of {id} is damaged: {why:#}")).hint(
        "the next checkpoint begins a new record and keeps the damaged one aside; other sessions are not affected",
    )
}

/// The summary in a record commit's message; the inner error says why there is none.
pub(super) fn read_summary(
    repository: &Repository,
    id: &SessionId,
    commit: ObjectId,
) -> anyhow::Result<anyhow::Result<SessionSummary>> {
    let message = match repository.commit_message(commit) {
        Ok(message) => message,
        Err(error) => return Ok(Err(error)),
    };
    match summary::parse_message(&message) {
        Ok(summary) => Ok(Ok(summary)),
        Err(SummaryError::Damaged) => Ok(Err(anyhow::anyhow!("{commit} is not a commit of ours"))),
        Err(SummaryError::Newer(format)) => Err(user_error(
            format!(
                "the record of {id} was written by a newer `session` (format {format}; this one knows {RECORD_FORMAT})"
            ),
            "install the newer version of session; nothing was changed",
        )),
    }
}

/// One entry of a record with the commit that holds it.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub commit: ObjectId,
    pub entry: Entry,
}

/// Adds an entry, with the live files as they are about to be written. The caller holds the lock and writes the live
/// files afterwards: objects first, then this ref, then the files.
pub fn append(
    _lock: &StoreLock,
    repository: &Repository,
    live: &LiveSession,
    entry: &Entry,
    document: Option<&str>,
    now: Timestamp,
) -> anyhow::Result<ObjectId> {
    let id = &live.context.id;
    let before = tip(repository, id)?;
    let commit = before.as_ref().map(|tip| tip.commit.to_string());
    let previous = before.as_ref().map(|tip| &tip.summary);
    let mut summary = summary::next(previous.zip(commit.as_deref()), live, entry, now);
    if before.is_none() {
        summary.pointers.earlier = recorded_evidence::handed_on(repository, live)?;
    }
    let message = summary::to_message(&summary, entry);
    // The record can be shared: what looks like a secret, in a commit's subject or a plugin's answer, stays behind.
    let mut entry_value =
        serde_json::to_value(entry).context("failed to encode the record entry")?;
    secrets::mask_json(&mut entry_value);
    let entry_json =
        serde_json::to_vec_pretty(&entry_value).context("failed to encode the record entry")?;
    let message = secrets::mask(&message);
    let context_json =
        serde_json::to_vec_pretty(&live.context).context("failed to encode context.json")?;
    // Items may have been written by hand, past the cleaning of typed text.
    let objectives = live.objectives.to_text();
    let objectives = secrets::mask(&objectives);
    let blockers = live.blockers.to_text();
    let blockers = secrets::mask(&blockers);
    let mut files = vec![
        ("blockers.md", blockers.as_bytes()),
        ("context.json", &context_json),
        ("entry.json", &entry_json),
        ("objectives.md", objectives.as_bytes()),
    ];
    files.extend(document.map(|document| ("document.md", document.as_bytes())));
    let tree = repository.write_tree(&files)?;
    let parents: Vec<ObjectId> = before.iter().map(|tip| tip.commit).collect();
    let commit = repository.write_commit(tree, &parents, &message, now)?;
    match repository.update_ref(&id.record_ref(), commit, before.map(|tip| tip.commit))? {
        RefUpdate::Done => Ok(commit),
        // Only somebody who does not take our lock (a fetch) can have moved it.
        RefUpdate::Moved => Err(user_error(
            format!("the record of {id} was changed by another program meanwhile"),
            "run the command again",
        )),
    }
}

/// The entries of a record, newest first, as far as `wanted` says to go on. Each step opens one commit. A damaged entry
/// is passed over, and the first such is told.
///
/// # Errors
/// Only a record of a newer format.
pub fn walk(
    repository: &Repository,
    id: &SessionId,
    mut wanted: impl FnMut(Recorded) -> ControlFlow<()>,
) -> anyhow::Result<Option<Warning>> {
    let mut next = match find(repository, id)? {
        Found::Nothing => None,
        Found::Tip(tip) => Some(tip.commit),
        Found::Damaged(warning) => return Ok(Some(warning)),
    };
    let mut damage = None;
    while let Some(commit) = next {
        match read_entry(repository, id, commit)? {
            Ok(entry) => {
                if wanted(Recorded { commit, entry }).is_break() {
                    break;
                }
            }
            Err(error) => {
                damage.get_or_insert_with(|| damaged_entry(id, commit, &error));
            }
        }
        // Where the commit itself is gone, nothing says what came before it.
        let parents = repository.commit_parents(commit).unwrap_or_default();
        next = parents.first().copied();
    }
    Ok(damage)
}

/// One entry; the inner error says why it cannot be read.
pub(super) fn read_entry(
    repository: &Repository,
    id: &SessionId,
    commit: ObjectId,
) -> anyhow::Result<anyhow::Result<Entry>> {
    // The message first: it tells a newer format from damage.
    Ok(match read_summary(repository, id, commit)? {
        Ok(_) => entry_of(repository, commit),
        Err(error) => Err(error),
    })
}

/// The entry of a commit whose message was read.
pub(super) fn entry_of(repository: &Repository, commit: ObjectId) -> anyhow::Result<Entry> {
    let bytes = repository.read_file_at(commit, &RepoPath::from("entry.json"), LARGEST)?;
    let bytes = bytes.context("it has no entry.json")?;
    let bytes = bytes.as_bytes().context("its entry.json is too large")?;
    Ok(serde_json::from_slice(bytes)?)
}

pub(super) fn damaged_entry(id: &SessionId, commit: ObjectId, why: &anyhow::Error) -> Warning {
    Warning::new(format!(
        "entry {commit} of the record of {id} is damaged: {why:#}"
    ))
    .hint(format!(
        "`git show {commit}` shows what is left of it; newer entries are whole"
    ))
}

/// What was found in a record, and what stood in the way.
#[derive(Debug)]
pub struct Walked<T> {
    pub found: T,
    pub damage: Option<Warning>,
}

/// All checkpoints, newest first, each with the commit that holds it.
pub fn checkpoints(
    repository: &Repository,
    id: &SessionId,
) -> anyhow::Result<Walked<Vec<(ObjectId, CheckpointRecord)>>> {
    let mut found = Vec::new();
    let damage = walk(repository, id, |recorded| {
        if let Entry::Checkpoint(checkpoint) = recorded.entry {
            found.push((recorded.commit, checkpoint));
        }
        ControlFlow::Continue(())
    })?;
    Ok(Walked { found, damage })
}

/// The checkpoint that the newest commit points at: evidence may lie between them, and nobody should walk past it.
fn pointed_checkpoint(
    repository: &Repository,
    id: &SessionId,
) -> anyhow::Result<Option<CheckpointRecord>> {
    let Found::Tip(tip) = find(repository, id)? else {
        return Ok(None);
    };
    let commit = summary::checkpoint_commit(&tip.summary, &tip.commit.to_string());
    let Some(commit) = commit.and_then(|commit| commit.parse().ok()) else {
        return Ok(None);
    };
    Ok(match read_entry(repository, id, commit)? {
        Ok(Entry::Checkpoint(checkpoint)) => Some(checkpoint),
        _ => None,
    })
}

pub fn last_checkpoint(
    repository: &Repository,
    id: &SessionId,
) -> anyhow::Result<Walked<Option<CheckpointRecord>>> {
    if let Some(found) = pointed_checkpoint(repository, id)? {
        return Ok(Walked {
            found: Some(found),
            damage: None,
        });
    }
    let mut found = None;
    let damage = walk(repository, id, |recorded| match recorded.entry {
        Entry::Checkpoint(checkpoint) => {
            found = Some(checkpoint);
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })?;
    Ok(Walked { found, damage })
}

/// The end of a session and its document, if it was ended.
///
/// # Errors
/// The newest entry, which would be the end, is damaged.
pub fn end(repository: &Repository, id: &SessionId) -> anyhow::Result<Option<(EndRecord, String)>> {
    let mut found = None;
    let damage = walk(repository, id, |recorded| {
        if let Entry::End(end) = recorded.entry {
            found = Some((recorded.commit, end));
        }
        ControlFlow::Break(())
    })?;
    if let Some(damage) = damage {
        return Err(damage.into_error());
    }
    let Some((commit, end)) = found else {
        return Ok(None);
    };
    Ok(Some((end, document(repository, commit)?)))
}

/// The document stored with an entry.
pub fn document(repository: &Repository, commit: ObjectId) -> anyhow::Result<String> {
    let bytes = repository.read_file_at(commit, &RepoPath::from("document.md"), LARGEST)?;
    Ok(bytes
        .as_ref()
        .and_then(|bytes| bytes.as_bytes())
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .unwrap_or_default())
}

/// The newest session of a branch as its record has it, for when its live files are not here. It may be another clone's.
pub fn newest_session(repository: &Repository, branch: &str) -> Option<LiveSession> {
    let recovered = recover(repository, Some(branch));
    let context = recovered.context?;
    let list = |kind, text: Option<String>, highest| {
        CheckList::parse(kind, &text.unwrap_or_default(), highest)
    };
    Some(LiveSession {
        objectives: list(
            ListKind::Objectives,
            recovered.objectives,
            context.highest_objective,
        ),
        blockers: list(
            ListKind::Blockers,
            recovered.blockers,
            context.highest_blocker,
        ),
        context,
    })
}

/// What the newest record of a branch knows of its live files; for when those are damaged. It opens the records whose
/// id begins with the branch's slug: this is no common path.
pub fn recover(repository: &Repository, branch: Option<&str>) -> Recovered {
    let slug = SessionId::slug(branch.unwrap_or(DETACHED));
    let Ok(refs) = repository.refs_under(RECORDS) else {
        return Recovered::default();
    };
    let newest = refs
        .into_iter()
        .filter(|(name, _)| name[RECORDS.len()..].starts_with(&slug))
        .filter_map(|(_, commit)| {
            let summary = summary::parse_message(&repository.commit_message(commit).ok()?).ok()?;
            (summary.branch.as_deref() == branch).then_some((summary.updated_at, commit))
        })
        .max_by_key(|(time, _)| *time);
    let Some((_, commit)) = newest else {
        return Recovered::default();
    };
    let text = |name| {
        let bytes = repository
            .read_file_at(commit, &RepoPath::from(name), LARGEST)
            .ok()
            .flatten()?;
        String::from_utf8(bytes.as_bytes()?.to_vec()).ok()
    };
    Recovered {
        context: text("context.json").and_then(|text| serde_json::from_str(&text).ok()),
        objectives: text("objectives.md"),
        blockers: text("blockers.md"),
    }
}
