//! Merging one branch into another without touching HEAD, index or files of the work tree we are in. It must not decide
//! whether the merge is wanted.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::command::GitCommand;
use super::{ObjectId, Repository};
use crate::error::user_error;

/// How a merge came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeOutcome {
    Merged(ObjectId),
    /// Nothing was changed; the paths, as git names them.
    Conflict(Vec<String>),
}

impl Repository {
    /// Whether merging `from` into `into` would conflict, without making anything but objects. None where git is too old
    /// to say (before 2.38).
    pub fn would_conflict(&self, into: &str, from: &str) -> anyhow::Result<Option<Vec<String>>> {
        let output = self
            .git()
            .args([
                "merge-tree",
                "--write-tree",
                "--name-only",
                "--no-messages",
                "-z",
            ])
            .args([into, from])
            .try_output()?;
        match output.status.code() {
            Some(0) => Ok(Some(Vec::new())),
            Some(1) => {
                let mut fields = output
                    .stdout
                    .split(|&byte| byte == 0)
                    .filter(|field| !field.is_empty());
                fields.next();
                Ok(Some(
                    fields
                        .map(|field| String::from_utf8_lossy(field).into_owned())
                        .collect(),
                ))
            }
            _ => Ok(None),
        }
    }

    /// Merges the branch `from` into the branch `into` with `--no-ff`: where `into` is checked out, if that work tree is
    /// clean, else in a work tree made for the moment below `scratch`.
    pub fn merge_branch(
        &self,
        into: &str,
        from: &str,
        message: &str,
        scratch: &Path,
    ) -> anyhow::Result<MergeOutcome> {
        match self.require_clean_where(into)? {
            Some(work_tree) => merge_in(&work_tree, from, message),
            None => self.merge_in_scratch(into, from, message, scratch),
        }
    }

    /// The work tree in which a branch is checked out, if any.
    ///
    /// # Errors
    /// A `UserError` where that has uncommitted changes.
    pub fn require_clean_where(&self, branch: &str) -> anyhow::Result<Option<PathBuf>> {
        let Some(work_tree) = self.worktree_of(branch)? else {
            return Ok(None);
        };
        let status = GitCommand::elsewhere(&work_tree)
            .args(["status", "--porcelain", "--untracked-files=no"])
            .output()?;
        if status.stdout.is_empty() {
            return Ok(Some(work_tree));
        }
        Err(user_error(
            format!(
                "{branch} is checked out in {} and has uncommitted changes there",
                work_tree.display()
            ),
            "commit or checkpoint them there, then run the command again; nothing was changed",
        ))
    }

    fn merge_in_scratch(
        &self,
        into: &str,
        from: &str,
        message: &str,
        scratch: &Path,
    ) -> anyhow::Result<MergeOutcome> {
        let target = format!("refs/heads/{into}");
        let old = self
            .read_ref(&target)?
            .with_context(|| format!("there is no branch {into}"))?;
        std::fs::create_dir_all(scratch)
            .with_context(|| format!("failed to make {}", scratch.display()))?;
        let work_tree = scratch.join(format!("merge-{}", std::process::id()));
        self.git()
            .args(["worktree", "add", "--quiet", "--detach"])
            .arg(&work_tree)
            .arg(&target)
            .output()?;
        let outcome = merge_in(&work_tree, from, message);
        let removed = self
            .git()
            .args(["worktree", "remove", "--force"])
            .arg(&work_tree)
            .output();
        let outcome = outcome?;
        removed?;
        if let MergeOutcome::Merged(commit) = outcome {
            self.git()
                .args([
                    "update-ref",
                    "-m",
                    &format!("merge {from}: by session end"),
                    &target,
                ])
                .args([commit.to_string(), old.to_string()])
                .output()?;
        }
        Ok(outcome)
    }

    /// A killed merge leaves its work tree behind. The caller holds the store lock, as every merge does, so nobody is using
    /// it.
    pub fn remove_leftover_worktrees(&self, scratch: &Path) {
        let leftovers: Vec<_> = std::fs::read_dir(scratch)
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        if leftovers.is_empty() {
            return;
        }
        for entry in leftovers {
            // Git does not know one that was cut short; what it does know of them is pruned.
            let _ = std::fs::remove_dir_all(entry.path());
        }
        let _ = self.git().args(["worktree", "prune"]).try_output();
    }

    /// The work tree in which a branch is checked out.
    pub fn worktree_of(&self, branch: &str) -> anyhow::Result<Option<PathBuf>> {
        use std::os::unix::ffi::OsStrExt as _;
        let output = self
            .git()
            .args(["worktree", "list", "--porcelain", "-z"])
            .output()?;
        let wanted = format!("branch refs/heads/{branch}");
        let mut current: Option<PathBuf> = None;
        for field in output.stdout.split(|&byte| byte == 0) {
            if let Some(path) = field.strip_prefix(b"worktree ") {
                current = Some(PathBuf::from(std::ffi::OsStr::from_bytes(path)));
            } else if field == wanted.as_bytes() {
                return Ok(current);
            }
        }
        Ok(None)
    }
}

/// Merges and, when that fails, leaves the work tree as it was.
fn merge_in(work_tree: &Path, from: &str, message: &str) -> anyhow::Result<MergeOutcome> {
    let merged = GitCommand::elsewhere(work_tree)
        .args(["merge", "--no-ff", "--no-edit", "-m", message])
        .arg(format!("refs/heads/{from}"))
        .try_output()?;
    if merged.status.success() {
        let head = GitCommand::elsewhere(work_tree)
            .args(["rev-parse", "HEAD"])
            .output()?;
        let head = String::from_utf8_lossy(&head.stdout).trim().to_owned();
        return Ok(MergeOutcome::Merged(
            ObjectId::from_str(&head).context("git named no commit")?,
        ));
    }
    let unmerged = GitCommand::elsewhere(work_tree)
        .args(["diff", "--name-only", "--diff-filter=U", "-z"])
        .output()?;
    let paths: Vec<String> = unmerged
        .stdout
        .split(|&byte| byte == 0)
        .filter(|field| !field.is_empty())
        .map(|field| String::from_utf8_lossy(field).into_owned())
        .collect();
    // There is nothing to abort when a hook or git itself refused before it began.
    let _ = GitCommand::elsewhere(work_tree)
        .args(["merge", "--abort"])
        .try_output();
    if paths.is_empty() {
        let said = String::from_utf8_lossy(&merged.stderr).trim().to_owned();
        let said = if said.is_empty() {
            String::from_utf8_lossy(&merged.stdout).trim().to_owned()
        } else {
            said
        };
        return Err(user_error(
            format!("git did not merge {from}: {said}"),
            "nothing was changed; the session is still open",
        ));
    }
    Ok(MergeOutcome::Conflict(paths))
}
