//! Work tracking without a daemon: checkpoints that are made by themselves, and the time at work. It must not test what a
//! checkpoint holds.

use serde_json::Value;

use crate::common::TestEnv;
use crate::common::outcome::Outcome;
use crate::common::repository::{Repository, run};

/// A session in a repository whose configuration has these lines changed.
fn started<'e>(env: &'e TestEnv, changes: &[(&str, &str)]) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("a", "a\n");
    repository.session(&["init"]).success();
    let mut config = repository.read(".session/config.yaml");
    for (old, new) in changes {
        assert!(config.contains(old), "{old}");
        config = config.replace(old, new);
    }
    repository.write(".session/config.yaml", config);
    repository.commit("feat: a");
    run(&repository, &["start", "feature/x"]);
    repository
}

const ON: (&str, &str) = ("auto_checkpoint: false", "auto_checkpoint: true");

#[track_caller]
fn json(repository: &Repository<'_>, arguments: &[&str]) -> Value {
    let shown = repository.session(&[&["--json", "--no-input"], arguments].concat());
    shown.json()
}

fn checkpoints(repository: &Repository<'_>) -> usize {
    let all = json(repository, &["checkpoint", "list"]);
    all["checkpoints"].as_array().unwrap().len()
}

fn made(outcome: &Outcome) -> bool {
    outcome.stderr.contains("was made by itself")
}

#[test]
fn a_command_that_records_makes_a_checkpoint_once_the_interval_has_passed() {
    let env = TestEnv::new();
    let repository = started(&env, &[ON]);
    repository.write("a", "a: two\n");
    let commands: [&[&str]; 3] = [
        &["objectives", "add", "One"],
        &["run", "--", "true"],
        &["decisions", "add", "Use PKCE"],
    ];
    for (index, command) in commands.into_iter().enumerate() {
        env.advance_minutes(29);
        assert!(!made(&run(&repository, command)), "{command:?} before");
        env.advance_minutes(1);
        repository.write("a", format!("a: {index}\n"));
        let outcome = run(&repository, command);
        assert!(made(&outcome), "{command:?}: {outcome}");
        assert_eq!(checkpoints(&repository), index + 1);
    }
    let last = json(&repository, &["checkpoint", "show", "cp-3"]);
    assert_eq!(last["checkpoint"]["reason"], "interval");
}

#[test]
fn a_clock_that_was_ahead_does_not_put_off_the_next_checkpoint() {
    let env = TestEnv::new();
    let repository = started(&env, &[ON]);
    env.advance_minutes(600);
    run(&repository, &["checkpoint"]);
    env.advance_minutes(-500);
    repository.write("a", "a: two\n");
    let command = ["objectives", "add", "One"];
    assert!(made(&run(&repository, &command)));
    repository.write("a", "a: three\n");
    assert!(!made(&run(&repository, &command)), "one is enough");
}

#[test]
fn nothing_is_made_without_changes_nor_by_commands_that_read_nor_when_off() {
    let env = TestEnv::new();
    let repository = started(&env, &[ON]);
    env.advance_minutes(60);
    assert!(
        !made(&run(&repository, &["objectives", "add", "One"])),
        "no changes"
    );
    repository.write("a", "a: two\n");
    for command in [
        &["status"][..],
        &["brief"],
        &["objectives", "list"],
        &["history"],
    ] {
        assert!(!made(&run(&repository, command)), "{command:?}");
    }
    assert_eq!(checkpoints(&repository), 0);
    assert!(made(&run(&repository, &["objectives", "add", "Two"])));
    env.advance_minutes(60);
    // The same work tree as in the checkpoint before.
    assert!(!made(&run(&repository, &["objectives", "add", "Three"])));

    let env = TestEnv::new();
    let repository = started(&env, &[]);
    repository.write("a", "a: two\n");
    env.advance_minutes(600);
    assert!(!made(&run(&repository, &["run", "--", "true"])));
    assert_eq!(checkpoints(&repository), 0);
}

#[test]
fn the_interval_is_the_configurations() {
    let env = TestEnv::new();
    let interval = ("checkpoint_interval: 30m", "checkpoint_interval: 5m");
    let repository = started(&env, &[ON, interval]);
    repository.write("a", "a: two\n");
    env.advance_minutes(5);
    assert!(made(&run(&repository, &["run", "--", "true"])));
}

#[test]
fn without_auto_track_no_document_lists_files() {
    let env = TestEnv::new();
    let repository = started(&env, &[("auto_track: true", "auto_track: false")]);
    repository.write("noticed", "x\n");
    for command in [&["brief"][..], &["status"], &["checkpoint"]] {
        let outcome = run(&repository, command);
        assert!(
            !outcome.stdout.contains("noticed"),
            "{command:?}: {outcome}"
        );
    }
    let outcome = run(&repository, &["checkpoint", "show", "cp-1"]);
    assert!(
        outcome.stdout.contains("`session.auto_track` is off"),
        "{outcome}"
    );
    // The snapshot has them all the same.
    std::fs::remove_file(repository.path().join("noticed")).unwrap();
    run(&repository, &["checkpoint", "restore", "cp-1"]);
    assert!(repository.exists("noticed"));
}

#[test]
fn commits_and_evidence_are_work_and_a_long_pause_is_none() {
    let env = TestEnv::new();
    let repository = started(&env, &[]);
    let minutes = |repository: &Repository<'_>| {
        let shown = json(repository, &["status"]);
        shown["session"]["active_seconds"].as_u64().unwrap() / 60
    };
    for number in 0..3 {
        env.advance_minutes(50);
        repository.write("a", format!("{number}\n"));
        repository.commit("feat: more");
    }
    assert_eq!(minutes(&repository), 150);
    run(&repository, &["run", "--", "true"]);
    assert_eq!(minutes(&repository), 150);
    env.advance_minutes(60 * 60);
    run(&repository, &["run", "--", "true"]);
    env.advance_minutes(30);
    assert_eq!(minutes(&repository), 180);
    // Somebody else's commits are somebody else's time.
    env.advance_minutes(40);
    repository.write("a", "other\n");
    repository.git(&["add", "a"]);
    repository.git(&[
        "commit",
        "-q",
        "--author=Grace <g@example.com>",
        "-m",
        "feat: other",
    ]);
    env.advance_minutes(10);
    assert_eq!(minutes(&repository), 150);
}
