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
