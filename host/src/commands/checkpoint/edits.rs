//! Edits that plugins propose: shown, and applied only when the user accepts.

use crate::document::count::count;
use crate::document::text;
use crate::plugin::contribution::{Contribution, ProposedEdit};
use crate::store::edits::{self, Applied};
use crate::ui::{Cancelled, Prompt, Ui};
use crate::workspace::Workspace;

/// Offers each edit in turn on a terminal; elsewhere says that there are some.
pub fn offer(ui: &Ui, workspace: &Workspace, contributions: &[Contribution]) -> anyhow::Result<()> {
    let proposed: Vec<(&str, &ProposedEdit)> = contributions
        .iter()
        .flat_map(|from| {
            from.edits
                .iter()
                .map(move |edit| (from.plugin.as_str(), edit))
        })
        .collect();
    let Some(prompt) = ui.prompt() else {
        for (plugin, edit) in &proposed {
            ui.note(&format!(
                "{plugin} proposes to update {}: {}; run `session checkpoint` at a terminal to look at it",
                edit.path.to_text(),
                edit.reason
            ));
        }
        return Ok(());
    };
    for (plugin, edit) in proposed {
        if edit.before.as_ref() == Some(&edit.after) {
            continue;
        }
        show(ui, plugin, edit)?;
        match accepted(&prompt)? {
            Answer::Yes => {}
            Answer::No => continue,
            Answer::NoMore => return Ok(()),
        }
        match edits::apply(workspace.repository.work_tree(), edit)? {
            Applied::Written => ui.status(&format!("{} is updated", edit.path.to_text())),
            Applied::Refused(why) => {
                ui.note(&format!("{} is left as it is: {why}", edit.path.to_text()))
            }
        }
    }
    Ok(())
}

/// All of it: what is written is what was agreed to.
fn show(ui: &Ui, plugin: &str, edit: &ProposedEdit) -> anyhow::Result<()> {
    let path = text::visible(&edit.path.to_text());
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
fn accepted(prompt: &Prompt) -> anyhow::Result<Answer> {
    match prompt.confirm("Update context?", false) {
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
