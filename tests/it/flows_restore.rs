//! `checkpoint restore` and `drop`: files come back as they were, and the present is kept first. It must not repeat the
//! snapshot's own tests.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::common::TestEnv;
use crate::common::repository::Repository;
use crate::common::repository::run;

fn started<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("a", "a: one\n");
    repository.write("dir/b", "b: one\n");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository
}

#[track_caller]
fn json(repository: &Repository<'_>, arguments: &[&str]) -> Value {
    repository
        .session(&[&["--json"], arguments].concat())
        .json()
}

fn strings(value: &Value) -> Vec<&str> {
    let list = value.as_array().unwrap().iter();
    list.map(|item| item.as_str().or(item["path"].as_str()).unwrap())
        .collect()
}

/// A checkpoint `cp-1` of two changes, then another present.
fn with_checkpoint<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = started(env);
    repository.write("a", "a: two\n");
    repository.git(&["add", "a"]);
    repository.write("dir/b", "b: two\n");
    repository.write("dir/new", "new\n");
    run(&repository, &["checkpoint", "--label", "good"]);
    repository.git(&["reset", "--quiet"]);
    repository.write("a", "a: three\n");
    repository.write("dir/b", "b: three\n");
    std::fs::remove_file(repository.path().join("dir/new")).unwrap();
    repository.write("later", "later\n");
    repository
}

