//! `session end`: final checkpoint, handoff, optional push and merge. A refused end leaves the session open.

mod merge;
mod questions;

use serde::Serialize;

use crate::ask::{self, Asked};
use crate::commands::checkpointing::{self, CheckpointRequest, Taken};
use crate::commands::decisions;
use crate::document::markdown::to_markdown;
use crate::document::{Document, handoff, sections};
use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::facts::gather::{Options, commits_since};
use crate::git::ObjectId;
use crate::plugin::WhenCold;
use crate::plugin::contribution::Hook;
use crate::session::decision::Decision;
use crate::session::live::LiveSession;
use crate::session::record::{CheckpointReason, Claims, EndFile, EndRecord, Entry, RECORD_FORMAT};
use crate::sharing;
use crate::store::transaction::Transaction;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace, require_open};

/// Files that a handoff names.
const FILES_NAMED: usize = 200;

/// End the session: final checkpoint, handoff, optional push and merge
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What was achieved; repeatable
    #[arg(long, value_name = "TEXT")]
    pub accomplished: Vec<String>,
    /// A decision that was made; repeatable; recorded in the decision log
    #[arg(long, value_name = "TEXT")]
    pub decisions: Vec<String>,
    /// What the next one must know; repeatable
    #[arg(long, value_name = "TEXT")]
    pub remember: Vec<String>,
    /// Write a handoff [default: session.handoff_on_end of the configuration]
    #[arg(long, overrides_with = "no_handoff")]
    pub handoff: bool,
    /// Write no handoff
    #[arg(long)]
    pub no_handoff: bool,
    /// Also print the session's metrics
    #[arg(long)]
    pub summary: bool,
    /// Push the branch and this session's record
    #[arg(long, overrides_with = "no_push")]
    pub push: bool,
    /// Do not push
    #[arg(long)]
    pub no_push: bool,
    /// Merge into this branch with --no-ff, without leaving this one
    #[arg(long, value_name = "BRANCH")]
    pub merge_to: Option<String>,
    /// Merge although a quality gate says no; the reason is recorded as a decision
    #[arg(long, value_name = "REASON", requires = "merge_to")]
    pub r#override: Option<String>,
}

/// The request, complete and cleaned.
#[derive(Debug)]
pub struct Request {
    claims: Claims,
    handoff: bool,
    push: bool,
    merge_to: Option<String>,
    r#override: Option<String>,
}

#[derive(Debug, Serialize)]
struct EndView<'a> {
    #[serde(flatten)]
    end: &'a EndRecord,
    pushed_to: Option<String>,
    markdown: String,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, Some(Options::snapshot().status))?;
    ui.configure(&workspace.config.display);
    let place = workspace.here()?;
    let (session, _) = require_open(workspace.live(&place)?, &place)?;
    checkpointing::refuse_parked(&workspace, &session)?;
    let summary = args.summary;
    let asked = ask::gather_and_ask(
        &mut workspace,
        Hook::Handoff,
        Options::snapshot(),
        WhenCold::Compile,
    )?;
    let request = questions::complete(ui, &workspace, &asked, args)?;
    if request.push && sharing::remote_of(&workspace, place.branch.as_deref()).is_none() {
        return Err(user_error(
            "there is no remote to push to",
            "add one with `git remote add origin URL`, or end with --no-push; the session is still open",
        ));
    }
    let (asked, merged) = match &request.merge_to {
        None => {
            record_decisions(&workspace, &asked, &request)?;
            (asked, None)
        }
        Some(target) => {
            let merged = merge::merge(ui, &workspace, &place, &asked, &request, target)?;
            // HEAD may have one commit more: the line is run again on fresh facts.
            workspace = Workspace::open(environment, Some(Options::snapshot().status))?;
            let facts = crate::facts::gather::gather(&mut workspace, Options::snapshot())?;
            (Asked { facts, ..asked }, Some(merged))
        }
    };
    let ended = finish(&workspace, &place, &asked, &request, merged)?;
    let pushed_to = match request.push {
        true => Some(push(&workspace, &place, &ended.end)?),
        false => None,
    };
    show(ui, &asked, &ended, pushed_to, summary)
}

#[derive(Debug)]
struct Ended {
    end: EndRecord,
    document: Document,
}

