//! `checkpoint --commit` through the user's own git: what goes in, the message, hooks, signing, refusals. It must not
//! repeat the rules of the message, which are tested beside it.

use std::os::unix::fs::PermissionsExt;

use crate::common::TestEnv;
use crate::common::odd;
use crate::common::repository::Repository;
use crate::common::repository::run;

fn started<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("src/a.rs", "fn a() {}\n");
    repository.write("src/b.rs", "fn b() {}\n");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(
        &repository,
        &["start", "feature/x", "-o", "first", "-o", "second"],
    );
    repository
}

fn message(repository: &Repository<'_>) -> String {
    repository.git(&["log", "-1", "--format=%B"])
}

fn hook(repository: &Repository<'_>, name: &str, script: &str) {
    let path = format!(".git/hooks/{name}");
    repository.write(&path, format!("#!/bin/sh\n{script}\n"));
    let path = repository.path().join(path);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// HEAD, index, work tree and everything that `session` keeps.
fn everything(repository: &Repository<'_>) -> [String; 5] {
    [
        repository.git(&["for-each-ref"]),
        repository.git(&["status", "--porcelain=v2", "--untracked-files=all"]),
        repository.git(&["ls-files", "--stage"]),
        repository.git(&["diff", "--binary", "HEAD"]),
        repository.read(".session/decision-log.md"),
    ]
}

/// As [`everything`], for a repository without a decision log.
fn everything_but_the_log(repository: &Repository<'_>) -> [String; 3] {
    [
        repository.git(&["for-each-ref"]),
        repository.git(&["ls-files", "--stage"]),
        repository.read("a.txt"),
    ]
}

#[test]
fn what_is_staged_goes_in_and_nothing_else() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("src/a.rs", "fn a() { 1 }\n");
    repository.git(&["add", "src/a.rs"]);
    repository.write("src/a.rs", "fn a() { 2 }\n");
    repository.write("src/b.rs", "fn b() { 2 }\n");
    repository.write("new", "new\n");
    run(&repository, &["checkpoint", "--message", "feat: staged"]);
    let committed = repository.git(&["show", "--format=%s", "--name-only", "HEAD"]);
    assert_eq!(committed, "feat: staged\n\nsrc/a.rs");
    assert_eq!(repository.git(&["show", "HEAD:src/a.rs"]), "fn a() { 1 }");
    let left = repository.git(&["status", "--porcelain"]);
    assert_eq!(left, " M src/a.rs\n M src/b.rs\n?? new");
    assert!(!message(&repository).contains("src/b.rs"));
}

#[test]
fn with_nothing_staged_everything_goes_in_and_is_listed() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write(".gitignore", "*.log\n");
    repository.commit("chore: ignore");
    repository.write("debug.log", "ignored");
    repository.write("src/a.rs", "fn a() { 1 }\n");
    std::fs::remove_file(repository.path().join("src/b.rs")).unwrap();
    repository.write("tests/new [1].rs", "fn new() {}\n");
    repository.write("-dash", "dash\n");
    let outcome = run(&repository, &["checkpoint", "--commit"]);
    for path in ["src/a.rs", "src/b.rs", "tests/new [1].rs", "-dash"] {
        assert!(outcome.stderr.contains(&format!("  {path}\n")), "{outcome}");
    }
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    let files = repository.git(&["show", "--format=", "--name-status", "HEAD"]);
    assert_eq!(
        files,
        "A\t-dash\nM\tsrc/a.rs\nD\tsrc/b.rs\nA\ttests/new [1].rs"
    );
    let message = message(&repository);
    assert!(message.contains("- Added: tests/new [1].rs\n"), "{message}");
    assert!(message.contains("- Removed: src/b.rs\n"), "{message}");
    let listed = repository.session(&["--json", "checkpoint", "list"]).json();
    let head = repository.git(&["rev-parse", "HEAD"]);
    assert_eq!(listed["checkpoints"][0]["committed"], head);
}

