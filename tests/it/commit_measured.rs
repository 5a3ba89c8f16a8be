//! What an enhanced commit says of tests: from evidence alone, and only of what it holds. It must not test how evidence is
//! made.

use std::os::unix::fs::PermissionsExt as _;

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};
use crate::gates::{at_work, tests};

fn hook(repository: &Repository<'_>, name: &str, script: &str) {
    let path = repository.path().join(".git/hooks").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_enhanced_commit_tells_tests_that_ran_on_its_very_tree() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let message = |label: &str| {
        run(&repository, &["checkpoint", "--commit", "--message", label]);
        repository.git(&["log", "-1", "--format=%B"])
    };
    repository.write("c", "c\n");
    assert!(!message("feat: no tests").contains("Tests:"));

    repository.write("c", "c: two\n");
    tests(&repository, 45, 0).success();
    let first = message("feat: first");
    assert!(
        first.contains("\n- Tests: 45 passed; sh .git/tests.sh, ev-1\n"),
        "{first}"
    );

    env.advance_minutes(5);
    repository.write("c", "c: three\n");
    tests(&repository, 57, 0).success();
    let second = message("feat: second");
    assert!(
        second.contains("\n- Tests: +12 (57 passed; sh .git/tests.sh, ev-2)\n"),
        "{second}"
    );

    env.advance_minutes(5);
    repository.write("c", "c: four\n");
    tests(&repository, 58, 0).success();
    repository.write("c", "c: five\n");
    assert!(
        !message("feat: other").contains("Tests:"),
        "they ran on another tree"
    );

    repository.write("c", "c: six\n");
    repository.write("d", "d\n");
    repository.git(&["add", "d"]);
    tests(&repository, 59, 0).success();
    assert!(
        !message("feat: a part").contains("Tests:"),
        "a part was committed"
    );
}

#[test]
fn a_failure_on_the_same_tree_is_told_beside_what_passed() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("c", "c\n");
    assert_eq!(tests(&repository, 2, 1).code, Some(1));
    let passes = "echo 'test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s'";
    run(&repository, &["run", "--", "sh", "-c", passes]);
    run(&repository, &["checkpoint", "--message", "feat: c"]);
    let message = repository.git(&["log", "-1", "--format=%B"]);
    assert!(message.contains("\n- Tests: 1 passed; sh -c "), "{message}");
    let failed = "\n- Tests: 2 passed, 1 failed; sh .git/tests.sh, ev-1\n";
    assert!(message.contains(failed), "{message}");
}

/// What was tested is not what the hook committed, whether it changed the file as well or only what is staged.
#[test]
fn a_hook_that_changes_the_commit_takes_back_what_was_measured() {
    let stages = "blob=$(echo other | git hash-object -w --stdin) && git update-index --cacheinfo 100644,$blob,c";
    for (script, holds) in [
        ("echo other > c && git add c", false),
        (stages, false),
        ("true", true),
    ] {
        let env = TestEnv::new();
        let repository = at_work(&env);
        repository.write("c", "c\n");
        repository.commit("feat: c");
        repository.write("c", "c: two\n");
        repository.write("new", "new\n");
        hook(&repository, "pre-commit", script);
        hook(&repository, "commit-msg", "echo 'Change-Id: 7' >> \"$1\"");
        tests(&repository, 4, 0).success();
        let outcome = run(&repository, &["checkpoint", "--message", "feat: two"]);
        let message = repository.git(&["log", "-1", "--format=%B"]);
        assert_eq!(
            message.contains("Tests: 4 passed"),
            holds,
            "{script}: {message}"
        );
        let said = outcome.stderr.contains("a hook changed files meanwhile");
        assert_eq!(said, !holds, "{outcome}");
        assert_eq!(message.matches("Change-Id: 7").count(), 1, "{message}");
        assert_eq!(
            repository.git(&["rev-list", "--count", "HEAD~1..HEAD"]),
            "1"
        );
        let recorded = run(&repository, &["checkpoint", "show", "cp-1", "--json"]).json();
        let head = repository.git(&["rev-parse", "HEAD"]);
        assert_eq!(
            recorded["checkpoint"]["committed"],
            head.trim(),
            "{recorded:#}"
        );
    }
}

/// The commit is made, whatever its message says: a hook that goes on committing leaves a warning.
#[test]
fn what_cannot_be_taken_back_is_told_and_fails_nothing() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("c", "c\n");
    hook(&repository, "pre-commit", "echo other > c && git add c");
    let again = "test -e .git/again || { touch .git/again; git commit -q --allow-empty --no-verify -m again; }";
    hook(&repository, "post-commit", again);
    tests(&repository, 4, 0).success();
    let outcome = run(&repository, &["checkpoint", "--message", "feat: c"]).success();
    let said = "still says what was measured before it: a hook made another commit on top of it";
    assert!(
        outcome.stderr.replace('\n', " ").contains(said),
        "{outcome}"
    );
    assert_eq!(
        repository.git(&["log", "-2", "--format=%s"]),
        "again\nfeat: c"
    );
}

/// Hooks have seen the commit: none runs for the one without the lines.
#[test]
fn no_hook_runs_twice() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("c", "c\n");
    hook(&repository, "pre-commit", "echo other > c && git add c");
    hook(
        &repository,
        "prepare-commit-msg",
        "echo 'Ticket: X-1' >> \"$1\"",
    );
    hook(&repository, "post-commit", "echo x >> .git/committed");
    tests(&repository, 4, 0).success();
    run(&repository, &["checkpoint", "--message", "feat: c"]);
    let message = repository.git(&["log", "-1", "--format=%B"]);
    assert_eq!(message.matches("Ticket: X-1").count(), 1, "{message}");
    assert!(!message.contains("Tests:"), "{message}");
    assert_eq!(repository.read(".git/committed"), "x\n");
}
