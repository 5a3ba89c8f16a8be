//! A scratch repository for unit tests, made by the `git` program with a scrubbed environment.
//! It must not be used outside tests.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::location::GitVariables;
use super::status::Status;
use super::{ObjectId, Repository, StatusOptions, StatusProcess};
use crate::environment::Timestamp;

pub struct TestRepository {
    root: tempfile::TempDir,
    commits: std::cell::Cell<i64>,
}

impl Default for TestRepository {
    fn default() -> Self {
        Self::new()
    }
}

impl TestRepository {
    /// On `main`, without a commit, with every setting that the machine's own configuration could change.
    pub fn new() -> Self {
        let test = Self {
            root: tempfile::tempdir().unwrap(),
            commits: std::cell::Cell::new(0),
        };
        std::fs::create_dir(test.root()).unwrap();
        test.git(&["init", "-q", "-b", "main"]);
        test.configure(&test.root());
        test
    }

    pub fn configure(&self, work_tree: &Path) {
        let settings = [
            ("user.name", "Ann"),
            ("user.email", "ann@example.org"),
            ("core.autocrlf", "false"),
            ("core.logAllRefUpdates", "true"),
            ("status.showUntrackedFiles", "normal"),
            ("commit.gpgSign", "false"),
            ("protocol.file.allow", "always"),
        ];
        for (name, value) in settings {
            self.git_in(work_tree, &["config", name, value]);
        }
    }

    pub fn root(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap().join("work")
    }

    /// A directory outside the work tree.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(name)
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root().join(name)
    }

    pub fn variables(&self) -> GitVariables {
        GitVariables {
            current_dir: self.root(),
            ..GitVariables::default()
        }
    }

    pub fn open(&self) -> Repository {
        Repository::open_at(self.variables(), self.now()).unwrap()
    }

    /// One instant, later than every commit.
    pub fn now(&self) -> Timestamp {
        super::commits::timestamp(2_000_000_000)
    }

    pub fn status(&self) -> Status {
        self.status_with(StatusOptions::default())
    }

    /// As a snapshot wants it.
    pub fn full_status(&self) -> Status {
        self.status_with(StatusOptions {
            untracked_all: true,
            optional_locks: false,
        })
    }

    fn status_with(&self, options: StatusOptions) -> Status {
        let process = StatusProcess::spawn_at(&self.variables(), options).unwrap();
        process.finish().unwrap()
    }

    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Writes one file and commits everything. Each commit is a minute later than the one before.
    pub fn commit_file(&self, name: &str, text: &str, message: &str) -> ObjectId {
        self.write(name, text);
        self.commit_all(message)
    }

    pub fn commit_all(&self, message: &str) -> ObjectId {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        ObjectId::from_str(self.git(&["rev-parse", "HEAD"]).trim()).unwrap()
    }

    pub fn git(&self, arguments: &[impl AsRef<OsStr>]) -> String {
        self.git_in(&self.root(), arguments)
    }

    pub fn git_in(&self, directory: &Path, arguments: &[impl AsRef<OsStr>]) -> String {
        self.git_with(directory, arguments, &[])
    }

    pub fn git_with(
        &self,
        directory: &Path,
        arguments: &[impl AsRef<OsStr>],
        variables: &[(&str, &OsStr)],
    ) -> String {
        self.commits.set(self.commits.get() + 1);
        let date = format!("{} +0000", 1_700_000_000 + 60 * self.commits.get());
        let output = Command::new("git")
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// As [`TestRepository::git`] for a git that may fail.
    pub fn try_git(&self, arguments: &[&str]) -> bool {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        output.status.success()
    }
}

/// As `git init --separate-git-dir` makes one, too.
pub fn bare_repository(directory: &Path) {
    git2::Repository::init_bare(directory).unwrap();
}
