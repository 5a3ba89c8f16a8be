//! Parked changes: which are outstanding, getting them back, and undoing a park that failed. It must not talk to the user.

use std::collections::BTreeSet;

use crate::error::user_error;
use crate::git::Repository;
use crate::git::status::Status;
use crate::path::RepoPath;
use crate::session::ids::CheckpointId;
use crate::session::live::LiveSession;
use crate::store::snapshot::{self, Limits, Options, Snapshot};
use crate::workspace::Workspace;

/// The checkpoint with changes that were parked and are not back yet. One whose snapshot is gone has nothing to wait for.
pub fn outstanding(
    workspace: &Workspace,
    session: &LiveSession,
) -> anyhow::Result<Option<CheckpointId>> {
    let Some(parked) = session.context.parked else {
        return Ok(None);
    };
    let name = parked.snapshot_ref(&session.context.id);
    Ok(workspace.repository.read_ref(&name)?.map(|_| parked))
}

/// A session remembers one checkpoint to put back: what would make it forget that one is refused.
pub fn refuse_parked(workspace: &Workspace, session: &LiveSession) -> anyhow::Result<()> {
    let Some(parked) = outstanding(workspace, session)? else {
        return Ok(());
    };
    Err(user_error(
        format!("changes of this session are still parked in {parked}"),
        format!(
            "`session resume` puts them back into a clean work tree, `session checkpoint restore {parked}` \
             among what is changed here (which it checkpoints first); then run this again"
        ),
    ))
}

/// How putting parked changes back went.
#[derive(Debug, Default)]
pub struct PutBack {
    /// Why nothing was put back.
    pub refused: Option<String>,
    pub files: usize,
}

/// Puts parked changes back, into a work tree that is clean or has some of them already: a command that was killed while
/// it took them out or put them back left it so. When the branch has moved since, only the files that were changed come
/// back, and the staged state does not: it belonged to the old commit.
pub fn restore_parked(
    workspace: &Workspace,
    session: &LiveSession,
    parked: CheckpointId,
    status: Status,
) -> anyhow::Result<PutBack> {
    let repository = &workspace.repository;
    let status = &status.without_repositories();
    let refused = |why: String| PutBack {
        refused: Some(why),
        files: 0,
    };
    let Some(commit) = repository.read_ref(&parked.snapshot_ref(&session.context.id))? else {
        return Ok(refused("its snapshot is gone".into()));
    };
    let present = snapshot::take(
        repository,
        status,
        Limits { max_file: None },
        "session snapshot",
    )?;
    let target = Snapshot::load(repository, commit)?;
    let changed: Vec<RepoPath> = repository
        .changed_paths(target.head_tree, Some(target.tree))?
        .into_iter()
        .map(|change| change.path)
        .collect();
    if has_other_changes(repository, &present, &target)? {
        return Ok(refused("there are other uncommitted changes here".into()));
    }
    let same_head = target.metadata.head == status.head.map(|id| id.to_string());
    if !same_head {
        let moved = repository.changed_paths(target.head_tree, present.head_tree)?;
        if let Some(both) = moved.iter().find(|moved| changed.contains(&moved.path)) {
            return Ok(refused(format!(
                "the branch has changed {} since",
                both.path.to_text()
            )));
        }
        if changed.is_empty() {
            return Ok(PutBack::default());
        }
    }
    let restored = snapshot::restore(
        repository,
        commit,
        &present,
        if same_head { &[] } else { &changed },
        Options {
            exact: false,
            index: same_head,
        },
    )?;
    let files = if restored.written.is_empty() && restored.deleted.is_empty() {
        changed.len()
    } else {
        restored.written.len() + restored.deleted.len()
    };
    Ok(PutBack {
        refused: None,
        files,
    })
}

/// Undoes a park that could not be carried out: what was taken out comes back. Files that changed meanwhile, which were
/// left, stay as they are.
pub fn undo_parking(
    repository: &Repository,
    parked: &Snapshot,
    left: &[RepoPath],
    status: Status,
) -> anyhow::Result<()> {
    let present = snapshot::take(
        repository,
        &status.without_repositories(),
        Limits { max_file: None },
        "session snapshot",
    )?;
    let mut taken_out: BTreeSet<RepoPath> = BTreeSet::new();
    for held in [parked.tree, parked.index_tree] {
        let changed = repository.changed_paths(parked.head_tree, Some(held))?;
        taken_out.extend(changed.into_iter().map(|change| change.path));
    }
    let paths: Vec<RepoPath> = taken_out
        .into_iter()
        .filter(|path| !left.contains(path))
        .collect();
    if paths.is_empty() {
        return Ok(());
    }
    let options = Options {
        exact: false,
        index: true,
    };
    snapshot::restore(repository, parked.commit, &present, &paths, options).map(|_| ())
}

/// Whether anything is changed here, in the files or in the index, that is not part of what was parked.
fn has_other_changes(
    repository: &Repository,
    present: &Snapshot,
    target: &Snapshot,
) -> anyhow::Result<bool> {
    for (now, parked) in [
        (present.tree, target.tree),
        (present.index_tree, target.index_tree),
    ] {
        for change in repository.changed_paths(present.head_tree, Some(now))? {
            if repository.tree_entry(parked, &change.path)? != change.new {
                return Ok(true);
            }
        }
    }
    Ok(!present.metadata.conflicts.is_empty() || !present.omitted.is_empty())
}
