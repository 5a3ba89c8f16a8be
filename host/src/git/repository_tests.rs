//! Opening repositories the way git would, and refusing where we cannot work.

use std::path::Path;

use super::location::GitVariables;
use super::testing::TestRepository;
use super::{Repository, StatusOptions, StatusProcess};
use crate::error::UserError;

fn open(test: &TestRepository, variables: GitVariables) -> anyhow::Result<Repository> {
    Repository::open_at(variables, test.now())
}

fn at(directory: impl AsRef<Path>) -> GitVariables {
    GitVariables {
        current_dir: directory.as_ref().to_owned(),
        ..GitVariables::default()
    }
}

fn refused(test: &TestRepository, directory: &Path) -> UserError {
    let error = open(test, at(directory)).unwrap_err();
    error
        .downcast_ref::<UserError>()
        .expect("a user error")
        .clone()
}

#[test]
fn a_subdirectory_a_linked_worktree_and_a_submodule_find_their_own_repository() {
    let test = TestRepository::new();
    test.commit_file("deep/er/file", "1", "one");
    let inside = open(&test, at(test.path("deep/er"))).unwrap();
    assert_eq!(
        (inside.work_tree(), inside.git_dir()),
        (&*test.root(), &*test.path(".git"))
    );

    let linked = test.beside("linked");
    test.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "other",
        linked.to_str().unwrap(),
    ]);
    let repository = open(&test, at(linked.join("deep"))).unwrap();
    assert_eq!(repository.work_tree(), linked);
    assert_eq!(repository.git_dir(), test.path(".git/worktrees/linked"));
    assert_eq!(repository.common_dir(), test.path(".git"));

    let url = test.root().to_str().unwrap().to_owned();
    test.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &url,
        "sub",
    ]);
    let sub = open(&test, at(test.path("sub/deep"))).unwrap();
    assert_eq!(
        (sub.work_tree(), sub.git_dir()),
        (&*test.path("sub"), &*test.path(".git/modules/sub"))
    );
}

#[test]
fn gits_variables_decide_as_they_do_for_git() {
    let test = TestRepository::new();
    test.commit_file("deep/file", "1", "one");
    let hook = GitVariables {
        git_dir: Some(test.path("deep/../.git")),
        ..at(test.root())
    };
    let repository = open(&test, hook).unwrap();
    assert_eq!(
        (repository.work_tree(), repository.git_dir()),
        (&*test.root(), &*test.path(".git"))
    );

    // Git takes the current directory for the root then, and so must we.
    let deep = GitVariables {
        git_dir: Some(test.path(".git")),
        ..at(test.path("deep"))
    };
    let top = test.git_with(
        &test.path("deep"),
        &["rev-parse", "--show-toplevel"],
        &[("GIT_DIR", test.path(".git").as_os_str())],
    );
    assert_eq!(
        open(&test, deep).unwrap().work_tree(),
        Path::new(top.trim())
    );

    let elsewhere = test.beside("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let told = GitVariables {
        git_dir: Some(test.path(".git")),
        work_tree: Some(elsewhere.clone()),
        ..at(test.beside(""))
    };
    assert_eq!(open(&test, told.clone()).unwrap().work_tree(), elsewhere);
    let status = StatusProcess::spawn_at(&told, StatusOptions::default())
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(
        status.changes[0].worktree_mode, 0,
        "the file is not in that work tree"
    );

    let ceiling = GitVariables {
        ceiling: vec![test.root()],
        ..at(test.path("deep"))
    };
    assert!(open(&test, ceiling).is_err());
}

#[test]
fn a_hook_with_an_index_of_its_own_sees_that_index() {
    let test = TestRepository::new();
    test.commit_file("a", "1", "one");
    let index = test.beside("own-index");
    let variables = [("GIT_INDEX_FILE", index.as_os_str())];
    test.git_with(&test.root(), &["read-tree", "--empty"], &variables);
    let variables = GitVariables {
        index_file: Some(index.into_os_string()),
        ..at(test.root())
    };
    let repository = open(&test, variables).unwrap();
    assert_eq!(
        repository.git().arg("ls-files").output().unwrap().stdout,
        b""
    );
    assert_eq!(
        test.open().git().arg("ls-files").output().unwrap().stdout,
        b"a\n"
    );
}

#[test]
fn what_we_cannot_work_in_is_refused_in_a_sentence_with_a_way_out() {
    let test = TestRepository::new();
    let make = |name: &str, option: &str| {
        let directory = test.beside(name);
        std::fs::create_dir(&directory).unwrap();
        test.git_in(&directory, &["init", "-q", option]);
        directory
    };
    let none = test.beside("none");
    std::fs::create_dir(&none).unwrap();
    for (directory, word) in [
        (none, "not in a git repository"),
        (make("bare", "--bare"), "bare"),
        (make("sha256", "--object-format=sha256"), "SHA-256"),
        (make("reftable", "--ref-format=reftable"), "reftable"),
    ] {
        let error = refused(&test, &directory);
        assert!(error.message.contains(word), "{error:?}");
        assert!(error.hint.is_some(), "{error:?}");
    }
}

#[test]
fn shallow_and_partial_clones_and_operations_are_recognised() {
    let test = TestRepository::new();
    test.commit_file("a", "1", "one");
    test.git(&["checkout", "-q", "-b", "other"]);
    test.commit_file("a", "theirs", "two");
    test.git(&["checkout", "-q", "main"]);
    test.commit_file("a", "ours", "three");
    test.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", test.root().display());
    let clone = |name: &str, option: &str| {
        let directory = test.beside(name);
        test.git_in(
            &test.beside(""),
            &["clone", "-q", option, &url, directory.to_str().unwrap()],
        );
        let repository = open(&test, at(directory)).unwrap();
        (repository.is_shallow(), repository.is_partial())
    };
    assert_eq!(clone("full", "--no-tags"), (false, false));
    assert_eq!(clone("shallow", "--depth=1"), (true, false));
    assert_eq!(clone("partial", "--filter=blob:none"), (false, true));

    test.git(&["config", "core.repositoryFormatVersion", "1"]);
    test.git(&["config", "extensions.partialClone", "origin"]);
    assert!(test.open().is_partial());
    test.git(&["config", "--unset", "extensions.partialClone"]);

    assert_eq!(test.open().operation(), None);
    assert!(!test.try_git(&["-c", "user.name=a", "-c", "user.email=b", "merge", "other"]));
    assert_eq!(test.open().operation(), Some("merge"));
    test.git(&["merge", "--abort"]);
    assert!(!test.try_git(&["-c", "user.name=a", "-c", "user.email=b", "rebase", "other"]));
    assert_eq!(test.open().operation(), Some("rebase"));
}

#[test]
fn a_failing_git_says_why_in_its_own_words() {
    let test = TestRepository::new();
    let error = test
        .open()
        .git()
        .args(["rev-parse", "--verify", "no-such"])
        .output()
        .unwrap_err();
    assert!(
        error.to_string().contains("Needed a single revision"),
        "{error}"
    );
    let large = vec![b'x'; 1 << 20];
    let echoed = test
        .open()
        .git()
        .args(["hash-object", "--stdin"])
        .input(large)
        .output()
        .unwrap();
    assert_eq!(echoed.stdout.len(), 41);
}
