//! `end --merge-to`: what must hold before it, and the merge. Whatever stops it leaves everything as it was, but for what a
//! refusing gate measured first.

use super::gates::{Gates, HeldUp};
use super::log_commit::{self, LogCommit};
use super::{Request, decided, gates, laxer};
use crate::ask::Asked;
use crate::commands::checkpointing::{self, CheckpointRequest};
use crate::error::{UserError, user_error};
use crate::git::ObjectId;
use crate::git::merge::MergeOutcome;
use crate::git::scratch::Scratch;
use crate::session::decision::Decision;
use crate::session::record::CheckpointReason;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace};

pub const OPEN: &str = "the session is still open, and nothing was changed";

/// A merge that nothing known speaks against.
#[derive(Debug)]
pub struct Plan {
    branch: String,
    target: String,
    /// What the quality gates have against it, where an override lets it pass.
    refusals: Vec<String>,
}

/// Everything that can refuse the merge before anything is asked or written.
pub fn plan(
    ui: &Ui,
    workspace: &Workspace,
    place: &Place,
    asked: &Asked,
    target: &str,
    overridden: bool,
) -> anyhow::Result<Plan> {
    let branch = check(workspace, place, asked, target)?;
    for laxer in laxer::than_target(&workspace.repository, target, &asked.facts.config) {
        ui.note(&laxer);
    }
    let refusals = match gates::ask(ui, workspace, asked, target, overridden)? {
        Gates::Open => Vec::new(),
        Gates::Overridden(refusals) => refusals,
        Gates::HeldUp(held_up) => return Err(refuse(workspace, place, asked, &held_up)?),
    };
    if let Some(conflicts) = workspace.repository.would_conflict(target, branch)?
        && !conflicts.is_empty()
    {
        return Err(conflict(target, branch, &conflicts));
    }
    if let Some(work_tree) = workspace.repository.unclean_work_tree_of(target)? {
        return Err(not_clean(target, &work_tree));
    }
    Ok(Plan {
        branch: branch.to_owned(),
        target: target.to_owned(),
        refusals,
    })
}

/// What was measured for the first time stays known: a report that is taken away does not open the gate.
fn refuse(
    workspace: &Workspace,
    place: &Place,
    asked: &Asked,
    held_up: &HeldUp,
) -> anyhow::Result<anyhow::Error> {
    if !held_up.has_news {
        return Ok(held_up.said(OPEN));
    }
    let request = CheckpointRequest {
        reason: CheckpointReason::Refused,
        ..CheckpointRequest::default()
    };
    let made = checkpointing::make(workspace, place, asked, request)?;
    Ok(held_up.said(&format!(
        "the session is still open, and {} keeps what was measured",
        made.record.id
    )))
}

/// Records the decisions, commits them and merges. None where the target had everything already.
pub fn merge(
    ui: &Ui,
    workspace: &mut Workspace,
    plan: &Plan,
    asked: &Asked,
    request: &Request,
) -> anyhow::Result<Option<ObjectId>> {
    let Plan { branch, target, .. } = plan;
    let made = decided::record(workspace, asked, request, &plan.refusals)?;
    let mut committed = None;
    let merged = match commit_and_merge(ui, workspace, plan, &mut committed) {
        Ok(MergeOutcome::Merged(commit)) => Ok(Some(commit)),
        Ok(MergeOutcome::UpToDate) => Ok(None),
        Ok(MergeOutcome::Conflict(paths)) => Err(conflict(target, branch, &paths)),
        Ok(MergeOutcome::NotClean(work_tree)) => Err(not_clean(target, &work_tree)),
        Ok(MergeOutcome::Refused(words)) => Err(user_error(
            format!("git did not merge {branch}: {words}"),
            OPEN,
        )),
        Err(error) => Err(still_open(error)),
    };
    let merged = match merged {
        Ok(merged) => merged,
        Err(stopped) => return Err(undo(workspace, plan, committed, &made, stopped)?),
    };
    if let Some(commit) = committed {
        ui.note(&format!(
            "committed the decision log on {branch} ({})",
            commit.short()
        ));
    }
    match merged {
        None => ui.note(&format!(
            "{target} has everything of {branch} already, so nothing was merged"
        )),
        Some(commit) => tell_untested(ui, workspace, plan, asked, commit)?,
    }
    Ok(merged)
}

