//! Records between clones: pushing one with `end --push`, fetching a branch's with `resume`. Snapshots never leave this
//! clone.

use crate::error::user_error;
use crate::session::ids::SessionId;
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
    workspace
        .repository
        .git_with_hooks()
        .args(push_arguments(workspace, &remote, branch, session))
        .output()?;
    Ok(remote)
}

/// What git is told, also for a hint that says how to do it by hand.
pub fn push_arguments(
    workspace: &Workspace,
    remote: &str,
    branch: Option<&str>,
    session: &SessionId,
) -> Vec<String> {
    let mut arguments = vec!["push".to_owned()];
    if branch.is_some_and(|branch| workspace.repository.branch_upstream(branch).is_none()) {
        arguments.push("--set-upstream".into());
    }
    arguments.push(remote.into());
    arguments.extend(branch.map(|branch| format!("refs/heads/{branch}")));
    let record = session.record_ref();
    arguments.push(format!("{record}:{record}"));
    arguments
}

/// Fetches the records of a branch's sessions from its remote, and gives the newest as it was recorded. It counts as
/// ended: the session that goes on from it is this clone's own.
pub fn fetch_newest(workspace: &Workspace, branch: &str) -> anyhow::Result<Option<LiveSession>> {
    let slug = SessionId::slug(branch);
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
    let Some(mut session) = record::newest_session(&workspace.repository, branch) else {
        return Ok(None);
    };
    let context = &mut session.context;
    context.ended_at = context.ended_at.or(Some(context.touched.at));
    // A parked snapshot stayed in the other clone.
    context.parked = None;
    Ok(Some(session))
}
