//! `end` with its handoff, its push and its merge, and what stays readable afterwards. It must not look at how a handoff
//! is composed.

use serde_json::Value;

use crate::common::TestEnv;
use crate::common::outcome::Outcome;
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
fn refused(repository: &Repository<'_>, arguments: &[&str], said: &str) -> Outcome {
    let outcome = repository.session(&[&["--no-input"], arguments].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains(said), "{outcome}");
    outcome
}

#[track_caller]
fn json(repository: &Repository<'_>, arguments: &[&str]) -> Value {
    repository
        .session(&[&["--json"], arguments].concat())
        .json()
}

fn session_id(repository: &Repository<'_>) -> String {
    let shown = json(repository, &["brief"]);
    shown["session"]["id"].as_str().unwrap().to_owned()
}

/// A work session: a commit, a completed objective, a blocker, an uncommitted file.
fn work(env: &TestEnv, repository: &Repository<'_>) {
    repository.write("a", "a: two\n");
    repository.commit("feat: two");
    run(repository, &["objectives", "complete", "obj-1"]);
    run(repository, &["blockers", "add", "waiting for keys"]);
    repository.write("draft", "draft\n");
    env.advance_minutes(20);
}

#[test]
fn a_handoff_tells_what_was_said_from_what_was_seen_and_stays_readable() {
    let env = TestEnv::new();
    let repository = started(&env);
    work(&env, &repository);
    let id = session_id(&repository);
    let shown = run(
        &repository,
        &[
            "end",
            "--accomplished",
            "all of it",
            "--remember",
            "rotate keys",
            "--decisions",
            "Use PKCE",
        ],
    );
    let handoff = run(&repository, &["handoff"]).stdout;
    let sections: Vec<&str> = handoff.split("\n## ").collect();
    let section = |title: &str| {
        *sections
            .iter()
            .find(|section| section.starts_with(title))
            .unwrap_or_else(|| panic!("no {title} in\n{handoff}"))
    };
    let said = section("Said at the end, unverified");
    for text in ["all of it", "rotate keys", "Use PKCE"] {
        assert!(said.contains(text), "{said}");
    }
    let observed = section("Observed by session");
    assert!(observed.contains("1 of 2 marked done"), "{observed}");
    assert!(observed.contains("1 commit, "), "{observed}");
    assert!(!observed.contains("all of it"), "{observed}");
    assert!(section("Next steps").contains("Clear blk-1: waiting for keys"));
    assert!(section("Files changed").contains("draft"));
    assert!(shown.stdout.contains("rotate keys"), "{shown}");

    // By id, by the beginning of one, from another branch, and by git alone.
    repository.git(&["switch", "--quiet", "main"]);
    assert_eq!(run(&repository, &["handoff", &id]).stdout, handoff);
    assert_eq!(run(&repository, &["handoff", "feature-x"]).stdout, handoff);
    refused(
        &repository,
        &["handoff", "nothing"],
        &format!("known: {id}"),
    );
    let history = json(&repository, &["history"]);
    assert_eq!(history["sessions"][0]["id"], *id);
    assert_eq!(history["sessions"][0]["commits"], 1);
    let log = repository.git(&["log", "--format=%s", &format!("refs/sessions/{id}")]);
    assert_eq!(log, "end\ncheckpoint cp-1\nstart");
    let stored = repository.git(&["show", &format!("refs/sessions/{id}:document.md")]);
    assert_eq!(stored, handoff.trim_end());
}

