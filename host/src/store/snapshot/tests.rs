//! Snapshots against real repositories full of oddities.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::*;
use crate::git::testing::TestRepository;

type Files = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// Everything below a directory with mode and bytes; `skip` are paths from `root` that are not looked into.
fn files(root: &Path, skip: &[&str]) -> Files {
    let mut found = Files::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let relative = path.strip_prefix(root).unwrap().to_owned();
            let metadata = std::fs::symlink_metadata(&path).unwrap();
            if skip.iter().any(|skip| relative == Path::new(skip)) {
                continue;
            }
            if metadata.is_dir() {
                directories.push(path);
            } else if metadata.is_symlink() {
                let target = std::fs::read_link(&path).unwrap();
                found.insert(relative, (0, target.as_os_str().as_bytes().to_vec()));
            } else {
                let mode = metadata.permissions().mode() & 0o100;
                found.insert(relative, (mode, std::fs::read(&path).unwrap()));
            }
        }
    }
    found
}

fn work_files(test: &TestRepository) -> Files {
    files(&test.root(), &[".git", "nested/.git", "sub/.git"])
}

fn executable(test: &TestRepository, name: &str) {
    std::fs::set_permissions(test.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn latin1() -> &'static OsStr {
    OsStr::from_bytes(b"caf\xe9.txt")
}

/// A repository with a commit that has one of everything.
fn committed() -> TestRepository {
    let test = TestRepository::new();
    for name in [
        "plain",
        "same",
        "deep/er/file",
        "deep/other",
        "to-dir",
        "from-dir/a",
        "from-dir/b",
        "dir-to-link/x",
        "to-exec",
        "gone",
        "gone-dir/only",
        "unstaged-kept",
        "to-link",
        "with space/and\nnewline",
        "staged",
    ] {
        test.write(name, format!("{name}\n"));
    }
    test.write(latin1(), "latin");
    symlink("plain", test.path("link")).unwrap();
    test.write("tool", "#!/bin/sh\n");
    executable(&test, "tool");
    test.write(".gitignore", "*.ignored\n");
    test.commit_all("one of everything");
    test
}

fn add_submodule(test: &TestRepository) {
    let origin = test.beside("origin");
    std::fs::create_dir(&origin).unwrap();
    test.git_in(&origin, &["init", "-q", "-b", "main"]);
    test.configure(&origin);
    test.git_in(&origin, &["commit", "-q", "--allow-empty", "-m", "one"]);
    let url = origin.to_str().unwrap();
    test.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        url,
        "sub",
    ]);
    test.commit_all("submodule");
    test.configure(&test.path("sub"));
    test.git_in(
        &test.path("sub"),
        &["commit", "-q", "--allow-empty", "-m", "two"],
    );
}

/// Uncommitted changes of every kind.
fn disturb(test: &TestRepository) {
    let remove = |name: &str| std::fs::remove_file(test.path(name)).unwrap();
    test.write("plain", "changed\n");
    test.write("deep/er/file", "deep change");
    test.write("deep/er/new", "untracked");
    remove("to-dir");
    test.write("to-dir/inside/x", "a directory now");
    std::fs::remove_dir_all(test.path("from-dir")).unwrap();
    test.write("from-dir", "a file now");
    std::fs::remove_dir_all(test.path("dir-to-link")).unwrap();
    symlink("deep", test.path("dir-to-link")).unwrap();
    executable(test, "to-exec");
    remove("gone");
    std::fs::remove_dir_all(test.path("gone-dir")).unwrap();
    test.git(&["rm", "-q", "--cached", "unstaged-kept"]);
    remove("to-link");
    symlink("nowhere", test.path("to-link")).unwrap();
    remove("link");
    symlink("same", test.path("link")).unwrap();
    test.write("with space/and\nnewline", "x");
    test.write(latin1(), b"\xff\0binary");
    test.write("staged", "in the index\n");
    test.git(&["add", "staged"]);
    test.write("staged", "in the work tree\n");
    test.write("added-then-deleted", "x");
    test.git(&["add", "added-then-deleted"]);
    remove("added-then-deleted");
    test.write("announced", "later\n");
    test.git(&["add", "-N", "announced"]);
    test.write("empty", "");
    test.write("untracked-tool", "#!/bin/sh\n");
    executable(test, "untracked-tool");
    test.write("kept.ignored", "not ours");
    symlink("deep", test.path("untracked-link")).unwrap();
}

fn take_now(test: &TestRepository) -> Snapshot {
    take(&test.open(), &test.full_status(), Limits::default(), "cp-1").unwrap()
}

