//! `status`, and the report that `start` opens with. It must not read anything but its arguments.

use super::time_text::ago_at;
use super::{Document, Section};
use super::{changes, evidence, sections};
use crate::facts::Facts;
use crate::git::branches::Branch;
use crate::plugin::contribution::Contribution;
use crate::session::next_actions::next_actions;
use crate::session::record::SessionSummary;

pub fn status(facts: &Facts, contributions: &[Contribution]) -> Document {
    let name = facts.head.branch.as_deref().unwrap_or("detached HEAD");
    let mut document = Document::new(format!("Status: {name}"));
    document.push(sections::state(facts, contributions));
    if let Some(session) = &facts.session {
        document.push(sections::blockers(session));
        document.push(sections::objectives(session));
    }
    document.push(evidence::section(&facts.evidence_facts(), facts.now));
    document.push(changes::new_commits(facts, 20));
    document.push(changes::uncommitted(facts, 20));
    document.push(sections::metrics(contributions, facts.now));
    for section in sections::contributions(contributions, facts.now) {
        document.push(section);
    }
    document.push(sections::next_actions(&next_actions(facts, contributions)));
    document.warnings.clone_from(&facts.warnings);
    document
}

/// Health, git state, active branches, last session, open work: what one needs to choose what to work on.
pub fn report(
    facts: &Facts,
    contributions: &[Contribution],
    branches: &[Branch],
    last: Option<&SessionSummary>,
) -> Document {
    let mut document = Document::new("Project status");
    document.push(sections::state(facts, contributions));
    let mut health = sections::metrics(contributions, facts.now);
    "Health".clone_into(&mut health.title);
    document.push(health);
    document.push(active_branches(facts, branches));
    document.push(last_session(facts, last));
    let mut open = Section::new("work_items", "Open work items").importance(50);
    for (annotation, number) in facts
        .work_items
        .counts
        .iter()
        .filter(|(_, number)| *number > 0)
    {
        open.pair(annotation.trim_end_matches(':'), number.to_string());
    }
    document.push(open);
    document.warnings.clone_from(&facts.warnings);
    document
}

fn active_branches(facts: &Facts, branches: &[Branch]) -> Section {
    let mut section = Section::new("branches", "Active branches")
        .importance(80)
        .more("git branch --sort=-committerdate");
    for branch in branches {
        let here = if facts.head.branch.as_deref() == Some(branch.name.as_str()) {
            ", here"
        } else {
            ""
        };
        section.line(format!(
            "{} ({}{here})",
            branch.name,
            ago_at(facts.now, branch.time)
        ));
    }
    section
}

fn last_session(facts: &Facts, last: Option<&SessionSummary>) -> Section {
    let mut section = Section::new("last_session", "Last session")
        .importance(70)
        .more("session history");
    let Some(last) = last else { return section };
    let state = match last.ended_at {
        Some(at) => format!("ended {}", ago_at(facts.now, at)),
        None => format!("open, last written {}", ago_at(facts.now, last.updated_at)),
    };
    section.line(format!(
        "{} on {} ({state}, {} of {} objectives)",
        last.id,
        last.branch.as_deref().unwrap_or("a detached HEAD"),
        last.objectives_done,
        last.objectives_total
    ));
    section
}
