//! A plain checkpoint leaves everything of the user's byte for byte as it was. It must not test what is in a snapshot.

use crate::common::TestEnv;
use crate::common::odd;
use crate::common::photograph::Photograph;
use crate::common::repository::Repository;

/// Staged, changed after staging, changed, removed, new, executable and linked files.
fn make_dirty(repository: &Repository<'_>) {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let root = repository.git_path(&["--show-toplevel"]);
    let repository = Repository::at(repository.env(), root);
    repository.write("src/staged.txt", "staged\n");
    repository.write("src/both.txt", "staged\n");
    repository.git(&["add", "src/staged.txt", "src/both.txt"]);
    repository.write("src/both.txt", "and changed\n");
    repository.write("src/b.txt", "changed\n");
    repository.write("src/new.sh", "#!/bin/sh\n");
    let new = repository.path().join("src/new.sh");
    std::fs::set_permissions(new, std::fs::Permissions::from_mode(0o755)).unwrap();
    symlink("b.txt", repository.path().join("src/link")).unwrap();
}

#[test]
fn a_checkpoint_changes_nothing_in_any_repository() {
    for (name, make) in odd::ALL {
        let env = TestEnv::new();
        let repository = Repository::at(&env, make(&env));
        repository
            .session(&["start", "--no-input", "--objective", "one"])
            .success();
        make_dirty(&repository);
        let before = Photograph::of(&repository);
        let made = repository
            .session(&["checkpoint", "--no-input", "--label", "one", "--json"])
            .json();
        before.assert_same(&Photograph::of(&repository), name);
        let files = made["checkpoint"]["files"].as_array().unwrap();
        assert!(files.len() >= 4, "{name}: {made}");
    }
}

#[test]
fn a_checkpoint_leaves_the_stash_and_a_stale_index_alone() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::plain(&env));
    repository.write("a.txt", "stashed\n");
    repository.git(&["stash", "--quiet"]);
    repository.session(&["start", "--no-input"]).success();
    make_dirty(&repository);
    // Its times differ from the index's, its content does not: a git that may lock would write the index anew.
    let file = std::fs::File::options()
        .write(true)
        .open(repository.path().join("a.txt"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
        .unwrap();
    let before = Photograph::of(&repository);
    for arguments in [
        &["checkpoint", "--no-input", "--notes", "n"][..],
        &["checkpoint", "list"],
        &["checkpoint", "show", "cp-1"],
        &["objectives", "add", "two"],
        &["blockers", "add", "wait"],
        &["history"],
    ] {
        repository.session(arguments).success();
        before.assert_same(&Photograph::of(&repository), &arguments.join(" "));
    }
    assert_eq!(repository.git(&["stash", "list"]).lines().count(), 1);
}

#[test]
fn a_restore_moves_neither_head_nor_index_nor_stash() {
    for (name, make) in odd::ALL {
        let env = TestEnv::new();
        let repository = Repository::at(&env, make(&env));
        repository.session(&["start", "--no-input"]).success();
        make_dirty(&repository);
        repository.session(&["checkpoint", "--no-input"]).success();
        let file = repository.git_path(&["--show-toplevel"]).join("src/b.txt");
        let state = || {
            let head = repository.git(&["rev-parse", "HEAD"]);
            let staged = repository.git(&["ls-files", "--stage"]);
            let refs = repository.git(&["for-each-ref", "refs/heads", "refs/stash", "refs/tags"]);
            (head, staged, refs)
        };
        let before = state();
        std::fs::write(&file, "later\n").unwrap();
        repository
            .session(&["checkpoint", "restore", "cp-1", "--no-input"])
            .success();
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            "changed\n",
            "{name}"
        );
        assert_eq!(state(), before, "{name}");
    }
}
