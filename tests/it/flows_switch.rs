//! `switch` between branches: parking, carrying, refusing, and everything being back on return. It must not look at how
//! a snapshot is made.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::common::TestEnv;
use crate::common::repository::Repository;
use crate::common::repository::run;

fn started<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    for path in ["staged", "unstaged", "both", "deleted", "mode", "link"] {
        repository.write(path, format!("{path}: one\n"));
    }
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository
}

/// Every kind of change at once.
fn change_everything(repository: &Repository<'_>) {
    let at = |path: &str| repository.path().join(path);
    repository.write("staged", "staged: two\n");
    repository.write("both", "both: two\n");
    repository.write("added", "added\n");
    repository.git(&["add", "staged", "both", "added"]);
    repository.write("both", "both: three\n");
    repository.write("unstaged", b"unstaged: \xff\r\n");
    std::fs::remove_file(at("deleted")).unwrap();
    std::fs::set_permissions(at("mode"), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::remove_file(at("link")).unwrap();
    symlink("nowhere", at("link")).unwrap();
    repository.write("untracked/deep/file", "untracked\n");
    symlink("../file", at("untracked/deep/link")).unwrap();
}

/// Index and work tree, as git tells them, contents included.
fn state(repository: &Repository<'_>) -> [String; 4] {
    let untracked = ["untracked/deep/file", "untracked/deep/link"].map(|path| {
        let path = repository.path().join(path);
        let link = std::fs::read_link(&path).ok();
        format!("{link:?} {:?}", std::fs::read(&path).ok())
    });
    [
        repository.git(&["status", "--porcelain=v2", "--untracked-files=all"]),
        repository.git(&["diff", "--binary"]),
        repository.git(&["diff", "--binary", "--cached"]),
        untracked.join("\n"),
    ]
}

fn branch(repository: &Repository<'_>) -> String {
    repository.git(&["branch", "--show-current"])
}

#[test]
fn every_kind_of_change_is_parked_and_comes_back_by_switch_and_by_resume() {
    for back in ["switch", "resume"] {
        let env = TestEnv::new();
        let repository = started(&env);
        change_everything(&repository);
        let before = state(&repository);
        let (stash, head) = (".git/refs/stash", repository.git(&["rev-parse", "HEAD"]));
        run(&repository, &["switch", "main", "--park"]);
        assert_eq!(branch(&repository), "main");
        assert_eq!(repository.git(&["status", "--porcelain"]), "");
        assert!(
            !repository.exists("untracked"),
            "an empty directory stays behind"
        );
        assert!(!repository.exists(stash));
        run(&repository, &[back, "feature/x"]);
        assert_eq!(state(&repository), before, "by {back}");
        assert_eq!(repository.git(&["rev-parse", "HEAD"]), head);
        // Once only: the next return brings nothing.
        repository.git(&["reset", "--quiet", "--hard"]);
        repository.git(&["clean", "-fdq"]);
        run(&repository, &["switch", "main"]);
        run(&repository, &[back, "feature/x"]);
        assert_eq!(repository.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn parked_changes_come_back_onto_a_branch_that_moved() {
    let env = TestEnv::new();
    let repository = started(&env);
    change_everything(&repository);
    run(&repository, &["switch", "main", "--park"]);
    let theirs = repository.path().join("../theirs");
    repository.git(&[
        "worktree",
        "add",
        "--quiet",
        theirs.to_str().unwrap(),
        "feature/x",
    ]);
    let other = Repository::at(&env, theirs);
    other.write("theirs", "theirs\n");
    other.commit("feat: theirs");
    repository.git(&["worktree", "remove", other.path().to_str().unwrap()]);
    run(&repository, &["switch", "feature/x"]);
    assert_eq!(repository.read("theirs"), "theirs\n");
    assert_eq!(repository.read("both"), "both: three\n");
    assert_eq!(repository.read("staged"), "staged: two\n");
    assert!(!repository.exists("deleted"));
    let untracked = repository.path().join("untracked/deep/link");
    assert_eq!(
        std::fs::read_link(untracked).unwrap().to_str(),
        Some("../file")
    );
    let changed = repository.git(&["diff", "--name-only", "HEAD"]);
    assert!(!changed.contains("theirs"), "{changed}");
}

/// Moves `branch`, checked out nowhere, by a commit that writes one file.
fn commit_elsewhere(repository: &Repository<'_>, branch: &str, path: &str, content: &str) {
    let here = self::branch(repository);
    repository.git(&["switch", "--quiet", branch]);
    repository.write(path, content);
    repository.commit("feat: elsewhere");
    repository.git(&["switch", "--quiet", &here]);
}

#[test]
fn parked_changes_do_not_come_back_over_what_the_branch_changed_since() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("both", "both: mine\n");
    run(&repository, &["switch", "main", "--park"]);
    commit_elsewhere(&repository, "feature/x", "both", "both: theirs\n");
    let outcome = run(&repository, &["switch", "feature/x"]);
    assert!(
        outcome.stderr.contains("the branch has changed both since"),
        "{outcome}"
    );
    assert!(
        outcome.stderr.contains("session checkpoint restore cp-1"),
        "{outcome}"
    );
    assert_eq!(repository.read("both"), "both: theirs\n");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    run(&repository, &["checkpoint", "restore", "cp-1", "both"]);
    assert_eq!(repository.read("both"), "both: mine\n");
}

#[test]
fn with_only_staged_changes_parked_a_branch_that_moved_is_left_as_it_is() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("staged", "staged: two\n");
    repository.git(&["add", "staged"]);
    repository.write("staged", "staged: one\n");
    run(&repository, &["switch", "main", "--park"]);
    commit_elsewhere(&repository, "feature/x", "both", "both: theirs\n");
    run(&repository, &["switch", "feature/x"]);
    assert_eq!(repository.read("both"), "both: theirs\n");
    assert_eq!(repository.git(&["diff", "--name-only"]), "");
}

#[test]
fn parked_changes_are_not_put_back_among_others_and_a_restore_by_hand_settles_them() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("both", "both: parked\n");
    run(&repository, &["switch", "main", "--park"]);
    repository.git(&["switch", "--quiet", "feature/x"]);
    repository.write("unstaged", "unstaged: other\n");
    let before = state(&repository);
    for _ in 0..2 {
        let outcome = run(&repository, &["resume"]);
        assert!(
            outcome
                .stderr
                .contains("there are other uncommitted changes here"),
            "{outcome}"
        );
        assert_eq!(state(&repository), before);
    }
    let refused = repository.session(&["checkpoint", "drop", "cp-1"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    run(&repository, &["checkpoint", "restore", "cp-1"]);
    assert_eq!(repository.read("both"), "both: parked\n");
    repository.write("both", "both: finished\n");
    repository.commit("feat: finished");
    let outcome = run(&repository, &["resume"]);
    assert!(!outcome.stderr.contains("cp-1"), "{outcome}");
    assert_eq!(repository.read("both"), "both: finished\n");
    run(&repository, &["checkpoint", "drop", "cp-1"]);
}

#[test]
fn changes_are_carried_along() {
    let env = TestEnv::new();
    let repository = started(&env);
    change_everything(&repository);
    let before = state(&repository);
    run(&repository, &["switch", "main", "--carry"]);
    assert_eq!(branch(&repository), "main");
    assert_eq!(state(&repository), before);
}

#[test]
fn a_carry_that_git_refuses_leaves_everything() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("both", "both: committed\n");
    repository.commit("feat: two");
    repository.write("both", "both: uncommitted\n");
    for flag in ["--carry", "--park"] {
        // With --park it is an untracked file of main's that stands in the way, and is parked with the others.
        let outcome = repository.session(&["--no-input", "switch", "main", flag]);
        assert_eq!(
            outcome.code,
            Some(i32::from(flag == "--carry")),
            "{outcome}"
        );
    }
    assert_eq!(branch(&repository), "main");
    run(&repository, &["switch", "feature/x"]);
    assert_eq!(repository.read("both"), "both: uncommitted\n");
}

#[test]
fn parked_changes_are_put_back_when_git_does_not_switch() {
    let env = TestEnv::new();
    let repository = started(&env);
    let path = env.root().join("linked");
    repository.git(&["worktree", "add", "--quiet", path.to_str().unwrap(), "main"]);
    change_everything(&repository);
    let before = state(&repository);
    let outcome = repository.session(&["--no-input", "switch", "main", "--park"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert_eq!(branch(&repository), "feature/x");
    assert_eq!(state(&repository), before);
}

#[test]
fn without_a_terminal_uncommitted_changes_need_a_flag() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("both", "both: two\n");
    let before = state(&repository);
    let records = repository.git(&["for-each-ref", "refs/sessions", "refs/session-snapshots"]);
    let outcome = repository.session(&["--no-input", "switch", "main"]);
    insta::assert_snapshot!(outcome, @"
    exit code: 1
    ----- stderr -----
    error: there are uncommitted changes: 1 modified
    hint: run `session switch main --park` to keep what is changed here, or `--carry` to take it along
    ");
    assert_eq!(state(&repository), before);
    assert_eq!(branch(&repository), "feature/x");
    let now = repository.git(&["for-each-ref", "refs/sessions", "refs/session-snapshots"]);
    assert_eq!(now, records, "a refused switch leaves no checkpoint");
}

#[test]
fn an_unknown_branch_is_created_from_the_default_branch_with_a_session() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("both", "both: two\n");
    repository.commit("feat: only here");
    let refused = repository.session(&["--no-input", "switch", "hotfix/y"]);
    insta::assert_snapshot!(refused, @"
    exit code: 1
    ----- stderr -----
    error: there is no branch hotfix/y
    hint: run `session switch hotfix/y --create` to create it from main
    ");
    assert_eq!(branch(&repository), "feature/x");
    run(&repository, &["switch", "hotfix/y", "--create"]);
    assert_eq!(branch(&repository), "hotfix/y");
    let (here, main) = (
        repository.git(&["rev-parse", "HEAD"]),
        repository.git(&["rev-parse", "main"]),
    );
    assert_eq!(here, main);
    run(&repository, &["objectives", "add", "urgent"]);
    run(&repository, &["switch", "feature/x"]);
    let listed = repository.session(&["--json", "objectives", "list"]).json();
    assert_eq!(listed["objectives"].as_array().unwrap().len(), 0);
}

#[test]
fn a_switch_under_way_in_a_merge_is_refused() {
    let env = TestEnv::new();
    let repository = started(&env);
    commit_elsewhere(&repository, "main", "both", "both: main\n");
    repository.write("both", "both: x\n");
    repository.commit("feat: x");
    let merge = repository.try_git(&["merge", "main"]);
    assert_eq!(merge.code, Some(1), "{merge}");
    let before = state(&repository);
    let outcome = repository.session(&["--no-input", "switch", "main", "--park"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("a merge is under way"), "{outcome}");
    assert_eq!(state(&repository), before);
}

#[test]
fn status_and_switch_say_what_they_count() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("new/one", "1\n");
    repository.write("new/two", "2\n");
    repository.write("plain", "3\n");
    repository.write("both", "both: two\n");
    let status = run(&repository, &["status"]).stdout;
    let directory = "1 modified, 1 untracked, 1 untracked directory\n";
    assert!(status.contains(directory), "{status}");
    let refused = repository.session(&["--no-input", "switch", "main"]);
    let files = "error: there are uncommitted changes: 1 modified, 3 untracked\n";
    assert!(refused.stderr.contains(files), "{refused}");
}
