//! `session hooks`: the call in git's own hooks, by real commits. It must not test what a script is made into: unit tests do.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::common::outcome::Outcome;
use crate::common::repository::{Repository, run};
use crate::common::{TestEnv, odd, session_program};

/// Puts the program on PATH, as whoever installs it does.
fn on_path(env: &TestEnv) {
    let programs = Path::new(session_program()).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&path));
    env.set("PATH", std::env::join_paths(path).unwrap());
}

/// A session with checkpoints that are made by themselves, in a repository made by git alone.
fn started<'e>(env: &'e TestEnv, path: PathBuf) -> Repository<'e> {
    let repository = Repository::at(env, path);
    repository.write(
        ".session/config.yaml",
        "session: { auto_checkpoint: true }\n",
    );
    repository.commit("chore: configure");
    run(&repository, &["start", "--objective", "one"]);
    repository
}

fn post_commit(repository: &Repository<'_>) -> PathBuf {
    repository
        .git_path(&["--git-path", "hooks"])
        .join("post-commit")
}

fn write_hook(path: &Path, content: &[u8], mode: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn checkpoints(repository: &Repository<'_>) -> Vec<String> {
    let listed = run(repository, &["checkpoint", "list", "--json"]).json();
    let listed = listed["checkpoints"].as_array().unwrap().iter();
    listed
        .map(|checkpoint| checkpoint["reason"].as_str().unwrap().to_owned())
        .collect()
}

/// A commit with everything that git prints on the way.
#[track_caller]
fn commit(repository: &Repository<'_>, content: &str) -> Outcome {
    repository.write("src/b.txt", content);
    repository.git(&["add", "--all"]);
    let outcome = repository.try_git(&["commit", "--quiet", "--message", "fix: b"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    outcome
}

#[test]
fn a_commit_makes_the_checkpoint_that_is_due() {
    for (name, make) in [
        ("plain", odd::plain as fn(&TestEnv) -> PathBuf),
        ("linked worktree", odd::linked_worktree),
        ("worktree of a bare repository", odd::worktree_of_bare),
        ("separate git directory", odd::separate_git_dir),
    ] {
        let env = TestEnv::new();
        on_path(&env);
        let repository = started(&env, make(&env));
        let installed = run(&repository, &["hooks", "install", "--json"]).json();
        assert_eq!(installed["hooks"][0]["state"], "installed", "{name}");
        assert_eq!(mode(&post_commit(&repository)) & 0o111, 0o111, "{name}");
        let again = run(&repository, &["hooks", "install", "--json"]).json();
        assert_eq!(again["hooks"][0]["state"], "unchanged", "{name}");

        env.advance_minutes(10);
        let early = commit(&repository, "early\n");
        assert_eq!(checkpoints(&repository), [""; 0], "{name}");
        env.advance_minutes(30);
        let due = commit(&repository, "due\n");
        assert_eq!(checkpoints(&repository), ["interval"], "{name}");
        for said in [early, due] {
            assert_eq!((&*said.stdout, &*said.stderr), ("", ""), "{name}");
        }
        assert_eq!(repository.git(&["status", "--porcelain"]), "", "{name}");

        run(&repository, &["hooks", "uninstall"]);
        assert!(!post_commit(&repository).exists(), "{name}");
        let nothing = run(&repository, &["hooks", "uninstall", "--json"]).json();
        assert_eq!(nothing["hooks"], serde_json::json!([]), "{name}");
    }
}

#[test]
fn a_hook_that_was_there_runs_and_comes_back_byte_for_byte() {
    let env = TestEnv::new();
    on_path(&env);
    let repository = started(&env, odd::plain(&env));
    let hook = post_commit(&repository);
    let before: &[u8] = b"#!/bin/sh -e\necho \"$0 $#\" >>\"$HOOK_LOG\" # \xff\nexit 1";
    let log = env.root().join("hook.log");
    env.set("HOOK_LOG", &log);
    write_hook(&hook, before, 0o750);
    run(&repository, &["hooks", "install"]);
    assert_eq!(mode(&hook), 0o750);
    env.advance_minutes(40);
    commit(&repository, "two\n");
    let said = std::fs::read_to_string(&log).unwrap();
    assert_eq!(said, ".git/hooks/post-commit 0\n");
    assert_eq!(checkpoints(&repository), ["interval"]);
    run(&repository, &["hooks", "uninstall"]);
    assert_eq!(std::fs::read(&hook).unwrap(), before);
    assert_eq!(mode(&hook), 0o750);
}

#[test]
fn a_hook_that_is_not_understood_is_left_alone() {
    let env = TestEnv::new();
    let repository = started(&env, odd::plain(&env));
    let hook = post_commit(&repository);
    let refused = |why: &str| {
        let refused = repository.session(&["hooks", "install"]);
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains(why), "{refused}");
        let way_out = "session hooks run post-commit </dev/null >/dev/null 2>&1 || :";
        assert!(refused.stderr.contains(way_out), "{refused}");
    };
    let python: &[u8] = b"#!/usr/bin/env python3\nprint()\n";
    write_hook(&hook, python, 0o755);
    refused("is no shell script");
    assert_eq!(std::fs::read(&hook).unwrap(), python);
    write_hook(&hook, b"#!/bin/sh\n", 0o644);
    refused("is not executable");
    assert_eq!(mode(&hook), 0o644);
    let target = env.root().join("shared-hook");
    write_hook(&target, b"#!/bin/sh\n", 0o755);
    std::fs::remove_file(&hook).unwrap();
    std::os::unix::fs::symlink(&target, &hook).unwrap();
    refused("is a symbolic link");
    run(&repository, &["hooks", "uninstall"]);
    assert_eq!(std::fs::read(&target).unwrap(), b"#!/bin/sh\n");
}

#[test]
fn hooks_that_other_repositories_share_are_left_alone_and_those_of_the_work_tree_are_not() {
    let env = TestEnv::new();
    on_path(&env);
    let repository = started(&env, odd::plain(&env));
    let shared = env.root().join("shared");
    repository.git(&["config", "core.hooksPath", shared.to_str().unwrap()]);
    let refused = repository.session(&["hooks", "install"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(
        refused.stderr.contains("outside of this repository"),
        "{refused}"
    );
    assert!(!shared.exists());

    repository.git(&["config", "core.hooksPath", ".githooks"]);
    // From a directory below, where git would take a relative path for something else.
    let below = repository.path().join("src");
    let installed = env.session(&below, &["hooks", "install"]).success();
    assert!(installed.stderr.contains("work tree"), "{installed}");
    assert!(repository.exists(".githooks/post-commit"));
    env.advance_minutes(40);
    commit(&repository, "two\n");
    assert_eq!(checkpoints(&repository), ["interval"]);
    // What was installed before the hooks moved is found, too.
    repository.git(&["config", "--unset", "core.hooksPath"]);
    run(&repository, &["hooks", "install"]);
    repository.git(&["config", "core.hooksPath", ".githooks"]);
    let removed = run(&repository, &["hooks", "uninstall", "--json"]).json();
    assert_eq!(removed["hooks"].as_array().unwrap().len(), 2, "{removed}");
}

#[test]
fn nothing_happens_where_session_is_not_on_path_or_cannot_work() {
    let env = TestEnv::new();
    let repository = started(&env, odd::plain(&env));
    run(&repository, &["hooks", "install"]);
    env.advance_minutes(40);
    let quiet = |content: &str| {
        let said = commit(&repository, content);
        assert_eq!((&*said.stdout, &*said.stderr), ("", ""));
    };
    quiet("not on path\n");
    assert_eq!(checkpoints(&repository), [""; 0]);
    on_path(&env);
    repository.write(".session/config.yaml", "session: [\n");
    quiet("damaged\n");
    repository.write(
        ".session/config.yaml",
        "session: { auto_checkpoint: true }\n",
    );
    repository.git(&["switch", "--quiet", "--create", "nobody"]);
    quiet("no session\n");
    let outside = env.session(env.root(), &["hooks", "run", "post-commit"]);
    assert_eq!(outside.code, Some(0), "{outside}");
    assert!(outside.stderr.starts_with("warning: "), "{outside}");
}

#[test]
fn a_commit_that_session_makes_is_recorded_once() {
    let env = TestEnv::new();
    on_path(&env);
    let repository = started(&env, odd::plain(&env));
    run(&repository, &["hooks", "install"]);
    env.advance_minutes(40);
    repository.write("src/b.txt", "two\n");
    run(&repository, &["checkpoint", "--message", "fix: b"]);
    assert_eq!(checkpoints(&repository), ["asked"]);
}

#[test]
fn a_commit_is_work_whoever_its_author_is() {
    let env = TestEnv::new();
    on_path(&env);
    let repository = started(&env, odd::plain(&env));
    repository.write(
        ".session/config.yaml",
        "session: { auto_checkpoint: false }\n",
    );
    run(&repository, &["hooks", "install"]);
    env.advance_minutes(50);
    // Only the hook knows that this was made here.
    repository.write("src/b.txt", "theirs\n");
    repository.git(&["add", "--all"]);
    let author = "--author=Grace <g@example.com>";
    repository.git(&["commit", "--quiet", author, "--message", "fix: b"]);
    env.advance_minutes(50);
    let shown = run(&repository, &["status", "--json"]).json();
    assert_eq!(shown["session"]["active_seconds"], 100 * 60);
    assert_eq!(checkpoints(&repository), [""; 0]);
}
