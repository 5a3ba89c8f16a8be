//! Taking changes out and getting them back.

use super::*;
use crate::path::RepoPath;
use crate::store::snapshot::{Options, restore, take_out};

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
