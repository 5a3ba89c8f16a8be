//! A submodule as a repository of its own: opened, with the state of its work tree. It must not be asked for a repository
//! that is no submodule: git runs what its configuration names.

use std::path::Path;

use anyhow::ensure;

use super::command::GitCommand;
use super::location::GitVariables;
use super::repository::Repository;
use super::status::Status;
use super::status_parse;

impl Repository {
    /// The submodule at `directory` and its state, every untracked file named. Runs one git.
    ///
    /// # Errors
    /// There is no repository of its own, or it cannot be read.
    pub fn submodule(&self, directory: &Path) -> anyhow::Result<(Repository, Status)> {
        let ceiling: Vec<_> = directory.parent().map(Path::to_owned).into_iter().collect();
        let variables = GitVariables {
            current_dir: directory.to_owned(),
            config_global: self.variables.config_global.clone(),
            config_system: self.variables.config_system.clone(),
            across_filesystems: true,
            ceiling,
            ..GitVariables::default()
        };
        let submodule = Self::open_at(variables, self.now())?;
        ensure!(
            submodule.git_dir() != self.git_dir(),
            "{} has no repository of its own",
            directory.display()
        );
        let output = GitCommand::elsewhere(submodule.work_tree())
            .args(["--no-optional-locks", "status", "--porcelain=v2"])
            .args(["--branch", "-z", "--no-renames", "--untracked-files=all"])
            .arg("--ignore-submodules=none")
            .output()?;
        let mut status = status_parse::parse(&output.stdout)?;
        status.list_submodules_by_commit();
        Ok((submodule, status))
    }
}
