//! The `git` program, for what must honour the user's hooks, signing, filters and credentials, and for passes over
//! history that it does faster. It must not interpret what git prints.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::Context as _;

use super::repository::Repository;
use crate::environment::INSIDE;
use crate::error::UserError;

/// What `git rev-parse --local-env-vars` lists: the variables that bind a git to one repository.
const LOCAL_VARIABLES: [&str; 17] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    "GIT_NAMESPACE",
];

/// One git to run. Standard input is empty unless [`GitCommand::input`] gives it something.
#[derive(Debug)]
pub struct GitCommand {
    command: Command,
    arguments: Vec<OsString>,
    input: Option<Vec<u8>>,
}

/// What a captured git left.
#[derive(Debug, Clone)]
pub struct GitOutput {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Repository {
    /// A git that is told this repository and this work tree explicitly, started at the work tree's root.
    pub fn git(&self) -> GitCommand {
        let mut git = GitCommand::new(self.work_tree());
        git.command
            .env("GIT_DIR", self.git_dir())
            .env("GIT_WORK_TREE", self.work_tree());
        if self.variables.common_dir.is_some() {
            git.command.env("GIT_COMMON_DIR", self.common_dir());
        }
        if let Some(index) = &self.variables.index_file {
            git.command.env("GIT_INDEX_FILE", index);
        }
        git
    }

    /// A git for what runs the user's own hooks (commit, checkout, merge, push). They must see the environment that
    /// git itself would give them: an exported `GIT_WORK_TREE` misleads every hook that looks at another repository.
    /// Where git's variables were not set for us, the work tree's root alone names this repository.
    pub fn git_with_hooks(&self) -> GitCommand {
        let told = &self.variables;
        if told.git_dir.is_some() || told.work_tree.is_some() || told.common_dir.is_some() {
            return self.git();
        }
        GitCommand::new(self.work_tree())
    }
}

impl GitCommand {
    fn new(directory: &Path) -> Self {
        let mut command = Command::new("git");
        command.current_dir(directory).stdin(Stdio::null());
        // Where a hook of the user's calls us, somebody of ours is at work already.
        command.env(INSIDE, "1");
        Self {
            command,
            arguments: Vec::new(),
            input: None,
        }
    }

    /// A git for another work tree, scrubbed of every variable that binds it to this one.
    pub fn elsewhere(work_tree: &Path) -> Self {
        let mut git = Self::new(work_tree);
        for name in LOCAL_VARIABLES {
            git.command.env_remove(name);
        }
        git
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn in_directory(mut self, directory: PathBuf) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// What git reads from standard input.
    pub fn input(mut self, bytes: Vec<u8>) -> Self {
        self.input = Some(bytes);
        self
    }

    /// Nothing is fetched to complete a partial clone: a read that a brief waits for must not go to the network.
    pub fn without_fetching(self) -> Self {
        self.env("GIT_NO_LAZY_FETCH", "1")
    }

    /// Runs it, captured.
    ///
    /// # Errors
    /// A `UserError` that carries git's own words when git fails.
    pub fn output(self) -> anyhow::Result<GitOutput> {
        let shown = self.shown();
        let output = self.try_output()?;
        if output.status.success() {
            return Ok(output);
        }
        Err(failure(&shown, &output).into())
    }

    /// As [`GitCommand::output`], for a caller to whom a failing git is an answer.
    pub fn try_output(mut self) -> anyhow::Result<GitOutput> {
        let shown = self.shown();
        let input = self.input.take();
        let child = self.start(Stdio::piped(), Stdio::piped(), input.is_some())?;
        let output = with_input(child, input.as_deref())
            .with_context(|| format!("failed to talk to `{shown}`"))?;
        Ok(GitOutput {
            status: output.status,
            stdout: output.stdout,
            stderr: output.stderr,
        })
    }

    /// Runs it with our standard streams, for git's own prompts and progress. Standard output goes where
    /// standard error goes: ours carries data.
    pub fn attached(mut self) -> anyhow::Result<ExitStatus> {
        let shown = self.shown();
        let stderr = std::io::stderr();
        let copy = std::os::fd::AsFd::as_fd(&stderr)
            .try_clone_to_owned()
            .context("failed to pass standard error to git")?;
        if self.input.is_none() {
            self.command.stdin(Stdio::inherit());
        }
        let input = self.input.take();
        let child = self.start(Stdio::from(copy), Stdio::inherit(), input.is_some())?;
        let output = with_input(child, input.as_deref())
            .with_context(|| format!("failed to talk to `{shown}`"))?;
        Ok(output.status)
    }

    /// Starts it with its standard output (and, with `write`, its input) connected to us.
    pub(super) fn spawn(mut self, write: bool) -> anyhow::Result<Child> {
        self.start(Stdio::piped(), Stdio::piped(), write)
    }

    /// Starts it with nothing but its standard output connected to us; what it says on standard error is lost.
    pub fn spawn_reading(mut self) -> anyhow::Result<Child> {
        self.start(Stdio::piped(), Stdio::null(), false)
    }

    fn start(&mut self, stdout: Stdio, stderr: Stdio, write: bool) -> anyhow::Result<Child> {
        if write {
            self.command.stdin(Stdio::piped());
        }
        self.command
            .args(&self.arguments)
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .map_err(|error| missing_program(&error, &self.shown()))
    }

    fn shown(&self) -> String {
        let mut text = String::from("git");
        for argument in self.arguments.iter().take(3) {
            text.push(' ');
            text.push_str(&argument.to_string_lossy());
        }
        text
    }
}

pub(super) fn missing_program(error: &std::io::Error, shown: &str) -> anyhow::Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        return UserError::new("the `git` program was not found")
            .hint("install git, or put it on PATH")
            .into();
    }
    anyhow::anyhow!("failed to start `{shown}`: {error}")
}

fn failure(shown: &str, output: &GitOutput) -> UserError {
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    let said = if said.is_empty() {
        "it gave no reason"
    } else {
        said
    };
    UserError::new(format!("`{shown}` failed: {said}"))
}

/// Feeds the input from another thread: git may fill its output before it has read everything.
fn with_input(mut child: Child, input: Option<&[u8]>) -> std::io::Result<std::process::Output> {
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A git that stops reading says why by its exit code.
            scope.spawn(move || {
                let _ = stdin.write_all(input);
            });
        }
        child.wait_with_output()
    })
}
