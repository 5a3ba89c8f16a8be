//! `resume`: what changed since the session was left, here and in another clone. It must not repeat what `switch` does
//! with parked changes.

use serde_json::Value;

use crate::common::TestEnv;
use crate::common::repository::Repository;
use crate::common::repository::run;

fn started<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("a", "a: one\n");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(
        &repository,
        &["start", "feature/x", "-o", "first", "-o", "second"],
    );
    repository
}

#[track_caller]
fn resume(repository: &Repository<'_>) -> Value {
    let shown = repository.session(&["--json", "--no-input", "resume"]);
    shown.json()
}

#[track_caller]
fn subjects(since: &Value) -> Vec<&str> {
    let commits = since["commits"]["list"].as_array();
    let commits = commits.or(since["commits"].as_array()).unwrap().iter();
    commits
        .map(|commit| commit["subject"].as_str().unwrap())
        .collect()
}

/// Commits as somebody else would.
fn commit_as_grace(repository: &Repository<'_>, path: &str, message: &str) {
    repository.write(path, message);
    repository.git(&["add", "--all"]);
    let author = "--author=Grace Example <grace@example.com>";
    repository.git(&["commit", "--quiet", author, "--message", message]);
}

#[test]
fn nothing_new_is_said_as_such() {
    let env = TestEnv::new();
    let repository = started(&env);
    let since = &resume(&repository)["since_you_left"];
    assert_eq!(subjects(since), Vec::<&str>::new());
    assert_eq!(since["rewritten"], false);
    assert_eq!(since["base"], Value::Null);
    assert_eq!(since["handoff_files"], serde_json::json!([]));
}

#[test]
fn commits_of_ones_own_and_of_others_are_told_once() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("a", "a: two\n");
    repository.commit("feat: mine");
    commit_as_grace(&repository, "b", "feat: hers");
    let shown = resume(&repository);
    assert_eq!(
        subjects(&shown["since_you_left"]),
        ["feat: hers", "feat: mine"]
    );
    let shown = shown.to_string();
    assert!(shown.contains("Grace Example"), "{shown}");
    assert_eq!(
        subjects(&resume(&repository)["since_you_left"]),
        Vec::<&str>::new()
    );
}

#[test]
fn a_base_and_an_upstream_that_moved_are_told() {
    let env = TestEnv::new();
    let repository = started(&env);
    let bare = env.root().join("remote.git");
    repository.git(&["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    repository.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    repository.git(&["push", "--quiet", "--set-upstream", "origin", "feature/x"]);
    run(&repository, &["resume"]);
    repository.git(&["switch", "--quiet", "main"]);
    commit_as_grace(&repository, "b", "feat: on main");
    commit_as_grace(&repository, "c", "feat: on main too");
    repository.git(&["switch", "--quiet", "--detach", "feature/x"]);
    commit_as_grace(&repository, "d", "feat: pushed by her");
    repository.git(&["push", "--quiet", "origin", "HEAD:feature/x"]);
    repository.git(&["switch", "--quiet", "feature/x"]);
    let since = &resume(&repository)["since_you_left"];
    assert_eq!(
        since["base"],
        serde_json::json!({ "name": "main", "gained": 2 })
    );
    assert_eq!(since["upstream"]["gained"], 1, "{since}");
    assert_eq!(
        subjects(since),
        Vec::<&str>::new(),
        "HEAD itself did not move"
    );
}

#[test]
fn a_rebase_is_told() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("mine", "mine\n");
    repository.commit("feat: mine");
    run(&repository, &["resume"]);
    repository.git(&["switch", "--quiet", "main"]);
    commit_as_grace(&repository, "b", "feat: on main");
    repository.git(&["switch", "--quiet", "feature/x"]);
    repository.git(&["rebase", "--quiet", "main"]);
    let shown = resume(&repository);
    assert_eq!(shown["since_you_left"]["rewritten"], true);
    assert_eq!(
        shown["objectives"].as_array().unwrap().len(),
        2,
        "the session goes on"
    );
}

#[test]
fn files_of_the_handoff_that_are_different_now_are_named() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("a", "a: two\n");
    repository.write("b", "b: two\n");
    repository.commit("feat: two");
    run(&repository, &["end", "--accomplished", "two files"]);
    repository.write("a", "a: three\n");
    let shown = resume(&repository);
    assert_eq!(
        shown["since_you_left"]["handoff_files"],
        serde_json::json!(["a"])
    );
    assert!(
        shown.to_string().contains("two files"),
        "the handoff is shown"
    );
}

