//! Edits that plugins propose: shown, and applied only when the user accepts.

use crate::document::count::count;
use crate::document::text;
use crate::plugin::contribution::{Contribution, ProposedEdit};
use crate::store::edits::{self, Applied};
use crate::ui::{Cancelled, Prompt, Ui};
use crate::workspace::Workspace;

/// Offers each edit in turn on a terminal; elsewhere says that there are some. Nobody is asked about one that changes
/// nothing, or could not be made.
pub fn offer(ui: &Ui, workspace: &Workspace, contributions: &[Contribution]) -> anyhow::Result<()> {
    let work_tree = workspace.repository.work_tree();
    let prompt = ui.prompt();
    for (plugin, edit) in proposed(contributions) {
        if let Some(why) = edits::refusal(work_tree, edit) {
            left_alone(ui, plugin, edit, &why);
            continue;
        }
        let Some(prompt) = &prompt else {
            ui.note(&format!(
                "{plugin} proposes to update {}: {}; run `session checkpoint` at a terminal to look at it",
                name(edit),
                edit.reason
            ));
            continue;
        };
        show(ui, plugin, edit)?;
        match accepted(prompt, plugin, edit)? {
            Answer::Yes => {}
            Answer::No => continue,
            Answer::NoMore => return Ok(()),
        }
        match edits::apply(work_tree, edit)? {
            Applied::Written => ui.status(&format!("{} is updated", name(edit))),
            Applied::Refused(why) => left_alone(ui, plugin, edit, &why),
        }
    }
    Ok(())
}

fn proposed(contributions: &[Contribution]) -> impl Iterator<Item = (&str, &ProposedEdit)> {
    let all = contributions.iter().flat_map(|from| {
        let edits = from.edits.iter();
        edits.map(|edit| (from.plugin.as_str(), edit))
    });
    all.filter(|(_, edit)| edit.before.as_ref() != Some(&edit.after))
}

/// As it can be told from every other.
fn name(edit: &ProposedEdit) -> String {
    text::name(&edit.path.to_text())
}

fn left_alone(ui: &Ui, plugin: &str, edit: &ProposedEdit, why: &str) {
    let path = name(edit);
    ui.note(&format!(
        "{path} is left as it is, although {plugin} proposes to update it: {why}"
    ));
}

/// All of it: what is written is what was agreed to.
fn show(ui: &Ui, plugin: &str, edit: &ProposedEdit) -> anyhow::Result<()> {
    let path = name(edit);
    let difference = edits::difference(edit)?;
    let lines = |mark: char| {
        let marked = difference.iter().filter(|line| line.starts_with(mark));
        count(marked.count(), "line", "lines")
    };
    let (added, removed) = (lines('+'), lines('-'));
    ui.proposal(
        &format!("{plugin} proposes to update {path}: {}", edit.reason),
        &difference,
        &format!("{added} added, {removed} removed in {path}"),
    );
    Ok(())
}

enum Answer {
    Yes,
    No,
    /// Esc: no to this one and those after it.
    NoMore,
}

/// The checkpoint is made when this is asked: leaving the question takes nothing back, and Esc is no failure.
fn accepted(prompt: &Prompt, plugin: &str, edit: &ProposedEdit) -> anyhow::Result<Answer> {
    let path = name(edit);
    match prompt.confirm(&format!("Update {path}, as {plugin} proposes?"), false) {
        Ok(true) => Ok(Answer::Yes),
        Ok(false) => Ok(Answer::No),
        Err(error) => match error.downcast_ref::<Cancelled>() {
            Some(cancelled) if cancelled.by_interrupt => Err(Cancelled {
                outcome: "the checkpoint is kept, and this file is as it was",
                ..*cancelled
            }
            .into()),
            Some(_) => Ok(Answer::NoMore),
            None => Err(error),
        },
    }
}