#[test]
fn everything_comes_back_and_what_was_made_since_stays() {
    let env = TestEnv::new();
    let repository = with_checkpoint(&env);
    let head = repository.git(&["rev-parse", "HEAD"]);
    let shown = json(&repository, &["checkpoint", "restore", "good"]);
    assert_eq!(strings(&shown["written"]), ["a", "dir/b", "dir/new"]);
    assert_eq!(strings(&shown["kept_extra"]), ["later"]);
    assert_eq!(shown["before"], "cp-2");
    assert_eq!(repository.read("a"), "a: two\n");
    assert_eq!(repository.read("dir/b"), "b: two\n");
    assert_eq!(repository.read("dir/new"), "new\n");
    assert_eq!(repository.read("later"), "later\n");
    assert_eq!(repository.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(
        repository.git(&["diff", "--cached", "--name-only"]),
        "",
        "no --index"
    );
}

#[test]
fn the_present_is_kept_first_and_comes_back_as_well() {
    let env = TestEnv::new();
    let repository = with_checkpoint(&env);
    run(&repository, &["checkpoint", "restore", "cp-1", "--exact"]);
    assert!(!repository.exists("later"));
    run(&repository, &["checkpoint", "restore", "cp-2", "--exact"]);
    assert_eq!(repository.read("a"), "a: three\n");
    assert_eq!(repository.read("dir/b"), "b: three\n");
    assert_eq!(repository.read("later"), "later\n");
    assert!(!repository.exists("dir/new"));
}

#[test]
fn the_staged_state_comes_back_when_it_is_asked_for() {
    let env = TestEnv::new();
    let repository = with_checkpoint(&env);
    run(&repository, &["checkpoint", "restore", "1", "--index"]);
    assert_eq!(repository.git(&["diff", "--cached", "--name-only"]), "a");
    assert_eq!(repository.git(&["show", ":a"]), "a: two");
}

#[test]
fn a_path_is_restored_alone_and_named_from_where_one_stands() {
    let env = TestEnv::new();
    let repository = with_checkpoint(&env);
    env.session(
        &repository.path().join("dir"),
        &["--no-input", "checkpoint", "restore", "cp-1", "b"],
    )
    .success();
    assert_eq!(repository.read("dir/b"), "b: two\n");
    assert_eq!(repository.read("a"), "a: three\n");
    assert!(!repository.exists("dir/new"));
    run(&repository, &["checkpoint", "restore", "cp-1", "dir"]);
    assert_eq!(repository.read("dir/new"), "new\n");
    assert_eq!(repository.read("a"), "a: three\n");
}

#[test]
fn what_is_not_there_is_said_and_nothing_is_touched() {
    let env = TestEnv::new();
    let repository = with_checkpoint(&env);
    let before = repository.git(&["status", "--porcelain=v2"]);
    for (arguments, said) in [
        (["cp-9", "a"], "known: cp-1"),
        (["cp-1", "nowhere"], "no file or directory nowhere"),
        (["cp-1", "../outside"], "outside the work tree"),
    ] {
        let arguments = [&["--no-input", "checkpoint", "restore"][..], &arguments].concat();
        let outcome = repository.session(&arguments);
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(outcome.stderr.contains(said), "{outcome}");
        assert_eq!(repository.git(&["status", "--porcelain=v2"]), before);
        assert_eq!(repository.read("a"), "a: three\n");
    }
}

#[test]
fn a_dropped_snapshot_is_gone_and_its_facts_stay() {
    let env = TestEnv::new();
    let repository = with_checkpoint(&env);
    let snapshots = || repository.git(&["for-each-ref", "refs/session-snapshots"]);
    assert_eq!(snapshots().lines().count(), 1);
    run(&repository, &["checkpoint", "drop", "good"]);
    assert_eq!(snapshots(), "");
    let again = repository.session(&["checkpoint", "drop", "cp-1"]);
    assert_eq!(again.code, Some(1), "{again}");
    let restore = repository.session(&["checkpoint", "restore", "cp-1"]);
    assert_eq!(restore.code, Some(1), "{restore}");
    assert!(
        restore
            .stderr
            .contains("cp-1 has no snapshot in this clone"),
        "{restore}"
    );
    let shown = run(&repository, &["checkpoint", "show", "cp-1"]);
    assert!(shown.stdout.contains("dir/new"), "{shown}");
    run(&repository, &["checkpoint", "--label", "next"]);
    let listed = json(&repository, &["checkpoint", "list"]);
    assert_eq!(listed["checkpoints"][0]["id"], "cp-2");
}

#[test]
fn an_unknown_path_is_refused_before_the_present_is_checkpointed() {
    let env = TestEnv::new();
    let repository = started(&env);
    run(&repository, &["checkpoint"]);
    let records = || repository.git(&["for-each-ref", "refs/sessions", "refs/session-snapshots"]);
    let before = records();
    let refused = repository.session(&["checkpoint", "restore", "cp-1", "no-such-file"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(
        refused
            .stderr
            .contains("has no file or directory no-such-file"),
        "{refused}"
    );
    assert_eq!(records(), before);
    let list = repository.session(&["checkpoint", "list", "--json"]).json();
    assert_eq!(list["checkpoints"].as_array().unwrap().len(), 1);
}

#[test]
fn the_list_says_what_cannot_be_restored_here() {
    let env = TestEnv::new();
    let repository = started(&env);
    run(&repository, &["checkpoint"]);
    run(&repository, &["checkpoint"]);
    run(&repository, &["checkpoint", "drop", "cp-1"]);
    let shown = run(&repository, &["checkpoint", "list"]).stdout;
    let marked: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("no snapshot in this clone"))
        .collect();
    assert_eq!(marked.len(), 1, "{shown}");
    assert!(marked[0].contains("cp-1 "), "{shown}");
    let list = repository.session(&["checkpoint", "list", "--json"]).json();
    assert_eq!(list["checkpoints"][0]["restorable"], true, "{list}");
    assert_eq!(list["checkpoints"][1]["restorable"], false, "{list}");
}

#[test]
fn a_label_does_not_hide_an_id() {
    let env = TestEnv::new();
    let repository = with_checkpoint(&env);
    for label in ["cp-1", "1", "mine"] {
        run(&repository, &["checkpoint", "--label", label]);
    }
    for (asked, found) in [("cp-1", "cp-1"), ("1", "cp-1"), ("mine", "cp-4")] {
        let shown = json(&repository, &["checkpoint", "show", asked]);
        assert_eq!(shown["checkpoint"]["id"], found, "{asked}");
    }
}

#[test]
fn a_private_file_stays_private() {
    let env = TestEnv::new();
    let repository = started(&env);
    let path = |name: &str| repository.path().join(name);
    let chmod = |name: &str, mode| {
        std::fs::set_permissions(path(name), PermissionsExt::from_mode(mode)).unwrap();
    };
    let mode = |name: &str| path(name).metadata().unwrap().permissions().mode() & 0o7777;
    repository.write("key", "secret\n");
    repository.write("a", "a: private\n");
    repository.write("dir/run", "#!/bin/sh\n");
    chmod("key", 0o600);
    chmod("a", 0o640);
    chmod("dir/run", 0o700);
    run(&repository, &["switch", "main", "--park"]);
    assert!(!repository.exists("key"));
    assert_eq!(mode("a"), 0o640, "a file that was there keeps its own");
    run(&repository, &["switch", "feature/x"]);
    let modes = || [mode("key"), mode("a"), mode("dir/run")];
    assert_eq!(modes(), [0o600, 0o640, 0o700]);

    run(&repository, &["checkpoint", "--label", "private"]);
    repository.write("a", "a: four\n");
    std::fs::remove_file(path("key")).unwrap();
    run(&repository, &["checkpoint", "restore", "private"]);
    assert_eq!(modes(), [0o600, 0o640, 0o700]);
}