/// Ends in one clone with a push, goes on in another, and comes back.
#[test]
fn a_session_goes_from_clone_to_clone_and_back_with_its_ids() {
    let env = TestEnv::new();
    let office = started(&env);
    let bare = env.root().join("remote.git");
    office.git(&["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    office.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    office.git(&["push", "--quiet", "origin", "main"]);
    office.write("a", "a: two\n");
    office.commit("feat: at the office");
    run(&office, &["objectives", "complete", "1"]);
    run(&office, &["blockers", "add", "keys"]);
    office.write("a", "a: three\n");
    office.commit("feat: the last thing before the end");
    run(&office, &["end", "--push", "--accomplished", "half of it"]);
    let first = office.session(&["--json", "history"]).json()["sessions"][0]["id"].clone();

    let path = env.root().join("home-clone");
    office.git(&[
        "clone",
        "--quiet",
        bare.to_str().unwrap(),
        path.to_str().unwrap(),
    ]);
    let home = Repository::at(&env, path);
    home.git(&["switch", "--quiet", "feature/x"]);
    env.advance_minutes(600);
    let shown = resume(&home);
    assert_eq!(shown["session"]["continues"], first);
    assert_ne!(shown["session"]["id"], first);
    assert_eq!(shown["objectives"][0]["id"], "obj-2");
    assert_eq!(shown["blockers"][0]["id"], "blk-1");
    assert!(
        shown.to_string().contains("half of it"),
        "the handoff came along"
    );
    let since = &shown["since_you_left"];
    assert_eq!(
        subjects(since),
        Vec::<&str>::new(),
        "nothing happened on the way home"
    );
    run(&home, &["objectives", "add", "from home"]);
    run(
        &home,
        &["end", "--push", "--accomplished", "the other half"],
    );

    office.git(&["pull", "--quiet", "--ff-only", "origin", "feature/x"]);
    env.advance_minutes(600);
    let shown = resume(&office);
    let ids: Vec<_> = shown["objectives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["id"])
        .collect();
    assert_eq!(ids, ["obj-2", "obj-3"], "{shown}");
    assert!(shown.to_string().contains("the other half"), "{shown}");
    run(&office, &["objectives", "add", "at the office again"]);
    let listed = office.session(&["--json", "objectives", "list"]).json();
    assert_eq!(listed["objectives"][2]["id"], "obj-4");
}

#[test]
fn a_remote_that_cannot_be_reached_does_not_hold_up_what_is_here() {
    let env = TestEnv::new();
    let repository = started(&env);
    run(&repository, &["end"]);
    repository.git(&["remote", "add", "origin", "../nowhere.git"]);
    let outcome = run(&repository, &["resume"]);
    assert!(outcome.stderr.contains("goes on from"), "{outcome}");
}

#[test]
fn without_a_session_anywhere_resume_says_how_to_start() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a", "a\n");
    repository.commit("feat: one");
    let outcome = repository.session(&["--no-input", "resume"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("run `session start`"), "{outcome}");
    let outcome = repository.session(&["--no-input", "resume", "nowhere"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(
        outcome.stderr.contains("there is no branch nowhere"),
        "{outcome}"
    );
}

#[test]
fn resume_of_another_branch_does_not_take_changes_along() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("a", "a: uncommitted\n");
    let outcome = repository.session(&["--no-input", "resume", "feature/x"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(
        outcome.stderr.contains("session switch feature/x --park"),
        "{outcome}"
    );
    assert_eq!(repository.git(&["branch", "--show-current"]), "main");
    assert_eq!(repository.read("a"), "a: uncommitted\n");
}

#[test]
fn what_is_uncommitted_is_not_said_to_be_since_the_session_began() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("older", "from before the session\n");
    repository.git(&["switch", "--quiet", "main"]);
    run(&repository, &["start"]);
    repository.git(&["commit", "--quiet", "--allow-empty", "-m", "feat: since"]);
    let section = |brief: &Value, name: &str| {
        let sections = brief["sections"].as_array().unwrap().iter();
        let mut found = sections.filter(|section| section["name"] == name);
        let found = found
            .next()
            .unwrap_or_else(|| panic!("no {name} in {brief}"));
        (found["title"].clone(), found["items"].to_string())
    };
    let brief = repository.session(&["brief", "--json"]).json();
    let (title, items) = section(&brief, "commits");
    assert_eq!(title, "Commits since the session began");
    assert!(
        items.contains("feat: since") && !items.contains("older"),
        "{items}"
    );
    let (title, items) = section(&brief, "changes");
    assert_eq!(title, "Uncommitted");
    assert!(
        items.contains("older") && !items.contains("feat: since"),
        "{items}"
    );
    run(&repository, &["checkpoint", "--label", "x"]);
    repository.git(&["commit", "--quiet", "--allow-empty", "-m", "feat: later"]);
    let brief = repository.session(&["brief", "--json"]).json();
    let (title, items) = section(&brief, "commits");
    assert_eq!(title, "Commits since cp-1 (x), just now");
    assert!(
        items.contains("feat: later") && !items.contains("feat: since"),
        "{items}"
    );
}

#[test]
fn what_is_carried_over_does_not_read_like_lost_work() {
    let env = TestEnv::new();
    let repository = started(&env);
    run(&repository, &["objectives", "complete", "1"]);
    run(&repository, &["end"]);
    run(&repository, &["resume"]);
    run(&repository, &["objectives", "add", "third"]);
    let status = run(&repository, &["status"]).stdout;
    assert!(
        status.contains("0 of 2 objectives, 1 carried over\n"),
        "{status}"
    );
}

#[test]
fn a_fresh_clone_goes_on_by_the_branch_s_name() {
    let env = TestEnv::new();
    let office = started(&env);
    let bare = env.root().join("remote.git");
    office.git(&["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    office.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    office.git(&["push", "--quiet", "origin", "main"]);
    run(&office, &["end", "--push", "--remember", "mind the keys"]);
    let path = env.root().join("colleague");
    let clone = ["clone", "--quiet", "--branch=main", bare.to_str().unwrap()];
    office.git(&[&clone[..], &[path.to_str().unwrap()]].concat());
    let colleague = Repository::at(&env, path);
    let brief = run(&colleague, &["resume", "feature/x"]).stdout;
    assert!(brief.contains("remember: mind the keys"), "{brief}");
    assert_eq!(colleague.git(&["branch", "--show-current"]), "feature/x");
}
