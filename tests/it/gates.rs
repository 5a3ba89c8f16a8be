//! The quality gates of `end --merge-to`: from evidence alone. It must not test how evidence is made.

use crate::common::outcome::Outcome;
use crate::common::repository::{Repository, run};
use crate::common::{TestEnv, session_program};

/// A session on `feature/z` with one commit to merge.
pub fn at_work(env: &TestEnv) -> Repository<'_> {
    let repository = env.repository("project");
    repository.write("a", "a\n");
    repository.session(&["init"]).success();
    repository.commit("feat: a");
    run(&repository, &["start", "feature/z"]);
    repository.write("b", "b\n");
    repository.commit("feat: b");
    repository
}

/// Runs what says that so many tests passed and failed.
pub fn tests(repository: &Repository<'_>, passed: u32, failed: u32) -> Outcome {
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let script = format!(
        "echo 'test result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s'; exit {}",
        i32::from(failed > 0)
    );
    repository.write(".git/tests.sh", script);
    repository.session(&["run", "--", "sh", ".git/tests.sh"])
}

pub fn end(repository: &Repository<'_>, more: &[&str]) -> Outcome {
    repository.session(&[&["--no-input", "end", "--merge-to", "main"], more].concat())
}

#[track_caller]
pub fn refused(repository: &Repository<'_>, said: &[&str]) {
    let before = repository.git(&["for-each-ref"]);
    let outcome = end(repository, &[]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    for said in said {
        assert!(outcome.stderr.contains(said), "{said}: {outcome}");
    }
    assert_eq!(repository.git(&["for-each-ref"]), before);
}

#[test]
fn what_was_never_measured_is_said_and_holds_nothing_up() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let outcome = end(&repository, &[]).success();
    let said = "never measured here, so it does not hold up the merge: tests, coverage, coverage of the changed lines";
    assert!(outcome.stderr.contains(said), "{outcome}");
}

#[test]
fn tests_of_another_tree_hold_up_the_merge_until_they_are_run_again() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    tests(&repository, 3, 0).success();
    repository.write("b", "b: two\n");
    repository.commit("feat: b again");
    refused(
        &repository,
        &[
            "a quality gate holds up the merge: the tests have not run on this tree: `sh .git/tests.sh` passed: 3 passed (cargo-test) (ev-1); 1 file changed since: b",
            "run `session run -- sh .git/tests.sh` on this tree, or give a reason with --override",
        ],
    );
    tests(&repository, 3, 0).success();
    end(&repository, &[]).success();
    assert_eq!(repository.git(&["show", "main:b"]), "b: two");
}

#[test]
fn failing_tests_hold_up_the_merge_and_an_override_is_a_decision() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    assert_eq!(tests(&repository, 2, 1).code, Some(1));
    refused(
        &repository,
        &[
            "tests fail: `sh .git/tests.sh` failed (exit code 1): 2 passed, 1 failed (cargo-test) (ev-1)",
        ],
    );
    let outcome = end(&repository, &["--override", "the test is wrong"]).success();
    assert!(outcome.stdout.contains("Merged"), "{outcome}");
    let log = repository.git(&["show", "main:.session/decision-log.md"]);
    assert!(
        log.contains("Merged although a quality gate said no: tests fail: "),
        "{log}"
    );
    assert!(log.contains("the test is wrong"), "{log}");
}

#[test]
fn tests_that_break_down_before_they_count_fail() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("Makefile", "test:\n\tfalse\n");
    repository.commit("test: none pass");
    repository.session(&["run", "--", "make", "test"]);
    refused(
        &repository,
        &["tests fail: `make test` failed (exit code 2) (ev-1)"],
    );
}

