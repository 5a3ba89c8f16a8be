//! What a message keeps, and what is pointed at. It must not need a repository.

use super::*;
use crate::session::live::Mode;
use crate::session::record::StartRecord;

fn at(commit: &str, key: &str) -> EvidenceAt {
    EvidenceAt {
        commit: commit.into(),
        key: key.into(),
        failed: false,
    }
}

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
            evidence: vec![at("bbbb", "k1"), at("cccc", "k2")],
            earlier: vec![EvidenceAt {
                failed: true,
                ..at("eeee", "k4")
            }],
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

fn commits(found: &[EvidenceAt]) -> Vec<&str> {
    found.iter().map(|at| at.commit.as_str()).collect()
}

#[test]
fn pointers_name_the_newest_evidence_of_each_command() {
    let mut summary = summary();
    let all = evidence_at(&summary, "dddd");
    assert_eq!(commits(&all), ["dddd", "bbbb", "cccc"]);
    summary.pointers.is = Some("evidence k2".into());
    assert_eq!(commits(&evidence_at(&summary, "dddd")), ["dddd", "bbbb"]);
    assert_eq!(checkpoint_commit(&summary, "dddd").unwrap(), "aaaa");
    summary.pointers.is = Some("checkpoint".into());
    assert_eq!(checkpoint_commit(&summary, "dddd").unwrap(), "dddd");
    assert_eq!(commits(&evidence_at(&summary, "dddd")), ["bbbb", "cccc"]);
}

/// The keys that are kept after these were run in turn.
fn kept(what: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut pointers = Pointers::default();
    for is in what {
        pointers.is = Some(format!("evidence {is}"));
        pointers = following(&pointers, "c");
    }
    pointers.evidence.into_iter().map(|at| at.key).collect()
}

#[test]
fn tests_stay_at_hand_whatever_else_is_run() {
    let others = (1..20).map(|number| format!("k{number}"));
    let found = kept(std::iter::once("test-k".to_owned()).chain(others));
    assert_eq!(
        found,
        ["k19", "k18", "k17", "k16", "k15", "k14", "k13", "test-k"]
    );
    let tests = (0..20).map(|number| format!("test-{number}"));
    let found = kept(tests.chain(["k".to_owned()]));
    assert_eq!((found.len(), found[0].as_str()), (COMMANDS_KEPT, "k"));
}

#[test]
fn tests_that_failed_stay_at_hand_until_they_pass() {
    let failed = || std::iter::once("test-a failed".to_owned());
    let others = || (0..20).map(|number| format!("test-{number}"));
    let found = kept(failed().chain(others()));
    assert_eq!(found.last().unwrap(), "test-a");
    assert_eq!(found.len(), COMMANDS_KEPT + 1);
    // The same words: whether that has the tests that failed is said by the entry itself.
    let passed = || std::iter::once("test-a".to_owned());
    let found = kept(failed().chain(passed()));
    assert_eq!(found, ["test-a", "test-a"]);
    assert_eq!(kept(failed().chain(passed()).chain(failed())), ["test-a"]);
    assert_eq!(kept(passed().chain(failed())), ["test-a"]);
    let many = kept((0..100).map(|number| format!("test-{number} failed")));
    assert_eq!(many.len(), FAILED_KEPT);
}

#[test]
fn what_a_run_shows_to_pass_is_let_go() {
    let mut evidence = crate::session::evidence::tests::evidence(&["pytest"], 0);
    evidence.shown_whole = vec!["k2".into(), "k4".into()];
    let live = crate::session::live::tests::session();
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let next = next(
        Some((&summary(), "dddd")),
        &live,
        &Entry::Evidence(evidence),
        now,
    );
    assert_eq!(commits(&next.pointers.evidence), ["dddd", "bbbb"]);
    assert_eq!(commits(&next.pointers.earlier), [""; 0]);
}

#[test]
fn what_was_run_in_earlier_sessions_is_handed_on_until_it_is_run_again() {
    let mut summary = summary();
    assert_eq!(commits(&earlier_at(&summary, "dddd")), ["eeee"]);
    let handed = handed_on(&summary, "dddd");
    assert_eq!(commits(&handed), ["dddd", "bbbb", "cccc", "eeee"]);
    assert!(handed[3].failed);
    summary.pointers.is = Some("evidence k4 failed".into());
    assert_eq!(earlier_at(&summary, "dddd"), []);
    assert_eq!(handed_on(&summary, "dddd").len(), 3);
    // It passes now, which it says itself where it has what failed.
    summary.pointers.is = Some("evidence k4".into());
    assert_eq!(commits(&earlier_at(&summary, "dddd")), ["eeee"]);
}

#[test]
fn a_newer_format_is_told_from_damage() {
    let message = to_message(&summary(), &entry());
    let newer = message.replace("Session-Format: 1", "Session-Format: 9");
    assert_eq!(parse_message(&newer), Err(SummaryError::Newer(9)));
    assert_eq!(parse_message("wip\n\n"), Err(SummaryError::Damaged));
}
