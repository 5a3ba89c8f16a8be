//! The whole life of a session in every repository that is met in the wild. It must not test a verb's details.

use std::path::PathBuf;

use crate::common::TestEnv;
use crate::common::odd;
use crate::common::outcome::Outcome;
use crate::common::repository::Repository;

/// From `init` to the next day, with each verb's own answer looked at.
fn whole_life(make: fn(&TestEnv) -> PathBuf) {
    let env = TestEnv::new();
    let repository = Repository::at(&env, make(&env));
    let branch = repository.try_git(&["symbolic-ref", "--quiet", "--short", "HEAD"]);
    let branch = branch.stdout.trim().to_owned();
    repository.session(&["init"]).success();
    quiet(&repository, &["start", "--objective", "Find the bug"]);
    let status = quiet(&repository, &["status", "--json"]).json();
    let seen = status["head"]["branch"].as_str().unwrap_or_default();
    assert_eq!(seen, branch, "{status}");
    let first = status["session"]["id"].as_str().unwrap().to_owned();
    quiet(&repository, &["objectives", "add", "Mend it"]);
    quiet(&repository, &["decisions", "add", "Take the long way"]);

    let file = repository.git_path(&["--show-toplevel"]).join("src/b.txt");
    std::fs::write(&file, "kept\n").unwrap();
    let made = quiet(&repository, &["checkpoint", "--label", "one", "--json"]).json();
    assert_eq!(made["checkpoint"]["id"], "cp-1");
    let files = made["checkpoint"]["files"].to_string();
    assert!(files.contains("src/b.txt"), "{files}");
    std::fs::write(&file, "lost\n").unwrap();
    quiet(&repository, &["checkpoint", "restore", "one"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept\n");
    let list = quiet(&repository, &["checkpoint", "list", "--json"]).json();
    assert_eq!(ids(&list["checkpoints"]), ["cp-2", "cp-1"]);
    let shown = quiet(&repository, &["checkpoint", "show", "cp-1"]);
    assert!(shown.stdout.contains("src/b.txt"), "{shown}");
    let brief = quiet(&repository, &["brief"]).stdout;
    // Git names a directory alone when nothing in it is tracked.
    let changed = if files.contains("untracked") {
        "src/"
    } else {
        "src/b.txt"
    };
    for part in ["Find the bug", "Mend it", "Take the long way", changed] {
        assert!(brief.contains(part), "{part} is not in\n{brief}");
    }

    quiet(&repository, &["end", "--handoff", "--remember", "the keys"]);
    let handoff = quiet(&repository, &["handoff"]);
    assert!(handoff.stdout.contains("the keys"), "{handoff}");
    let resumed = quiet(&repository, &["resume", "--json"]).json();
    assert_eq!(resumed["session"]["continues"], first.as_str());
    assert_eq!(ids(&resumed["objectives"]), ["obj-1", "obj-2"]);
    let history = quiet(&repository, &["history", "--json"]).json();
    assert_eq!(history["sessions"].as_array().unwrap().len(), 2);
    repository.git(&["status"]);
}

/// Runs a verb that has to succeed and has nothing to warn of.
#[track_caller]
pub fn quiet(repository: &Repository<'_>, arguments: &[&str]) -> Outcome {
    let outcome = repository
        .session(&[arguments, &["--no-input"]].concat())
        .success();
    let warned = outcome.stderr.contains("warning")
        || outcome.stdout.contains("## Warnings")
        || (outcome.stdout.contains("\"warnings\":[{"));
    assert!(!warned, "{arguments:?}\n{outcome}");
    outcome
}

#[track_caller]
pub fn ids(list: &serde_json::Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

#[test]
fn a_linked_worktree() {
    whole_life(odd::linked_worktree);
}

#[test]
fn a_worktree_of_a_bare_repository() {
    whole_life(odd::worktree_of_bare);
}

#[test]
fn a_git_directory_that_stands_elsewhere() {
    whole_life(odd::separate_git_dir);
}

#[test]
fn a_detached_head() {
    whole_life(odd::detached);
}

#[test]
fn an_unborn_branch() {
    whole_life(odd::unborn);
}

#[test]
fn a_shallow_clone() {
    whole_life(odd::shallow_clone);
}

#[test]
fn a_partial_clone_whose_origin_is_out_of_reach() {
    whole_life(odd::partial_clone);
}

#[test]
fn a_clone_without_trees_whose_origin_is_out_of_reach() {
    whole_life(odd::treeless_clone);
}

#[test]
fn nothing_is_fetched_to_complete_a_partial_clone() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::treeless_clone(&env));
    let asked = env.root().join("asked");
    let server = env.root().join("upload-pack");
    let script = format!("#!/bin/sh\necho asked >>'{}'\nexit 1\n", asked.display());
    std::fs::write(&server, script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&server, executable).unwrap();
    repository.git(&[
        "config",
        "remote.origin.uploadpack",
        server.to_str().unwrap(),
    ]);
    repository.try_git(&["rev-list", "--objects", "HEAD"]);
    assert!(asked.exists(), "git itself would ask");
    std::fs::remove_file(&asked).unwrap();
    quiet(&repository, &["start", "--objective", "one"]);
    repository.write("src/b.txt", "changed\n");
    for arguments in [
        &["status"][..],
        &["brief"],
        &["checkpoint"],
        &["resume"],
        &["end"],
    ] {
        quiet(&repository, arguments);
        assert!(!asked.exists(), "{arguments:?} went to the network");
    }
}

#[test]
fn a_sparse_checkout_with_a_sparse_index() {
    whole_life(odd::sparse_index);
}

#[test]
fn a_split_index() {
    whole_life(odd::split_index);
}

#[test]
fn a_repository_with_a_submodule() {
    whole_life(odd::with_submodule);
}

#[test]
fn a_submodule_itself() {
    whole_life(odd::inside_submodule);
}

#[test]
fn a_merge_that_stopped() {
    whole_life(odd::merging);
}

#[test]
fn a_rebase_that_stopped() {
    whole_life(odd::rebasing);
}

#[test]
fn a_subdirectory() {
    whole_life(odd::subdirectory);
}

#[test]
fn a_branch_with_slashes() {
    whole_life(odd::branch_with_slashes);
}

#[test]
fn a_branch_whose_name_is_not_ascii() {
    whole_life(odd::branch_not_ascii);
}

#[test]
fn packed_refs_and_objects() {
    whole_life(odd::packed);
}

#[test]
fn a_user_whom_git_does_not_know() {
    let nameless = |env: &TestEnv| {
        let path = odd::plain(env);
        std::fs::write(env.root().join("gitconfig"), "").unwrap();
        path
    };
    whole_life(nameless);
}

#[test]
fn a_record_is_by_the_user_whom_git_knows() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::plain(&env));
    let author = |branch: &str| {
        quiet(&repository, &["start", branch]);
        let newest = format!("refs/sessions/{branch}-*");
        repository.git(&[
            "for-each-ref",
            "--format=%(authorname) %(authoremail)",
            &newest,
        ])
    };
    assert_eq!(author("one"), "Ada Example <ada@example.com>");
    // The user's usual file is not read where another one is named.
    std::fs::write(
        env.root().join("home/.gitconfig"),
        "[user]\n\tname = Home\n\temail = h@example.com\n",
    )
    .unwrap();
    assert_eq!(author("two"), "Ada Example <ada@example.com>");
    std::fs::write(env.root().join("gitconfig"), "").unwrap();
    assert_eq!(author("three"), "session <session@localhost>");
}

