//! Closing the session in the store: the final checkpoint, then the end with its handoff. It must not act on git or print.

use super::{Request, decided};
use crate::ask::Asked;
use crate::commands::checkpointing::{self, CheckpointRequest, Taken};
use crate::document::markdown::to_markdown;
use crate::document::{Document, handoff};
use crate::facts::Facts;
use crate::facts::gather::commits_since;
use crate::facts::standing::Held;
use crate::git::ObjectId;
use crate::session::evidence::EvidenceFact;
use crate::session::live::LiveSession;
use crate::session::phase;
use crate::session::record::{CheckpointReason, EndFile, EndRecord, Entry, RECORD_FORMAT};
use crate::workspace::{Place, Workspace};

/// Files that a handoff names.
const FILES_NAMED: usize = 200;

#[derive(Debug)]
pub struct Ended {
    pub end: EndRecord,
    pub document: Document,
}

/// One transaction: the final checkpoint and the end, two entries of the record, then the live files.
pub fn close(
    workspace: &Workspace,
    place: &Place,
    asked: &Asked,
    request: &Request,
    merged: Option<ObjectId>,
) -> anyhow::Result<Ended> {
    let checkpoint = CheckpointRequest {
        reason: CheckpointReason::End,
        ..CheckpointRequest::default()
    };
    let taken = checkpointing::take(workspace, asked, &checkpoint)?;
    let (ended, _) = workspace.change_session(place, |transaction, session| {
        let (record, document) =
            checkpointing::write(workspace, transaction, session, asked, &checkpoint, &taken)?;
        transaction.append_entry(
            session,
            &Entry::Checkpoint(record),
            Some(&to_markdown(&document)),
        )?;
        let end = end_record(workspace, session, asked, request, &taken, merged)?;
        session.context.ended_at = Some(end.time);
        session.context.shared = request.push;
        let made: Vec<_> = asked
            .facts
            .decisions
            .iter()
            .filter(|decision| end.decisions.contains(&decision.id))
            .cloned()
            .collect();
        let document = handoff::handoff(&end, session, &made);
        transaction.append_entry(
            session,
            &Entry::End(end.clone()),
            Some(&to_markdown(&document)),
        )?;
        crate::store::housekeeping::tidy(transaction, &workspace.config);
        Ok(Ended { end, document })
    })?;
    Ok(ended)
}

fn end_record(
    workspace: &Workspace,
    session: &LiveSession,
    asked: &Asked,
    request: &Request,
    taken: &Taken,
    merged: Option<ObjectId>,
) -> anyhow::Result<EndRecord> {
    let context = &session.context;
    let commits = match asked.facts.head.commit {
        Some(head) => commits_since(workspace, head, context.start_commit.as_deref())?,
        None => crate::git::commits::Commits::default(),
    };
    let start_tree = match context
        .start_commit
        .as_deref()
        .and_then(|text| ObjectId::from_str(text).ok())
    {
        Some(commit) if workspace.repository.commit_exists(commit) => {
            Some(workspace.repository.commit_tree(commit)?)
        }
        _ => None,
    };
    let changed = workspace
        .repository
        .changed_paths(start_tree, Some(taken.snapshot.tree))?;
    let files = changed
        .into_iter()
        .take(FILES_NAMED)
        .map(|change| {
            Ok(EndFile {
                blob: workspace
                    .repository
                    .hash_work_file(&change.path)?
                    .map(|id| id.to_string()),
                path: change.path,
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let total = session.objectives.items().count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(EndRecord {
        format: RECORD_FORMAT,
        session: context.id.clone(),
        branch: context.branch.clone(),
        started_at: context.started_at,
        time: workspace.environment.now,
        mode: context.mode,
        head: asked.facts.head.commit.map(|id| id.to_string()),
        checkpoint: crate::session::ids::CheckpointId(context.highest_checkpoint),
        active_seconds: context.active_seconds,
        commits: checkpointing::commit_facts(&commits.list),
        more_commits: commits.more,
        files,
        objectives_done: number(total - session.objectives.open().count()),
        objectives_total: number(total),
        checkpoints: context.highest_checkpoint,
        claims: request.claims.clone(),
        evidence: evidence_facts(&asked.facts),
        decisions: decided::ids(workspace, session)?,
        next_steps: handoff::steps(&asked.facts, session, &asked.contributions),
        merged_into: request.merge_to.clone().filter(|_| merged.is_some()),
        tdd_phase: phase::now(&asked.facts, &asked.contributions),
        merge_commit: merged.map(|id| id.to_string()),
        handoff: request.handoff,
        contributions: checkpointing::recorded(&asked.contributions),
    })
}

/// Also what the handoff before this one told, as it stands now: who goes on twice has lost nothing.
fn evidence_facts(facts: &Facts) -> Vec<EvidenceFact> {
    let held = facts.told_evidence().chain(facts.handoff_evidence());
    held.map(Held::fact).collect()
}
