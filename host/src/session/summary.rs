//! The message of a record commit: a subject for people, and trailers from which `history` is listed without opening
//! a tree. It must not know how commits are read.

use super::evidence::TEST_KEY;
use super::ids::SessionId;
use super::live::{HIGHEST_NUMBER, LiveSession};
use super::record::{Entry, EvidenceAt, Pointers, RECORD_FORMAT, SessionSummary};
use crate::environment::Timestamp;

/// Why a message is not a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryError {
    /// Written by a newer program: its format.
    Newer(u32),
    Damaged,
}

/// How many commands a summary points at the newest evidence of, beside the tests that failed.
const COMMANDS_KEPT: usize = 8;
/// How many commands whose tests failed.
const FAILED_KEPT: usize = 32;

/// The summary after `entry`, from the one before it and the commit that has that.
pub fn next(
    before: Option<(&SessionSummary, &str)>,
    live: &LiveSession,
    entry: &Entry,
    now: Timestamp,
) -> SessionSummary {
    let context = &live.context;
    let mut summary = before.map_or_else(
        || first(live, now),
        |(summary, commit)| SessionSummary {
            pointers: Box::new(following(&summary.pointers, commit)),
            ..summary.clone()
        },
    );
    summary.branch.clone_from(&context.branch);
    summary.updated_at = now;
    summary.active_seconds = context.active_seconds;
    let total = live.objectives.items().count();
    summary.objectives_total = u32::try_from(total).unwrap_or(u32::MAX);
    summary.objectives_done =
        u32::try_from(total - live.objectives.open().count()).unwrap_or(u32::MAX);
    match entry {
        Entry::Start(_) => {}
        Entry::Checkpoint(checkpoint) => {
            summary.pointers.is = Some(CHECKPOINT.into());
            summary.checkpoints = summary.checkpoints.max(checkpoint.id.0);
            summary.commits += u32::try_from(checkpoint.commits.len()).unwrap_or(u32::MAX);
            if let Some(label) = &checkpoint.label {
                summary.label = Some(label.clone());
            }
        }
        Entry::Evidence(evidence) => {
            let key = evidence.key();
            let failed = if evidence.is_failure() { FAILED } else { "" };
            summary.pointers.is = Some(format!("{EVIDENCE}{key}{failed}"));
            summary.evidence = summary.evidence.max(evidence.id.0);
            let Pointers {
                evidence: own,
                earlier,
                ..
            } = &mut *summary.pointers;
            for list in [own, earlier] {
                list.retain(|at| !evidence.shown_whole.contains(&at.key));
            }
        }
        Entry::End(end) => {
            summary.ended_at = Some(end.time);
            summary.commits = u32::try_from(end.commits.len()).unwrap_or(u32::MAX);
            summary.merged_into.clone_from(&end.merged_into);
        }
    }
    summary
}

const CHECKPOINT: &str = "checkpoint";
const EVIDENCE: &str = "evidence ";
const FAILED: &str = " failed";

fn first(live: &LiveSession, now: Timestamp) -> SessionSummary {
    let context = &live.context;
    SessionSummary {
        id: context.id.clone(),
        branch: None,
        started_at: context.started_at,
        updated_at: now,
        ended_at: None,
        active_seconds: 0,
        checkpoints: 0,
        commits: 0,
        objectives_done: 0,
        objectives_total: 0,
        continues: context.continues.clone(),
        label: None,
        merged_into: None,
        evidence: 0,
        pointers: Box::default(),
    }
}

/// The pointers of a commit on top of `commit`, which has these.
fn following(before: &Pointers, commit: &str) -> Pointers {
    let mut pointers = Pointers {
        is: None,
        ..before.clone()
    };
    match before.is.as_deref() {
        Some(CHECKPOINT) => pointers.checkpoint = Some(commit.to_owned()),
        Some(is) => {
            if let Some(key) = is.strip_prefix(EVIDENCE) {
                let at = EvidenceAt {
                    commit: commit.to_owned(),
                    key: key.strip_suffix(FAILED).unwrap_or(key).to_owned(),
                    failed: key.ends_with(FAILED),
                };
                // What failed goes when it is shown to pass ([`next`]), which the same words alone do not do.
                let stays =
                    |known: &EvidenceAt| known.key != at.key || (known.failed && !at.failed);
                pointers.evidence.retain(stays);
                pointers.earlier.retain(stays);
                pointers.evidence.insert(0, at);
                let_go(&mut pointers.evidence);
            }
        }
        None => {}
    }
    pointers
}

