//! What a plugin is told of a session and its work tree, as a recorded case shows it. It must not run a plugin.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};

const CONTRACT: &[u8] = include_bytes!("../fixtures/contract/0.1.4.wasm");

fn recorded(env: &TestEnv, repository: &Repository<'_>) -> Json {
    std::fs::write(env.root().join("contract.wasm"), CONTRACT).unwrap();
    let record = [
        "plugin",
        "test",
        "../contract.wasm",
        "--record",
        "../case.json",
    ];
    repository.session(&record).success();
    let case = std::fs::read(env.root().join("case.json")).unwrap();
    serde_json::from_slice(&case).unwrap()
}

/// One field of each entry of a list.
fn each<'j>(list: &'j Json, field: &str) -> Vec<&'j str> {
    let list = list.as_array().unwrap().iter();
    list.map(|it| it[field].as_str().unwrap()).collect()
}

#[test]
fn what_happened_is_told_in_its_order_and_what_commits_did_with_its_lines() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("notes.md", "one\n");
    repository.write("code.rs", "fn one() {}\n");
    repository.session(&["init"]).success();
    repository.commit("docs: one");
    run(&repository, &["start", "feature/x"]);
    for text in ["one\ntwo\n", "two\nthree\n"] {
        repository.write("notes.md", text);
        repository.write("code.rs", text);
        run(&repository, &["run", "--", "true"]);
        run(&repository, &["checkpoint", "--message", "docs: more"]);
    }
    let case = recorded(&env, &repository);
    assert_eq!(each(&case["checkpoints"], "id"), ["cp-1", "cp-2"]);
    assert_eq!(each(&case["evidence"], "id"), ["ev-1", "ev-2"]);
    let newest = &case["session_commits"][0]["id"];
    // Of the files that the component asks to read, and of no others.
    let texts = &case["commit_texts"][newest.as_str().unwrap()];
    let expected = json!([
        {"path": "notes.md", "text": "two\nthree\n", "changes": [[0, 0, 1], [2, 1, 0]]}
    ]);
    assert_eq!(*texts, expected, "{case:#}");
}

#[test]
fn what_came_in_from_the_base_branch_is_not_the_sessions() {
    for bring_in in [
        &["merge", "-q", "--no-edit", "main"][..],
        &["rebase", "-q", "main"],
        &["merge", "-q", "--no-edit", "origin/main"],
    ] {
        let env = TestEnv::new();
        let repository = env.repository("project");
        repository.write("mine.rs", "one\n");
        repository.write("theirs.rs", "one\n");
        repository.commit("feat: one");
        run(&repository, &["start", "feature/x"]);
        repository.write("mine.rs", "one\ntwo\n");
        repository.commit("feat: two");
        repository.git(&["checkout", "-q", "main"]);
        repository.write("theirs.rs", "one\ntwo\n");
        repository.commit("feat: theirs");
        if bring_in.contains(&"origin/main") {
            repository.git(&["update-ref", "refs/remotes/origin/main", "main"]);
            repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
        }
        repository.git(&["checkout", "-q", "feature/x"]);
        repository.git(bring_in);
        run(&repository, &["run", "--", "true"]);
        let case = recorded(&env, &repository);
        let lines = &case["changed_lines"]["start"];
        assert_eq!(each(lines, "path"), ["mine.rs"], "{bring_in:?}");
        let subjects = each(&case["session_commits"], "subject");
        assert!(!subjects.contains(&"feat: theirs"), "{subjects:?}");
        assert!(subjects.contains(&"feat: two"), "{subjects:?}");
        // What was run then is about files that the base branch has so.
        let changed = &case["evidence"][0]["changed_files"];
        assert_eq!(*changed, json!(["mine.rs", "theirs.rs"]), "{bring_in:?}");
        let unwritten = &case["entries"][0]["unwritten"];
        assert_eq!(*unwritten, json!(["theirs.rs"]), "{bring_in:?}");
    }
}

