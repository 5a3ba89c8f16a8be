//! The message of a record commit: a subject for people, and trailers from which `history` is listed without opening
//! a tree. It must not know how commits are read.

use super::evidence::TEST_KEY;
use super::ids::SessionId;
use super::live::{HIGHEST_NUMBER, LiveSession};
use super::record::{Entry, Pointers, RECORD_FORMAT, SessionSummary};
use crate::environment::Timestamp;

/// Why a message is not a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryError {
    /// Written by a newer program: its format.
    Newer(u32),
    Damaged,
}

/// How many commands a summary points at the newest evidence of.
const COMMANDS_KEPT: usize = 8;

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
            summary.pointers.is = Some(format!("{EVIDENCE}{}", evidence.key()));
            summary.evidence = summary.evidence.max(evidence.id.0);
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
                pointers.evidence.retain(|(_, known)| known != key);
                pointers.earlier.retain(|(_, known)| known != key);
                pointers
                    .evidence
                    .insert(0, (commit.to_owned(), key.to_owned()));
                let_go(&mut pointers.evidence);
            }
        }
        None => {}
    }
    pointers
}

/// The newest are kept, and tests before others: a merge hangs on them, whatever else was run since.
fn let_go(evidence: &mut Vec<(String, String)>) {
    const NEWEST: usize = COMMANDS_KEPT / 2;
    while evidence.len() > COMMANDS_KEPT {
        let other = evidence
            .iter()
            .rposition(|(_, key)| !key.starts_with(TEST_KEY));
        match other.filter(|other| *other >= NEWEST) {
            Some(other) => drop(evidence.remove(other)),
            None => drop(evidence.pop()),
        }
    }
}

/// The commits of the newest evidence of each command, newest first, as seen from `commit`, which has this summary.
pub fn evidence_commits(summary: &SessionSummary, commit: &str) -> Vec<String> {
    let pointers = following(&summary.pointers, commit);
    pointers
        .evidence
        .into_iter()
        .map(|(commit, _)| commit)
        .collect()
}

/// As [`evidence_commits`], of the sessions before it on its branch.
pub fn earlier_commits(summary: &SessionSummary, commit: &str) -> Vec<String> {
    let pointers = following(&summary.pointers, commit);
    pointers
        .earlier
        .into_iter()
        .map(|(commit, _)| commit)
        .collect()
}

/// What a new session of a branch takes over from the one before, whose newest commit this is.
pub fn handed_on(summary: &SessionSummary, commit: &str) -> Vec<(String, String)> {
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

/// `<commit>:<key> <commit>:<key>`.
fn places(evidence: &[(String, String)]) -> String {
    let at = evidence
        .iter()
        .map(|(commit, key)| format!("{commit}:{key}"));
    at.collect::<Vec<_>>().join(" ")
}

fn parse_places(text: &str) -> Vec<(String, String)> {
    text.split_whitespace()
        .filter_map(|at| at.split_once(':'))
        .map(|(commit, key)| (commit.to_owned(), key.to_owned()))
        .take(COMMANDS_KEPT)
        .collect()
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
            evidence: 12,
            pointers: Box::new(Pointers {
                checkpoint: Some("aaaa".into()),
                evidence: vec![("bbbb".into(), "k1".into()), ("cccc".into(), "k2".into())],
                earlier: vec![("eeee".into(), "k4".into())],
                is: Some("evidence k3".into()),
            }),
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
    fn pointers_name_the_newest_evidence_of_each_command() {
        let mut summary = summary();
        let commits = |summary: &SessionSummary, at: &str| evidence_commits(summary, at);
        assert_eq!(commits(&summary, "dddd"), ["dddd", "bbbb", "cccc"]);
        summary.pointers.is = Some("evidence k2".into());
        assert_eq!(commits(&summary, "dddd"), ["dddd", "bbbb"]);
        assert_eq!(checkpoint_commit(&summary, "dddd").unwrap(), "aaaa");
        summary.pointers.is = Some("checkpoint".into());
        assert_eq!(checkpoint_commit(&summary, "dddd").unwrap(), "dddd");
        assert_eq!(commits(&summary, "dddd"), ["bbbb", "cccc"]);
    }

    #[test]
    fn tests_stay_at_hand_whatever_else_is_run() {
        let mut pointers = Pointers::default();
        for number in 0..20 {
            let key = match number {
                0 => "test-k".to_owned(),
                _ => format!("k{number}"),
            };
            pointers.is = Some(format!("evidence {key}"));
            pointers = following(&pointers, &format!("c{number}"));
        }
        let kept: Vec<&str> = pointers.evidence.iter().map(|(_, key)| &**key).collect();
        assert_eq!(
            kept,
            ["k19", "k18", "k17", "k16", "k15", "k14", "k13", "test-k"]
        );
        for number in 0..20 {
            pointers.is = Some(format!("evidence test-{number}"));
            pointers = following(&pointers, "d");
        }
        pointers.is = Some("evidence k".into());
        let kept = following(&pointers, "e").evidence;
        assert_eq!((kept.len(), &*kept[0].1), (COMMANDS_KEPT, "k"));
    }

    #[test]
    fn what_was_run_in_earlier_sessions_is_handed_on_until_it_is_run_again() {
        let mut summary = summary();
        assert_eq!(earlier_commits(&summary, "dddd"), ["eeee"]);
        let place = |commit: &str, key: &str| (commit.to_owned(), key.to_owned());
        assert_eq!(
            handed_on(&summary, "dddd"),
            [
                place("dddd", "k3"),
                place("bbbb", "k1"),
                place("cccc", "k2"),
                place("eeee", "k4")
            ]
        );
        summary.pointers.is = Some("evidence k4".into());
        assert_eq!(earlier_commits(&summary, "dddd"), [""; 0]);
        assert_eq!(handed_on(&summary, "dddd").len(), 3);
    }

    #[test]
    fn a_newer_format_is_told_from_damage() {
        let message = to_message(&summary(), &entry());
        let newer = message.replace("Session-Format: 1", "Session-Format: 9");
        assert_eq!(parse_message(&newer), Err(SummaryError::Newer(9)));
        assert_eq!(parse_message("wip\n\n"), Err(SummaryError::Damaged));
    }
}
