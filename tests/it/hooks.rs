//! `session` called from git's own hooks, which have git's variables set. It must not test what it says there.

use std::path::PathBuf;

use crate::common::odd;
use crate::common::repository::Repository;
use crate::common::{TestEnv, session_program};
use crate::repositories::{ids, quiet};

/// Installs a hook that asks for the status, makes a checkpoint and writes down what came of both.
fn install_hook(repository: &Repository<'_>, name: &str) {
    let script = format!(
        "#!/bin/sh\n{{\n  env | grep '^GIT_DIR=\\|^GIT_INDEX_FILE='\n  \
         \"$SESSION_PROGRAM\" status --no-input; echo \"{name} status $?\"\n  \
         \"$SESSION_PROGRAM\" checkpoint --label {name} --no-input; echo \"{name} checkpoint $?\"\n\
         }} >>\"$HOOK_LOG\" 2>&1\n"
    );
    let path = repository.git_path(&["--git-path", "hooks"]).join(name);
    std::fs::write(&path, script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, executable).unwrap();
}

/// Commits all, and one file alone (git then makes an index of its own), with hooks that call `session`.
fn commit_with_hooks(make: fn(&TestEnv) -> PathBuf) -> String {
    let env = TestEnv::new();
    let repository = Repository::at(&env, make(&env));
    let log = env.root().join("hook.log");
    env.set("SESSION_PROGRAM", session_program());
    env.set("HOOK_LOG", &log);
    quiet(&repository, &["start", "--objective", "one"]);
    for name in ["pre-commit", "post-commit"] {
        install_hook(&repository, name);
    }
    repository.write("src/b.txt", "one\n");
    repository.write("src/new.txt", "new\n");
    repository.commit("feat: all of it");
    repository.write("src/b.txt", "two\n");
    repository.write("src/new.txt", "left out\n");
    repository.git(&["commit", "--quiet", "--message", "fix: b", "src/b.txt"]);
    assert_eq!(repository.git(&["status", "--porcelain"]), " M src/new.txt");
    repository.git(&["fsck", "--connectivity-only"]);

    let log = std::fs::read_to_string(log).unwrap();
    for name in ["pre-commit", "post-commit"] {
        for verb in ["status", "checkpoint"] {
            let said = format!("{name} {verb} 0\n");
            assert_eq!(log.matches(&said).count(), 2, "{said}{log}");
        }
    }
    let list = quiet(&repository, &["checkpoint", "list", "--json"]).json();
    assert_eq!(ids(&list["checkpoints"]), ["cp-4", "cp-3", "cp-2", "cp-1"]);
    let changed = |index: usize| -> Vec<String> {
        let files = list["checkpoints"][index]["files"].as_array().unwrap();
        files
            .iter()
            .map(|file| file["path"].as_str().unwrap().to_owned())
            .collect()
    };
    // Before the first commit both, before the second both again, after it only what was left out.
    assert_eq!(changed(3), ["src/b.txt", "src/new.txt"]);
    assert_eq!(changed(1), ["src/b.txt", "src/new.txt"]);
    assert_eq!(changed(0), ["src/new.txt"]);
    log
}

#[test]
fn hooks_of_a_commit() {
    let log = commit_with_hooks(odd::plain);
    assert!(log.contains("GIT_INDEX_FILE=.git/index\n"), "{log}");
    assert!(log.contains("next-index-"), "{log}");
}

#[test]
fn hooks_of_a_commit_in_a_linked_worktree() {
    let log = commit_with_hooks(odd::linked_worktree);
    assert!(log.contains("GIT_DIR="), "{log}");
    assert!(log.contains("next-index-"), "{log}");
}
