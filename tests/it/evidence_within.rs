//! Evidence and what snapshots hold only by its commit: submodules, and repositories inside the work tree that are not
//! tracked. Also where so much is changed that nobody compares. It must not test a snapshot.

use serde_json::Value;

use crate::common::TestEnv;
use crate::common::odd;
use crate::common::repository::{Repository, run};

/// With a session, and a submodule at `libs/inner`.
fn with_submodule(env: &TestEnv) -> Repository<'_> {
    let repository = Repository::at(env, odd::with_submodule(env));
    repository.session(&["init"]).success();
    run(&repository, &["start", "--objective", "first"]);
    repository
}

#[track_caller]
fn evidence(repository: &Repository<'_>, arguments: &[&str]) -> Value {
    let shown = repository.session(&[&["--json", "--no-input"], arguments].concat());
    shown.json()["evidence"][0].clone()
}

/// As a brief has it, and as a checkpoint has it, which takes the time to look at everything.
#[track_caller]
fn standing(repository: &Repository<'_>) -> String {
    let quick = evidence(repository, &["brief"]);
    let quick = quick["standing"].as_str().unwrap();
    assert_eq!(evidence(repository, &["status"])["standing"], quick);
    let made = repository.session(&["--json", "--no-input", "checkpoint"]);
    let whole = made.json()["checkpoint"]["evidence"][0].clone();
    assert_eq!(whole["standing"], quick, "{whole}");
    quick.to_owned()
}

#[test]
fn a_file_inside_a_submodule_counts() {
    let env = TestEnv::new();
    let repository = with_submodule(&env);
    repository.write("libs/inner/a.txt", "tested\n");
    repository.write("libs/inner/new/file", "tested\n");
    run(&repository, &["run", "--", "true"]);
    assert_eq!(standing(&repository), "verified");
    for (path, other) in [
        ("libs/inner/a.txt", "other\n"),
        ("libs/inner/new/file", "other\n"),
        ("libs/inner/newer", "x\n"),
    ] {
        repository.write(path, other);
        assert_eq!(standing(&repository), "stale", "{path}");
        let moved = evidence(&repository, &["status"])["moved"].clone();
        assert_eq!(moved["first"][0]["path"], "libs/inner", "{moved}");
        match path {
            "libs/inner/newer" => std::fs::remove_file(repository.path().join(path)).unwrap(),
            _ => repository.write(path, "tested\n"),
        }
        assert_eq!(standing(&repository), "verified", "{path} as it was");
    }
}

#[test]
fn a_file_inside_a_submodule_counts_also_where_git_hides_it() {
    let env = TestEnv::new();
    let repository = with_submodule(&env);
    repository.git(&["config", "diff.ignoreSubmodules", "all"]);
    repository.git(&["-C", "libs/inner", "checkout", "--quiet", "--", "."]);
    run(&repository, &["run", "--", "true"]);
    assert_eq!(standing(&repository), "verified");
    repository.write("libs/inner/a.txt", "other\n");
    assert_eq!(standing(&repository), "stale");
}

#[test]
fn a_command_that_writes_untracked_files_into_a_submodule_holds_before_and_after() {
    let env = TestEnv::new();
    let repository = with_submodule(&env);
    let builds = ["run", "--", "sh", "-c", "echo $$ > libs/inner/built"];
    run(&repository, &builds);
    assert_eq!(standing(&repository), "verified");
    std::fs::remove_file(repository.path().join("libs/inner/built")).unwrap();
    assert_eq!(standing(&repository), "verified");
    let formats = ["run", "--", "sh", "-c", "echo $$ > libs/inner/a.txt"];
    run(&repository, &formats);
    assert_eq!(standing(&repository), "stale");
    let moved = evidence(&repository, &["status"])["moved"].clone();
    assert_eq!(moved["while_it_ran"], true, "{moved}");
}

#[test]
fn a_submodule_that_git_cannot_look_into_is_no_proof() {
    let env = TestEnv::new();
    let repository = with_submodule(&env);
    run(&repository, &["run", "--", "true"]);
    let head = repository.git_path(&["--git-path", "modules/libs/inner/HEAD"]);
    std::fs::write(head, "no head\n").unwrap();
    assert_ne!(repository.try_git(&["status"]).code, Some(0));
    assert_eq!(standing(&repository), "stale");
    let seen = repository.session(&["--json", "--no-input", "run", "--", "true"]);
    assert_eq!(seen.json()["evidence"]["standing"], "stale");
    let text = run(&repository, &["status"]).stdout;
    assert!(
        text.contains("what the repository inside it (.) holds cannot be compared"),
        "{text}"
    );
}

#[test]
fn a_file_inside_a_repository_that_is_not_tracked_counts() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a", "a\n");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    let inner = env.repository("project/tools/inner");
    inner.write("file", "tested\n");
    run(&repository, &["run", "--", "true"]);
    assert_eq!(standing(&repository), "verified");
    inner.git(&["status"]);
    assert_eq!(standing(&repository), "verified", "git's own files do not");
    inner.write("deep/file", "new\n");
    assert_eq!(standing(&repository), "stale");
    let moved = evidence(&repository, &["status"])["moved"].clone();
    assert_eq!(moved["first"][0]["path"], "tools/inner", "{moved}");
}

#[test]
fn a_repository_inside_runs_nothing_that_its_configuration_names() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a", "a\n");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    let inner = env.repository("project/inner");
    inner.write("file", "tested\n");
    inner.write(".gitattributes", "* filter=spy\n");
    inner.commit("feat: inner");
    let spy = format!("touch {}/ran; cat", env.root().display());
    inner.git(&["config", "filter.spy.clean", &spy]);
    inner.git(&["config", "core.fsmonitor", &spy]);
    inner.write("file", "changed\n");
    run(&repository, &["run", "--", "true"]);
    assert_eq!(standing(&repository), "verified");
    assert!(!env.root().join("ran").exists());
}

#[test]
fn what_is_too_much_for_a_quick_look_is_not_called_stale() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    for number in 0..501 {
        repository.write(&format!("new/{number}"), "new\n");
    }
    run(&repository, &["run", "--", "true"]);
    for verb in ["status", "brief"] {
        let shown = evidence(&repository, &[verb]);
        assert_eq!(shown["standing"], "unverified", "{shown}");
        assert_eq!(shown["moved"], Value::Null, "{shown}");
        let why = shown["not_compared"].as_str().unwrap();
        assert!(why.contains("`session status --refresh`"), "{why}");
        let text = run(&repository, &[verb]).stdout;
        assert!(text.contains("unverified: true: passed"), "{text}");
        assert!(text.contains("not compared: too much is changed"), "{text}");
    }
    let refreshed = evidence(&repository, &["status", "--refresh"]);
    assert_eq!(refreshed["standing"], "verified", "{refreshed}");
    assert_eq!(refreshed["not_compared"], Value::Null);
    repository.write("new/500", "other\n");
    let refreshed = evidence(&repository, &["status", "--refresh"]);
    assert_eq!(refreshed["moved"]["first"][0]["path"], "new/500");
}
