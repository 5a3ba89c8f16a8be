//! Files that come back, files that stay, and files that are never touched.

use std::os::unix::fs::symlink;

use super::*;
use crate::path::RepoPath;
use crate::store::snapshot::{Options, restore, take_out};

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
    let take_small = || taken(&test, &test.full_status(), limits);
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
fn a_conflict_comes_back_with_its_three_stages() {
    let test = TestRepository::new();
    test.commit_file("both", "base\n", "base");
    test.git(&["checkout", "-q", "-b", "other"]);
    test.commit_file("both", "theirs\n", "theirs");
    test.git(&["checkout", "-q", "main"]);
    test.commit_file("both", "ours\n", "ours");
    assert!(!test.try_git(&["-c", "user.name=a", "-c", "user.email=b", "merge", "other"]));
    let (staged_then, files_then) = (test.git(&["ls-files", "--stage"]), work_files(&test));
    let snapshot = take_now(&test);
    test.write("both", "resolved\n");
    test.git(&["add", "both"]);
    let options = Options {
        exact: false,
        index: true,
    };
    restore(
        &test.open(),
        snapshot.commit,
        &take_now(&test),
        &[],
        options,
    )
    .unwrap();
    assert_eq!(test.git(&["ls-files", "--stage"]), staged_then);
    assert_eq!(staged_then.lines().count(), 3);
    assert_eq!(work_files(&test), files_then);
}
