//! A real git repository of a test, made with the `git` program. It must not use `session` to set things up.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::TestEnv;
use super::outcome::Outcome;

pub struct Repository<'e> {
    env: &'e TestEnv,
    path: PathBuf,
}

impl<'e> Repository<'e> {
    /// `git init` at `path`, which is made.
    pub fn new(env: &'e TestEnv, path: PathBuf) -> Self {
        std::fs::create_dir_all(&path).unwrap();
        let repository = Self::at(env, path);
        repository.git(&["init", "--quiet"]);
        repository
    }

    /// A repository, clone or linked worktree that is there already.
    pub fn at(env: &'e TestEnv, path: PathBuf) -> Self {
        Self { env, path }
    }

    pub fn env(&self) -> &'e TestEnv {
        self.env
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs git, which has to succeed, and returns what it printed, without the last line end.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let outcome = self.try_git(arguments);
        assert_eq!(outcome.code, Some(0), "git {arguments:?}\n{outcome}");
        outcome.stdout.trim_end_matches('\n').to_owned()
    }

    /// The one path that git prints, absolute.
    #[track_caller]
    pub fn git_path(&self, arguments: &[&str]) -> PathBuf {
        let mut command = self.env.command("git", &self.path);
        command.args(["rev-parse", "--path-format=absolute"]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "git rev-parse {arguments:?}");
        let printed = output.stdout.strip_suffix(b"\n").unwrap();
        PathBuf::from(std::ffi::OsStr::from_bytes(printed))
    }

    pub fn try_git(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.env.command("git", &self.path);
        self.env.outcome(command.args(arguments))
    }

    /// Writes a file below the work tree, with the directories above it.
    #[track_caller]
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).unwrap();
        }
        std::fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path.join(path)).unwrap()
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path.join(path).symlink_metadata().is_ok()
    }

    /// Commits everything as it stands, at the clock's time, and returns the commit's id.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `session` at the root of the work tree.
    pub fn session(&self, arguments: &[&str]) -> Outcome {
        self.env.session(&self.path, arguments)
    }
}

/// Runs `session --no-input …`, which has to succeed.
#[track_caller]
pub fn run(repository: &Repository<'_>, arguments: &[&str]) -> Outcome {
    repository
        .session(&[&["--no-input"], arguments].concat())
        .success()
}
