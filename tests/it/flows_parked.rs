//! Parked changes that nobody put back: they are never forgotten, by whatever way the user came back. It must not
//! repeat what `flows_switch` shows of a plain return.

use crate::common::TestEnv;
use crate::common::outcome::Outcome;
use crate::common::repository::Repository;
use crate::common::repository::run;

/// On `feature/x`, with a session.
fn started(env: &TestEnv) -> Repository<'_> {
    let repository = env.repository("project");
    for path in ["one", "two"] {
        repository.write(path, format!("{path}\n"));
    }
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository
}

#[track_caller]
fn refused(repository: &Repository<'_>, arguments: &[&str]) -> Outcome {
    let outcome = repository.session(&[&["--no-input"], arguments].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    outcome
}

/// Parks a change of `one`, and comes back by git alone.
fn parked_and_back_by_git(env: &TestEnv) -> Repository<'_> {
    let repository = started(env);
    repository.write("one", "one: parked\n");
    run(&repository, &["switch", "main", "--park"]);
    repository.git(&["switch", "--quiet", "feature/x"]);
    repository
}

#[test]
fn a_second_park_does_not_forget_the_first() {
    let env = TestEnv::new();
    let repository = parked_and_back_by_git(&env);
    repository.write("two", "two: later\n");
    let outcome = refused(&repository, &["switch", "main", "--park"]);
    assert!(outcome.stderr.contains("still parked in cp-1"), "{outcome}");
    assert!(
        outcome.stderr.contains("session checkpoint restore cp-1"),
        "{outcome}"
    );
    assert_eq!(repository.read("two"), "two: later\n");
    // The way out that was named, and then the same command.
    run(&repository, &["checkpoint", "restore", "cp-1"]);
    repository.write("two", "two: later\n");
    run(&repository, &["switch", "main", "--park"]);
    run(&repository, &["switch", "feature/x"]);
    assert_eq!(repository.read("one"), "one: parked\n");
    assert_eq!(repository.read("two"), "two: later\n");
}

#[test]
fn a_park_that_was_killed_half_way_is_parked_whole_the_next_time() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("one", "one: parked\n");
    repository.write("two", "two: parked\n");
    run(&repository, &["switch", "main", "--park"]);
    repository.git(&["switch", "--quiet", "feature/x"]);
    // As the kill left it: one file is out, the other is not.
    repository.write("two", "two: parked\n");
    run(&repository, &["switch", "main", "--park"]);
    run(&repository, &["switch", "feature/x"]);
    assert_eq!(repository.read("one"), "one: parked\n");
    assert_eq!(repository.read("two"), "two: parked\n");
}

#[test]
fn status_and_brief_say_that_changes_are_parked() {
    let env = TestEnv::new();
    let repository = parked_and_back_by_git(&env);
    for verb in ["status", "brief"] {
        let shown = run(&repository, &[verb]).stdout;
        assert!(
            shown.contains("changes that are not back yet, in cp-1"),
            "{shown}"
        );
        assert!(
            shown.contains("Put back the changes parked in cp-1"),
            "{shown}"
        );
    }
    run(&repository, &["resume"]);
    let shown = run(&repository, &["status"]).stdout;
    assert!(!shown.contains("cp-1:"), "{shown}");
    assert!(!shown.contains("not back yet"), "{shown}");
}

#[test]
fn a_session_with_parked_changes_does_not_end() {
    let env = TestEnv::new();
    let repository = parked_and_back_by_git(&env);
    let outcome = refused(&repository, &["end"]);
    assert!(outcome.stderr.contains("still parked in cp-1"), "{outcome}");
    run(&repository, &["resume"]);
    assert_eq!(repository.read("one"), "one: parked\n");
    run(&repository, &["end"]);
}

/// Index and files of the super-repository, as git tells them.
fn state(repository: &Repository<'_>) -> [String; 2] {
    [
        repository.git(&["status", "--porcelain=v2", "--untracked-files=all"]),
        repository.git(&["diff", "HEAD"]),
    ]
}

#[test]
fn repositories_inside_this_one_are_neither_parked_nor_counted() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, crate::common::odd::with_submodule(&env));
    repository.session(&["init"]).success();
    repository.git(&["add", ".session"]);
    repository.git(&["commit", "--quiet", "-m", "chore: init"]);
    let nested = env.repository("super/nested");
    nested.write("file", "file\n");
    nested.commit("feat: nested");
    run(&repository, &["start", "feature/x"]);
    let only_repositories = state(&repository);
    run(&repository, &["switch", "main"]);
    run(&repository, &["switch", "feature/x"]);
    assert_eq!(state(&repository), only_repositories);

    repository.write("a.txt", "parked\n");
    repository.write("new.txt", "parked\n");
    let before = state(&repository);
    run(&repository, &["switch", "main", "--park"]);
    assert_eq!(state(&repository), only_repositories);
    nested.write("file", "moved on\n");
    nested.commit("feat: on");
    run(&repository, &["switch", "feature/x"]);
    assert_eq!(state(&repository), before);
}