#[test]
fn the_work_tree_that_gits_variables_name() {
    let env = TestEnv::new();
    let main = odd::plain(&env);
    env.set("GIT_DIR", main.join(".git"));
    env.set("GIT_WORK_TREE", &main);
    let elsewhere = Repository::at(&env, env.root().to_owned());
    quiet(&elsewhere, &["start", "--objective", "from afar"]);
    std::fs::write(main.join("src/b.txt"), "changed\n").unwrap();
    let made = quiet(&elsewhere, &["checkpoint", "--json"]).json();
    assert_eq!(
        made["checkpoint"]["files"][0]["path"], "src/b.txt",
        "{made}"
    );
}

#[test]
fn a_branch_below_the_name_of_a_deleted_one_and_the_reverse() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::plain(&env));
    let live = |branch: &str| {
        repository.git(&["switch", "--quiet", "--create", branch, "main"]);
        let objective = format!("The work of {branch}");
        quiet(&repository, &["start", "--objective", &objective]);
        quiet(&repository, &["checkpoint"]);
        let list = quiet(&repository, &["objectives", "list", "--json"]).json();
        assert_eq!(list["objectives"][0]["text"], objective, "{list}");
        assert_eq!(list["objectives"].as_array().unwrap().len(), 1, "{list}");
        repository.git(&["switch", "--quiet", "main"]);
        repository.git(&["branch", "--quiet", "-D", branch]);
    };
    for branch in ["feature", "feature/x", "topic/x/y", "topic/x", "topic"] {
        live(branch);
    }
    let history = quiet(&repository, &["history", "--json"]).json();
    assert_eq!(history["sessions"].as_array().unwrap().len(), 5);
    let fetched = repository.git(&["for-each-ref", "--format=%(refname)", "refs/sessions"]);
    assert_eq!(fetched.lines().count(), 5);
}

