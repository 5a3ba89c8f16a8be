//! HEAD: the branch it names, and the work tree it belongs to. It must not move it: that is the `git` program's.

use anyhow::Context as _;

use super::ObjectId;
use super::repository::Repository;
use crate::error::user_error;
use crate::path::RepoPath;

impl Repository {
    /// The branch that HEAD names, born or not; None when HEAD is detached.
    pub fn current_branch(&self) -> anyhow::Result<Option<String>> {
        let head = self
            .inner
            .find_reference("HEAD")
            .context("failed to read HEAD")?;
        let target = head
            .symbolic_target_bytes()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Ok(target.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned)))
    }

    /// The name of the linked work tree we are in; None in the main one.
    pub fn worktree_name(&self) -> Option<String> {
        let name = self
            .git_dir()
            .strip_prefix(self.common_dir().join("worktrees"))
            .ok()?;
        Some(name.to_string_lossy().into_owned())
    }

    /// Before anything is changed: with a lock on the index git can neither switch nor commit.
    ///
    /// # Errors
    /// A `UserError` that names the lock.
    pub fn refuse_locked_index(&self) -> anyhow::Result<()> {
        let mut lock = match &self.variables.index_file {
            Some(index) => self.work_tree().join(index).into_os_string(),
            None => self.git_dir().join("index").into_os_string(),
        };
        lock.push(".lock");
        let lock = std::path::PathBuf::from(lock);
        if lock.symlink_metadata().is_err() {
            return Ok(());
        }
        Err(user_error(
            format!(
                "{} is there: another git is at work, or was killed",
                lock.display()
            ),
            "wait for it to finish, then run the command again; when no git is running, the file is a leftover that has to go",
        ))
    }

    pub fn is_valid_branch_name(&self, name: &str) -> bool {
        name != "HEAD"
            && !name.starts_with('-')
            && git2::Branch::name_is_valid(name).unwrap_or(false)
    }

    /// Whether a remote has this branch, as of the last fetch.
    pub fn remote_branch_exists(&self, name: &str) -> anyhow::Result<bool> {
        for remote in self.remotes()? {
            if self
                .read_ref(&format!("refs/remotes/{remote}/{name}"))?
                .is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The id that a file of the work tree has as it stands, byte for byte; None where there is no file.
    pub fn hash_work_file(&self, path: &RepoPath) -> anyhow::Result<Option<ObjectId>> {
        let full = self.work_tree().join(path.to_path());
        match full.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => {
                ObjectId::hash_file(git2::ObjectType::Blob, &full)
                    .map(Some)
                    .with_context(|| format!("failed to read {}", full.display()))
            }
            _ => Ok(None),
        }
    }
}
