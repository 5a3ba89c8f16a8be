//! `end --merge-to`: the gates, our own `.session/` change, and the merge. Whatever stops it leaves everything as it was.

use super::{Request, decided};
use crate::ask::Asked;
use crate::error::user_error;
use crate::git::ObjectId;
use crate::git::merge::MergeOutcome;
use crate::path::RepoPath;
use crate::plugin::contribution::{Contribution, Verdict};
use crate::ui::Ui;
use crate::workspace::{Place, Workspace};

const OPEN: &str = "the session is still open, and nothing was changed";

pub fn merge(
    ui: &Ui,
    workspace: &Workspace,
    place: &Place,
    asked: &Asked,
    request: &Request,
    target: &str,
) -> anyhow::Result<ObjectId> {
    let branch = check(workspace, place, asked, target)?;
    gates(ui, &asked.contributions, request)?;
    if let Some(conflicts) = workspace.repository.would_conflict(target, branch)?
        && !conflicts.is_empty()
    {
        return Err(conflict(target, branch, &conflicts));
    }
    workspace.repository.require_clean_where(target)?;
    let made = decided::record(workspace, asked, request)?;
    let before = workspace.repository.head_commit()?;
    let committed = commit_own(workspace)?;
    let progress = ui.progress("merging");
    let message = format!("Merge branch '{branch}' into {target}");
    // Held so that no other command of ours takes the work tree of this merge for a leftover.
    let outcome = {
        let _lock = workspace.begin()?;
        workspace
            .repository
            .merge_branch(target, branch, &message, &workspace.layout.scratch())
    };
    drop(progress);
    match outcome {
        Ok(MergeOutcome::Merged(commit)) => Ok(commit),
        stopped => {
            if committed && let Some(before) = before {
                take_back(workspace, branch, before)?;
            }
            workspace.begin()?.withdraw_decisions(&made)?;
            match stopped {
                Ok(MergeOutcome::Conflict(paths)) => Err(conflict(target, branch, &paths)),
                Err(error) => Err(error),
                Ok(MergeOutcome::Merged(commit)) => Ok(commit),
            }
        }
    }
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
    let own = RepoPath::from(".session");
    let others: Vec<String> = asked
        .facts
        .changes
        .iter()
        .filter(|change| !change.path.is_within(&own))
        .map(|change| change.path.to_text())
        .collect();
    if !others.is_empty() {
        let named = others
            .iter()
            .take(5)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        return Err(user_error(
            format!("there are uncommitted changes, which a merge would leave behind: {named}"),
            format!("commit them (`session checkpoint --commit`) or park them; {OPEN}"),
        ));
    }
    Ok(branch)
}

/// A gate for which nothing was ever measured reports and does not block: coverage and tests have no evidence yet.
fn gates(ui: &Ui, contributions: &[Contribution], request: &Request) -> anyhow::Result<()> {
    let refusals: Vec<String> = contributions
        .iter()
        .filter_map(|from| match &from.verdict {
            Some(Verdict::Block(reason)) => Some(format!("{} ({})", reason, from.plugin)),
            _ => None,
        })
        .collect();
    ui.note("no coverage and no test evidence was ever measured here, so quality.* does not hold up the merge");
    if refusals.is_empty() || request.r#override.is_some() {
        return Ok(());
    }
    Err(user_error(
        format!("a quality gate holds up the merge: {}", refusals.join("; ")),
        format!(
            "satisfy it, or give a reason with --override, which is recorded as a decision; {OPEN}"
        ),
    ))
}

fn conflict(target: &str, branch: &str, paths: &[String]) -> anyhow::Error {
    let named = paths
        .iter()
        .take(10)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    user_error(
        format!("merging {branch} into {target} conflicts in {named}"),
        format!("merge {target} into {branch} here, settle the conflict, then end again; {OPEN}"),
    )
}

/// Commits what we ourselves changed below `.session/`. Returns whether there was anything.
fn commit_own(workspace: &Workspace) -> anyhow::Result<bool> {
    let repository = &workspace.repository;
    let status = repository
        .git()
        .args([
            "status",
            "--porcelain",
            "--untracked-files=all",
            "--",
            ".session",
        ])
        .output()?;
    if status.stdout.is_empty() {
        return Ok(false);
    }
    repository.git().args(["add", "--", ".session"]).output()?;
    repository
        .git_with_hooks()
        .args([
            "commit",
            "--quiet",
            "-m",
            "chore(session): record decisions and shared context",
            "--",
            ".session",
        ])
        .output()?;
    Ok(true)
}

/// Takes back `commit_own`: HEAD goes back, and the files keep what was written to them.
fn take_back(workspace: &Workspace, branch: &str, before: ObjectId) -> anyhow::Result<()> {
    let repository = &workspace.repository;
    let reference = format!("refs/heads/{branch}");
    repository
        .git()
        .args(["update-ref", "-m", "session end: merge stopped", &reference])
        .arg(before.to_string())
        .output()?;
    repository
        .git()
        .args(["reset", "--quiet", "--", ".session"])
        .output()?;
    Ok(())
}
