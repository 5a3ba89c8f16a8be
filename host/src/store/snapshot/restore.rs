//! Bringing files back from a snapshot. The caller took a snapshot of the present first, so that nothing is lost.
//! It must not touch HEAD, nor the index unless asked to.

use super::plan::{self, Side};
use super::staged::Staged;
use super::{Snapshot, apply};
use crate::error::user_error;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;

/// How to restore.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Files made since the snapshot go, too.
    pub exact: bool,
    /// The staged state comes back as well.
    pub index: bool,
}

/// What became of the files, each list by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    pub written: Vec<RepoPath>,
    pub deleted: Vec<RepoPath>,
    /// Files made since, which stay unless `exact` was asked for.
    pub kept_extra: Vec<RepoPath>,
    /// Submodules, files that a snapshot left out, and files that changed or stand in the way and that no snapshot
    /// holds: not touched.
    pub left_alone: Vec<RepoPath>,
    /// Files that differed in the snapshots and already were on disk as they should be.
    pub unchanged: usize,
}

/// Restores `snapshot` over `present`, the snapshot just taken of the work tree as it is. `paths` are files or
/// directories from the root; none means everything.
///
/// # Errors
/// A `UserError` for a path that neither snapshot has; nothing was touched then.
pub fn restore(
    repository: &Repository,
    snapshot: ObjectId,
    present: &Snapshot,
    paths: &[RepoPath],
    options: Options,
) -> anyhow::Result<Restored> {
    let target = Snapshot::load(repository, snapshot)?;
    let paths = known_paths(repository, &target, present, paths)?;
    let selected =
        |path: &RepoPath| paths.is_empty() || paths.iter().any(|wanted| path.is_within(wanted));

    let sides = [
        Side::of(repository, present)?,
        Side::of(repository, &target)?,
    ];
    let steps = plan::steps(repository, &sides[0], &sides[1])?;
    // What HEAD had and the snapshot has not was deleted when it was taken; everything else was made since.
    let was_deleted = |path: &RepoPath| {
        let head = target
            .head_tree
            .map(|tree| repository.tree_entry(tree, path));
        head.is_some_and(|entry| entry.is_ok_and(|entry| entry.is_some()))
    };
    let mut plan = plan::decide(steps, [&sides[0], &sides[1]], selected, |path| {
        options.exact || was_deleted(path)
    });
    leave_sparse(repository, &mut plan)?;
    let outcome = apply::apply(repository, &plan)?;

    if options.index {
        let (from, to) = (Staged::of(present), Staged::of(&target));
        let mut differing = from.differences(&to, repository)?;
        differing.retain(selected);
        to.put_back(repository, &differing)?;
    }
    let mut left_alone = [plan.left_alone, outcome.left_alone].concat();
    left_alone.sort();
    Ok(Restored {
        written: outcome.written,
        deleted: outcome.deleted,
        kept_extra: plan.kept_extra,
        left_alone,
        unchanged: outcome.unchanged.len(),
    })
}

/// Refuses what [`restore`] would refuse, for a caller that writes before it restores.
///
/// # Errors
/// A `UserError` for a path that neither snapshot has.
pub fn require_known(
    repository: &Repository,
    snapshot: ObjectId,
    present: &Snapshot,
    paths: &[RepoPath],
) -> anyhow::Result<()> {
    let target = Snapshot::load(repository, snapshot)?;
    known_paths(repository, &target, present, paths).map(drop)
}

/// A clean file that the sparse checkout leaves out was not on disk when the snapshot was taken either.
fn leave_sparse(repository: &Repository, plan: &mut plan::Plan) -> anyhow::Result<()> {
    let is_clean = |step: &plan::Step| step.target.is_some_and(|target| !target.raw);
    let clean: Vec<RepoPath> = plan
        .write
        .iter()
        .filter(|step| is_clean(step))
        .map(|step| step.path.clone())
        .collect();
    let outside = repository.outside_sparse_checkout(&clean)?;
    plan.write
        .retain(|step| !(is_clean(step) && outside.contains(&step.path)));
    Ok(())
}

/// The wanted paths without a trailing `/`; none where the root is wanted.
fn known_paths(
    repository: &Repository,
    target: &Snapshot,
    present: &Snapshot,
    paths: &[RepoPath],
) -> anyhow::Result<Vec<RepoPath>> {
    let mut known = Vec::new();
    for path in paths {
        let bytes = path.as_bytes();
        let path = RepoPath::new(bytes.strip_suffix(b"/").unwrap_or(bytes));
        if matches!(path.as_bytes(), b"" | b".") {
            return Ok(Vec::new());
        }
        let is_held = repository.tree_entry(target.tree, &path)?.is_some()
            || repository.tree_entry(present.tree, &path)?.is_some()
            // A file deleted on both sides is known from the snapshot's HEAD.
            || target.head_tree.map_or(Ok(None), |tree| repository.tree_entry(tree, &path))?.is_some()
            || target.omitted.iter().any(|omitted| omitted.is_within(&path));
        if !is_held {
            return Err(unknown(repository, target, &path)?);
        }
        known.push(path);
    }
    Ok(known)
}

fn unknown(
    repository: &Repository,
    target: &Snapshot,
    path: &RepoPath,
) -> anyhow::Result<anyhow::Error> {
    let changed = repository.changed_paths(target.head_tree, Some(target.tree))?;
    let names: Vec<String> = changed
        .iter()
        .take(10)
        .map(|change| change.path.to_text())
        .collect();
    let more = if changed.len() > names.len() {
        ", …"
    } else {
        ""
    };
    let hint = if names.is_empty() {
        "it holds the files of its commit and no others".to_owned()
    } else {
        format!(
            "what it holds beyond its commit: {}{more}",
            names.join(", ")
        )
    };
    Ok(user_error(
        format!("the checkpoint has no file or directory {}", path.to_text()),
        hint,
    ))
}