#[test]
fn a_leftover_index_lock_is_seen_before_anything_is_taken_out() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("one", "one: staged\n");
    repository.git(&["add", "one"]);
    repository.write("new", "new\n");
    let before = state(&repository);
    let records = repository.git(&["for-each-ref", "refs/sessions", "refs/session-snapshots"]);
    repository.write(".git/index.lock", "");
    let outcome = refused(&repository, &["switch", "main", "--park"]);
    assert!(outcome.stderr.contains("index.lock is there"), "{outcome}");
    std::fs::remove_file(repository.path().join(".git/index.lock")).unwrap();
    assert_eq!(state(&repository), before);
    assert_eq!(
        repository.git(&["for-each-ref", "refs/sessions", "refs/session-snapshots"]),
        records
    );
}

#[test]
fn what_was_taken_out_is_put_back_when_taking_out_fails() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write(".gitattributes", "two filter=broken\n");
    repository.commit("chore: filter");
    repository.git(&["config", "filter.broken.clean", "cat"]);
    repository.git(&["config", "filter.broken.smudge", "false"]);
    repository.git(&["config", "filter.broken.required", "true"]);
    repository.write("added", "added\n");
    repository.git(&["add", "added"]);
    repository.write("one", "one: two\n");
    repository.write("two", "two: two\n");
    let read = || ["added", "one", "two"].map(|path| repository.read(path));
    let before = (read(), state(&repository));
    refused(&repository, &["switch", "main", "--park"]);
    assert_eq!((read(), state(&repository)), before);
    let shown = run(&repository, &["status"]).stdout;
    assert!(!shown.contains("not back yet"), "{shown}");
}

#[test]
fn a_hook_that_fails_after_the_switch_does_not_undo_it() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write(
        ".git/hooks/post-checkout",
        "#!/bin/sh\necho hook says no >&2\nexit 3\n",
    );
    let hook = repository.path().join(".git/hooks/post-checkout");
    std::fs::set_permissions(hook, PermissionsExt::from_mode(0o755)).unwrap();
    repository.write("one", "one: parked\n");
    for (arguments, branch) in [
        (&["switch", "main", "--park"][..], "main"),
        (&["start", "feature/y"], "feature/y"),
        (&["resume", "feature/x"], "feature/x"),
    ] {
        let outcome = run(&repository, arguments);
        assert!(outcome.stderr.contains("hook says no"), "{outcome}");
        assert_eq!(repository.git(&["branch", "--show-current"]), branch);
        let there = repository.read("one") == "one: parked\n";
        assert_eq!(there, branch == "feature/x", "on {branch}");
    }
}

#[test]
fn a_refused_switch_says_where_the_changes_are_and_not_what_was_tried() {
    let env = TestEnv::new();
    let repository = started(&env);
    let path = env.root().join("linked");
    repository.git(&["worktree", "add", "--quiet", path.to_str().unwrap(), "main"]);
    repository.write("one", "one: two\n");
    for flag in ["--park", "--carry"] {
        let outcome = refused(&repository, &["switch", "main", flag]);
        assert!(
            outcome.stderr.contains("you stay here with your changes"),
            "{outcome}"
        );
        assert!(
            !outcome.stderr.contains(&format!("use {flag}")),
            "{outcome}"
        );
        assert!(!outcome.stderr.contains("nothing was changed"), "{outcome}");
    }
}

#[test]
fn a_deleted_branch_made_again_goes_on_with_its_open_session() {
    let env = TestEnv::new();
    let repository = started(&env);
    run(&repository, &["objectives", "add", "kept"]);
    run(&repository, &["switch", "main"]);
    repository.git(&["branch", "--quiet", "-D", "feature/x"]);
    let outcome = refused(&repository, &["start", "feature/x"]);
    assert!(
        outcome.stderr.contains("session switch feature/x --create"),
        "{outcome}"
    );
    assert_eq!(repository.git(&["branch", "--list", "feature/x"]), "");
    assert_eq!(repository.git(&["branch", "--show-current"]), "main");
    run(&repository, &["switch", "feature/x", "--create"]);
    let listed = run(&repository, &["--json", "objectives", "list"]).json();
    assert_eq!(listed["objectives"][0]["text"], "kept");
}