/// What `git add -A && git write-tree` makes of the work tree, in a copy of the index.
fn git_tree(test: &TestRepository) -> String {
    let index = test.beside("index-copy");
    let _ = std::fs::remove_file(&index);
    if test.path(".git/index").exists() {
        std::fs::copy(test.path(".git/index"), &index).unwrap();
    }
    let variables = [("GIT_INDEX_FILE", index.as_os_str())];
    test.git_with(&test.root(), &["add", "-A"], &variables);
    test.git_with(&test.root(), &["write-tree"], &variables)
        .trim()
        .to_owned()
}

#[test]
fn the_tree_is_what_git_would_make_of_every_oddity() {
    let test = committed();
    add_submodule(&test);
    disturb(&test);
    std::fs::create_dir(test.path("nested")).unwrap();
    test.git_in(&test.path("nested"), &["init", "-q", "-b", "main"]);
    test.configure(&test.path("nested"));
    test.git_in(
        &test.path("nested"),
        &["commit", "-q", "--allow-empty", "-m", "n"],
    );
    assert_eq!(take_now(&test).tree.to_string(), git_tree(&test));
}

#[test]
fn the_tree_is_right_on_an_unborn_branch_and_in_a_conflict() {
    let unborn = TestRepository::new();
    unborn.write("a/b", "1");
    unborn.write("staged", "2");
    unborn.git(&["add", "staged"]);
    let snapshot = take_now(&unborn);
    assert_eq!(snapshot.tree.to_string(), git_tree(&unborn));
    assert_eq!(
        unborn.git(&["ls-tree", "--name-only", &snapshot.index_tree.to_string()]),
        "staged\n"
    );
    assert_eq!(
        Snapshot::load(&unborn.open(), snapshot.commit).unwrap(),
        snapshot
    );

    let test = TestRepository::new();
    test.commit_file("both", "base\n", "base");
    test.git(&["checkout", "-q", "-b", "other"]);
    test.commit_file("both", "theirs\n", "theirs");
    test.git(&["checkout", "-q", "main"]);
    test.commit_file("both", "ours\n", "ours");
    assert!(!test.try_git(&["-c", "user.name=a", "-c", "user.email=b", "merge", "other"]));
    let snapshot = take_now(&test);
    assert_eq!(snapshot.tree.to_string(), git_tree(&test));
    assert_eq!(
        snapshot.metadata.conflicts[0]
            .stages
            .iter()
            .flatten()
            .count(),
        3
    );
}

#[test]
fn taking_a_snapshot_leaves_every_byte_but_new_objects_as_it_was() {
    let test = committed();
    test.write("plain", "stashed");
    test.git(&["stash", "-q"]);
    disturb(&test);
    let everything = || files(&test.root(), &[".git/objects"]);
    let before = everything();
    take_now(&test);
    assert_eq!(everything(), before);
}

#[test]
fn an_exact_restore_brings_back_every_file_and_the_staged_state() {
    let test = committed();
    disturb(&test);
    let (then, status_then) = (
        work_files(&test),
        test.git(&["status", "--porcelain=v2", "-uall"]),
    );
    let snapshot = take_now(&test);
    test.git(&["add", "-A"]);
    test.git(&["commit", "-q", "-m", "moved on"]);
    test.git(&["rm", "-rq", "deep", "from-dir", "dir-to-link"]);
    test.write("from-dir/a", "a directory again");
    test.write("dir-to-link/y", "too");
    test.write("gone", "it is back");
    test.write("made-since", "new");
    let present = take_now(&test);
    let options = Options {
        exact: true,
        index: true,
    };
    let restored = restore(&test.open(), snapshot.commit, &present, &[], options).unwrap();
    assert_eq!(restored.left_alone, []);
    assert_eq!(work_files(&test), then);
    test.git(&["reset", "-q", "--soft", "HEAD~1"]);
    assert_eq!(
        test.git(&["status", "--porcelain=v2", "-uall"]),
        status_then
    );
}

#[test]
fn without_exact_files_made_since_stay_and_deleted_ones_go_again() {
    let test = committed();
    std::fs::remove_file(test.path("gone")).unwrap();
    let snapshot = take_now(&test);
    test.write("gone", "back");
    test.write("made-since", "new");
    let present = take_now(&test);
    let restored = restore(
        &test.open(),
        snapshot.commit,
        &present,
        &[],
        Options::default(),
    )
    .unwrap();
    assert_eq!(restored.deleted, [RepoPath::from("gone")]);
    assert_eq!(restored.kept_extra, [RepoPath::from("made-since")]);
    assert!(test.path("made-since").exists() && !test.path("gone").exists());
}

