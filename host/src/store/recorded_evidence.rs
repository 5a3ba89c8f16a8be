//! What commands were seen to do, from the record: the newest run of each, in this session and in those before it on its
//! branch. It must not judge what that is worth.

use std::ops::ControlFlow;

use super::record::{Found, Tip, Walked, damaged_entry, find, read_entry, read_summary, walk};
use crate::git::{ObjectId, Repository};
use crate::session::evidence::EvidenceRecord;
use crate::session::ids::SessionId;
use crate::session::live::LiveSession;
use crate::session::record::{Entry, EvidenceAt};
use crate::session::summary;

/// Of each command only its newest run, newest first.
#[derive(Debug, Default)]
pub struct Newest {
    pub own: Vec<EvidenceRecord>,
    /// Of the sessions before it on its branch, each with its session; what this session ran again is not among them.
    pub earlier: Vec<(SessionId, EvidenceRecord)>,
}

/// What a session's record points at, in a constant number of reads.
pub fn newest(repository: &Repository, id: &SessionId) -> anyhow::Result<Walked<Newest>> {
    let mut walked = Walked {
        found: Newest::default(),
        damage: None,
    };
    let Some(Tip { commit, summary }) = tip(repository, id, &mut walked)? else {
        return Ok(walked);
    };
    let commit = commit.to_string();
    for at in summary::evidence_at(&summary, &commit) {
        let found = read(repository, id, &at.commit, &mut walked)?;
        walked.found.own.extend(found);
    }
    for at in summary::earlier_at(&summary, &commit) {
        let Some(session) = session_of(repository, id, &at.commit)? else {
            continue;
        };
        let found = read(repository, &session, &at.commit, &mut walked)?;
        let found = found.map(|evidence| (session, evidence));
        walked.found.earlier.extend(found);
    }
    Ok(walked)
}

/// The tests that failed and are not known to pass, of this session and those before it on its branch, each with its key.
pub fn failed(
    repository: &Repository,
    id: &SessionId,
) -> anyhow::Result<Vec<(String, EvidenceRecord)>> {
    let mut walked = Walked {
        found: Vec::new(),
        damage: None,
    };
    let Some(Tip { commit, summary }) = tip(repository, id, &mut walked)? else {
        return Ok(Vec::new());
    };
    let commit = commit.to_string();
    let all = [summary::evidence_at, summary::earlier_at].map(|at| at(&summary, &commit));
    for at in all.into_iter().flatten().filter(|at| at.failed) {
        let Some(session) = session_of(repository, id, &at.commit)? else {
            continue;
        };
        let found = read(repository, &session, &at.commit, &mut walked)?;
        walked
            .found
            .extend(found.map(|evidence| (at.key, evidence)));
    }
    Ok(walked.found)
}

/// The newest evidence of a session, whatever was run.
pub fn last(repository: &Repository, id: &SessionId) -> anyhow::Result<Option<EvidenceRecord>> {
    let mut walked = Walked {
        found: (),
        damage: None,
    };
    let Some(tip) = tip(repository, id, &mut walked)? else {
        return Ok(None);
    };
    let all = summary::evidence_at(&tip.summary, &tip.commit.to_string());
    match all.first() {
        Some(at) => read(repository, id, &at.commit, &mut walked),
        None => Ok(None),
    }
}

/// At most `most` pieces of evidence of a session, the newest ones, oldest first.
pub fn all(
    repository: &Repository,
    id: &SessionId,
    most: usize,
) -> anyhow::Result<Walked<Vec<EvidenceRecord>>> {
    let mut found = Vec::new();
    let damage = walk(repository, id, |recorded| {
        if let Entry::Evidence(evidence) = recorded.entry {
            found.push(evidence);
        }
        match found.len() < most {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    found.reverse();
    Ok(Walked { found, damage })
}

/// What a session whose record begins takes over from the one before it on its branch: where it is, and of what.
pub(super) fn handed_on(
    repository: &Repository,
    live: &LiveSession,
) -> anyhow::Result<Vec<EvidenceAt>> {
    let Some(before) = live.context.before() else {
        return Ok(Vec::new());
    };
    Ok(match find(repository, before)? {
        Found::Tip(tip) => summary::handed_on(&tip.summary, &tip.commit.to_string()),
        // What is damaged is told by whoever reads it.
        Found::Nothing | Found::Damaged(_) => Vec::new(),
    })
}

fn tip<T>(
    repository: &Repository,
    id: &SessionId,
    walked: &mut Walked<T>,
) -> anyhow::Result<Option<Tip>> {
    Ok(match find(repository, id)? {
        Found::Nothing => None,
        Found::Tip(tip) => Some(tip),
        Found::Damaged(warning) => {
            walked.damage = Some(warning);
            None
        }
    })
}

/// The session that a commit of an earlier record belongs to. None where it is not here: another clone's, or pruned.
fn session_of(
    repository: &Repository,
    id: &SessionId,
    at: &str,
) -> anyhow::Result<Option<SessionId>> {
    let Ok(commit) = at.parse::<ObjectId>() else {
        return Ok(None);
    };
    if !repository.commit_exists(commit) {
        return Ok(None);
    }
    let summary = read_summary(repository, id, commit)?;
    Ok(summary.ok().map(|summary| summary.id))
}

fn read<T>(
    repository: &Repository,
    id: &SessionId,
    at: &str,
    walked: &mut Walked<T>,
) -> anyhow::Result<Option<EvidenceRecord>> {
    let Ok(commit) = at.parse::<ObjectId>() else {
        return Ok(None);
    };
    Ok(match read_entry(repository, id, commit)? {
        Ok(Entry::Evidence(evidence)) => Some(evidence),
        Ok(_) => None,
        Err(error) => {
            let damage = || damaged_entry(id, commit, &error);
            walked.damage.get_or_insert_with(damage);
            None
        }
    })
}
