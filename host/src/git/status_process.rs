//! Starting `git status` first and collecting it last, so that everything else happens while it runs.
//! It must not need an open repository.

use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use super::command::missing_program;
use super::location::GitVariables;
use super::status::Status;
use super::status_parse;
use crate::environment::Environment;
use crate::error::UserError;

/// What the status is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatusOptions {
    /// Every untracked file by itself, no renames, submodules by commit only: what a snapshot needs.
    pub untracked_all: bool,
    /// Git may rewrite a stale index. For what people type at a terminal; never in a hook or a checkpoint.
    pub optional_locks: bool,
}

/// A `git status` that is running.
#[derive(Debug)]
pub struct StatusProcess {
    child: Child,
}

impl StatusProcess {
    /// Starts it in the current directory with the environment as it is: git finds the repository by itself.
    pub fn spawn(environment: &Environment, options: StatusOptions) -> anyhow::Result<Self> {
        Self::spawn_at(&GitVariables::from_process(environment), options)
    }

    /// As [`StatusProcess::spawn`], for variables that were read before.
    pub fn spawn_at(variables: &GitVariables, options: StatusOptions) -> anyhow::Result<Self> {
        let mut command = Command::new("git");
        command.current_dir(&variables.current_dir);
        let told = [
            ("GIT_DIR", variables.git_dir.as_deref()),
            ("GIT_WORK_TREE", variables.work_tree.as_deref()),
            ("GIT_COMMON_DIR", variables.common_dir.as_deref()),
        ];
        for (name, value) in told {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        if let Some(index) = &variables.index_file {
            command.env("GIT_INDEX_FILE", index);
        }
        if !options.optional_locks {
            command.arg("--no-optional-locks");
        }
        command.args(["status", "--porcelain=v2", "--branch", "-z"]);
        if options.untracked_all {
            command.args([
                "--no-renames",
                "--untracked-files=all",
                "--ignore-submodules=dirty",
            ]);
        } else {
            // A user may have told git to hide them (`status.showUntrackedFiles`); what was tested is not what it was
            // where one was added, whether it is shown or not.
            command.arg("--untracked-files=normal");
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| missing_program(&error, "git status"))?;
        Ok(Self { child })
    }

    /// Waits for it.
    ///
    /// # Errors
    /// A `UserError` with git's words when git fails.
    pub fn finish(self) -> anyhow::Result<Status> {
        let output = self
            .child
            .wait_with_output()
            .context("failed to read from `git status`")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(UserError::new(format!("`git status` failed: {said}")).into());
        }
        status_parse::parse(&output.stdout)
    }
}
