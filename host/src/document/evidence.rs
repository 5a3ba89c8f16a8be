//! Evidence in words: the line that says what it is worth now. It must not read anything but its arguments.

use super::time_text::ago_at;
use super::{Item, Section};
use crate::environment::Timestamp;
use crate::session::evidence::EvidenceFact;

/// What `session` saw, newest first, each with its standing.
pub fn section(evidence: &[EvidenceFact], now: Timestamp) -> Section {
    let mut section =
        Section::new("evidence", "Evidence: commands that `session run` saw").importance(88);
    for one in evidence {
        section.push(Item::line(line(one, now)));
    }
    section
}

/// As [`section`], for a document that is shown again when the work tree has long moved on.
pub fn section_of_then(evidence: &[EvidenceFact], now: Timestamp) -> Section {
    let mut section = section(evidence, now);
    section.title = "Evidence at this point: commands that `session run` saw".into();
    section
}

/// `verified: [tests] cargo test: passed: 12 passed (cargo-test); ev-3, 5 minutes ago`.
pub fn line(evidence: &EvidenceFact, now: Timestamp) -> String {
    let label = evidence.label.as_ref();
    let label = label.map(|label| format!("[{label}] ")).unwrap_or_default();
    let moved = evidence.moved.as_ref();
    let moved = moved.map(|moved| format!("; {moved}")).unwrap_or_default();
    format!(
        "{}: {label}{}: {}; {}, {}{moved}",
        evidence.standing,
        evidence.command,
        evidence.outcome,
        evidence.name(),
        ago_at(now, evidence.started_at),
    )
}