#[test]
fn a_file_made_since_goes_where_a_directory_or_a_file_must_come_back() {
    let test = committed();
    test.write("swap/inner", "then");
    test.write("flat", "then");
    let snapshot = take_now(&test);
    std::fs::remove_dir_all(test.path("swap")).unwrap();
    test.write("swap", "since");
    std::fs::remove_file(test.path("flat")).unwrap();
    test.write("flat/deep/inner", "since");
    let present = take_now(&test);
    let wanted = [RepoPath::from("swap/inner"), RepoPath::from("flat")];
    let restored = restore(
        &test.open(),
        snapshot.commit,
        &present,
        &wanted,
        Options::default(),
    )
    .unwrap();
    assert_eq!(
        restored.deleted,
        [RepoPath::from("flat/deep/inner"), RepoPath::from("swap")]
    );
    assert_eq!(
        (test.read("swap/inner"), test.read("flat")),
        (b"then".into(), b"then".into())
    );
}

#[test]
fn only_the_paths_asked_for_come_back_and_an_unknown_one_touches_nothing() {
    let test = committed();
    test.write("plain", "then");
    test.write("deep/er/file", "then");
    let snapshot = take_now(&test);
    test.git(&["checkout", "-q", "--", "."]);
    let present = take_now(&test);
    let some = |paths: &[&str]| {
        let paths: Vec<_> = paths.iter().map(|path| RepoPath::from(*path)).collect();
        restore(
            &test.open(),
            snapshot.commit,
            &present,
            &paths,
            Options::default(),
        )
    };
    let error = some(&["deep", "no-such"]).unwrap_err();
    let error = error.downcast_ref::<crate::error::UserError>().unwrap();
    assert!(error.message.contains("no-such") && error.hint.as_ref().unwrap().contains("plain"));
    assert_eq!(test.read("deep/er/file"), b"deep/er/file\n");
    assert_eq!(
        some(&["deep/"]).unwrap().written,
        [RepoPath::from("deep/er/file")]
    );
    assert_eq!(test.read("plain"), b"plain\n");
}

#[test]
fn clean_files_come_back_through_gits_filters_and_changed_ones_as_they_were() {
    let test = TestRepository::new();
    test.write(".gitattributes", "*.txt text eol=crlf\n");
    test.write("clean.txt", "a\r\n");
    test.write("raw.txt", "a\r\n");
    test.write("odd.txt", "a\r\n");
    test.commit_all("crlf");
    test.write("raw.txt", "line\nends\r\nmixed");
    // The same blob as HEAD's, but these are not the bytes that git would check out.
    test.write("odd.txt", "a\n");
    test.git(&["rm", "-q", "--cached", "odd.txt"]);
    let then = work_files(&test);
    let snapshot = take_now(&test);
    assert_eq!(snapshot.metadata.raw, [RepoPath::from("odd.txt")]);
    for name in ["clean.txt", "raw.txt"] {
        test.write(name, "other");
    }
    // Clean again: the same blob in both snapshots, and other bytes on disk.
    test.write("odd.txt", "a\r\n");
    test.git(&["reset", "-q"]);
    let present = take_now(&test);
    restore(
        &test.open(),
        snapshot.commit,
        &present,
        &[],
        Options::default(),
    )
    .unwrap();
    assert_eq!(work_files(&test), then);
}

#[test]
fn nothing_is_written_through_a_link_and_ignored_files_are_never_replaced() {
    let test = committed();
    test.write("new/file", "then");
    test.write("other", "then");
    let snapshot = take_now(&test);
    std::fs::remove_dir_all(test.path("new")).unwrap();
    std::fs::create_dir(test.beside("outside")).unwrap();
    symlink(test.beside("outside"), test.path("new")).unwrap();
    test.write("other", "precious");
    test.write(".git/info/exclude", "new\nother\n");
    let present = take_now(&test);
    let restored = restore(
        &test.open(),
        snapshot.commit,
        &present,
        &[],
        Options::default(),
    )
    .unwrap();
    assert_eq!(
        restored.left_alone,
        [RepoPath::from("new/file"), RepoPath::from("other")]
    );
    assert_eq!(
        std::fs::read_dir(test.beside("outside")).unwrap().count(),
        0
    );
    assert_eq!(test.read("other"), b"precious");
}

#[test]
fn large_files_are_left_out_named_and_never_overwritten() {
    let test = TestRepository::new();
    test.commit_file("big", "small\n", "one");
    test.write("big", "x".repeat(100));
    test.write("new-big", "y".repeat(100));
    let limits = Limits { max_file: Some(50) };
    let take_small = || take(&test.open(), &test.full_status(), limits, "cp-1").unwrap();
    let small = take_small();
    assert_eq!(
        small.omitted,
        [RepoPath::from("big"), RepoPath::from("new-big")]
    );
    test.write("big", "z".repeat(100));
    let options = Options {
        exact: true,
        index: false,
    };
    let before = work_files(&test);
    restore(&test.open(), small.commit, &take_small(), &[], options).unwrap();
    assert_eq!(work_files(&test), before);
    let out = take_out(&test.open(), &small, &test.full_status()).unwrap();
    assert_eq!(out.left, small.omitted);
    assert_eq!(work_files(&test), before);

    // HEAD's version of the omitted file differs between the two: still nothing is known of the file itself.
    test.write("big", "small again\n");
    test.git(&["commit", "-qam", "two"]);
    test.write("big", "w".repeat(100));
    let restored = restore(&test.open(), small.commit, &take_small(), &[], options).unwrap();
    assert_eq!(restored.left_alone, [RepoPath::from("big")]);
    assert_eq!(test.read("big"), "w".repeat(100).as_bytes());
}

