//! What a snapshot holds, and what taking it leaves alone.

use super::*;

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
    let snapshot = taken(&test, &status, Limits::default());
    assert_eq!(snapshot.omitted, []);
    let names = test.git(&["ls-tree", "-r", "--name-only", &snapshot.tree.to_string()]);
    assert!(
        !names
            .lines()
            .any(|name| name == "plain" || name.starts_with("new")),
        "{names}"
    );
}
