//! What failed in another session, or on another branch, and the merge of this one. It must not repeat what the gates of one
//! session are.

use crate::common::TestEnv;
use crate::common::repository::run;
use crate::gates::{at_work, end, refused, tests};

#[test]
fn a_session_that_goes_on_has_the_tests_of_the_one_before() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    tests(&repository, 3, 0).success();
    run(&repository, &["end"]);
    run(&repository, &["resume"]);
    repository.write("b", "b: two\n");
    repository.commit("feat: b again");
    refused(&repository, &["the tests have not run on this tree"]);
}

#[test]
fn a_failure_is_remembered_by_every_later_session_of_the_branch() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    assert_eq!(tests(&repository, 2, 1).code, Some(1));
    let shown = repository.session(&["status", "--json"]).success().json();
    let first = shown["session"]["id"].as_str().unwrap().to_owned();
    let failed = format!(
        "tests fail: `sh .git/tests.sh` failed (exit code 1): 2 passed, 1 failed (cargo-test) (ev-1 of {first})"
    );
    for opened in ["start", "resume", "resume", "start"] {
        run(&repository, &["end"]);
        run(&repository, &[opened]);
        repository.session(&["run", "--", "true"]).success();
        refused(&repository, &[&failed]);
        let line = format!(
            "verified: sh .git/tests.sh: failed (exit code 1): 2 passed, 1 failed (cargo-test); ev-1 of {first}"
        );
        for document in ["status", "brief"] {
            let shown = repository.session(&[document]).success();
            assert!(shown.stdout.contains(&line), "{shown}");
        }
        let shown = repository.session(&["status", "--json"]).success().json();
        assert_eq!(shown["evidence"][1]["session"], first);
    }
    tests(&repository, 3, 0).success();
    end(&repository, &[]).success();
}

#[test]
fn a_branch_that_was_deleted_takes_its_failures_with_it() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    assert_eq!(tests(&repository, 2, 1).code, Some(1));
    run(&repository, &["end"]);
    env.advance_minutes(1);
    repository.git(&["switch", "--quiet", "main"]);
    repository.git(&["branch", "--quiet", "-D", "feature/z"]);
    run(&repository, &["start", "feature/z"]);
    repository.write("b", "b: anew\n");
    repository.commit("feat: b anew");
    let outcome = end(&repository, &[]).success();
    assert!(outcome.stderr.contains("never measured here"), "{outcome}");
}

/// Another name for the branch is no way round what failed on it; a branch of other work has nothing to do with it.
#[test]
fn what_failed_on_the_branch_below_holds_up_the_merge_of_the_one_on_top() {
    for way in [
        "start",
        "git",
        "moved on",
        "renamed",
        "merged",
        "other work",
    ] {
        let env = TestEnv::new();
        let repository = at_work(&env);
        assert_eq!(tests(&repository, 2, 1).code, Some(1));
        let from = match way {
            "merged" | "other work" => "main",
            _ => "feature/z",
        };
        if way == "start" {
            run(&repository, &["start", "feature/top"]);
        } else {
            repository.git(&["branch", "feature/top", from]);
            if way == "moved on" {
                repository.write("b", "b: two\n");
                repository.commit("feat: b again");
            }
            if way == "renamed" {
                repository.git(&["branch", "--move", "feature/z", "feature/below"]);
            }
            repository.git(&["switch", "--quiet", "feature/top"]);
            run(&repository, &["start"]);
        }
        if way == "merged" {
            repository.git(&["merge", "--quiet", "--no-edit", "feature/z"]);
        }
        repository.write("c", "c\n");
        repository.commit("feat: c");
        let passes = "echo 'test result: ok. 9 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s'";
        run(&repository, &["run", "--", "sh", "-c", passes]);
        if way == "other work" {
            end(&repository, &[]).success();
            continue;
        }
        let since = "tests failed, and have not passed since: `sh .git/tests.sh` failed (exit code 1): 2 passed, 1 failed (cargo-test) (ev-1 of feature-z-";
        refused(&repository, &[since]);
        tests(&repository, 3, 0).success();
        end(&repository, &[]).success();
    }
}
