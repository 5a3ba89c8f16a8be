//! Merging one branch into another without touching HEAD, index or files of the work tree we are in. It must not decide
//! whether the merge is wanted.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::command::GitCommand;
use super::scratch::Scratch;
use super::{GitOutput, ObjectId, Repository};

/// How a merge came out. Only `Merged` changed anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeOutcome {
    Merged(ObjectId),
    /// The branch has everything of the other already.
    UpToDate,
    /// The paths, as git names them.
    Conflict(Vec<String>),
    /// The work tree in which the branch is checked out has changes of its own.
    NotClean(PathBuf),
    /// Git or a hook of the user's did not want it: its words.
    Refused(String),
}

impl Repository {
    /// Whether merging the branch `from` into the branch `into` would conflict, without making anything but objects. None
    /// where git is too old to say (before 2.38).
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
            // In full: a tag may have the same name.
            .args([into, from].map(|branch| format!("refs/heads/{branch}")))
            .try_output()?;
        match output.status.code() {
            Some(0) => Ok(Some(Vec::new())),
            Some(1) => Ok(Some(fields(&output).skip(1).collect())),
            _ => Ok(None),
        }
    }

    /// Merges the branch `from` into the branch `into` with `--no-ff`: where `into` is checked out, if that work tree is
    /// clean, else in a work tree made for the moment in `scratch`. The user's hooks run.
    pub fn merge_branch(
        &self,
        into: &str,
        from: &str,
        message: &str,
        scratch: &Scratch,
    ) -> anyhow::Result<MergeOutcome> {
        let contained = self
            .git()
            .args(["merge-base", "--is-ancestor"])
            .args([from, into].map(|branch| format!("refs/heads/{branch}")))
            .try_output()?;
        if contained.status.success() {
            return Ok(MergeOutcome::UpToDate);
        }
        match self.worktree_of(into)? {
            Some(work_tree) if !is_clean(&work_tree)? => Ok(MergeOutcome::NotClean(work_tree)),
            Some(work_tree) => merge_in(&work_tree, from, message),
            None => self.merge_in_scratch(into, from, message, scratch),
        }
    }

    /// The work tree in which a branch is checked out, if that has changes or an unfinished merge, which a merge into the
    /// branch would meet.
    pub fn unclean_work_tree_of(&self, branch: &str) -> anyhow::Result<Option<PathBuf>> {
        match self.worktree_of(branch)? {
            Some(work_tree) if !is_clean(&work_tree)? => Ok(Some(work_tree)),
            _ => Ok(None),
        }
    }

    fn merge_in_scratch(
        &self,
        into: &str,
        from: &str,
        message: &str,
        scratch: &Scratch,
    ) -> anyhow::Result<MergeOutcome> {
        let target = format!("refs/heads/{into}");
        let old = self
            .read_ref(&target)?
            .with_context(|| format!("there is no branch {into}"))?;
        let work_tree = scratch.work_tree();
        self.git()
            .args(["worktree", "add", "--quiet", "--detach"])
            .arg(&work_tree)
            .arg(old.to_string())
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
                .args(["update-ref", "-m", &format!("merge {from}"), &target])
                .args([commit.to_string(), old.to_string()])
                .output()?;
        }
        Ok(outcome)
    }

    /// The work tree in which a branch is checked out.
    fn worktree_of(&self, branch: &str) -> anyhow::Result<Option<PathBuf>> {
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

/// A merge under way counts as unclean even when it changes nothing: ours would fail, and aborting it abort that one.
fn is_clean(work_tree: &Path) -> anyhow::Result<bool> {
    let status = GitCommand::elsewhere(work_tree)
        .args(["status", "--porcelain", "--untracked-files=no"])
        .output()?;
    Ok(status.stdout.is_empty() && !is_merging(work_tree)?)
}

fn is_merging(work_tree: &Path) -> anyhow::Result<bool> {
    let found = GitCommand::elsewhere(work_tree)
        .args(["rev-parse", "--quiet", "--verify", "MERGE_HEAD"])
        .try_output()?;
    Ok(found.status.success())
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
    let paths: Vec<String> = fields(&unmerged).collect();
    // There is nothing to abort when git itself refused before it began.
    let begun = is_merging(work_tree)?;
    if begun {
        GitCommand::elsewhere(work_tree)
            .args(["merge", "--abort"])
            .output()?;
    }
    if paths.is_empty() {
        return Ok(MergeOutcome::Refused(words(&merged, begun)));
    }
    Ok(MergeOutcome::Conflict(paths))
}

/// What git or the hook said. A merge that a hook stopped ends with git's advice to complete it, in the user's language,
/// which is no longer true.
fn words(merged: &GitOutput, begun: bool) -> String {
    let stderr = String::from_utf8_lossy(&merged.stderr);
    let said = match stderr.trim() {
        said if begun => said.rsplit_once('\n').map_or("", |(before, _)| before),
        said => said,
    };
    let stdout = String::from_utf8_lossy(&merged.stdout);
    let said = match (said.trim(), stdout.trim()) {
        ("", "") => "it gave no reason",
        ("", said) | (said, _) => said,
    };
    said.to_owned()
}

fn fields(output: &GitOutput) -> impl Iterator<Item = String> + '_ {
    output
        .stdout
        .split(|&byte| byte == 0)
        .filter(|field| !field.is_empty())
        .map(|field| String::from_utf8_lossy(field).into_owned())
}