#[test]
fn a_session_goes_on_when_its_branch_is_renamed() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::branch_with_slashes(&env));
    quiet(&repository, &["start", "--objective", "Find the bug"]);
    let id = |outcome: &Outcome| outcome.json()["session"]["id"].clone();
    let first = id(&quiet(&repository, &["status", "--json"]));
    repository.git(&["branch", "--move", "one"]);
    assert_eq!(id(&quiet(&repository, &["status", "--json"])), first);
    // Twice with nobody looking, then into a name below its own and out of it.
    repository.git(&["branch", "--move", "two"]);
    repository.git(&["branch", "--move", "three"]);
    assert_eq!(id(&quiet(&repository, &["status", "--json"])), first);
    quiet(&repository, &["objectives", "add", "Mend it"]);
    repository.git(&["branch", "--move", "three/below"]);
    quiet(&repository, &["checkpoint"]);
    repository.git(&["branch", "--move", "three"]);
    quiet(&repository, &["checkpoint"]);
    assert_eq!(id(&quiet(&repository, &["status", "--json"])), first);
    let list = quiet(&repository, &["checkpoint", "list", "--json"]).json();
    assert_eq!(ids(&list["checkpoints"]), ["cp-2", "cp-1"]);
    repository.git(&["switch", "--quiet", "main"]);
    let resumed = quiet(&repository, &["resume", "three", "--json"]).json();
    assert_eq!(resumed["session"]["id"], first);
    assert_eq!(ids(&resumed["objectives"]), ["obj-1", "obj-2"]);
}

#[test]
fn a_file_name_that_is_not_utf8() {
    use std::os::unix::ffi::OsStrExt as _;
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::plain(&env));
    quiet(&repository, &["start"]);
    let name = std::ffi::OsStr::from_bytes(b"src/na\xefve.txt");
    let path = repository.path().join(name);
    std::fs::write(&path, "one\n").unwrap();
    let encoded = data_encoding::BASE64.encode(name.as_bytes());
    let named = |value: &serde_json::Value| {
        let files = value.as_array().unwrap().clone();
        files
            .into_iter()
            .find(|file| file["path_bytes"] == encoded.as_str())
    };
    let made = quiet(&repository, &["checkpoint", "--json"]).json();
    let file = named(&made["checkpoint"]["files"]).unwrap_or_else(|| panic!("{made}"));
    assert!(file["path"].as_str().unwrap().contains("ve.txt"), "{file}");
    let status = quiet(&repository, &["status", "--json"]).json();
    repository.git(&["add", "--all"]);
    let staged = quiet(&repository, &["status", "--json"]).json();
    assert!(named(&staged["changes"]).is_some(), "{status}{staged}");
    for arguments in [&["status"][..], &["brief"], &["checkpoint", "show", "1"]] {
        let shown = quiet(&repository, arguments).stdout;
        assert!(shown.contains("ve.txt"), "{shown}");
    }
    std::fs::write(&path, "two\n").unwrap();
    let restored = quiet(&repository, &["checkpoint", "restore", "1", "--json"]).json();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\n");
    assert!(
        restored["written"].to_string().contains(&encoded),
        "{restored}"
    );
    quiet(&repository, &["end"]);
}