/// One transaction: the final checkpoint and the end, two entries of the record, then the live files.
fn finish(
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
        transaction.append_entry(session, &Entry::Checkpoint(record), &to_markdown(&document))?;
        let end = end_record(workspace, session, asked, request, &taken, merged)?;
        session.context.ended_at = Some(end.time);
        let made: Vec<_> = asked
            .facts
            .decisions
            .iter()
            .filter(|decision| end.decisions.contains(&decision.id))
            .cloned()
            .collect();
        let document = handoff::handoff(&end, session, &made);
        transaction.append_entry(session, &Entry::End(end.clone()), &to_markdown(&document))?;
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
        decisions: session_decisions(workspace, session)?,
        next_steps: handoff::steps(&asked.facts, session, &asked.contributions),
        merged_into: request.merge_to.clone().filter(|_| merged.is_some()),
        merge_commit: merged.map(|id| id.to_string()),
        handoff: request.handoff,
        contributions: checkpointing::recorded(&asked.contributions),
    })
}

/// Ids of the decisions that name this session; the log is read again, since `end` itself may have added some.
fn session_decisions(workspace: &Workspace, session: &LiveSession) -> anyhow::Result<Vec<String>> {
    let log = crate::config::shared::read(workspace.repository.work_tree(), "decision-log.md")?;
    let decisions = crate::session::decision::parse_log(&log.unwrap_or_default());
    let ours = decisions
        .into_iter()
        .filter(|decision| decision.session.as_ref() == Some(&session.context.id));
    Ok(ours.map(|decision| decision.id).collect())
}

/// What was claimed to be decided goes into the log, where decisions live; with `reason`, so does an override.
fn record_decisions(
    workspace: &Workspace,
    asked: &Asked,
    request: &Request,
) -> anyhow::Result<Vec<Decision>> {
    let transaction: Transaction<'_> = workspace.begin()?;
    let session = asked
        .facts
        .session
        .as_ref()
        .map(|session| session.context.id.clone());
    // An end that was stopped after this and is run again must not say everything twice.
    let known = decisions::read(workspace)?;
    let is_known = |text: &String| {
        known
            .iter()
            .any(|known| known.session == session && known.text == *text)
    };
    let claimed = request
        .claims
        .decisions
        .iter()
        .filter(|text| !is_known(text));
    let claimed = claimed.map(|text| (&**text, None));
    let forced = request.r#override.iter().map(|reason| {
        (
            "Merged although a quality gate said no",
            Some(reason.clone()),
        )
    });
    claimed
        .chain(forced)
        .map(|(text, why)| {
            let session = session.clone();
            decisions::record(workspace, &transaction, session, text, why, Vec::new())
        })
        .collect()
}

fn push(workspace: &Workspace, place: &Place, end: &EndRecord) -> anyhow::Result<String> {
    sharing::push(workspace, place.branch.as_deref(), &end.session).map_err(|error| {
        let branch = place.branch.as_deref().unwrap_or("HEAD");
        user_error(
            format!(
                "the session has ended and its handoff is kept, but the push failed: {error:#}"
            ),
            format!(
                "when it is put right: `git push REMOTE {branch} {}`",
                end.session.record_ref()
            ),
        )
    })
}

fn show(
    ui: &Ui,
    asked: &Asked,
    ended: &Ended,
    pushed_to: Option<String>,
    summary: bool,
) -> anyhow::Result<()> {
    asked.show_log(ui);
    let mut document = if ended.end.handoff {
        ended.document.clone()
    } else {
        let mut document = Document::new(format!("Ended: {}", ended.end.session));
        document.sections = ended
            .document
            .sections
            .iter()
            .filter(|section| section.name == "observed")
            .cloned()
            .collect();
        document
    };
    if summary {
        let mut metrics = sections::metrics(&asked.contributions);
        metrics.pair(
            "Time at work",
            sections::time_at_work(ended.end.active_seconds),
        );
        metrics.pair("Commits", ended.end.commits.len().to_string());
        metrics.pair("Checkpoints", ended.end.checkpoints.to_string());
        "Summary".clone_into(&mut metrics.title);
        document
            .sections
            .retain(|section| section.name != "metrics");
        document.push(metrics);
    }
    document.warnings.clone_from(&asked.facts.warnings);
    if asked
        .facts
        .session
        .as_ref()
        .is_some_and(|session| session.context.parked.is_some())
    {
        document.warnings.push(Warning::new("changes parked in this session were never put back").hint("`session checkpoint list` names the checkpoint, and `session checkpoint restore ID` brings them back"));
    }
    if ui.wants_json() {
        let markdown = to_markdown(&ended.document);
        return ui.json(
            "end",
            &EndView {
                end: &ended.end,
                pushed_to,
                markdown,
            },
        );
    }
    ui.document(&document);
    if let Some(remote) = pushed_to {
        ui.note(&format!("pushed to {remote}, with the session's record"));
    }
    Ok(())
}
