//! The embedded tdd-workflow plugin, through the sandbox, on evidence that is given to it.

mod beside;
mod recorded;

use super::*;
use crate::git::text_diff::LineChange;
use crate::plugin::contribution::Metric;
use crate::plugin::host_data::{
    ChangedText, CheckpointView, CommitRef, EntryView, EvidenceView, SessionCommit,
};

/// 2026-11-22T09:00:00Z, an hour before the host's present.
const START: i64 = 1_795_338_000;

fn time(minute: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(START + minute * 60, 0).unwrap()
}

/// `cargo test` of a minute, which ended so, after these files had changed.
fn run(host: &mut FixedHost, minute: i64, exit_code: i32, changed: &[&str]) {
    host.evidence
        .iter_mut()
        .for_each(|it| it.standing = "stale".into());
    host.evidence.push(EvidenceView {
        id: format!("ev-{}", host.evidence.len() + 1),
        label: None,
        command: "cargo test".into(),
        exit_code,
        started_at: time(minute),
        milliseconds: 60_000,
        standing: "verified".into(),
        runner: Some("cargo-test".into()),
        tests: Some((1, 0, 0)),
        changed_files: changed.iter().map(|path| (*path).into()).collect(),
    });
    host.entries.push(EntryView {
        id: format!("ev-{}", host.evidence.len()),
        tests: Some(if exit_code == 0 { "passed" } else { "failed" }.into()),
        ..EntryView::default()
    });
}

/// A checkpoint, with the phase that somebody gave it.
fn saved(host: &mut FixedHost, minute: i64, phase: Option<&str>) {
    let id = format!("cp-{}", host.checkpoints.len() + 1);
    host.checkpoints.push(CheckpointView {
        id: id.clone(),
        label: None,
        time: time(minute),
        tdd_phase: phase.map(str::to_owned),
    });
    host.entries.push(EntryView {
        id,
        ..EntryView::default()
    });
}

/// A commit of code: each file has one line, which is new.
fn commit(host: &mut FixedHost, minute: i64, files: &[&str]) {
    let texts: Vec<(&str, &str)> = files.iter().map(|path| (*path, "fn pay() {}\n")).collect();
    commit_of(host, minute, &texts);
}

/// Every line of these texts is new.
fn commit_of(host: &mut FixedHost, minute: i64, files: &[(&str, &str)]) {
    let texts = files.iter().map(|(path, text)| ChangedText {
        path: (*path).into(),
        text: (*text).to_owned(),
        changes: vec![LineChange {
            first: 1,
            added: u32::try_from(text.lines().count()).unwrap(),
            removed: 0,
        }],
    });
    // Newest first.
    let commit = SessionCommit {
        commit: CommitRef {
            id: format!("{}{}", host.session_commits.len(), "a".repeat(39)),
            time: time(minute),
            subject: "Pay once".into(),
        },
        author: "Ada".into(),
        files: files.iter().map(|(path, _)| (*path).into()).collect(),
    };
    host.commit_texts
        .insert(commit.commit.id.clone(), texts.collect());
    host.session_commits.insert(0, commit);
}

fn host() -> FixedHost {
    FixedHost::new(&std::env::temp_dir())
}

fn said(
    hook: Hook,
    host: &FixedHost,
    phase: Option<&str>,
    config: serde_json::Value,
) -> Contribution {
    let arguments = phase.map(|phase| ("tdd-phase".to_owned(), phase.to_owned()));
    let question = Question {
        hook,
        arguments: arguments.into_iter().collect(),
        ..brief()
    };
    let mut answers = ask_bundled("tdd-workflow", question, host, config);
    answers.contributions.remove(0)
}

fn checkpoint(host: &FixedHost, phase: Option<&str>) -> Contribution {
    said(Hook::Checkpoint, host, phase, serde_json::Value::Null)
}

