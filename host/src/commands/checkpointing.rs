//! Making a checkpoint: what `checkpoint`, `switch`, `end` and `restore` share. It must not talk to the user.

use std::collections::HashMap;

use crate::ask::Asked;
use crate::commands::parking;
use crate::document::markdown::to_markdown;
use crate::document::{Document, checkpoint::checkpoint};
use crate::error::user_error;
use crate::git::ObjectId;
use crate::git::dot_git::Protection;
use crate::git::status::{Change, ChangeKind};
use crate::path::RepoPath;
use crate::plugin::contribution::Contribution;
use crate::session::ids::CheckpointId;
use crate::session::live::{LiveSession, TddPhase};
use crate::session::phase::{self, PhaseStanding};
use crate::session::record::{
    CheckpointReason, CheckpointRecord, CommitFact, Entry, FileFact, RECORD_FORMAT,
};
use crate::store::housekeeping;
use crate::store::snapshot::{self, Limits, Snapshot};
use crate::store::transaction::Transaction;
use crate::workspace::{Place, Workspace};

/// What a checkpoint says beside the facts.
#[derive(Debug, Clone)]
pub struct CheckpointRequest {
    pub reason: CheckpointReason,
    pub label: Option<String>,
    pub notes: Option<String>,
    pub tdd_phase: Option<TddPhase>,
    /// The enhanced commit that was just made.
    pub committed: Option<ObjectId>,
    /// The work tree is about to be emptied: nothing may be left out, and the session remembers what to put back.
    pub park: bool,
}

impl Default for CheckpointRequest {
    fn default() -> Self {
        Self {
            reason: CheckpointReason::Asked,
            label: None,
            notes: None,
            tdd_phase: None,
            committed: None,
            park: false,
        }
    }
}

#[derive(Debug)]
pub struct Made {
    pub record: CheckpointRecord,
    pub document: Document,
    pub snapshot: Snapshot,
    pub session: LiveSession,
}

/// Takes the snapshot without the lock, then writes: snapshot ref, record, live files.
pub fn make(
    workspace: &Workspace,
    place: &Place,
    asked: &Asked,
    request: CheckpointRequest,
) -> anyhow::Result<Made> {
    let taken = take(workspace, asked, &request)?;
    keep(workspace, place, asked, &request, taken)
}

/// Writes the checkpoint of what [`take`] read.
pub fn keep(
    workspace: &Workspace,
    place: &Place,
    asked: &Asked,
    request: &CheckpointRequest,
    taken: Taken,
) -> anyhow::Result<Made> {
    let ((record, document, session), _) =
        workspace.change_session(place, |transaction, session| {
            let (record, document) =
                write(workspace, transaction, session, asked, request, &taken)?;
            transaction.append_entry(
                session,
                &Entry::Checkpoint(record.clone()),
                Some(&to_markdown(&document)),
            )?;
            housekeeping::tidy(transaction, &workspace.config);
            Ok((record, document, session.clone()))
        })?;
    Ok(Made {
        record,
        document,
        snapshot: taken.snapshot,
        session,
    })
}

/// What was read of the work tree.
#[derive(Debug)]
pub struct Taken {
    pub snapshot: Snapshot,
    pub files: Vec<FileFact>,
}

pub fn take(
    workspace: &Workspace,
    asked: &Asked,
    request: &CheckpointRequest,
) -> anyhow::Result<Taken> {
    let repository = &workspace.repository;
    let mut status = asked.facts.status();
    if request.park {
        status = status.without_repositories();
    }
    let max_file = (!request.park).then_some(workspace.config.snapshots.max_file);
    let snapshot = snapshot::take(repository, &status, Limits { max_file }, "session snapshot")?;
    if request.park
        && let Some(path) = snapshot.omitted.first()
    {
        return Err(user_error(
            format!(
                "{} cannot be kept in a checkpoint, so nothing is taken out",
                path.to_text()
            ),
            match Protection::of(repository).forbids(path.as_bytes()) {
                true => "git takes its name for its own: rename it, or use --carry",
                false => "make it readable, commit it, or use --carry",
            },
        ));
    }
    let base = match request.committed {
        Some(commit) => match repository.commit_parents(commit)?.first() {
            Some(parent) => Some(repository.commit_tree(*parent)?),
            None => None,
        },
        None => snapshot.head_tree,
    };
    let files = files(workspace, base, snapshot.tree, &status.changes)?;
    Ok(Taken { snapshot, files })
}

