//! Command lines that lack something or ask for what cannot be: each is answered with what can. It must not test what a
//! command does when it is asked well.

use crate::common::TestEnv;
use crate::common::repository::Repository;

fn started(env: &TestEnv) -> Repository<'_> {
    let repository = env.repository("project");
    repository.write("a.txt", "one\n");
    repository.commit("feat: one");
    repository
        .session(&["--no-input", "start", "-o", "first", "-o", "second"])
        .success();
    repository
}

#[test]
fn a_command_without_its_subcommand_is_answered_with_its_help() {
    let env = TestEnv::new();
    for (typed, first) in [
        (&[][..], "A work session for every git branch"),
        (&["objectives"], "Say what to achieve, and mark it as done"),
        (&["plugin"], "Show which plugins run"),
    ] {
        let outcome = env.session(env.root(), typed);
        assert_eq!(outcome.code, Some(2), "{outcome}");
        assert_eq!(outcome.stdout, "", "{outcome}");
        assert!(outcome.stderr.starts_with(first), "{outcome}");
        assert!(outcome.stderr.contains("Commands:"), "{outcome}");
    }
}

#[test]
fn a_missing_subcommand_is_named_in_json() {
    let env = TestEnv::new();
    for typed in [&["objectives", "--json"], &["--json", "objectives"]] {
        let outcome = env.session(env.root(), typed);
        assert_eq!(outcome.code, Some(2), "{outcome}");
        assert_eq!(outcome.stderr, "", "{outcome}");
        let object: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(object["schema"], "session.error/1");
        assert_eq!(
            object["message"],
            "`session objectives` needs one of: add, complete, current, list"
        );
        assert!(
            object["hint"]
                .as_str()
                .unwrap()
                .contains("session objectives --help")
        );
    }
}

#[test]
fn what_is_done_cannot_be_current() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository
        .session(&["objectives", "complete", "obj-1"])
        .success();
    insta::assert_snapshot!(repository.session(&["objectives", "current", "1"]), @"
    exit code: 1
    ----- stderr -----
    error: obj-1 is done
    hint: `session objectives list` shows which are open, and `session objectives add` adds the next one
    ");
    repository
        .session(&["objectives", "current", "2"])
        .success();
}

#[test]
fn a_history_of_none_is_no_history() {
    let env = TestEnv::new();
    let repository = started(&env);
    for count in ["0", "-1"] {
        let outcome = repository.session(&["history", &format!("--count={count}")]);
        assert_eq!(outcome.code, Some(2), "{outcome}");
        assert!(outcome.stderr.contains("--count"), "{outcome}");
    }
    let one = repository.session(&["history", "-n", "1", "--json"]).json();
    assert_eq!(one["sessions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_completion_script_has_no_json_form() {
    let env = TestEnv::new();
    let outcome = env.session(env.root(), &["completions", "bash", "--json"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    let object: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(object["schema"], "session.error/1");
}

#[test]
fn a_quiet_checkpoint_says_its_id_alone() {
    let env = TestEnv::new();
    let repository = started(&env);
    insta::assert_snapshot!(repository.session(&["checkpoint", "--quiet", "--label", "x"]), @"
    exit code: 0
    ----- stdout -----
    cp-1
    ");
}
