//! What stops `end --merge-to`, what it leaves then, and what it says. It must not look at the handoff.

use std::os::unix::fs::PermissionsExt as _;

use crate::common::TestEnv;
use crate::common::outcome::Outcome;
use crate::common::repository::Repository;
use crate::common::repository::run;
use crate::common::session_program;

const OPEN: &str = "the session is still open, and nothing was changed";
const DECIDE: [&str; 5] = ["end", "--merge-to", "main", "--decisions", "Use PKCE"];

/// A session on `feature/z` with one commit to merge.
fn at_work(env: &TestEnv) -> Repository<'_> {
    let repository = env.repository("project");
    repository.write("a", "a\n");
    repository.session(&["init"]).success();
    repository.commit("feat: a");
    run(&repository, &["start", "feature/z"]);
    repository.write("b", "b\n");
    repository.commit("feat: b");
    repository
}

/// Refused, with everything as it was.
#[track_caller]
fn refused(repository: &Repository<'_>, arguments: &[&str], said: &str) -> Outcome {
    let before = everything(repository);
    let outcome = repository.session(&[&["--no-input"], arguments].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains(said), "{outcome}");
    assert_eq!(everything(repository), before);
    outcome
}

/// Refs, index, and the log.
fn everything(repository: &Repository<'_>) -> Vec<String> {
    vec![
        repository.git(&["for-each-ref"]),
        repository.git(&["ls-files", "--stage"]),
        repository.git(&["status", "--porcelain", "--untracked-files=all"]),
        repository.read(".session/decision-log.md"),
    ]
}

fn hook(repository: &Repository<'_>, name: &str, script: &str) {
    let path = format!(".git/hooks/{name}");
    repository.write(&path, format!("#!/bin/sh\n{script}\n"));
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(repository.path().join(path), executable).unwrap();
}

#[test]
fn a_commit_hook_that_refuses_leaves_no_decision_and_nothing_staged() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    hook(&repository, "pre-commit", "echo 'not today' >&2; exit 1");
    let outcome = refused(&repository, &DECIDE, "not today");
    assert!(outcome.stderr.contains(OPEN), "{outcome}");
}

#[test]
fn what_was_staged_of_the_log_stays_staged() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    run(&repository, &["decisions", "add", "staged"]);
    repository.git(&["add", ".session/decision-log.md"]);
    run(&repository, &["decisions", "add", "not staged"]);
    for name in ["pre-merge-commit", "pre-commit"] {
        hook(&repository, name, "echo no >&2; exit 1");
        refused(&repository, &DECIDE, "no");
    }
}

#[test]
fn a_hook_that_stops_the_merge_is_heard_without_the_advice_to_complete_it() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    hook(
        &repository,
        "pre-merge-commit",
        "echo 'not on a Friday' >&2; exit 1",
    );
    let outcome = refused(&repository, &DECIDE, "not on a Friday");
    assert!(!outcome.stderr.contains("git commit"), "{outcome}");
    assert!(outcome.stderr.contains(OPEN), "{outcome}");
}

/// The hook of a merge moves the branch, as another program might at the same moment.
#[test]
fn a_branch_that_moved_meanwhile_is_not_moved_back() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let elsewhere =
        "commit=$(git commit-tree -p refs/heads/feature/z -m other 'refs/heads/feature/z^{tree}')
git update-ref refs/heads/feature/z $commit; exit 1";
    hook(&repository, "pre-merge-commit", elsewhere);
    let outcome = repository.session(&[&["--no-input"], &DECIDE[..]].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(
        outcome.stderr.contains("was moved by another program"),
        "{outcome}"
    );
    let log = repository.git(&["log", "-3", "--format=%s", "feature/z"]);
    assert_eq!(log, "other\nchore(session): record decisions\nfeat: b");
}

#[test]
fn only_the_decision_log_is_committed_for_the_user() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write(".session/architecture.md", "# Half a thought\n");
    refused(
        &repository,
        &DECIDE,
        "would leave behind: .session/architecture.md",
    );
    repository.git(&["checkout", "--quiet", ".session/architecture.md"]);
    repository.write(".session/notes", "mine\n");
    refused(&repository, &DECIDE, "would leave behind: .session/notes");
    std::fs::remove_file(repository.path().join(".session/notes")).unwrap();
    let shown = run(&repository, &DECIDE);
    let commit = repository.git(&["rev-parse", "--short=7", "HEAD"]);
    let said = format!("committed the decision log on feature/z ({commit})");
    assert!(shown.stderr.contains(&said), "{shown}");
    let files = repository.git(&["show", "--format=%s", "--name-only", "HEAD"]);
    assert_eq!(
        files,
        "chore(session): record decisions\n\n.session/decision-log.md"
    );
}