fn files(
    workspace: &Workspace,
    base: Option<ObjectId>,
    tree: ObjectId,
    changes: &[Change],
) -> anyhow::Result<Vec<FileFact>> {
    let known: HashMap<&RepoPath, ChangeKind> = changes
        .iter()
        .map(|change| (&change.path, change.kind()))
        .collect();
    let counts = workspace.repository.line_counts(base, Some(tree))?;
    let counts: HashMap<&RepoPath, _> = counts.iter().map(|count| (&count.path, count)).collect();
    let changed = workspace.repository.changed_paths(base, Some(tree))?;
    Ok(changed
        .into_iter()
        .map(|change| {
            let status = match (known.get(&change.path), &change.old, &change.new) {
                (Some(ChangeKind::Untracked), ..) => "untracked",
                (Some(ChangeKind::Conflicted), ..) => "conflicted",
                (_, None, _) => "added",
                (_, _, None) => "deleted",
                (_, Some(old), Some(new)) if old.mode & 0o170_000 != new.mode & 0o170_000 => {
                    "type_changed"
                }
                _ => "modified",
            };
            let count = counts.get(&change.path);
            FileFact {
                status: status.into(),
                added: count.and_then(|count| count.added),
                removed: count.and_then(|count| count.removed),
                path: change.path,
            }
        })
        .collect())
}

/// Under the lock: gives the checkpoint its number, keeps the snapshot, and changes `session` to match. The caller
/// appends the entry.
pub fn write(
    workspace: &Workspace,
    transaction: &Transaction<'_>,
    session: &mut LiveSession,
    asked: &Asked,
    request: &CheckpointRequest,
    taken: &Taken,
) -> anyhow::Result<(CheckpointRecord, Document)> {
    let now = workspace.environment.now;
    let facts = &asked.facts;
    if request.park {
        parking::refuse_parked(workspace, session)?;
    }
    session.context.touch(now);
    session.settle();
    let id = CheckpointId(session.context.highest_checkpoint + 1);
    session.context.highest_checkpoint = id.0;
    // A claim stands: what is told is what the evidence says of it.
    let phase_told = phase::told(&asked.contributions)
        .filter(|told| request.tdd_phase.is_none_or(|phase| phase == told.phase));
    if let Some(phase) = request
        .tdd_phase
        .or(phase_told.as_ref().map(|told| told.phase))
    {
        session.context.tdd_phase = Some(phase);
        let told = phase_told.as_ref();
        let told = told.filter(|told| told.standing == PhaseStanding::Evidence);
        session.context.tdd_phase_told_by = told.map(|told| told.plugin.clone());
    }
    if request.park {
        session.context.parked = Some(id);
    }
    session.context.away = request.reason == CheckpointReason::Switch;
    let total = session.objectives.items().count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let record = CheckpointRecord {
        format: RECORD_FORMAT,
        id,
        reason: request.reason,
        time: now,
        label: request.label.clone(),
        notes: request.notes.clone(),
        branch: facts.head.branch.clone(),
        head: facts.head.commit.map(|id| id.to_string()),
        files: match workspace.config.session.auto_track {
            true => taken.files.clone(),
            false => Vec::new(),
        },
        files_untold: !workspace.config.session.auto_track,
        commits: commit_facts(&facts.commits.list),
        more_commits: facts.commits.more,
        committed: request.committed.map(|id| id.to_string()),
        snapshot: Some(taken.snapshot.commit.to_string()),
        omitted: taken.snapshot.omitted.clone(),
        tdd_phase: request.tdd_phase,
        phase_told,
        objectives_done: number(total - session.objectives.open().count()),
        objectives_total: number(total),
        blockers_open: number(session.blockers.open().count()),
        active_seconds: session.context.active_seconds,
        evidence: facts.evidence_facts(),
        contributions: recorded(&asked.contributions),
    };
    transaction.keep_snapshot(&session.context.id, id, taken.snapshot.commit)?;
    for state in &asked.new_states {
        transaction.write_plugin_state(&session.context.id, state)?;
    }
    let document = checkpoint(&record, now);
    Ok((record, document))
}

pub fn commit_facts(commits: &[crate::git::commits::Commit]) -> Vec<CommitFact> {
    commits
        .iter()
        .map(|commit| CommitFact {
            id: commit.id.to_string(),
            subject: commit.subject.clone(),
            author: commit.author.name.clone(),
            time: commit.time,
        })
        .collect()
}

/// Proposed edits are for now, not for the record: they hold whole files.
pub fn recorded(contributions: &[Contribution]) -> Vec<Contribution> {
    contributions
        .iter()
        .map(|contribution| Contribution {
            edits: Vec::new(),
            ..contribution.clone()
        })
        .collect()
}
