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
