//! `session resume`: back into a session, with what changed since it was left.

use crate::ask::{self, Asked};
use crate::commands::brief;
use crate::commands::opening::{self, Opening, Target, go_to};
use crate::commands::switch::put_back;
use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::facts::gather::Options;
use crate::facts::since::since_you_left;
use crate::plugin::WhenCold;
use crate::plugin::contribution::Hook;
use crate::session::live::LiveSession;
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Go back into a session: the brief, with what changed since you left
///
/// After `session end` this opens a new session that goes on from the ended one: open objectives and blockers keep
/// their ids, and the handoff is shown.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The branch [default: the one checked out]
    #[arg(value_name = "BRANCH")]
    pub branch: Option<String>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, Some(Options::full().status))?;
    ui.configure(&workspace.config.display);
    if let Some(branch) = &args.branch {
        leave_for(ui, &mut workspace, branch)?;
        workspace = Workspace::open(environment, Some(Options::full().status))?;
    }
    let place = workspace.here()?;
    let left = match workspace.live(&place)? {
        Some((session, _)) if session.context.is_open() => session,
        Some((ended, _)) => newer_from_remote(ui, &workspace, ended),
        None => from_remote(ui, &workspace)?,
    };
    if !left.context.is_open() {
        let opened = opening::open(
            &workspace,
            &place,
            Opening {
                base: left.context.base.clone(),
                mode: left.context.mode,
                objectives: Vec::new(),
                go_on_from: Some(left.clone()),
            },
        )?;
        ui.note(&format!(
            "session {} goes on from {}",
            opened.context.id, left.context.id
        ));
    }
    put_back(ui, &mut workspace, &place)?;
    let progress = ui.progress("reading the repository");
    let asked = ask::gather_and_ask(
        &mut workspace,
        Hook::Brief,
        Options::full(),
        WhenCold::Compile,
    )?;
    drop(progress);
    finish(ui, &workspace, &asked, &left)
}

/// Shows the brief with what happened since, then remembers this moment as the new point of comparison.
fn finish(
    ui: &mut Ui,
    workspace: &Workspace,
    asked: &Asked,
    left: &LiveSession,
) -> anyhow::Result<()> {
    let since = since_you_left(workspace, &asked.facts, &left.context)?;
    let place = workspace.here()?;
    let ((), warnings) = workspace.change_session(&place, |_, _| Ok(()))?;
    warnings.iter().for_each(|warning| ui.warning(warning));
    brief::show(ui, "resume", asked, Some(&since), None)
}

/// Goes to another branch. Uncommitted changes are `switch`'s business: it asks what to do with them.
fn leave_for(ui: &Ui, workspace: &mut Workspace, branch: &str) -> anyhow::Result<()> {
    let place = workspace.here()?;
    if place.branch.as_deref() == Some(branch) {
        return Ok(());
    }
    if !workspace.repository.branch_exists(branch)
        && !workspace.repository.remote_branch_exists(branch)?
    {
        return Err(user_error(
            format!("there is no branch {branch}"),
            format!(
                "run `session start {branch}` to create it with a session, or `git fetch` if a colleague has it"
            ),
        ));
    }
    let status = workspace.status(Options::common().status)?;
    if !status.changes.is_empty() {
        return Err(user_error(
            format!("there are uncommitted changes, and resume would take them to {branch}"),
            format!(
                "run `session switch {branch} --park` to keep them here, or `--carry` to take them along"
            ),
        ));
    }
    go_to(
        ui,
        &workspace.repository,
        &Target::Existing(branch.to_owned()),
    )
}

/// The session that somebody else ended on this branch and pushed.
fn from_remote(ui: &mut Ui, workspace: &Workspace) -> anyhow::Result<LiveSession> {
    let place = workspace.here()?;
    let name = place
        .branch
        .clone()
        .unwrap_or_else(|| "this detached HEAD".into());
    let none = || {
        user_error(
            format!("there is no session on {name}, neither here nor on its remote"),
            "run `session start` to begin one",
        )
    };
    let branch = place.branch.as_deref().ok_or_else(none)?;
    fetch(ui, workspace, branch)?.ok_or_else(none)
}

/// The work may have gone on elsewhere since `ended` was, if it was pushed; a session that stayed here costs no look at
/// the network. A remote that cannot be asked holds nothing up.
fn newer_from_remote(ui: &Ui, workspace: &Workspace, ended: LiveSession) -> LiveSession {
    let Some(branch) = ended
        .context
        .branch
        .as_ref()
        .filter(|_| ended.context.shared)
    else {
        return ended;
    };
    match fetch(ui, workspace, branch) {
        Ok(Some(newest)) if newest.context.ended_at > ended.context.ended_at => newest,
        Ok(_) => ended,
        Err(error) => {
            let warning = Warning::new(format!(
                "the remote could not be asked whether the work went on elsewhere: {error:#}"
            ));
            ui.warning(&warning.hint("this goes on from the session that ended here"));
            ended
        }
    }
}

fn fetch(ui: &Ui, workspace: &Workspace, branch: &str) -> anyhow::Result<Option<LiveSession>> {
    let _progress = ui.progress("asking the remote for this branch's sessions");
    crate::sharing::fetch_newest(workspace, branch)
}
