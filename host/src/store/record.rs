//! The durable record of a session: a chain of commits at `refs/sessions/<id>`, one for each start, checkpoint and end.
//! A commit here is never changed. It must not compose what it stores.
//!
//! The tree of each commit: `entry.json` (the facts), `document.md` (for people), and the live files as they were.

use anyhow::Context as _;

use super::live::Recovered;
use super::lock::StoreLock;
use crate::document::secrets;
use crate::environment::Timestamp;
use crate::error::user_error;
use crate::git::refs::RefUpdate;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use crate::session::ids::SessionId;
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

pub fn tip(repository: &Repository, id: &SessionId) -> anyhow::Result<Option<Tip>> {
    let Some(commit) = repository.read_ref(&id.record_ref())? else {
        return Ok(None);
    };
    let message = repository.commit_message(commit)?;
    let summary = parse(&message, id)?;
    Ok(Some(Tip { commit, summary }))
}

fn parse(message: &str, id: &SessionId) -> anyhow::Result<SessionSummary> {
    summary::parse_message(message).map_err(|error| match error {
        SummaryError::Newer(format) => user_error(
            format!("the record of {id} was written by a newer `session` (format {format}; this one knows {RECORD_FORMAT})"),
            "install the newer version of session; nothing was changed",
        ),
        SummaryError::Damaged => user_error(
            format!("the record of {id} cannot be read: its newest commit is not one of ours"),
            format!("look at it with `git log {}`; other sessions are not affected", id.record_ref()),
        ),
    })
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
    document: &str,
    now: Timestamp,
) -> anyhow::Result<ObjectId> {
    let id = &live.context.id;
    let before = tip(repository, id)?;
    let summary = summary::next(before.as_ref().map(|tip| &tip.summary), live, entry, now);
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
    let tree = repository.write_tree(&[
        ("blockers.md", blockers.as_bytes()),
        ("context.json", &context_json),
        ("document.md", document.as_bytes()),
        ("entry.json", &entry_json),
        ("objectives.md", objectives.as_bytes()),
    ])?;
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

/// The entries of a record, newest first, as far as `wanted` says to go on. Each step opens one commit.
pub fn walk(
    repository: &Repository,
    id: &SessionId,
    mut wanted: impl FnMut(Recorded) -> std::ops::ControlFlow<()>,
) -> anyhow::Result<()> {
    let mut next = repository.read_ref(&id.record_ref())?;
    while let Some(commit) = next {
        let entry = read_entry(repository, id, commit)?;
        if wanted(Recorded { commit, entry }).is_break() {
            break;
        }
        next = repository.commit_parents(commit)?.first().copied();
    }
    Ok(())
}

fn read_entry(repository: &Repository, id: &SessionId, commit: ObjectId) -> anyhow::Result<Entry> {
    // The message first: it tells a newer format from damage.
    parse(&repository.commit_message(commit)?, id)?;
    let bytes = repository
        .read_file_at(commit, &RepoPath::from("entry.json"), LARGEST)?
        .and_then(|bytes| bytes.as_bytes().map(<[u8]>::to_vec))
        .with_context(|| format!("the record commit {commit} of {id} has no entry.json"))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| {
            user_error(
                format!("entry {commit} of the record of {id} is damaged: {error}"),
                format!("look at it with `git show {commit}`; the entries before and after it are separate commits"),
            )
        })
}

/// All checkpoints, newest first.
pub fn checkpoints(
    repository: &Repository,
    id: &SessionId,
) -> anyhow::Result<Vec<(ObjectId, CheckpointRecord)>> {
    let mut found = Vec::new();
    walk(repository, id, |recorded| {
        if let Entry::Checkpoint(checkpoint) = recorded.entry {
            found.push((recorded.commit, checkpoint));
        }
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(found)
}

pub fn last_checkpoint(
    repository: &Repository,
    id: &SessionId,
) -> anyhow::Result<Option<CheckpointRecord>> {
    let mut found = None;
    walk(repository, id, |recorded| match recorded.entry {
        Entry::Checkpoint(checkpoint) => {
            found = Some(checkpoint);
            std::ops::ControlFlow::Break(())
        }
        _ => std::ops::ControlFlow::Continue(()),
    })?;
    Ok(found)
}

/// The end of a session and its document, if it was ended.
pub fn end(repository: &Repository, id: &SessionId) -> anyhow::Result<Option<(EndRecord, String)>> {
    let mut found = None;
    walk(repository, id, |recorded| {
        if let Entry::End(end) = recorded.entry {
            found = Some((recorded.commit, end));
        }
        std::ops::ControlFlow::Break(())
    })?;
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

/// What the newest record of a branch knows of its live files; for when those are damaged. It opens the records whose
/// id begins with the branch's slug: this is no common path.
pub fn recover(repository: &Repository, branch: Option<&str>, slug: &str) -> Recovered {
    let Ok(refs) = repository.refs_under(RECORDS) else {
        return Recovered::default();
    };
    let newest = refs
        .into_iter()
        .filter(|(name, _)| name[RECORDS.len()..].starts_with(slug))
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
