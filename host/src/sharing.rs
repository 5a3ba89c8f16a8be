//! Records between clones: pushing one with `end --push`, fetching a branch's with `resume`. Snapshots never leave this
//! clone.

use crate::error::user_error;
use crate::session::ids::SessionId;
use crate::session::list::{CheckList, ListKind};
use crate::session::live::LiveSession;
use crate::store::record::{self, RECORDS};
use crate::workspace::Workspace;

/// The remote that a branch is pushed to: `branch.<name>.pushRemote`, `remote.pushDefault`, `branch.<name>.remote`,
/// else `origin` if there is one, else the only one there is.
pub fn remote_of(workspace: &Workspace, branch: Option<&str>) -> Option<String> {
    let repository = &workspace.repository;
    let configured = branch
        .and_then(|branch| repository.config_text(&format!("branch.{branch}.pushRemote")))
        .or_else(|| repository.config_text("remote.pushDefault"))
        .or_else(|| repository.config_text(&format!("branch.{}.remote", branch?)));
    configured.or_else(|| {
        let remotes = repository.remotes().ok()?;
        if remotes.iter().any(|name| name == "origin") {
            return Some("origin".into());
        }
        match &remotes[..] {
            [only] => Some(only.clone()),
            _ => None,
        }
    })
}

/// Pushes the branch (setting its upstream when it has none) and the record of one session, in one push.
pub fn push(
    workspace: &Workspace,
    branch: Option<&str>,
    session: &SessionId,
) -> anyhow::Result<String> {
    let remote = remote_of(workspace, branch).ok_or_else(|| {
        user_error(
            "there is no remote to push to",
            "add one with `git remote add origin URL`, or end with --no-push; the session is still open",
        )
    })?;
    let mut command = workspace.repository.git_with_hooks().arg("push");
    if let Some(branch) = branch
        && workspace.repository.branch_upstream(branch).is_none()
    {
        command = command.arg("--set-upstream");
    }
    command = command.arg(&remote);
    if let Some(branch) = branch {
        command = command.arg(format!("refs/heads/{branch}"));
    }
    let record = session.record_ref();
    command.arg(format!("{record}:{record}")).output()?;
    Ok(remote)
}

/// Fetches the records of a branch's sessions from its remote, and gives the newest as it was recorded. It counts as
/// ended: the session that goes on from it is this clone's own.
pub fn fetch_newest(workspace: &Workspace, branch: &str) -> anyhow::Result<Option<LiveSession>> {
    let slug = SessionId::new(branch, chrono::NaiveDate::default(), "");
    let slug = slug.as_str().trim_end_matches("-19700101-").to_owned();
    if let Some(remote) = remote_of(workspace, Some(branch)) {
        // A name such as `feature-auth` also matches `feature-authority`'s sessions; the branch in the record decides.
        let pattern = format!("{RECORDS}{slug}-*:{RECORDS}{slug}-*");
        workspace
            .repository
            .git()
            .args(["fetch", "--quiet", "--no-tags"])
            .arg(&remote)
            .arg(pattern)
            .output()?;
    }
    let recovered = record::recover(&workspace.repository, Some(branch), &slug);
    let Some(mut context) = recovered.context else {
        return Ok(None);
    };
    if context.ended_at.is_none() {
        context.ended_at = Some(context.touched.at);
    }
    // A parked snapshot stayed in the other clone.
    context.parked = None;
    let objectives = CheckList::parse(
        ListKind::Objectives,
        &recovered.objectives.unwrap_or_default(),
        context.highest_objective,
    );
    let blockers = CheckList::parse(
        ListKind::Blockers,
        &recovered.blockers.unwrap_or_default(),
        context.highest_blocker,
    );
    Ok(Some(LiveSession {
        context,
        objectives,
        blockers,
    }))
}
