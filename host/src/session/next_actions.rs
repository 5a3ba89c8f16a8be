//! What to do next, most pressing first. It informs; it gives no orders about git, which an agent might follow uninvited.

use crate::document::count::count;
use crate::facts::Facts;
use crate::git::status::ChangeKind;
use crate::plugin::contribution::Contribution;

/// How many are worth reading.
const MOST: usize = 6;

/// Sentences in the imperative.
pub fn next_actions(facts: &Facts, contributions: &[Contribution]) -> Vec<String> {
    let mut actions = Vec::new();
    if let Some(operation) = facts.operation {
        actions.push(format!("Finish or abort the {operation} that is under way"));
    }
    let conflicts = facts
        .changes
        .iter()
        .filter(|change| change.kind() == ChangeKind::Conflicted)
        .count();
    if conflicts > 0 {
        actions.push(format!(
            "Settle {}",
            count(conflicts, "file in conflict", "files in conflict")
        ));
    }
    if let Some(parked) = facts.parked() {
        actions.push(format!(
            "Put back the changes parked in {parked}: `session resume`, or `session checkpoint restore {parked}`"
        ));
    }
    let Some(session) = &facts.session else {
        actions.push(match &facts.ended {
            Some(ended) => format!("Go on from {}: `session resume`", ended.context.id),
            None => "Start a session here: `session start`".into(),
        });
        return actions;
    };
    for blocker in session.blockers.open().take(2) {
        actions.push(format!("Clear {}: {}", blocker.id, blocker.text));
    }
    match session.current_objective() {
        Some(objective) => actions.push(format!("Go on with {}: {}", objective.id, objective.text)),
        None if session.objectives.items().next().is_none() => {
            actions.push("Say what this session is for: `session objectives add \"…\"`".into());
        }
        None => actions.push("All objectives are done: `session end`, or add the next one".into()),
    }
    for contribution in contributions {
        for step in contribution.next_steps.iter().take(2) {
            actions.push(format!("{step} (plugin {})", contribution.plugin));
        }
    }
    if facts.changes.len() >= 10 {
        actions.push(format!(
            "Keep a save point of {}: `session checkpoint`",
            count(facts.changes.len(), "changed file", "changed files")
        ));
    }
    actions.truncate(MOST);
    actions
}