/// Tests that failed are kept. Of the others the newest are, and tests before the rest: a merge hangs on them, whatever
/// else was run since.
fn let_go(evidence: &mut Vec<EvidenceAt>) {
    const NEWEST: usize = COMMANDS_KEPT / 2;
    let places = |evidence: &[EvidenceAt], failed: bool| -> Vec<usize> {
        let places = evidence.iter().enumerate();
        let places = places.filter(|(_, at)| at.failed == failed);
        places.map(|(place, _)| place).collect()
    };
    for place in places(evidence, true).into_iter().skip(FAILED_KEPT).rev() {
        evidence.remove(place);
    }
    loop {
        let others = places(evidence, false);
        if others.len() <= COMMANDS_KEPT {
            break;
        }
        let mut old = others[NEWEST..].iter().rev();
        let no_test = old.find(|place| !evidence[**place].key.starts_with(TEST_KEY));
        let place = no_test.or(others.last()).copied();
        place.map(|place| evidence.remove(place));
    }
}

/// The newest evidence of each command, newest first, as seen from `commit`, which has this summary.
pub fn evidence_at(summary: &SessionSummary, commit: &str) -> Vec<EvidenceAt> {
    following(&summary.pointers, commit).evidence
}

/// As [`evidence_at`], of the sessions before it on its branch.
pub fn earlier_at(summary: &SessionSummary, commit: &str) -> Vec<EvidenceAt> {
    following(&summary.pointers, commit).earlier
}

/// What a new session of a branch takes over from the one before, whose newest commit this is.
pub fn handed_on(summary: &SessionSummary, commit: &str) -> Vec<EvidenceAt> {
    let mut pointers = following(&summary.pointers, commit);
    pointers.evidence.append(&mut pointers.earlier);
    let_go(&mut pointers.evidence);
    pointers.evidence
}

/// Whether the commit with this summary is a checkpoint, as far as it says what it is.
pub fn is_checkpoint(summary: &SessionSummary) -> bool {
    summary.pointers.is.as_deref() == Some(CHECKPOINT)
}

/// As [`is_checkpoint`].
pub fn is_evidence(summary: &SessionSummary) -> bool {
    let is = summary.pointers.is.as_deref();
    is.is_some_and(|is| is.starts_with(EVIDENCE))
}

/// The commit of the newest checkpoint, as seen from `commit`.
pub fn checkpoint_commit(summary: &SessionSummary, commit: &str) -> Option<String> {
    following(&summary.pointers, commit).checkpoint
}

/// `checkpoint cp-3: oauth-complete`, then the trailers.
pub fn to_message(summary: &SessionSummary, entry: &Entry) -> String {
    let subject = match entry {
        Entry::Start(_) => "start".to_owned(),
        Entry::Checkpoint(checkpoint) => match &checkpoint.label {
            Some(label) => format!("checkpoint {}: {}", checkpoint.id, fold(label)),
            None => format!("checkpoint {}", checkpoint.id),
        },
        Entry::Evidence(evidence) => {
            let end = match evidence.exit_code {
                0 => String::new(),
                code => format!(" (exit code {code})"),
            };
            let command: String = evidence.command_text().chars().take(60).collect();
            format!("evidence {}: {}{end}", evidence.id, fold(&command))
        }
        Entry::End(end) => match &end.merged_into {
            Some(branch) => format!("end, merged into {}", fold(branch)),
            None => "end".to_owned(),
        },
    };
    let mut message = format!("{subject}\n\n");
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            message.push_str(&format!("Session-{name}: {}\n", fold(value)));
        }
    };
    field("Format", &RECORD_FORMAT.to_string());
    field("Id", summary.id.as_str());
    field("Branch", summary.branch.as_deref().unwrap_or_default());
    field("Started", &summary.started_at.to_rfc3339());
    field("Updated", &summary.updated_at.to_rfc3339());
    field(
        "Ended",
        &summary
            .ended_at
            .map(|time| time.to_rfc3339())
            .unwrap_or_default(),
    );
    field("Active-Seconds", &summary.active_seconds.to_string());
    field("Checkpoints", &summary.checkpoints.to_string());
    field("Commits", &summary.commits.to_string());
    field(
        "Objectives",
        &format!("{}/{}", summary.objectives_done, summary.objectives_total),
    );
    field(
        "Continues",
        summary
            .continues
            .as_ref()
            .map(SessionId::as_str)
            .unwrap_or_default(),
    );
    field("Label", summary.label.as_deref().unwrap_or_default());
    field("Merged", summary.merged_into.as_deref().unwrap_or_default());
    if summary.evidence > 0 {
        field("Evidence", &summary.evidence.to_string());
    }
    let pointers = &summary.pointers;
    field("Is", pointers.is.as_deref().unwrap_or_default());
    field(
        "Checkpoint-At",
        pointers.checkpoint.as_deref().unwrap_or_default(),
    );
    field("Evidence-At", &places(&pointers.evidence));
    field("Earlier-Evidence-At", &places(&pointers.earlier));
    message
}

