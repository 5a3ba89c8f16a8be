//! The decision log's own commit before a merge, and taking it back when the merge is stopped. It must not commit
//! anything else.

use crate::config::shared;
use crate::git::ObjectId;
use crate::git::dot_git::Protection;
use crate::git::status::{Change, ChangeKind};
use crate::path::RepoPath;
use crate::store::decisions::LOG;
use crate::workspace::Workspace;

/// Made together with the log where there was no `.session/`.
const ATTRIBUTES: &str = ".session/.gitattributes";
const SUBJECT: &str = "chore(session): record decisions";

/// The commit that was made, and what it takes to undo it.
#[derive(Debug)]
pub struct LogCommit {
    reference: String,
    before: ObjectId,
    made: ObjectId,
    index: Vec<u8>,
}

/// Changes that are not the log's own, which a merge would leave behind. What git will never hold is none of them.
pub fn others<'c>(workspace: &Workspace, changes: &'c [Change]) -> Vec<&'c Change> {
    let own = own(workspace, changes);
    let protection = Protection::of(&workspace.repository);
    changes
        .iter()
        .filter(|change| !protection.forbids(change.path.as_bytes()))
        .filter(|change| !own.iter().any(|own| change.path == RepoPath::from(*own)))
        .collect()
}

/// Commits the log through the user's hooks, if there is anything to commit. A refused commit leaves the index as it was.
pub fn commit(
    workspace: &mut Workspace,
    branch: &str,
    before: ObjectId,
) -> anyhow::Result<Option<LogCommit>> {
    let status = workspace.fresh_status(crate::facts::gather::Options::snapshot().status)?;
    let files = own(workspace, &status.changes);
    if files.is_empty() {
        return Ok(None);
    }
    let repository = &workspace.repository;
    let index = index_entries(workspace, &files)?;
    let committed = repository
        .git()
        .args(["add", "--"])
        .args(&files)
        .output()
        .and_then(|_| {
            repository
                .git_with_hooks()
                .args(["commit", "--quiet", "-m", SUBJECT, "--"])
                .args(&files)
                .output()
        });
    if let Err(error) = committed {
        restore_index(workspace, index)?;
        return Err(error);
    }
    Ok(Some(LogCommit {
        reference: format!("refs/heads/{branch}"),
        before,
        made: repository.head_commit()?.unwrap_or(before),
        index,
    }))
}

impl LogCommit {
    /// For a sentence.
    pub fn short(&self) -> String {
        self.made.to_string()[..7].to_owned()
    }

    /// The branch goes back and the index is as it was; the files keep what was written to them. False where the branch
    /// was moved by another program meanwhile: then the commit stays.
    pub fn take_back(self, workspace: &Workspace) -> anyhow::Result<bool> {
        let moved = workspace
            .repository
            .git()
            .args(["update-ref", "-m", "session end: merge stopped"])
            .arg(&self.reference)
            .args([self.before.to_string(), self.made.to_string()])
            .try_output()?;
        if !moved.status.success() {
            return Ok(false);
        }
        restore_index(workspace, self.index)?;
        Ok(true)
    }
}

/// Which of the changed files are the log's own: the log, and the attributes that came into being with it.
fn own(workspace: &Workspace, changes: &[Change]) -> Vec<&'static str> {
    let kind = |path: &str| {
        let path = RepoPath::from(path);
        changes
            .iter()
            .find(|change| change.path == path)
            .map(Change::kind)
    };
    let log = kind(LOG);
    let mut own = Vec::new();
    if let Some(ChangeKind::Untracked | ChangeKind::Added | ChangeKind::Modified) = log {
        own.push(LOG);
    }
    let both_new =
        log == Some(ChangeKind::Untracked) && kind(ATTRIBUTES) == Some(ChangeKind::Untracked);
    let work_tree = workspace.repository.work_tree();
    if both_new
        && shared::read(work_tree, shared::GIT_ATTRIBUTES).is_ok_and(|text| {
            text.as_deref() == Some(include_str!("../../../../assets/gitattributes"))
        })
    {
        own.push(ATTRIBUTES);
    }
    own
}

/// What the index says of these files, as `git update-index --index-info` reads it: out with each, then in as it was.
fn index_entries(workspace: &Workspace, files: &[&str]) -> anyhow::Result<Vec<u8>> {
    let listed = workspace
        .repository
        .git()
        .args(["ls-files", "--stage", "-z", "--"])
        .args(files)
        .output()?;
    let nothing = ObjectId::ZERO_SHA1;
    let mut entries: Vec<u8> = files
        .iter()
        .flat_map(|file| format!("0 {nothing}\t{file}\0").into_bytes())
        .collect();
    entries.extend(listed.stdout);
    Ok(entries)
}

fn restore_index(workspace: &Workspace, entries: Vec<u8>) -> anyhow::Result<()> {
    workspace
        .repository
        .git()
        .args(["update-index", "-z", "--index-info"])
        .input(entries)
        .output()
        .map(|_| ())
}
