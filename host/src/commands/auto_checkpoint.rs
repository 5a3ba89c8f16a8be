//! Work tracking without a daemon: a command that records something makes a checkpoint, too, when the last one is older than
//! the interval and something has changed since. It must not fail or slow the command it comes with, and no command that
//! only reads may call it.

use crate::ask::{self, Asked};
use crate::commands::checkpointing::{self, CheckpointRequest, Taken};
use crate::environment::Environment;
use crate::error::Warning;
use crate::facts::Facts;
use crate::facts::gather::Options;
use crate::git::ObjectId;
use crate::plugin::WhenCold;
use crate::plugin::contribution::Hook;
use crate::session::ids::CheckpointId;
use crate::session::live::duration_text;
use crate::session::record::CheckpointReason;
use crate::store::record;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace};

/// For the end of a command that recorded something, and for a commit hook.
pub fn if_due(ui: &Ui, workspace: &Workspace, place: &Place) {
    let interval = workspace.config.session.checkpoint_interval;
    let made = match is_due(workspace, place) {
        Ok(true) => make(&workspace.environment, CheckpointReason::Interval),
        Ok(false) => Ok(None),
        Err(error) => Err(error),
    };
    match made {
        Ok(Some(id)) => ui.note(&format!(
            "{id} was made by itself: the checkpoint before is more than {} old",
            duration_text(interval)
        )),
        Ok(None) => {}
        Err(error) => ui.warning(&Warning::new(format!(
            "a checkpoint was due and could not be made: {error:#}"
        ))),
    }
}

fn is_due(workspace: &Workspace, place: &Place) -> anyhow::Result<bool> {
    let settings = &workspace.config.session;
    if !settings.auto_checkpoint {
        return Ok(false);
    }
    let Some((session, _)) = workspace.live(place)? else {
        return Ok(false);
    };
    if !session.context.is_open() {
        return Ok(false);
    }
    let last = record::last_checkpoint(&workspace.repository, &session.context.id)?.found;
    let since = last.map_or(session.context.started_at, |last| last.time);
    // A last one in the future was made by a clock that was wrong, and would put off the next one for as long.
    let passed = (workspace.environment.now - since).to_std();
    Ok(passed.map_or(true, |passed| passed >= settings.checkpoint_interval))
}

/// Makes one without being asked, where anything has changed since the last one. Plugins that would have to be compiled
/// first are left out.
pub fn make(
    environment: &Environment,
    reason: CheckpointReason,
) -> anyhow::Result<Option<CheckpointId>> {
    let mut workspace = Workspace::open(environment, Some(Options::snapshot().status))?;
    let place = workspace.here()?;
    let asked = ask::gather_and_ask(
        &mut workspace,
        Hook::Checkpoint,
        Options::snapshot(),
        WhenCold::Skip,
    )?;
    let request = CheckpointRequest {
        reason,
        ..CheckpointRequest::default()
    };
    let taken = checkpointing::take(&workspace, &asked, &request)?;
    if !has_changed(&workspace, &asked, &taken)? {
        return Ok(None);
    }
    let made = checkpointing::keep(&workspace, &place, &asked, &request, taken)?;
    Ok(Some(made.record.id))
}

/// Against the last checkpoint, or the session's start.
fn has_changed(workspace: &Workspace, asked: &Asked, taken: &Taken) -> anyhow::Result<bool> {
    let Facts {
        last_checkpoint,
        commits,
        changes,
        ..
    } = &asked.facts;
    if !commits.list.is_empty() {
        return Ok(true);
    }
    let snapshot = last_checkpoint
        .as_ref()
        .and_then(|last| last.snapshot.as_ref()?.parse::<ObjectId>().ok())
        .filter(|snapshot| workspace.repository.commit_exists(*snapshot));
    match snapshot {
        Some(snapshot) => Ok(workspace.repository.commit_tree(snapshot)? != taken.snapshot.tree),
        None => Ok(!changes.is_empty()),
    }
}