/// Tests of the branch say nothing of a tree that the target has put its own changes into.
fn tell_untested(
    ui: &Ui,
    workspace: &Workspace,
    plan: &Plan,
    asked: &Asked,
    merged: ObjectId,
) -> anyhow::Result<()> {
    let Plan { branch, target, .. } = plan;
    let repository = &workspace.repository;
    let evidence = &asked.facts.evidence;
    let mut known = evidence.iter().chain(&asked.facts.earlier_evidence);
    if !known.any(|held| held.record.is_test()) {
        return Ok(());
    }
    let Some(head) = repository.head_commit()? else {
        return Ok(());
    };
    if repository.commit_tree(merged)? != repository.commit_tree(head)? {
        ui.note(&format!(
            "{target} had changes that {branch} does not have, so no test has seen what the merge made: run the tests on {target}"
        ));
    }
    Ok(())
}

/// Takes back what was written before the merge was stopped. Returns what to say.
fn undo(
    workspace: &Workspace,
    plan: &Plan,
    committed: Option<LogCommit>,
    made: &[Decision],
    stopped: anyhow::Error,
) -> anyhow::Result<anyhow::Error> {
    if let Some(commit) = committed {
        let short = commit.short();
        if !commit.take_back(workspace)? {
            let hint = format!(
                "the session is still open; {} was moved by another program meanwhile, so the commit {short}, which has the decisions, stays",
                plan.branch
            );
            return Ok(user_error(format!("{stopped:#}"), hint));
        }
    }
    workspace.begin()?.withdraw_decisions(made)?;
    Ok(stopped)
}

fn commit_and_merge(
    ui: &Ui,
    workspace: &mut Workspace,
    plan: &Plan,
    committed: &mut Option<LogCommit>,
) -> anyhow::Result<MergeOutcome> {
    let Plan { branch, target, .. } = plan;
    if let Some(before) = workspace.repository.head_commit()? {
        *committed = log_commit::commit(workspace, branch, before)?;
    }
    let _progress = ui.progress("merging");
    // The lock is not held while git runs: the user's hooks may call `session`.
    let scratch = {
        let _lock = workspace.begin()?;
        Scratch::make(&workspace.layout.scratch())?
    };
    let message = format!("Merge branch '{branch}' into {target}");
    workspace
        .repository
        .merge_branch(target, branch, &message, &scratch)
}

/// What must hold before anything is written. Returns the branch to merge.
fn check<'a>(
    workspace: &Workspace,
    place: &'a Place,
    asked: &Asked,
    target: &str,
) -> anyhow::Result<&'a str> {
    let Some(branch) = place.branch.as_deref() else {
        return Err(user_error(
            "HEAD is detached, so there is no branch to merge",
            "create one with `git switch -c NAME`",
        ));
    };
    if branch == target {
        return Err(user_error(
            format!("{branch} cannot be merged into itself"),
            format!("name another branch; {OPEN}"),
        ));
    }
    if asked.facts.head.commit.is_none() {
        return Err(user_error(
            format!("{branch} has no commit to merge"),
            format!("make one (`session checkpoint --commit`); {OPEN}"),
        ));
    }
    if !workspace.repository.branch_exists(target) {
        return Err(user_error(
            format!("there is no branch {target}"),
            format!("`git branch` lists them; {OPEN}"),
        ));
    }
    if let Some(operation) = asked.facts.operation {
        return Err(user_error(
            format!("a {operation} is under way"),
            format!("finish it or abort it first; {OPEN}"),
        ));
    }
    let others = log_commit::others(workspace, &asked.facts.changes);
    if !others.is_empty() {
        let named: Vec<_> = others.iter().map(|change| change.path.to_text()).collect();
        return Err(user_error(
            format!(
                "there are uncommitted changes, which a merge would leave behind: {}",
                first(&named, 5)
            ),
            format!(
                "commit them (`session checkpoint --commit`) or park them with `session switch BRANCH --park`; {OPEN}"
            ),
        ));
    }
    Ok(branch)
}

fn conflict(target: &str, branch: &str, paths: &[String]) -> anyhow::Error {
    user_error(
        format!(
            "merging {branch} into {target} conflicts in {}",
            first(paths, 10)
        ),
        format!("merge {target} into {branch} here, settle the conflict, then end again; {OPEN}"),
    )
}

fn not_clean(target: &str, work_tree: &std::path::Path) -> anyhow::Error {
    user_error(
        format!(
            "{target} is checked out in {} and has uncommitted changes there",
            work_tree.display()
        ),
        format!("commit or checkpoint them there, then end again; {OPEN}"),
    )
}

/// What git or a hook said, with the way on where it named none.
fn still_open(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<UserError>() {
        Ok(user) if user.hint.is_none() => user.hint(OPEN).into(),
        Ok(user) => user.into(),
        Err(error) => error,
    }
}

fn first(names: &[String], count: usize) -> String {
    names[..names.len().min(count)].join(", ")
}
