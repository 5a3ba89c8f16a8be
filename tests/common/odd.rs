//! Repositories as they are met in the wild, beside the plain one: each is made with git alone and returned as the
//! directory to work in, with `src/b.txt` checked out. It must not use `session`.

use std::path::{Path, PathBuf};

use super::TestEnv;
use super::repository::Repository;

/// A name for messages, and how it is made below the environment's root.
pub type Odd = (&'static str, fn(&TestEnv) -> PathBuf);

/// Every repository that has a commit, for promises that hold in all of them.
pub const ALL: [Odd; 17] = [
    ("linked worktree", linked_worktree),
    ("worktree of a bare repository", worktree_of_bare),
    ("separate git directory", separate_git_dir),
    ("detached HEAD", detached),
    ("shallow clone", shallow_clone),
    ("partial clone", partial_clone),
    ("treeless clone", treeless_clone),
    ("sparse index", sparse_index),
    ("split index", split_index),
    ("submodule inside", with_submodule),
    ("inside a submodule", inside_submodule),
    ("merge in progress", merging),
    ("rebase in progress", rebasing),
    ("subdirectory", subdirectory),
    ("branch with slashes", branch_with_slashes),
    ("branch not in ASCII", branch_not_ascii),
    ("packed refs", packed),
];

/// Four commits on `main`, a tag, and a file in each of three directories.
pub fn plain(env: &TestEnv) -> PathBuf {
    let repository = env.repository("plain");
    repository.write("src/b.txt", "b\n");
    repository.write("docs/deep/d.txt", "d\n");
    for number in 1..=4 {
        repository.write("a.txt", format!("{number}\n"));
        repository.commit(&format!("feat: {number}"));
    }
    repository.git(&["tag", "v1"]);
    repository.path().to_owned()
}

pub fn linked_worktree(env: &TestEnv) -> PathBuf {
    let main = plain(env);
    git(
        env,
        &main,
        &["worktree", "add", "-q", "-b", "linked", "../linked"],
    );
    env.root().join("linked")
}

pub fn worktree_of_bare(env: &TestEnv) -> PathBuf {
    clone(env, &["--bare"], "bare.git");
    let bare = env.root().join("bare.git");
    git(env, &bare, &["worktree", "add", "-q", "../of-bare", "main"]);
    env.root().join("of-bare")
}

pub fn separate_git_dir(env: &TestEnv) -> PathBuf {
    clone(env, &["--separate-git-dir=elsewhere.git"], "separate")
}

pub fn detached(env: &TestEnv) -> PathBuf {
    let path = plain(env);
    git(env, &path, &["switch", "-q", "--detach", "HEAD~1"]);
    path
}

pub fn unborn(env: &TestEnv) -> PathBuf {
    let repository = env.repository("unborn");
    repository.write("src/b.txt", "b\n");
    repository.path().to_owned()
}

pub fn shallow_clone(env: &TestEnv) -> PathBuf {
    clone(env, &["--depth=1"], "shallow")
}

/// Its origin is gone: whatever reads an object that is not here fails.
pub fn partial_clone(env: &TestEnv) -> PathBuf {
    filtered(env, "blob:none", "partial")
}

/// As [`partial_clone`], without the trees of old commits either.
pub fn treeless_clone(env: &TestEnv) -> PathBuf {
    filtered(env, "tree:0", "treeless")
}

fn filtered(env: &TestEnv, filter: &str, name: &str) -> PathBuf {
    let origin = plain(env);
    git(env, &origin, &["config", "uploadpack.allowFilter", "true"]);
    let path = clone_of(env, &origin, &[&format!("--filter={filter}")], name);
    std::fs::rename(&origin, env.root().join("gone")).unwrap();
    path
}

/// Only `src` is checked out, and the index holds `docs` as a directory.
pub fn sparse_index(env: &TestEnv) -> PathBuf {
    let path = clone(env, &[], "sparse");
    git(
        env,
        &path,
        &["sparse-checkout", "init", "--cone", "--sparse-index"],
    );
    git(env, &path, &["sparse-checkout", "set", "src"]);
    let index = git(env, &path, &["ls-files", "--sparse"]);
    assert!(index.lines().any(|line| line == "docs/"), "{index}");
    path
}

pub fn split_index(env: &TestEnv) -> PathBuf {
    let path = plain(env);
    git(env, &path, &["update-index", "--split-index"]);
    path
}

/// With a commit of the submodule checked out that the index does not have, and a change inside it.
pub fn with_submodule(env: &TestEnv) -> PathBuf {
    let path = add_submodule(env);
    let inner = Repository::at(env, path.join("libs/inner"));
    inner.write("more.txt", "more\n");
    inner.commit("feat: more");
    inner.write("a.txt", "changed\n");
    path
}

pub fn inside_submodule(env: &TestEnv) -> PathBuf {
    add_submodule(env).join("libs/inner")
}

fn add_submodule(env: &TestEnv) -> PathBuf {
    let path = clone(env, &[], "super");
    let inner = env.root().join("plain");
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
    ];
    git(
        env,
        &path,
        &[&add[..], &[inner.to_str().unwrap(), "libs/inner"]].concat(),
    );
    git(env, &path, &["commit", "-q", "-m", "build: add a library"]);
    path
}

pub fn merging(env: &TestEnv) -> PathBuf {
    let path = diverged(env);
    assert_ne!(at(env, &path).try_git(&["merge", "main"]).code, Some(0));
    path
}

pub fn rebasing(env: &TestEnv) -> PathBuf {
    let path = diverged(env);
    assert_ne!(at(env, &path).try_git(&["rebase", "main"]).code, Some(0));
    path
}

/// On a branch that changed what `main` changed.
fn diverged(env: &TestEnv) -> PathBuf {
    let path = plain(env);
    git(env, &path, &["switch", "-q", "-c", "other", "HEAD~1"]);
    let repository = at(env, &path);
    repository.write("a.txt", "other\n");
    repository.commit("feat: other");
    path
}

pub fn subdirectory(env: &TestEnv) -> PathBuf {
    plain(env).join("src")
}

pub fn branch_with_slashes(env: &TestEnv) -> PathBuf {
    on_branch(env, "feature/a/b")
}

pub fn branch_not_ascii(env: &TestEnv) -> PathBuf {
    on_branch(env, "naïve-ü")
}

fn on_branch(env: &TestEnv, name: &str) -> PathBuf {
    let path = plain(env);
    git(env, &path, &["switch", "-q", "-c", name]);
    path
}

pub fn packed(env: &TestEnv) -> PathBuf {
    let path = plain(env);
    git(env, &path, &["gc", "--quiet"]);
    path
}

fn clone(env: &TestEnv, options: &[&str], name: &str) -> PathBuf {
    let origin = plain(env);
    clone_of(env, &origin, options, name)
}

fn clone_of(env: &TestEnv, origin: &Path, options: &[&str], name: &str) -> PathBuf {
    // Only over a transport does git heed a depth or a filter.
    let url = format!("file://{}", origin.display());
    git(
        env,
        env.root(),
        &[&["clone", "--quiet"], options, &[&url, name]].concat(),
    );
    env.root().join(name)
}

fn at<'e>(env: &'e TestEnv, path: &Path) -> Repository<'e> {
    Repository::at(env, path.to_owned())
}

fn git(env: &TestEnv, directory: &Path, arguments: &[&str]) -> String {
    at(env, directory).git(arguments)
}
