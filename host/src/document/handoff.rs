//! The handoff that `end` leaves: what was observed stands apart from what was said. It must not read anything but its
//! arguments.

use super::count::count;
use super::evidence;
use super::sections::{self, short, time_at_work};
use super::{Document, Item, Mark, Provenance, Section};
use crate::facts::Facts;
use crate::session::decision::Decision;
use crate::session::live::LiveSession;
use crate::session::phase::{PhaseNow, PhaseStanding};
use crate::session::record::EndRecord;

pub fn handoff(end: &EndRecord, live: &LiveSession, decisions: &[Decision]) -> Document {
    let name = end.branch.as_deref().unwrap_or("a detached HEAD");
    let mut document = Document::new(format!("Handoff: {name}"));
    document.push(claims(end));
    document.push(observed(end));
    document.push(evidence::section_of_then(&end.evidence, end.time));
    document.push(sections::blockers(live));
    document.push(next_steps(end));
    document.push(sections::objectives(live));
    let mut made = sections::decisions(decisions, usize::MAX);
    "Decisions of the session".clone_into(&mut made.title);
    document.push(made);
    document.push(commits(end));
    for section in sections::contributions(&end.contributions, end.time) {
        document.push(section);
    }
    document.push(sections::metrics(&end.contributions, end.time));
    document.push(files(end));
    document
}

/// What a person or an agent said. None of it was checked by `session`.
fn claims(end: &EndRecord) -> Section {
    let mut section = Section::new("claims", "Said at the end, unverified")
        .importance(95)
        .provenance(Provenance::Person);
    let mut add = |word: &str, texts: &[String]| {
        for text in texts {
            section.push(Item::pair(word, text.clone()));
        }
    };
    add("Accomplished", &end.claims.accomplished);
    add("Decided", &end.claims.decisions);
    add("Remember", &end.claims.remember);
    if let Some(phase) = phase(end, PhaseStanding::Claimed) {
        section.pair("TDD phase", phase);
    }
    section
}

fn observed(end: &EndRecord) -> Section {
    let mut section = Section::new("observed", "Observed by session").importance(100);
    section.pair("Session", end.session.to_string());
    section.pair(
        "Time",
        format!(
            "{}, {} at work",
            lasted(end),
            time_at_work(end.active_seconds)
        ),
    );
    section.pair(
        "Objectives",
        format!(
            "{} of {} marked done",
            end.objectives_done, end.objectives_total
        ),
    );
    let more = if end.more_commits { "at least " } else { "" };
    section.pair(
        "Work",
        format!(
            "{more}{}, {}, {}",
            count(end.commits.len(), "commit", "commits"),
            count(end.files.len(), "file", "files"),
            count(end.checkpoints as usize, "checkpoint", "checkpoints")
        ),
    );
    if let Some(phase) = phase(end, PhaseStanding::Evidence) {
        section.pair("TDD phase", phase);
    }
    section.pair("HEAD", end.head.as_deref().map_or("no commit yet", short));
    if let Some(branch) = &end.merged_into {
        let commit = end
            .merge_commit
            .as_deref()
            .map(|id| format!(" as {}", short(id)))
            .unwrap_or_default();
        section.pair("Merged", format!("into {branch}{commit}"));
    }
    section
}

/// Said or observed, never both.
fn phase(end: &EndRecord, standing: PhaseStanding) -> Option<String> {
    let phase = end.tdd_phase.as_ref();
    phase
        .filter(|phase| phase.standing == standing)
        .map(PhaseNow::text)
}

fn lasted(end: &EndRecord) -> String {
    let form = |time: crate::environment::Timestamp| {
        time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    format!("{} to {}", form(end.started_at), form(end.time))
}

fn next_steps(end: &EndRecord) -> Section {
    let mut section = Section::new("next_steps", "Next steps").importance(93);
    for step in &end.next_steps {
        section.push(Item::Check {
            mark: Mark::Open,
            text: step.clone(),
        });
    }
    section
}

fn commits(end: &EndRecord) -> Section {
    let mut section = Section::new("commits", "Commits of the session").importance(60);
    for commit in &end.commits {
        section.line(format!(
            "{} {} ({})",
            short(&commit.id),
            commit.subject,
            commit.author
        ));
    }
    if end.more_commits {
        section.line("and more commits");
    }
    section
}

fn files(end: &EndRecord) -> Section {
    let mut section = Section::new("files", "Files changed").importance(55);
    for file in &end.files {
        let gone = if file.blob.is_none() {
            " (deleted)"
        } else {
            ""
        };
        section.line(format!("{}{gone}", file.path.to_text()));
    }
    section
}

/// Next steps as they go into the record: open objectives, open blockers, what plugins advise.
pub fn steps(
    facts: &Facts,
    live: &LiveSession,
    contributions: &[crate::plugin::contribution::Contribution],
) -> Vec<String> {
    let mut steps: Vec<String> = live
        .blockers
        .open()
        .map(|item| format!("Clear {}: {}", item.id, item.text))
        .collect();
    steps.extend(
        live.objectives
            .open()
            .map(|item| format!("{}: {}", item.id, item.text)),
    );
    if !facts.changes.is_empty() {
        let what = match facts.changes.len() {
            1 => "1 changed file is not committed; it is".into(),
            number => format!("{number} changed files are not committed; they are"),
        };
        steps.push(format!("{what} in the last checkpoint"));
    }
    for contribution in contributions {
        steps.extend(
            contribution
                .next_steps
                .iter()
                .map(|step| format!("{step} (plugin {})", contribution.plugin)),
        );
    }
    steps
}
