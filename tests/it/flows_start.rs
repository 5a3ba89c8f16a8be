//! `start`: what it refuses before it shows anything, and what becomes of uncommitted changes. It must not test what the
//! report says.

use crate::common::TestEnv;
use crate::common::repository::Repository;

fn project(env: &TestEnv) -> Repository<'_> {
    let repository = env.repository("project");
    repository.write("a.txt", "one\n");
    repository.commit("feat: one");
    repository.git(&["branch", "other"]);
    repository
}

/// Refused with a hint, before the report and without a trace.
#[track_caller]
fn assert_refused(repository: &Repository<'_>, arguments: &[&str], message: &str, hint: &str) {
    let refs = || repository.git(&["for-each-ref"]);
    let before = (refs(), branch(repository));
    let outcome = repository.session(&[&["--no-input", "start"], arguments].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert_eq!(outcome.stdout, "", "{outcome}");
    assert!(outcome.stderr.starts_with("error: "), "{outcome}");
    assert!(outcome.stderr.contains(message), "{outcome}");
    assert!(outcome.stderr.contains(hint), "{outcome}");
    assert_eq!((refs(), branch(repository)), before);
}

fn branch(repository: &Repository<'_>) -> String {
    repository.git(&["branch", "--show-current"])
}

#[test]
fn what_cannot_be_started_is_refused_before_the_report() {
    let env = TestEnv::new();
    let repository = project(&env);
    let from_nowhere = ["feature/x", "--from", "nope"];
    assert_refused(
        &repository,
        &from_nowhere,
        "there is no commit nope",
        "git branch --all",
    );
    assert_refused(
        &repository,
        &["a..b"],
        "is no valid branch name",
        "check-ref-format",
    );
    let from = ["other", "--from", "main"];
    assert_refused(&repository, &from, "exists already", "leave out --from");
    assert_refused(
        &repository,
        &["-o", " "],
        "an objective cannot be empty",
        "quoted",
    );
    repository.session(&["--no-input", "start"]).success();
    let open = "main has an open session already";
    assert_refused(&repository, &[], open, "session resume main");
    repository.git(&["switch", "--quiet", "other"]);
    assert_refused(&repository, &["main"], open, "session resume main");
}

#[test]
fn changes_of_no_session_come_along_and_that_is_said() {
    let env = TestEnv::new();
    let repository = project(&env);
    repository.write("a.txt", "two\n");
    let started = repository
        .session(&["--no-input", "start", "feature/x"])
        .success();
    let note = "1 uncommitted change came along to feature/x\n";
    assert!(started.stderr.contains(note), "{started}");
    assert_eq!(repository.read("a.txt"), "two\n");
    repository.git(&["commit", "--quiet", "--all", "-m", "feat: two"]);
    let clean = repository
        .session(&["--no-input", "start", "other"])
        .success();
    assert!(!clean.stderr.contains("came along"), "{clean}");
}

#[test]
fn changes_of_an_open_session_are_not_taken_from_it_unasked() {
    let env = TestEnv::new();
    let repository = project(&env);
    repository.session(&["--no-input", "start"]).success();
    repository.write("a.txt", "two\n");
    let message = "has 1 uncommitted change";
    let create = "`session switch feature/x --create --park`";
    assert_refused(&repository, &["feature/x"], message, create);
    assert_refused(
        &repository,
        &["other"],
        message,
        "`session switch other --park`",
    );
    assert_eq!(repository.read("a.txt"), "two\n");
    // The way out that the hint names.
    let switched = ["--no-input", "switch", "feature/x", "--create", "--park"];
    repository.session(&switched).success();
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_branch_that_git_does_not_go_to_gets_the_hint_that_fits() {
    let env = TestEnv::new();
    let repository = project(&env);
    repository.write("a.txt", "two\n");
    repository.commit("feat: two");
    repository.write("a.txt", "three\n");
    let outcome = repository.session(&["--no-input", "start", "other"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    let hint =
        "run `session switch other --park` to keep them here; branch and files are as they were";
    assert!(outcome.stderr.contains(hint), "{outcome}");
    repository.git(&["checkout", "--quiet", "a.txt"]);
    repository.git(&["worktree", "add", "--quiet", "../elsewhere", "other"]);
    let outcome = repository.session(&["--no-input", "start", "other"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("elsewhere"), "{outcome}");
    assert!(!outcome.stderr.contains("--park"), "{outcome}");
}