/// Git adds nothing at all when one of the names is such.
#[test]
fn a_file_of_a_name_that_git_refuses_stays_out_and_stops_nothing() {
    let env = TestEnv::new();
    let repository = started(&env);
    let refused = [".git ", "git~1", "x/.git::$DATA", "x/git~1/config"];
    for path in refused {
        repository.write(path, "nobody's\n");
    }
    let made = repository
        .session(&["--no-input", "--json", "checkpoint"])
        .success()
        .json();
    assert_eq!(
        made["checkpoint"]["omitted"],
        serde_json::json!(refused),
        "{made}"
    );
    run(&repository, &["run", "--", "true"]);
    let nothing = repository.session(&["--no-input", "checkpoint", "--commit"]);
    assert_eq!(nothing.code, Some(1), "{nothing}");
    assert!(
        nothing.stderr.contains("there is nothing to commit"),
        "{nothing}"
    );

    repository.write("src/b.rs", "fn b() { 2 }\n");
    repository.write("new", "new\n");
    let tested = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s'";
    run(&repository, &["run", "--", "sh", "-c", tested]);
    let outcome = run(&repository, &["checkpoint", "--message", "feat: the rest"]);
    for path in refused {
        let said = format!("{path} stays out of the commit: git takes its name for its own\n");
        assert!(outcome.stderr.contains(&said), "{outcome}");
    }
    let committed = repository.git(&["show", "--format=", "--name-only", "HEAD"]);
    assert_eq!(committed, "new\nsrc/b.rs");
    assert!(
        !message(&repository).contains("Tests:"),
        "they ran on more than was committed"
    );

    let parked = repository.session(&["--no-input", "switch", "main", "--park"]);
    assert_eq!(parked.code, Some(1), "{parked}");
    assert!(parked.stderr.contains("rename it"), "{parked}");
    run(&repository, &["end", "--merge-to", "main"]);
    assert_eq!(repository.git(&["show", "main:new"]), "new");
    for path in refused {
        assert_eq!(repository.read(path), "nobody's\n");
    }
}

#[test]
fn nothing_to_commit_is_said_and_nothing_recorded() {
    let env = TestEnv::new();
    let repository = started(&env);
    let before = everything(&repository);
    for arguments in [
        &["checkpoint", "--commit"][..],
        &["checkpoint", "-m", "feat: none", "--decision", "none"],
    ] {
        let outcome = repository.session(&[&["--no-input"], arguments].concat());
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(
            outcome.stderr.contains("there is nothing to commit"),
            "{outcome}"
        );
        assert_eq!(everything(&repository), before);
    }
}

#[test]
fn a_refusing_hook_has_its_say_and_everything_stays_as_it_was() {
    for name in ["pre-commit", "commit-msg"] {
        for staged in [false, true] {
            let env = TestEnv::new();
            let repository = started(&env);
            hook(&repository, name, "echo 'no tabs, please' >&2; exit 3");
            repository.write("src/a.rs", "fn a() { 1 }\n");
            repository.write("new/file", "new\n");
            repository.write("intended", "announced before\n");
            repository.git(&["add", "--intent-to-add", "intended"]);
            if staged {
                repository.git(&["add", "src/a.rs"]);
            }
            let before = everything(&repository);
            let arguments = [
                "--no-input",
                "checkpoint",
                "--commit",
                "--decision",
                "tabs it is",
            ];
            let outcome = repository.session(&arguments);
            assert_eq!(outcome.code, Some(1), "{outcome}");
            assert!(outcome.stderr.contains("no tabs, please"), "{outcome}");
            assert!(
                outcome.stderr.contains("nothing was committed or recorded"),
                "{outcome}"
            );
            assert_eq!(everything(&repository), before, "{name}, staged: {staged}");
            hook(&repository, name, "exit 0");
            run(&repository, &arguments[1..]);
            let decisions = repository.session(&["--json", "decisions", "list"]).json();
            assert_eq!(decisions["decisions"].as_array().unwrap().len(), 1);
        }
    }
}

