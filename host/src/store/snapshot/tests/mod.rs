//! Snapshots against real repositories full of oddities: what the tests share. It must not assert.

mod restoring;
mod taking;
mod taking_out;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::{Limits, Snapshot, take};
use crate::git::status::Status;
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

/// As a snapshot is once a ref names it.
fn taken(test: &TestRepository, status: &Status, limits: Limits) -> Snapshot {
    let repository = test.open();
    let snapshot = take(&repository, status, limits, "cp-1").unwrap();
    repository.keep_new_objects().unwrap();
    snapshot
}

fn take_now(test: &TestRepository) -> Snapshot {
    taken(test, &test.full_status(), Limits::default())
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