#[test]
fn an_end_without_a_handoff_leaves_none_and_a_second_end_is_refused() {
    let env = TestEnv::new();
    let repository = started(&env);
    run(&repository, &["end", "--no-handoff"]);
    refused(&repository, &["handoff"], "handoff");
    refused(&repository, &["end"], "has ended");
    refused(
        &repository,
        &["objectives", "add", "late"],
        "session resume",
    );
    assert_eq!(
        json(&repository, &["history"])["sessions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn ids_go_on_after_an_end() {
    let env = TestEnv::new();
    let repository = started(&env);
    work(&env, &repository);
    run(&repository, &["end"]);
    let ended = json(&repository, &["history"])["sessions"][0]["id"].clone();
    run(&repository, &["resume"]);
    let shown = json(&repository, &["brief"]);
    assert_eq!(shown["session"]["continues"], ended);
    assert_eq!(shown["objectives"][0]["id"], "obj-2");
    assert_eq!(
        shown["objectives"].as_array().unwrap().len(),
        1,
        "only what is open is carried"
    );
    assert_eq!(shown["blockers"][0]["id"], "blk-1");
    run(&repository, &["objectives", "complete", "2"]);
    run(&repository, &["blockers", "resolve", "1"]);
    run(&repository, &["end"]);
    run(&repository, &["start", "-o", "anew"]);
    run(&repository, &["blockers", "add", "anew"]);
    let shown = json(&repository, &["brief"]);
    assert_eq!(shown["session"]["continues"], Value::Null);
    assert_eq!(shown["objectives"][0]["id"], "obj-3");
    assert_eq!(shown["blockers"][0]["id"], "blk-2");
}

/// The branch to merge into is not checked out anywhere.
#[test]
fn a_merge_needs_no_checkout() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("a", "a: two\n");
    let head = repository.commit("feat: two");
    let status = || repository.git(&["status", "--porcelain"]);
    let main = repository.git(&["rev-parse", "main"]);
    let shown = json(&repository, &["--no-input", "end", "--merge-to", "main"]);
    let merge = repository.git(&["rev-parse", "main"]);
    assert_eq!(shown["merge_commit"], *merge);
    let parents = repository.git(&["log", "-1", "--format=%P", "main"]);
    assert_eq!(parents, format!("{main} {head}"), "--no-ff");
    assert_eq!(repository.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(repository.git(&["branch", "--show-current"]), "feature/x");
    assert_eq!(status(), "");
    assert_eq!(repository.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(
        json(&repository, &["history"])["sessions"][0]["merged_into"],
        "main"
    );
}

#[test]
fn a_merge_commits_our_own_shared_files_first() {
    let env = TestEnv::new();
    let repository = started(&env);
    run(
        &repository,
        &["end", "--merge-to", "main", "--decisions", "Use PKCE"],
    );
    assert!(
        repository
            .git(&["show", "main:.session/decision-log.md"])
            .contains("Use PKCE")
    );
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_merge_into_a_branch_checked_out_elsewhere_needs_it_clean() {
    let env = TestEnv::new();
    let repository = started(&env);
    let path = env.root().join("linked");
    repository.git(&["worktree", "add", "--quiet", path.to_str().unwrap(), "main"]);
    let linked = Repository::at(&env, path);
    repository.write("b", "b\n");
    repository.commit("feat: b");
    linked.write("a", "a: dirty\n");
    let before = everything(&repository);
    let arguments = ["end", "--merge-to", "main", "--decisions", "Use PKCE"];
    let outcome = refused(&repository, &arguments, "has uncommitted changes there");
    assert!(outcome.stderr.contains("$ROOT/linked"), "{outcome}");
    assert_eq!(everything(&repository), before);
    assert_eq!(linked.read("a"), "a: dirty\n");
    linked.git(&["checkout", "--quiet", "a"]);
    linked.write("untracked", "stays\n");
    run(&repository, &arguments);
    assert_eq!(
        linked.read("b"),
        "b\n",
        "where it is checked out, the files come along"
    );
    assert_eq!(linked.git(&["status", "--porcelain"]), "?? untracked");
    assert!(linked.read(".session/decision-log.md").contains("Use PKCE"));
}

/// Refs, index, files and the log.
fn everything(repository: &Repository<'_>) -> Vec<String> {
    let mut all = vec![
        repository.git(&["for-each-ref"]),
        repository.git(&[
            "status",
            "--porcelain=v2",
            "--untracked-files=all",
            "--ignored",
        ]),
        repository.git(&["ls-files", "--stage"]),
        repository.git(&["worktree", "list", "--porcelain"]),
    ];
    let files = repository.git(&["ls-files", "--others", "--cached"]);
    all.extend(
        files
            .lines()
            .map(|path| format!("{path}: {}", repository.read(path))),
    );
    all
}

fn conflicting<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = started(env);
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("a", "a: main\n");
    repository.commit("feat: main");
    repository.git(&["switch", "--quiet", "feature/x"]);
    repository.write("a", "a: x\n");
    repository.commit("feat: x");
    repository
}

#[test]
fn a_conflict_leaves_everything_as_it_was() {
    let env = TestEnv::new();
    let repository = conflicting(&env);
    let path = env.root().join("linked");
    for elsewhere in [false, true] {
        if elsewhere {
            repository.git(&["worktree", "add", "--quiet", path.to_str().unwrap(), "main"]);
        }
        let before = everything(&repository);
        let arguments = ["end", "--merge-to", "main", "--decisions", "Use PKCE"];
        refused(&repository, &arguments, "conflicts in a");
        assert_eq!(everything(&repository), before);
    }
    assert!(
        json(&repository, &["brief"])["session"]["id"].is_string(),
        "still open"
    );
}

#[test]
fn a_merge_that_a_hook_refuses_leaves_everything_as_it_was() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("b", "b\n");
    repository.commit("feat: b");
    let hook = ".git/hooks/pre-merge-commit";
    repository.write(hook, "#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(repository.path().join(hook), executable).unwrap();
    let before = everything(&repository);
    let arguments = ["end", "--merge-to", "main", "--decisions", "Use PKCE"];
    refused(&repository, &arguments, "not on a Friday");
    assert_eq!(everything(&repository), before);
}

#[test]
fn a_merge_is_refused_with_uncommitted_changes_and_without_a_target() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("untracked", "mine\n");
    let before = everything(&repository);
    refused(
        &repository,
        &["end", "--merge-to", "main"],
        "would leave behind: untracked",
    );
    refused(
        &repository,
        &["end", "--merge-to", "nowhere"],
        "no branch nowhere",
    );
    refused(
        &repository,
        &["end", "--merge-to", "feature/x"],
        "into itself",
    );
    assert_eq!(everything(&repository), before);
}

#[test]
fn a_push_takes_the_branch_and_the_record_and_never_a_snapshot() {
    let env = TestEnv::new();
    let repository = started(&env);
    let bare = env.root().join("remote.git");
    repository.git(&["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    refused(&repository, &["end", "--push"], "no remote to push to");
    repository.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    repository.write("secret", "untracked\n");
    run(&repository, &["checkpoint"]);
    let head = repository.git(&["rev-parse", "HEAD"]);
    let id = session_id(&repository);
    let shown = json(&repository, &["--no-input", "end", "--push"]);
    assert_eq!(shown["pushed_to"], "origin");
    let remote = Repository::at(&env, bare);
    let record = repository.git(&["rev-parse", &format!("refs/sessions/{id}")]);
    assert_eq!(
        remote.git(&["for-each-ref", "--format=%(refname) %(objectname)"]),
        format!("refs/heads/feature/x {head}\nrefs/sessions/{id} {record}")
    );
    let blob = repository.git(&["hash-object", "secret"]);
    assert_eq!(remote.try_git(&["cat-file", "-e", &blob]).code, Some(1));
    let upstream = repository.git(&["rev-parse", "--abbrev-ref", "@{upstream}"]);
    assert_eq!(upstream, "origin/feature/x");
}

#[test]
fn a_push_that_fails_says_that_the_session_has_ended_all_the_same() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.git(&["remote", "add", "origin", "../nowhere.git"]);
    let id = session_id(&repository);
    let outcome = refused(&repository, &["end", "--push"], "the push failed");
    let by_hand = format!(
        "`git push --set-upstream origin refs/heads/feature/x refs/sessions/{id}:refs/sessions/{id}`"
    );
    assert!(outcome.stderr.contains(&by_hand), "{outcome}");
    run(&repository, &["handoff"]);
}

/// The remote has another name, and the branch an upstream.
#[test]
fn the_way_to_push_by_hand_names_the_real_remote() {
    let env = TestEnv::new();
    let repository = started(&env);
    let bare = env.root().join("remote.git");
    repository.git(&["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    repository.git(&["remote", "add", "upstream", bare.to_str().unwrap()]);
    repository.git(&["push", "--quiet", "--set-upstream", "upstream", "feature/x"]);
    std::fs::remove_dir_all(bare).unwrap();
    let outcome = refused(&repository, &["end", "--push"], "the push failed");
    let by_hand = "`git push upstream refs/heads/feature/x refs/sessions/";
    assert!(outcome.stderr.contains(by_hand), "{outcome}");
}

#[test]
fn a_push_after_a_merge_says_that_the_target_was_not_pushed() {
    let env = TestEnv::new();
    let repository = started(&env);
    let bare = env.root().join("remote.git");
    repository.git(&["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    repository.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    repository.write("b", "b\n");
    repository.commit("feat: b");
    let shown = run(&repository, &["end", "--push", "--merge-to", "main"]);
    let said = "main itself was not pushed: `git push origin refs/heads/main` does that";
    assert!(shown.stderr.contains(said), "{shown}");
    let pushed = repository.git(&["ls-remote", "--heads", "origin"]);
    assert!(!pushed.contains("refs/heads/main"), "{pushed}");
}