#[test]
fn hooks_run_as_under_git_itself() {
    let env = TestEnv::new();
    let repository = started(&env);
    hook(
        &repository,
        "pre-commit",
        "printf '%s' \"${GIT_WORK_TREE-unset}\" > ../seen",
    );
    hook(
        &repository,
        "prepare-commit-msg",
        "echo 'Hook-Says: hello' >> \"$1\"",
    );
    repository.write("src/a.rs", "fn a() { 1 }\n");
    run(&repository, &["checkpoint", "--commit"]);
    assert_eq!(repository.read("../seen"), "unset");
    assert!(message(&repository).contains("Hook-Says: hello"));
}

#[test]
fn a_commit_is_signed_when_git_is_told_to() {
    let env = TestEnv::new();
    let repository = started(&env);
    let script = "#!/bin/sh\ncat > \"$0.signed\"\n\
        echo '[GNUPG:] SIG_CREATED ' >&2\n\
        printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nfake\\n-----END PGP SIGNATURE-----\\n'\n";
    let program = env.root().join("fake-gpg");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    repository.git(&["config", "commit.gpgsign", "true"]);
    repository.git(&["config", "gpg.program", program.to_str().unwrap()]);
    repository.write("src/a.rs", "fn a() { 1 }\n");
    run(&repository, &["checkpoint", "--message", "feat: signed"]);
    let raw = repository.git(&["cat-file", "commit", "HEAD"]);
    assert!(
        raw.contains("gpgsig -----BEGIN PGP SIGNATURE-----"),
        "{raw}"
    );
    let signed = std::fs::read_to_string(program.with_extension("signed")).unwrap();
    assert!(signed.contains("feat: signed"), "{signed}");

    // A program that cannot sign refuses the commit.
    std::fs::write(&program, "#!/bin/sh\necho 'no key' >&2\nexit 2\n").unwrap();
    repository.write("src/a.rs", "fn a() { 2 }\n");
    let before = everything(&repository);
    let outcome = repository.session(&["--no-input", "checkpoint", "--commit"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("no key"), "{outcome}");
    assert_eq!(everything(&repository), before);
}

#[test]
fn the_message_has_what_the_configuration_asks_for() {
    for (metadata, impact, trailers) in [
        ("full", true, true),
        ("trailers", false, true),
        ("none", false, false),
    ] {
        let env = TestEnv::new();
        let repository = started(&env);
        repository.write(
            ".session/config.yaml",
            format!("commit:\n  metadata: {metadata}\n"),
        );
        repository.commit("chore: configure");
        run(&repository, &["objectives", "complete", "obj-1"]);
        repository.write("src/a.rs", "fn a() { 1 }\n");
        env.advance_minutes(35);
        let arguments = ["checkpoint", "-m", "feat: a", "--notes", "By hand."];
        run(&repository, &arguments);
        let message = message(&repository) + "\n";
        assert!(message.starts_with("feat: a\n\nBy hand.\n"), "{message}");
        assert_eq!(
            message.contains("Impact:\n- Changed: src/a.rs\n"),
            impact,
            "{message}"
        );
        let objectives = "Session-Objectives:\n- [x] first\n- [▶] second\n";
        assert_eq!(message.contains(objectives), impact, "{message}");
        let parsed = {
            let mut command = env.command("sh", repository.path());
            let script = "git log -1 --format=%B | git interpret-trailers --parse";
            env.outcome(command.args(["-c", script])).success().stdout
        };
        let id = repository.git(&[
            "for-each-ref",
            "--format=%(refname:lstrip=2)",
            "refs/sessions",
        ]);
        let expected = format!("Session-Id: {id}\nSession-Time: 35m\n");
        assert_eq!(parsed, if trailers { expected } else { String::new() });
    }
}

#[test]
fn a_subject_is_derived_from_the_change() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("src/a.rs", "fn a() { 1 }\n");
    run(&repository, &["checkpoint", "--commit"]);
    insta::assert_snapshot!(message(&repository).lines().next().unwrap(), @"feat: update a.rs");
    repository.write("src/c.rs", "fn c() {}\n");
    run(
        &repository,
        &["checkpoint", "--commit", "--label", "second step"],
    );
    insta::assert_snapshot!(message(&repository).lines().next().unwrap(), @"feat: second step");
}

