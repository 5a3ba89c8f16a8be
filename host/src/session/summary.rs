//! The message of a record commit: a subject for people, and trailers from which `history` is listed without opening
//! a tree. It must not know how commits are read.

use super::ids::SessionId;
use super::live::LiveSession;
use super::record::{Entry, RECORD_FORMAT, SessionSummary};
use crate::environment::Timestamp;

/// Why a message is not a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryError {
    /// Written by a newer program: its format.
    Newer(u32),
    Damaged,
}

/// The summary after `entry`, from the one before it.
pub fn next(
    before: Option<&SessionSummary>,
    live: &LiveSession,
    entry: &Entry,
    now: Timestamp,
) -> SessionSummary {
    let context = &live.context;
    let mut summary = before.cloned().unwrap_or_else(|| SessionSummary {
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
    });
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
            summary.checkpoints = summary.checkpoints.max(checkpoint.id.0);
            summary.commits += u32::try_from(checkpoint.commits.len()).unwrap_or(u32::MAX);
            if let Some(label) = &checkpoint.label {
                summary.label = Some(label.clone());
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

/// `checkpoint cp-3: oauth-complete`, then the trailers.
pub fn to_message(summary: &SessionSummary, entry: &Entry) -> String {
    let subject = match entry {
        Entry::Start(_) => "start".to_owned(),
        Entry::Checkpoint(checkpoint) => match &checkpoint.label {
            Some(label) => format!("checkpoint {}: {}", checkpoint.id, fold(label)),
            None => format!("checkpoint {}", checkpoint.id),
        },
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
    message
}

pub fn parse_message(message: &str) -> Result<SessionSummary, SummaryError> {
    let field = |name: &str| {
        message.lines().find_map(|line| {
            let (key, value) = line.strip_prefix("Session-")?.split_once(": ")?;
            (key == name).then_some(value)
        })
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
    })
}

/// A label must not be able to write a trailer of its own.
fn fold(text: &str) -> String {
    super::list::one_line(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::live::Mode;
    use crate::session::record::StartRecord;

    fn summary() -> SessionSummary {
        SessionSummary {
            id: SessionId::parse("feature-auth-20261122-k3f7").unwrap(),
            branch: Some("feature/naïve-ü".into()),
            started_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            updated_at: "2026-11-22T11:00:00Z".parse().unwrap(),
            ended_at: Some("2026-11-22T11:00:00Z".parse().unwrap()),
            active_seconds: 3600,
            checkpoints: 3,
            commits: 2,
            objectives_done: 1,
            objectives_total: 4,
            continues: SessionId::parse("feature-auth-20261120-aaaa"),
            label: Some("api\nSession-Id: forged".into()),
            merged_into: Some("main".into()),
        }
    }

    fn entry() -> Entry {
        Entry::Start(StartRecord {
            format: RECORD_FORMAT,
            time: "2026-11-22T10:00:00Z".parse().unwrap(),
            commit: None,
            mode: Mode::Normal,
            continues: None,
        })
    }

    #[test]
    fn a_summary_reads_back_and_a_label_cannot_forge_a_field() {
        let read = parse_message(&to_message(&summary(), &entry())).unwrap();
        let expected = SessionSummary {
            label: Some("api Session-Id: forged".into()),
            ..summary()
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn a_newer_format_is_told_from_damage() {
        let message = to_message(&summary(), &entry());
        let newer = message.replace("Session-Format: 1", "Session-Format: 9");
        assert_eq!(parse_message(&newer), Err(SummaryError::Newer(9)));
        assert_eq!(parse_message("wip\n\n"), Err(SummaryError::Damaged));
    }
}
