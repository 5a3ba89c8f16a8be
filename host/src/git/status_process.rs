//! Starting `git status` first and collecting it last, so that everything else happens while it runs.
//! It must not need an open repository.

use std::process::{Child, Command, Output, Stdio};

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
    /// Every untracked file by itself, no renames, submodules listed by their commit only: what a snapshot needs.
    pub untracked_all: bool,
    /// Git may rewrite a stale index. For what people type at a terminal; never in a hook or a checkpoint.
    pub optional_locks: bool,
}

/// A `git status` that is running.
#[derive(Debug)]
pub struct StatusProcess {
    child: Running,
    variables: GitVariables,
    options: StatusOptions,
}

impl StatusProcess {
    /// Starts it in the current directory with the environment as it is: git finds the repository by itself.
    pub fn spawn(environment: &Environment, options: StatusOptions) -> anyhow::Result<Self> {
        Self::spawn_at(&GitVariables::from_process(environment), options)
    }

    /// As [`StatusProcess::spawn`], for variables that were read before.
    pub fn spawn_at(variables: &GitVariables, options: StatusOptions) -> anyhow::Result<Self> {
        Ok(Self {
            child: start(variables, options, Submodules::Contents)?,
            variables: variables.clone(),
            options,
        })
    }

    /// Waits for it. Where git fails, it may be for a submodule that it cannot look into: then it is asked once more,
    /// without their contents.
    ///
    /// # Errors
    /// A `UserError` with git's words when git fails.
    pub fn finish(self) -> anyhow::Result<Status> {
        let Self {
            child,
            variables,
            options,
        } = self;
        let mut output = collect(child)?;
        let mut unseen = false;
        if !output.status.success() {
            let again = collect(start(&variables, options, Submodules::Commits)?)?;
            if again.status.success() {
                output = again;
                unseen = true;
            }
        }
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(UserError::new(format!("`git status` failed: {said}")).into());
        }
        let mut status = status_parse::parse(&output.stdout)?;
        status.submodules.unseen = unseen;
        if options.untracked_all {
            status.list_submodules_by_commit();
        }
        Ok(status)
    }
}

/// A git that is waited for also where nobody wants its answer any more: it may hold the index's lock, over which the
/// next git of the user's would stumble. Told to end, it could leave that behind.
#[derive(Debug)]
struct Running(Option<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = &mut self.0 else { return };
        // What it writes is not read: a full pipe must not keep it.
        drop((child.stdout.take(), child.stderr.take()));
        let _ = child.wait();
    }
}

/// What git is to say of submodules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Submodules {
    /// Also whether their own files changed: git runs another git in each one.
    Contents,
    Commits,
}

fn start(
    variables: &GitVariables,
    options: StatusOptions,
    submodules: Submodules,
) -> anyhow::Result<Running> {
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
    // A user may have told git to hide untracked files (`status.showUntrackedFiles`) or what is changed in a submodule
    // (`submodule.<name>.ignore`); what was tested is not what it was, whether it is shown or not.
    command.args(match options.untracked_all {
        true => &["--no-renames", "--untracked-files=all"][..],
        false => &["--untracked-files=normal"][..],
    });
    command.arg(match submodules {
        Submodules::Contents => "--ignore-submodules=none",
        Submodules::Commits => "--ignore-submodules=dirty",
    });
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map(|child| Running(Some(child)))
        .map_err(|error| missing_program(&error, "git status"))
}

fn collect(mut running: Running) -> anyhow::Result<Output> {
    let child = running
        .0
        .take()
        .context("`git status` has been waited for")?;
    child
        .wait_with_output()
        .context("failed to read from `git status`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;

    #[test]
    fn a_status_that_nobody_waits_for_is_over_when_it_is_let_go() {
        let test = TestRepository::new();
        test.commit_file("a", "1", "one");
        let variables = test.open().variables.clone();
        let status = StatusProcess::spawn_at(&variables, StatusOptions::default()).unwrap();
        let pid = status
            .child
            .0
            .as_ref()
            .map(rustix::process::Pid::from_child);
        drop(status);
        let still = rustix::process::test_kill_process(pid.unwrap());
        assert_eq!(still, Err(rustix::io::Errno::SRCH));
    }
}