#[test]
fn a_decision_is_listed_by_the_next_commit_and_by_no_other() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.commit("chore: session");
    let commit = |content: &str, more: &[&str]| {
        repository.write("src/a.rs", content);
        run(
            &repository,
            &[&["checkpoint", "-m", "feat: a"], more].concat(),
        );
        message(&repository)
    };
    run(
        &repository,
        &[
            "decisions",
            "add",
            "Use PKCE",
            "--rationale",
            "Interception",
        ],
    );
    let first = commit("1", &["--decision", "Use sessions"]);
    assert!(
        first.contains("Decisions:\n- Use PKCE\n  Rationale: Interception\n- Use sessions\n"),
        "{first}"
    );
    // All in the same second.
    let second = commit("2", &[]);
    assert!(!second.contains("Decisions:"), "{second}");
    run(&repository, &["decisions", "add", "Use cookies"]);
    let third = commit("3", &[]);
    assert!(third.contains("Decisions:\n- Use cookies\n"), "{third}");
    assert!(!third.contains("PKCE"), "{third}");
    env.advance_minutes(1);
    let fourth = commit("4", &[]);
    assert!(!fourth.contains("Decisions:"), "{fourth}");
}

#[test]
fn a_subject_that_git_would_take_for_a_comment_is_kept() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.git(&["config", "commit.cleanup", "strip"]);
    repository.write("src/a.rs", "fn a() { 1 }\n");
    run(
        &repository,
        &["checkpoint", "-m", "#12: a", "--notes", "# Heading\n\nText"],
    );
    let message = message(&repository);
    assert!(
        message.starts_with("#12: a\n\n# Heading\n\nText\n"),
        "{message}"
    );
}

#[test]
fn a_conflict_is_never_committed_with_its_markers() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::merging(&env));
    run(&repository, &["start", "other"]);
    let before = everything_but_the_log(&repository);
    for arguments in [
        &["checkpoint", "--commit"][..],
        &["checkpoint", "-m", "feat: merged", "--decision", "theirs"],
    ] {
        let refused = repository.session(&[&["--no-input"], arguments].concat());
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("a.txt"), "{refused}");
        assert!(refused.stderr.contains("git add"), "{refused}");
        assert_eq!(everything_but_the_log(&repository), before);
        assert!(repository.exists(".git/MERGE_HEAD"));
    }
    repository.write("a.txt", "resolved\n");
    repository.git(&["add", "a.txt"]);
    run(&repository, &["checkpoint", "--commit"]);
    assert!(!repository.exists(".git/MERGE_HEAD"));
}

#[test]
fn a_decision_that_a_commit_lists_is_in_that_commit() {
    let env = TestEnv::new();
    let repository = started(&env);
    let commit = |content: &str, decision: &str| {
        repository.write("src/a.rs", content);
        repository.git(&["add", "src/a.rs"]);
        repository.write("src/b.rs", content);
        run(
            &repository,
            &["checkpoint", "-m", "feat: a", "--decision", decision],
        );
        let log = repository.git(&["show", "HEAD:.session/decision-log.md"]);
        assert!(log.contains(decision), "{log}");
        assert!(message(&repository).contains("- Changed: .session/decision-log.md"));
        let names = repository.git(&["show", "--format=", "--name-only", "HEAD"]);
        assert_eq!(names.trim(), ".session/decision-log.md\nsrc/a.rs");
    };
    commit("1", "Use PKCE");
    commit("2", "Use cookies");
}