/// `<commit>:<key> <commit>:<key>:failed`.
fn places(evidence: &[EvidenceAt]) -> String {
    let at = evidence.iter().map(|at| {
        let failed = if at.failed { ":failed" } else { "" };
        format!("{}:{}{failed}", at.commit, at.key)
    });
    at.collect::<Vec<_>>().join(" ")
}

fn parse_places(text: &str) -> Vec<EvidenceAt> {
    let parse = |at: &str| {
        let mut parts = at.split(':');
        Some(EvidenceAt {
            commit: parts.next()?.to_owned(),
            key: parts.next()?.to_owned(),
            failed: parts.next().is_some(),
        })
    };
    let places = text.split_whitespace().filter_map(parse);
    places.take(COMMANDS_KEPT + FAILED_KEPT).collect()
}

pub fn parse_message(message: &str) -> Result<SessionSummary, SummaryError> {
    // Told apart once, not for each field: a record is read whole by whoever lists what is in it.
    let lines = message.lines();
    let fields = lines.filter_map(|line| line.strip_prefix("Session-")?.split_once(": "));
    let fields: Vec<(&str, &str)> = fields.collect();
    let field = |name: &str| {
        let mut named = fields.iter().filter(|(key, _)| *key == name);
        named.next().map(|(_, value)| *value)
    };
    let format: u32 = field("Format")
        .and_then(|text| text.parse().ok())
        .ok_or(SummaryError::Damaged)?;
    if format > RECORD_FORMAT {
        return Err(SummaryError::Newer(format));
    }
    let time = |name: &str| field(name).and_then(|text| text.parse::<Timestamp>().ok());
    let number = |name: &str| field(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let (done, total) = field("Objectives")
        .and_then(|text| text.split_once('/'))
        .unwrap_or(("0", "0"));
    Ok(SessionSummary {
        id: field("Id")
            .and_then(SessionId::parse)
            .ok_or(SummaryError::Damaged)?,
        branch: field("Branch").map(str::to_owned),
        started_at: time("Started").ok_or(SummaryError::Damaged)?,
        updated_at: time("Updated").ok_or(SummaryError::Damaged)?,
        ended_at: time("Ended"),
        active_seconds: field("Active-Seconds")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0),
        checkpoints: number("Checkpoints"),
        commits: number("Commits"),
        objectives_done: done.parse().unwrap_or(0),
        objectives_total: total.parse().unwrap_or(0),
        continues: field("Continues").and_then(SessionId::parse),
        label: field("Label").map(str::to_owned),
        merged_into: field("Merged").map(str::to_owned),
        evidence: number("Evidence").min(HIGHEST_NUMBER),
        pointers: Box::new(Pointers {
            is: field("Is").map(str::to_owned),
            checkpoint: field("Checkpoint-At").map(str::to_owned),
            evidence: parse_places(field("Evidence-At").unwrap_or_default()),
            earlier: parse_places(field("Earlier-Evidence-At").unwrap_or_default()),
        }),
    })
}

/// A label must not be able to write a trailer of its own.
fn fold(text: &str) -> String {
    super::list::one_line(text)
}

#[cfg(test)]
mod tests;
