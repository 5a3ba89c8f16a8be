//! What a piece of evidence says of itself, and one to make others of. It must not need a repository.

use super::*;

pub fn evidence(command: &[&str], exit_code: i32) -> EvidenceRecord {
    EvidenceRecord {
        format: 1,
        id: EvidenceId(1),
        label: None,
        command: command.iter().map(|text| (*text).to_owned()).collect(),
        environment: Vec::new(),
        directory: None,
        exit_code,
        signal: None,
        output_lost: None,
        started_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        milliseconds: 5,
        head: None,
        before: TreeState {
            tree: "1".into(),
            head_tree: None,
            changed: Vec::new(),
            more: false,
            within: Vec::new(),
        },
        after: None,
        holds: true,
        runners: Vec::new(),
        shown_whole: Vec::new(),
        reports_not_read: None,
        nothing_ran: None,
        setup: Setup::default(),
        changed_files: Vec::new(),
        more_changed_files: false,
        unwritten_files: Vec::new(),
    }
}

fn counted(runner: &str, passed: u32, failed: u32) -> Counted {
    Counted {
        runner: runner.into(),
        counts: Some(TestCounts {
            passed,
            failed,
            skipped: 0,
        }),
        report: None,
    }
}

#[test]
fn counts_of_several_runners_are_summed_and_named() {
    let mut evidence = evidence(&["make", "test"], 0);
    assert_eq!(evidence.outcome(), "passed");
    evidence.runners = vec![counted("cargo-test", 2, 0), counted("pytest", 3, 1)];
    assert_eq!(
        evidence.outcome(),
        "failed, and ended with exit code 0: 5 passed, 1 failed (cargo-test+pytest)"
    );
    assert!(
        !evidence.passed(),
        "a failed test is one, whatever the code"
    );
}

#[test]
fn a_command_is_shown_as_it_was_typed_without_its_secrets() {
    let secret = format!("ghp_{}", "aB3d".repeat(9));
    let header = format!("Authorization: Bearer {secret}");
    let evidence = evidence(&["curl", "-H", &header, "it's\n"], 0);
    let text = evidence.command_text();
    assert!(!text.contains(&secret), "{text}");
    assert!(
        text.starts_with("curl -H 'Authorization: Bearer "),
        "{text}"
    );
    assert!(!text.contains('\n'));
}

#[test]
fn a_label_alone_does_not_make_two_commands_the_same_thing() {
    let mut one = evidence(&["make", "a"], 0);
    let mut two = evidence(&["make", "b"], 0);
    one.label = Some("tests".into());
    two.label = Some("tests".into());
    assert_ne!(one.key(), two.key());
    assert!(one.is_test());
    two.command.clone_from(&one.command);
    assert_eq!(one.key(), two.key());
    two.directory = Some("web".into());
    assert_ne!(one.key(), two.key());
    assert_eq!(two.command_text(), "make a (in web)");
}

#[test]
fn what_broke_down_before_it_counted_is_a_run_of_the_tests() {
    assert!(evidence(&["cargo", "test"], 101).is_test());
    assert!(!evidence(&["cargo", "build"], 101).is_test());
    assert!(!evidence(&["pytest"], 127).is_test(), "it was not found");
}

#[test]
fn a_run_of_nothing_stands_for_none_of_the_runs_before() {
    let ran = evidence(&["pytest", "-q"], 1);
    let mut nothing = evidence(&["pytest", "-q"], 4);
    nothing.nothing_ran = Some(NothingRan::CalledWrongly);
    let mut stopped = evidence(&["pytest", "-q"], 130);
    stopped.signal = Some(2);
    assert_ne!(ran.key(), nothing.key());
    assert_ne!(ran.key(), stopped.key());
    assert_eq!(ran.key(), evidence(&["pytest", "-q"], 1).key());
}

#[test]
fn what_is_to_be_typed_again_has_its_label_and_variables() {
    let mut record = evidence(&["./check", "a b"], 1);
    assert_eq!(record.again(), "session run -- ./check 'a b'");
    record.label = Some("test".into());
    record.environment = vec!["TOXENV=py".into()];
    let again = "TOXENV=py session run --label test -- ./check 'a b'";
    assert_eq!(record.again(), again);
}