/// The way out of a slip is not an override.
#[test]
fn a_runner_that_was_called_where_there_is_no_project_says_nothing_of_the_tests() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("sub/Makefile", "test:\n\ttrue\n");
    repository.commit("test: in sub");
    let slip = repository.session(&["run", "--", "make", "test"]);
    assert_eq!(slip.code, Some(2), "{slip}");
    let said = "failed (exit code 2); there is no Makefile there";
    let status = repository.session(&["status"]).success();
    assert!(status.stdout.contains(said), "{status}");
    let sub = repository.path().join("sub");
    env.session(&sub, &["run", "--", "make", "test"]).success();
    let slip = env.session(&sub, &["run", "--", "make", "check"]);
    assert_eq!(slip.code, Some(2), "{slip}");
    let status = repository.session(&["status"]).success();
    let said = "make check (in sub): failed (exit code 2); what it names is not there";
    assert!(status.stdout.contains(said), "{status}");
    end(&repository, &[]).success();
}

#[test]
fn a_run_in_another_directory_or_under_the_same_label_hides_nothing() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let elsewhere = repository.path().join("sub");
    repository.write("sub/run.sh", "exit 1");
    repository.commit("test: in sub");
    env.session(&elsewhere, &["run", "--label=test", "--", "sh", "run.sh"]);
    env.session(&elsewhere, &["run", "--label=test", "--", "true"])
        .success();
    repository.write("run.sh", "exit 0");
    repository.commit("test: at the root");
    repository
        .session(&["run", "--label=test", "--", "sh", "run.sh"])
        .success();
    refused(
        &repository,
        &["`sh run.sh (in sub)` failed (exit code 1) (ev-1)"],
    );
}

#[test]
fn a_narrower_run_does_not_make_a_failure_forgotten() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    tests(&repository, 1, 1);
    repository.write("b", "b: two\n");
    repository.commit("feat: b again");
    let narrow = "echo 'test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.00s'";
    repository
        .session(&["run", "--", "sh", "-c", narrow])
        .success();
    refused(
        &repository,
        &[
            "tests failed, and have not passed since: `sh .git/tests.sh` failed (exit code 1): 1 passed, 1 failed (cargo-test) (ev-1)",
        ],
    );
    tests(&repository, 2, 0).success();
    end(&repository, &[]).success();
}

#[test]
fn a_failure_is_past_when_the_same_command_passes_and_not_when_others_do() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("Makefile", "test:\n\ttest ! -e broken-$(ONLY)\n");
    repository.write("broken-a", "");
    repository.write("broken-", "");
    repository.commit("test: make test");
    repository.session(&["run", "--", "make", "test", "ONLY=a"]);
    for number in 0..10 {
        let only = format!("ONLY={number}");
        run(&repository, &["run", "--", "make", "test", &only]);
    }
    refused(
        &repository,
        &[
            "tests fail: `make test ONLY=a` failed (exit code 2) (ev-1)",
            "make them pass, then run `session run -- make test ONLY=a` on this tree",
        ],
    );
    repository.session(&["run", "--", "make", "test"]);
    refused(&repository, &["ONLY=a", "`make test` failed"]);
    repository.git(&["rm", "--quiet", "broken-a", "broken-"]);
    repository.commit("fix: everything");
    run(&repository, &["run", "--", "make", "test"]);
    // What `ONLY=a` does with a Makefile, nobody knows.
    let since = "tests failed, and have not passed since: `make test ONLY=a`";
    refused(&repository, &[since]);
    run(&repository, &["run", "--", "make", "test", "ONLY=a"]);
    let status = repository.session(&["status"]).success();
    assert!(!status.stdout.contains("ONLY=a: failed"), "{status}");
    end(&repository, &[]).success();
}

