//! Evidence in words: the document of one piece, and the line that says what it is worth now. It must not read anything
//! but its arguments.

use super::time_text::ago_at;
use super::{Document, Item, Section};
use crate::environment::Timestamp;
use crate::session::evidence::{EvidenceFact, EvidenceRecord};

/// One command as it was seen.
pub fn document(evidence: &EvidenceRecord) -> Document {
    let mut document = Document::new(format!("Evidence {}", evidence.id));
    let mut section = Section::new("evidence", "Observed").importance(100);
    section.pair("Command", evidence.command_text());
    if let Some(label) = &evidence.label {
        section.pair("Label", label.clone());
    }
    section.pair("Outcome", evidence.outcome());
    section.pair("Took", took(evidence.milliseconds));
    section.pair("Tree", evidence.before.tree.clone());
    if let Some(after) = &evidence.after {
        let what = match evidence.holds {
            true => "only untracked files changed while it ran",
            false => "tracked files changed while it ran",
        };
        section.pair("Tree after", format!("{} ({what})", after.tree));
    }
    document.push(section);
    let mut changed = Section::new("changed_files", "Changed since the evidence before");
    for path in &evidence.changed_files {
        changed.line(path.to_text());
    }
    if evidence.more_changed_files {
        changed.line("and more files");
    }
    document.push(changed);
    document
}

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

/// `0.4 s`, `2 m 05 s`.
pub fn took(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds / 60 {
        0 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        minutes => format!("{minutes} m {:02} s", seconds % 60),
    }
}