#[test]
fn a_commit_is_told_as_the_users_where_the_user_made_it_on_the_branch() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a.rs", "one\n");
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository.git(&["checkout", "-q", "-b", "other"]);
    repository.write("b.rs", "one\n");
    repository.commit("feat: merged");
    repository.git(&["checkout", "-q", "feature/x"]);
    repository.git(&["mv", "a.rs", "moved.rs"]);
    repository.commit("refactor: move");
    repository.git(&["merge", "-q", "--no-edit", "other"]);
    repository.write("c.rs", "one\n");
    repository.git(&["add", "c.rs"]);
    let somebody = "--author=Somebody Else <else@example.com>";
    repository.git(&["commit", "-q", "-m", "feat: theirs", somebody]);
    let case = recorded(&env, &repository);
    let commits = case["session_commits"].as_array().unwrap().iter();
    let told = commits.zip(case["commit_origins"].as_array().unwrap());
    let told: Vec<_> = told
        .filter(|(commit, _)| commit["files"].as_array().is_some_and(|it| !it.is_empty()))
        .map(|(commit, origin)| {
            let subject = commit["subject"].as_str().unwrap();
            (
                subject,
                origin["by_user"] == true,
                origin["unwritten"].clone(),
            )
        })
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (subject, by_user, unwritten) in [
        ("feat: theirs", false, Json::Null),
        ("feat: merged", false, Json::Null),
        ("refactor: move", true, json!(["a.rs", "moved.rs"])),
    ] {
        assert!(
            told.contains(&(subject, by_user, unwritten)),
            "{subject}: {told:?}"
        );
    }
}

#[test]
fn entries_are_told_in_the_order_of_the_record_whatever_the_clock_says() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a.rs", "one\n");
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository.session(&["run", "--label", "tests", "--", "false"]);
    run(&repository, &["checkpoint"]);
    env.advance_minutes(-10);
    run(&repository, &["run", "--label", "tests", "--", "true"]);
    run(&repository, &["run", "--", "cat", "a.rs"]);
    run(&repository, &["checkpoint"]);
    let case = recorded(&env, &repository);
    let ids = ["ev-1", "cp-1", "ev-2", "ev-3", "cp-2"];
    assert_eq!(each(&case["entries"], "id"), ids);
    let entries = case["entries"].as_array().unwrap().iter();
    let tests: Vec<&Json> = entries.map(|entry| &entry["tests"]).collect();
    let expected = [
        json!("failed"),
        Json::Null,
        json!("passed"),
        Json::Null,
        Json::Null,
    ];
    assert_eq!(tests, expected.iter().collect::<Vec<_>>());
}

#[test]
fn what_the_session_before_saw_is_told_and_has_not_changed_since() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a.rs", "one\n");
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository.write("test_a.rs", "one\n");
    repository.session(&["run", "--label", "tests", "--", "false"]);
    run(&repository, &["end", "--no-input"]);
    run(&repository, &["start", "--no-input"]);
    repository.write("b.rs", "one\n");
    repository.session(&["run", "--label", "tests", "--", "false"]);
    let case = recorded(&env, &repository);
    assert_eq!(case["evidence"][0]["changed_files"], json!(["b.rs"]));
    let earlier = &case["earlier_runs"][0];
    assert_eq!(earlier["evidence"]["changed_files"], json!(["test_a.rs"]));
    assert_eq!(earlier["entry"]["tests"], "failed");
}

#[test]
fn a_base_branch_that_went_back_behind_the_start_leaves_the_start_alone() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a.rs", "one\n");
    let one = repository.commit("feat: one");
    repository.write("b.rs", "one\n");
    repository.commit("feat: two");
    run(&repository, &["start", "feature/x"]);
    repository.git(&["branch", "-f", "main", one.trim()]);
    repository.write("c.rs", "one\n");
    repository.commit("feat: three");
    let case = recorded(&env, &repository);
    assert_eq!(each(&case["changed_lines"]["start"], "path"), ["c.rs"]);
}

#[test]
fn an_untracked_directory_is_told_file_by_file() {
    let env = TestEnv::new();
    let repository = env.repository("shop");
    repository.write("README.md", "# Shop\n");
    repository.write(".gitignore", "*.log\n");
    repository.commit("feat: begin");
    run(&repository, &["start", "--objective=Grow", "--no-input"]).success();
    for path in ["new/a.rs", "new/deep/b.rs", "new/x.log", "other/c.rs"] {
        repository.write(path, "one\ntwo\n");
    }
    let case = recorded(&env, &repository);
    let new = ["new/a.rs", "new/deep/b.rs", "other/c.rs"];
    assert_eq!(each(&case["changed_files"], "path"), new);
    assert_eq!(case["changed_files"][0]["status"], "untracked");
    assert_eq!(each(&case["changed_lines"]["head"], "path"), new);
}

#[test]
fn the_time_at_which_a_commit_was_written_stays_when_it_is_amended() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a.rs", "one\n");
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository.write("b.rs", "one\n");
    repository.commit("feat: two");
    env.advance_minutes(10);
    repository.git(&["commit", "-q", "--amend", "-m", "feat: b"]);
    let case = recorded(&env, &repository);
    let of = |time: &Json| time.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let written = of(&case["commit_author_times"][0]);
    let committed = of(&case["session_commits"][0]["time"]);
    assert_eq!(committed - written, TimeDelta::minutes(10));
}