fn trailers(contribution: &Contribution) -> Vec<(&str, &str)> {
    let trailers = contribution.trailers.iter();
    trailers
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

fn metric(contribution: &Contribution, name: &str) -> Option<f64> {
    let named = |metric: &&Metric| metric.name == name;
    contribution.metrics.iter().find(named).map(|it| it.value)
}

fn messages(contribution: &Contribution) -> Vec<&str> {
    let findings = contribution.findings.iter();
    findings.map(|it| it.message.as_str()).collect()
}

#[test]
fn a_run_that_was_stopped_neither_begins_a_cycle_nor_hides_what_changed() {
    let mut host = host();
    run(&mut host, 0, 130, &["tests/pay.rs"]);
    let said = checkpoint(&host, None);
    assert_eq!(trailers(&said), []);
    assert_eq!(metric(&said, "tdd_discipline"), None);
    run(&mut host, 5, 1, &[]);
    let said = checkpoint(&host, None);
    assert_eq!(trailers(&said), [("TDD-Phase", "RED")]);
}

#[test]
fn a_phase_that_nobody_claimed_is_never_told_as_claimed() {
    use crate::session::phase::{PhaseStanding, told};
    let mut host = host();
    run(&mut host, 0, 1, &["tests/pay.rs"]);
    run(&mut host, 5, 0, &["src/pay.rs"]);
    run(&mut host, 10, 1, &["src/pay.rs"]);
    let said = checkpoint(&host, None);
    let doubt = "GREEN is in doubt: the tests failed when they were last run (ev-3)";
    assert_eq!(messages(&said)[0], doubt);
    let phase = told(&[said]).unwrap();
    let why = "GREEN, in doubt: the tests fail, and none was changed (ev-3).";
    assert_eq!(phase.why.as_deref(), Some(why));
    assert_eq!(phase.standing, PhaseStanding::Evidence);
    let claimed = told(&[checkpoint(&host, Some("GREEN"))]).unwrap();
    assert_eq!(claimed.standing, PhaseStanding::Claimed);
}

#[test]
fn a_run_of_few_tests_leaves_the_changed_ones_to_be_seen() {
    let mut host = host();
    let pytest =
        |host: &mut FixedHost, minute, exit_code, command: &str, tests, changed: &[&str]| {
            run(host, minute, exit_code, changed);
            let ran = host.evidence.last_mut().unwrap();
            ran.command = command.to_owned();
            ran.runner = Some("pytest".into());
            ran.tests = Some(tests);
        };
    pytest(&mut host, 0, 0, "pytest", (10, 0, 0), &[]);
    let changed = ["tests/test_pay.py"];
    pytest(&mut host, 5, 0, "pytest -k old", (2, 0, 0), &changed);
    let said = checkpoint(&host, None);
    assert_eq!(metric(&said, "tdd_discipline"), Some(100.0), "{said:?}");
    pytest(&mut host, 10, 1, "pytest", (10, 1, 0), &[]);
    assert_eq!(trailers(&checkpoint(&host, None)), [("TDD-Phase", "RED")]);
}

#[test]
fn a_cycle_is_told_from_evidence_and_changed_files() {
    let mut host = host();
    assert_eq!(trailers(&checkpoint(&host, None)), []);
    let steps: [(i32, &[&str], &str, &str); 3] = [
        (
            1,
            &["tests/pay.rs"],
            "RED",
            "tests were changed, and they fail (ev-1)",
        ),
        (
            0,
            &["src/pay.rs"],
            "GREEN",
            "the first pass after RED (ev-2)",
        ),
        (
            0,
            &["src/pay.rs"],
            "REFACTOR",
            "a pass after GREEN, with no test changed (ev-3)",
        ),
    ];
    for (index, (exit_code, changed, phase, why)) in (0..).zip(steps) {
        run(&mut host, index * 10, exit_code, changed);
        let said = checkpoint(&host, None);
        assert_eq!(trailers(&said), [("TDD-Phase", phase)]);
        let first = said.sections[0].body.lines().next();
        assert_eq!(first, Some(&*format!("Phase: {phase}, since {why}.")));
        assert_eq!(messages(&said), [""; 0]);
    }
    for hook in [Hook::Brief, Hook::Status, Hook::Handoff] {
        let said = said(hook, &host, None, serde_json::Value::Null);
        assert_eq!(metric(&said, "tdd_cycles"), Some(1.0), "{hook:?}");
        assert_eq!(metric(&said, "tdd_cycle_time"), Some(660.0));
        assert_eq!(metric(&said, "tdd_discipline"), Some(100.0));
        assert_eq!(said.next_steps, ["Write the next failing test"]);
    }
}

#[test]
fn a_green_without_a_passing_run_on_this_tree_is_unverified() {
    let mut host = host();
    let green = |host: &FixedHost| {
        let said = checkpoint(host, Some("GREEN"));
        assert_eq!(trailers(&said), [("TDD-Phase", "GREEN")]);
        messages(&said)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let nobody = "GREEN is unverified: no run of the tests was seen";
    assert_eq!(green(&host), [nobody]);
    run(&mut host, 0, 101, &["tests/pay.rs"]);
    let failed = "GREEN is unverified: the tests failed when they were last run (ev-1)";
    assert_eq!(green(&host), [failed]);
    run(&mut host, 10, 0, &["src/pay.rs"]);
    assert_eq!(green(&host), [""; 0]);
    host.evidence[1].standing = "stale".into();
    let stale = "GREEN is unverified: the tests passed on an older tree (ev-2)";
    assert_eq!(green(&host), [stale]);
    let score = |phase| metric(&checkpoint(&host, phase), "tdd_discipline");
    assert_eq!(
        (score(Some("GREEN")), score(None)),
        (Some(90.0), Some(100.0))
    );
    assert_eq!(messages(&checkpoint(&host, None)), [""; 0]);
}

#[test]
fn a_claim_of_an_earlier_checkpoint_is_remembered_as_a_claim() {
    let mut host = host();
    for (minute, phase) in [(0, "RED"), (20, "GREEN")] {
        saved(&mut host, minute, Some(phase));
    }
    let said = said(Hook::Status, &host, None, serde_json::Value::Null);
    assert_eq!(metric(&said, "tdd_cycles"), Some(0.0));
    assert_eq!(metric(&said, "tdd_cycle_time"), None);
    let told = "1 cycle is claimed, without a run that failed and one that passed.";
    assert!(said.sections[0].body.contains(told), "{said:?}");
    assert_eq!(metric(&said, "tdd_discipline"), Some(90.0));
    assert_eq!(
        messages(&said),
        [
            "GREEN is unverified: no run of the tests was seen",
            "a phase was claimed without passing tests (cp-2)"
        ]
    );
}

#[test]
fn commits_of_source_without_tests_cost_points_and_are_named() {
    let mut host = host();
    commit(&mut host, 1, &["tests/pay.rs"]);
    commit(&mut host, 2, &["src/pay.rs"]);
    commit(&mut host, 3, &["README.md"]);
    commit(&mut host, 4, &["src/refund.rs", "Cargo.toml"]);
    commit(&mut host, 5, &["tests/refund.rs"]);
    let said = said(Hook::Handoff, &host, None, serde_json::Value::Null);
    assert_eq!(metric(&said, "tdd_discipline"), Some(80.0));
    assert_eq!(metric(&said, "commits_without_tests"), Some(1.0));
    assert_eq!(
        messages(&said),
        [
            "3aaaaaa changes source without tests: Pay once",
            "the tests in 4aaaaaa came after the code in 3aaaaaa"
        ]
    );
}

#[test]
fn other_commands_do_not_hide_what_changed_before_them() {
    let mut host = host();
    run(&mut host, 0, 0, &["tests/pay.rs"]);
    host.evidence[0].runner = None;
    host.evidence[0].command = "cat tests/pay.rs".into();
    host.entries[0].tests = None;
    run(&mut host, 1, 1, &[]);
    assert_eq!(trailers(&checkpoint(&host, None)), [("TDD-Phase", "RED")]);
}

#[test]
fn what_is_a_test_is_the_configurations_to_say() {
    let mut host = host();
    run(&mut host, 0, 1, &["checks/pay.txt"]);
    let config = serde_json::json!({"tests": ["checks/**"], "commands": ["cargo test"]});
    assert_eq!(
        trailers(&said(Hook::Checkpoint, &host, None, config)),
        [("TDD-Phase", "RED")]
    );
    assert_eq!(trailers(&checkpoint(&host, None)), []);
}