#[test]
fn a_sparse_checkout_keeps_out_what_it_left_out() {
    let test = committed();
    test.git(&[
        "sparse-checkout",
        "set",
        "--cone",
        "--sparse-index",
        "deep/er",
    ]);
    test.write("deep/er/file", "then");
    let snapshot = take_now(&test);
    assert_eq!(snapshot.tree.to_string(), git_tree(&test));
    test.git(&["commit", "-qam", "now"]);
    test.git(&["sparse-checkout", "disable"]);
    test.write("to-exec", "changed");
    test.write("from-dir/a", "changed");
    test.commit_all("elsewhere");
    test.git(&[
        "sparse-checkout",
        "set",
        "--cone",
        "--sparse-index",
        "deep/er",
    ]);
    let present = take_now(&test);
    let restored = restore(
        &test.open(),
        snapshot.commit,
        &present,
        &[],
        Options::default(),
    )
    .unwrap();
    assert_eq!(restored.written, [RepoPath::from("to-exec")]);
    assert!(!test.path("from-dir").exists());
}

#[test]
fn taking_out_leaves_a_clean_work_tree_from_which_everything_comes_back() {
    let test = committed();
    disturb(&test);
    let (then, status_then) = (
        work_files(&test),
        test.git(&["status", "--porcelain=v2", "-uall"]),
    );
    let parked = take_now(&test);
    let out = take_out(&test.open(), &parked, &test.full_status()).unwrap();
    assert_eq!(out.left, []);
    assert_eq!(test.git(&["status", "--porcelain=v2", "-uall"]), "");
    assert_eq!(test.read("kept.ignored"), b"not ours");
    let options = Options {
        exact: false,
        index: true,
    };
    restore(&test.open(), parked.commit, &take_now(&test), &[], options).unwrap();
    assert_eq!(work_files(&test), then);
    assert_eq!(
        test.git(&["status", "--porcelain=v2", "-uall"]),
        status_then
    );
}

#[test]
fn taking_out_leaves_what_changed_after_the_snapshot() {
    let test = committed();
    test.write("plain", "parked");
    test.write("new", "parked");
    test.write("same", "staged");
    test.git(&["add", "same"]);
    test.write("to-exec", "one");
    test.git(&["add", "to-exec"]);
    let parked = take_now(&test);
    // Staged again with other content, while the file itself is what the snapshot holds.
    test.write("to-exec", "two");
    test.git(&["add", "to-exec"]);
    test.write("to-exec", "one");
    test.write("plain", "changed again");
    test.write("new", "changed again");
    test.write("later", "made after");
    test.write("staged", "staged after");
    test.git(&["add", "staged"]);
    let out = take_out(&test.open(), &parked, &test.full_status()).unwrap();
    let left: Vec<_> = out.left.iter().map(RepoPath::to_text).collect();
    assert_eq!(left, ["later", "new", "plain", "staged", "to-exec"]);
    assert_eq!(
        out.reverted,
        [RepoPath::from("same"), RepoPath::from("to-exec")]
    );
    assert_eq!(test.read("plain"), b"changed again");
    assert_eq!(
        test.git(&["diff", "--cached", "--name-only"]),
        "staged\nto-exec\n"
    );
    assert_eq!(test.git(&["show", ":to-exec"]), "two");
}

#[test]
fn a_file_that_vanished_after_the_status_is_held_as_gone() {
    let test = committed();
    test.write("plain", "x");
    test.write("new", "x");
    test.write("new-dir/x", "x");
    let status = test.full_status();
    std::fs::remove_file(test.path("plain")).unwrap();
    std::fs::remove_file(test.path("new")).unwrap();
    std::fs::remove_file(test.path("new-dir/x")).unwrap();
    std::fs::create_dir(test.path("new-dir/x")).unwrap();
    let snapshot = take(&test.open(), &status, Limits::default(), "cp-1").unwrap();
    assert_eq!(snapshot.omitted, []);
    let names = test.git(&["ls-tree", "-r", "--name-only", &snapshot.tree.to_string()]);
    assert!(
        !names
            .lines()
            .any(|name| name == "plain" || name.starts_with("new")),
        "{names}"
    );
}
