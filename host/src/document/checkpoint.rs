//! The document of a checkpoint: what was observed, then what somebody noted. It must not read anything but its arguments.

use super::count::count;
use super::evidence;
use super::sections::{contributions, metrics, short, time_at_work};
use super::time_text::ago_at;
use super::{Document, Item, Provenance, Section};
use crate::environment::Timestamp;
use crate::git::dot_git::Protection;
use crate::session::phase::PhaseStanding;
use crate::session::record::{CheckpointReason, CheckpointRecord, FileFact};

pub fn checkpoint(record: &CheckpointRecord, now: Timestamp) -> Document {
    let title = match &record.label {
        Some(label) => format!("Checkpoint {}: {label}", record.id),
        None => format!("Checkpoint {}", record.id),
    };
    let mut document = Document::new(title);
    document.push(facts(record, now));
    document.push(notes(record));
    document.push(evidence::section_of_then(&record.evidence, now));
    document.push(files(record));
    document.push(commits(record));
    for section in contributions(&record.contributions, record.time) {
        document.push(section);
    }
    document.push(metrics(&record.contributions, record.time));
    document
}

fn facts(record: &CheckpointRecord, now: Timestamp) -> Section {
    let mut section = Section::new("facts", "Observed").importance(100);
    section.pair(
        "Made",
        format!(
            "{} ({})",
            record
                .time
                .to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            ago_at(now, record.time)
        ),
    );
    let why = match record.reason {
        CheckpointReason::Asked => None,
        CheckpointReason::End => Some("by `session end`"),
        CheckpointReason::Refused => Some("by `session end`, which a quality gate refused"),
        CheckpointReason::Switch => Some("by `session switch`"),
        CheckpointReason::Interval => Some("by itself: the interval had passed"),
        CheckpointReason::Phase => Some("by itself: the TDD phase was a new one"),
        CheckpointReason::BeforeRestore => Some("before a restore"),
    };
    if let Some(why) = why {
        section.pair("Reason", why);
    }
    if let Some(phase) = phase(record, PhaseStanding::Evidence) {
        section.pair("TDD phase", phase);
    }
    let head = record.head.as_deref().map_or("no commit yet", short);
    section.pair(
        "On",
        format!(
            "{} at {head}",
            record.branch.as_deref().unwrap_or("a detached HEAD")
        ),
    );
    if let Some(commit) = &record.committed {
        section.pair("Committed as", short(commit));
    }
    let changed = match record.files_untold {
        true => "not listed (`session.auto_track` is off)".into(),
        false => totals(&record.files),
    };
    section.pair("Changed", changed);
    section.pair(
        "Objectives",
        format!(
            "{} of {} done, {} open",
            record.objectives_done,
            record.objectives_total,
            count(record.blockers_open as usize, "blocker", "blockers")
        ),
    );
    section.pair("Time at work", time_at_work(record.active_seconds));
    match (&record.snapshot, record.omitted.len()) {
        (None, _) => section.pair("Snapshot", "none in this clone"),
        (Some(commit), 0) => section.pair("Snapshot", format!("{}, complete", short(commit))),
        (Some(commit), omitted) => section.pair(
            "Snapshot",
            format!(
                "{}, without {}",
                short(commit),
                count(omitted, "file", "files")
            ),
        ),
    }
    for path in &record.omitted {
        let why = match Protection::FULL.forbids(path.as_bytes()) {
            true => "left out, as git takes its name for its own",
            false => "left out for its size",
        };
        section.line(format!("{why}: {}", path.to_text()));
    }
    section
}

/// `4 files, +120 -7`.
pub fn totals(files: &[FileFact]) -> String {
    if files.is_empty() {
        return "nothing".into();
    }
    let sum = |pick: fn(&FileFact) -> Option<u32>| {
        files.iter().filter_map(pick).map(u64::from).sum::<u64>()
    };
    format!(
        "{}, +{} -{}",
        count(files.len(), "file", "files"),
        sum(|file| file.added),
        sum(|file| file.removed)
    )
}

fn notes(record: &CheckpointRecord) -> Section {
    let mut section = Section::new("notes", "Notes")
        .importance(90)
        .provenance(Provenance::Person);
    if let Some(notes) = &record.notes {
        section.push(Item::Quote {
            text: notes.clone(),
        });
    }
    if let Some(phase) = phase(record, PhaseStanding::Claimed) {
        section.line(format!("TDD phase: {phase}"));
    }
    section
}

/// What is claimed stands with the notes, what evidence tells with what was observed; never both.
fn phase(record: &CheckpointRecord, standing: PhaseStanding) -> Option<String> {
    record.phase_standing().filter(|found| *found == standing)?;
    match &record.phase_told {
        Some(told) => Some(told.text()),
        None => Some(format!("{}, unverified: claimed", record.phase()?.name())),
    }
}

fn files(record: &CheckpointRecord) -> Section {
    let mut section = Section::new("files", "Files").importance(70);
    for file in &record.files {
        let lines = match (file.added, file.removed) {
            (Some(added), Some(removed)) => format!(", +{added} -{removed}"),
            _ => String::new(),
        };
        section.line(format!(
            "{} ({}{lines})",
            file.path.to_text(),
            file.status.replace('_', " ")
        ));
    }
    section
}

fn commits(record: &CheckpointRecord) -> Section {
    let mut section = Section::new("commits", "Commits since the checkpoint before").importance(75);
    for commit in &record.commits {
        section.line(format!(
            "{} {} ({})",
            short(&commit.id),
            commit.subject,
            commit.author
        ));
    }
    if record.more_commits {
        section.line("and more commits");
    }
    section
}
