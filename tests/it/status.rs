//! `session status`: what its flags change. It must not test the sections that other verbs share.

use crate::common::TestEnv;
use crate::common::repository::run;

#[test]
fn refresh_builds_the_indexes_that_a_brief_only_reads() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("src/a.rs", "// TODO: retry\n");
    repository.commit("feat: a");
    let knows = || run(&repository, &["brief"]).stdout.contains("TODO 1");
    run(&repository, &["status"]);
    assert!(!knows(), "without an index nothing is walked");
    run(&repository, &["status", "--refresh"]);
    assert!(knows());
}