#[test]
fn the_attributes_that_came_with_the_log_are_committed_with_it() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a", "a\n");
    repository.commit("feat: a");
    run(&repository, &["start", "feature/z"]);
    repository.write("b", "b\n");
    repository.commit("feat: b");
    run(&repository, &DECIDE);
    let files = repository.git(&["ls-tree", "-r", "--name-only", "main", ".session"]);
    assert_eq!(files, ".session/.gitattributes\n.session/decision-log.md");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

#[test]
fn an_override_where_no_gate_refused_is_no_decision() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let arguments = ["end", "--merge-to", "main", "--override", "in a hurry"];
    let shown = run(&repository, &arguments);
    assert!(shown.stderr.contains("nothing to override"), "{shown}");
    let log = repository.read(".session/decision-log.md");
    assert!(!log.contains("Merged although"), "{log}");
    assert!(!log.contains("in a hurry"), "{log}");
}

/// The store's lock would hold such a hook up until its deadline, and fail it.
#[test]
fn hooks_of_the_merge_may_call_session() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let script = format!(
        "unset GIT_DIR GIT_INDEX_FILE; cd '{}' && '{}' --no-input checkpoint --label \"$(basename $0)\"",
        repository.path().display(),
        session_program()
    );
    for name in ["pre-commit", "pre-merge-commit", "post-checkout"] {
        hook(&repository, name, &script);
    }
    run(&repository, &DECIDE);
    let list = run(&repository, &["checkpoint", "list"]).stdout;
    for name in ["pre-commit", "pre-merge-commit", "post-checkout"] {
        assert!(list.contains(name), "{name} in {list}");
    }
    assert!(repository.git(&["show", "main:b"]).contains('b'));
    assert_eq!(repository.git(&["worktree", "list"]).lines().count(), 1);
    let scratch = repository.path().join(".git/sessions/.store/scratch");
    assert_eq!(std::fs::read_dir(scratch).unwrap().count(), 0);
}

#[test]
fn a_tag_with_the_name_of_the_branch_is_not_what_is_merged_into() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.git(&["switch", "--quiet", "--create", "other", "main"]);
    repository.write("b", "of the tag\n");
    repository.commit("feat: conflicting");
    repository.git(&["tag", "main"]);
    repository.git(&["switch", "--quiet", "feature/z"]);
    run(&repository, &DECIDE);
    assert_eq!(repository.git(&["show", "refs/heads/main:b"]), "b");
}

#[test]
fn an_unfinished_merge_where_the_target_is_checked_out_is_left_alone() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.git(&["branch", "other", "main"]);
    let path = env.root().join("linked");
    repository.git(&["worktree", "add", "--quiet", path.to_str().unwrap(), "main"]);
    let linked = Repository::at(&env, path);
    linked.git(&["switch", "--quiet", "other"]);
    linked.write("c", "c\n");
    linked.commit("feat: c");
    linked.git(&["switch", "--quiet", "main"]);
    linked.git(&[
        "merge",
        "--quiet",
        "--no-commit",
        "--strategy=ours",
        "other",
    ]);
    refused(&repository, &DECIDE, "main is checked out in");
    linked.git(&["rev-parse", "--verify", "MERGE_HEAD"]);
}

#[test]
fn what_refuses_the_end_does_so_before_any_question() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.git(&["branch", "conflicting", "main"]);
    let refusing = [
        (vec!["end", "--push"], "no remote to push to"),
        (
            vec!["end", "--merge-to", "nowhere"],
            "there is no branch nowhere",
        ),
        (vec!["end", "--merge-to", "feature/z"], "into itself"),
    ];
    for (arguments, said) in refusing {
        let (code, shown) = env.terminal(repository.path(), &arguments).finish();
        assert_eq!(code, 1, "{shown}");
        assert!(shown.contains(said), "{shown}");
    }
    repository.git(&["switch", "--quiet", "conflicting"]);
    repository.write("b", "another\n");
    repository.commit("feat: another b");
    repository.git(&["switch", "--quiet", "feature/z"]);
    let conflicting = ["end", "--merge-to", "conflicting"];
    let (code, shown) = env.terminal(repository.path(), &conflicting).finish();
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("conflicts in b"), "{shown}");
    repository.write("untracked", "mine\n");
    let (code, shown) = env.terminal(repository.path(), &DECIDE[..3]).finish();
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("would leave behind"), "{shown}");
}

#[test]
fn nothing_to_merge_is_no_merge() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.git(&["branch", "--force", "main", "feature/z"]);
    let main = repository.git(&["rev-parse", "main"]);
    let shown = run(&repository, &["--json", "end", "--merge-to", "main"]);
    assert!(shown.stderr.contains("nothing was merged"), "{shown}");
    let ended = shown.json();
    assert!(ended["merged_into"].is_null(), "{ended}");
    assert!(ended["merge_commit"].is_null(), "{ended}");
    assert_eq!(repository.git(&["rev-parse", "main"]), main);
    let history = run(&repository, &["--json", "history"]).json();
    assert!(history["sessions"][0]["ended_at"].is_string(), "{history}");
    assert!(history["sessions"][0]["merged_into"].is_null(), "{history}");
}
