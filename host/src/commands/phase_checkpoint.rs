//! A new phase of test-driven development is a save point: where evidence tells one, a checkpoint is made by itself. It
//! must not fail or slow the command it comes with, nor tell a phase itself: a plugin does.

use crate::ask::{self, Asked};
use crate::commands::checkpointing::{self, CheckpointRequest};
use crate::error::Warning;
use crate::facts::gather::{Options, gather};
use crate::plugin::contribution::Hook;
use crate::plugin::{Network, Plugins, WhenCold};
use crate::session::ids::CheckpointId;
use crate::session::live::Mode;
use crate::session::phase::{self, PhaseStanding, PhaseTold};
use crate::session::record::CheckpointReason;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace};

/// The plugin that is asked first. What all of them say is waited for only where there is a checkpoint to make.
const TELLS: &str = "tdd-workflow";

/// For a command that recorded evidence at `place`, with the status that it saw given back to the workspace.
pub fn if_new(ui: &Ui, workspace: &mut Workspace, place: &Place) {
    match make(workspace, place) {
        Ok(Some((id, told))) => ui.note(&format!(
            "{id} was made by itself: {}",
            told.why.as_deref().unwrap_or(told.phase.name())
        )),
        Ok(None) => {}
        Err(error) => ui.warning(&Warning::new(format!(
            "the TDD phase could not be looked at: {error:#}"
        ))),
    }
}

fn make(
    workspace: &mut Workspace,
    place: &Place,
) -> anyhow::Result<Option<(CheckpointId, PhaseTold)>> {
    // The command may have gone to another branch; and a renamed branch's files have moved by now.
    let here = workspace.here()?;
    if here.key != place.key || !is_followed(workspace, &here)? {
        return Ok(None);
    }
    let hook = Hook::Checkpoint;
    let plugins = Plugins::load_one(
        TELLS,
        &workspace.config_for_plugins(),
        &workspace.environment,
        workspace.checkout(),
        hook,
    );
    if plugins.is_empty() {
        return Ok(None);
    }
    let facts = gather(workspace, Options::snapshot())?;
    let question = ask::question(workspace, hook, Vec::new());
    let asked = ask::ask(workspace, plugins, facts, &question, Network::Kept);
    let Some(told) = new_phase(&asked) else {
        keep_states(workspace, &here, &asked)?;
        return Ok(None);
    };
    let all = Plugins::load(
        &workspace.config_for_plugins(),
        &workspace.environment,
        workspace.checkout(),
        &[hook],
        WhenCold::Skip,
    );
    let asked = ask::ask(workspace, all, asked.facts, &question, Network::Kept);
    let request = CheckpointRequest {
        reason: CheckpointReason::Phase,
        ..CheckpointRequest::default()
    };
    let made = checkpointing::make(workspace, &here, &asked, request)?;
    Ok(Some((made.record.id, told)))
}

/// What the plugin saw before this run cannot be seen any more after the next one.
fn keep_states(workspace: &Workspace, place: &Place, asked: &Asked) -> anyhow::Result<()> {
    if asked.new_states.is_empty() {
        return Ok(());
    }
    // What is to be warned of was, when the evidence was recorded.
    let ((), _) = workspace.change_session(place, |transaction, session| {
        let mut states = asked.new_states.iter();
        states.try_for_each(|state| transaction.write_plugin_state(&session.context.id, state))
    })?;
    Ok(())
}

fn is_followed(workspace: &Workspace, place: &Place) -> anyhow::Result<bool> {
    let live = workspace.live(place)?;
    let context = live.map(|(session, _)| session.context);
    Ok(context.is_some_and(|context| context.is_open() && context.mode == Mode::Tdd))
}

fn new_phase(asked: &Asked) -> Option<PhaseTold> {
    let session = asked.facts.session.as_ref()?;
    let last = asked.facts.last_checkpoint.as_ref();
    let told = phase::told(&asked.contributions)?;
    let seen = told.standing == PhaseStanding::Evidence;
    (seen && phase::is_new(&told, last, session.context.tdd_phase)).then_some(told)
}