#[test]
fn what_was_only_asked_or_chosen_by_a_variable_is_no_run_of_the_tests() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("Makefile", "test:\n\ttest -n \"$(GOFLAGS)\"\n");
    repository.commit("test: make test");
    repository.session(&["run", "--", "make", "test"]);
    run(&repository, &["run", "--", "make", "-n", "test"]);
    let mut command = env.command(session_program(), repository.path());
    command.env("GOFLAGS", "-run=X y");
    let told = command
        .args(["run", "--", "make", "test"])
        .status()
        .unwrap();
    assert!(told.success());
    let mut command = env.command(session_program(), repository.path());
    command.env("MAKEFLAGS", "n");
    let shown = command.args(["run", "--", "make", "test"]).status();
    assert!(shown.unwrap().success());
    refused(
        &repository,
        &["tests fail: `make test` failed (exit code 2) (ev-1)"],
    );
    let status = repository.session(&["status"]).success();
    assert!(
        status.stdout.contains("GOFLAGS='-run=X y' make test"),
        "{status}"
    );
}

#[test]
fn a_tracked_file_that_the_command_replaced_and_committed_was_not_tested() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("new.sh", "exit 0\n");
    let script = "sh new.sh && echo 'exit 1' > new.sh && git add -A && git commit -qm auto";
    repository
        .session(&["run", "--label=test", "--", "sh", "-c", script])
        .success();
    refused(&repository, &["the tests have not run on this tree"]);
}

#[test]
fn a_failing_build_does_not_hide_the_tests() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    tests(&repository, 3, 0).success();
    repository.write("b", "b: broken\n");
    repository.commit("feat: b is broken");
    repository.write(".git/tests.sh", "echo does not compile; exit 101");
    repository.session(&["run", "--", "sh", ".git/tests.sh"]);
    refused(
        &repository,
        &["tests fail: `sh .git/tests.sh` failed (exit code 101) (ev-2)"],
    );
}

#[test]
fn other_commands_do_not_push_the_tests_out_of_sight() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    tests(&repository, 2, 1);
    for number in 0..10 {
        run(&repository, &["run", "--", "echo", &number.to_string()]);
    }
    refused(&repository, &["2 passed, 1 failed (cargo-test) (ev-1)"]);
}

#[test]
fn the_configuration_can_make_a_gate_only_say_so() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let config = repository.read(".session/config.yaml");
    let config = config.replace(
        "block_merge_on_quality: true",
        "block_merge_on_quality: false",
    );
    repository.write(".session/config.yaml", config);
    repository.commit("chore: configure");
    tests(&repository, 2, 1);
    let outcome = end(&repository, &[]).success();
    assert!(
        outcome
            .stderr
            .contains("warning: a quality gate says no: tests fail"),
        "{outcome}"
    );
}

#[test]
fn without_required_tests_nobody_asks_for_them() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let config = repository.read(".session/config.yaml");
    let config = config.replace("require_tests: true", "require_tests: false");
    repository.write(".session/config.yaml", config);
    repository.commit("chore: configure");
    tests(&repository, 2, 1);
    end(&repository, &[]).success();
}

#[test]
fn a_merge_with_changes_of_the_target_s_own_is_said_to_be_untested() {
    let untested = "so no test has seen what the merge made: run the tests on main";
    for moved in [false, true] {
        let env = TestEnv::new();
        let repository = at_work(&env);
        tests(&repository, 3, 0).success();
        if moved {
            repository.git(&["switch", "--quiet", "main"]);
            repository.write("c", "c\n");
            repository.commit("feat: c");
            repository.git(&["switch", "--quiet", "feature/z"]);
        }
        let outcome = end(&repository, &[]).success();
        assert_eq!(outcome.stderr.contains(untested), moved, "{outcome}");
    }
}

#[test]
fn a_branch_that_asks_less_of_itself_than_its_target_is_told() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let config = ".session/config.yaml";
    let usual = repository.read(config);
    assert_eq!(usual.matches("  require_tests: true").count(), 1, "{usual}");
    let lax = usual.replace("  require_tests: true", "  require_tests: false");
    repository.write(config, lax);
    repository.commit("chore: no tests");
    let outcome = end(&repository, &[]).success();
    let said = "the gates of main itself are stricter than those of this branch: require_tests is true (here false)";
    assert!(outcome.stderr.contains(said), "{outcome}");
}
