//! Carrying out a plan in the work tree. A file goes or is replaced only while it is still what the plan says it is;
//! whatever differs is left and named. It must not touch the index.

use super::entry::{self, Found, LINK};
use super::plan::{Held, Plan, Step};
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use crate::store::layout::Layout;
use crate::store::lock::WritingLock;

/// What became of the plan, by path.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) written: Vec<RepoPath>,
    pub(super) deleted: Vec<RepoPath>,
    pub(super) left_alone: Vec<RepoPath>,
    /// Already on disk as they should be.
    pub(super) unchanged: Vec<RepoPath>,
}

/// Deletes first, so that directories can take the place of files and files that of directories.
///
/// # Errors
/// A file could not be written or removed; what was done until then stays done, and the present is in its snapshot.
pub(super) fn apply(repository: &Repository, plan: &Plan) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let _lock = WritingLock::acquire(&Layout::new(repository.common_dir()))?;
    for step in &plan.delete {
        outcome.delete(repository, step)?;
    }
    let (raw, clean): (Vec<&Step>, Vec<&Step>) = plan
        .write
        .iter()
        .partition(|step| step.target.is_some_and(|target| is_verbatim(&target)));
    for step in raw {
        if let Some(target) = step.target {
            let blob = repository.read_blob(target.blob.id, u64::MAX)?;
            outcome.write(
                repository,
                step,
                target,
                blob.as_bytes().unwrap_or_default(),
            )?;
        }
    }
    let wanted: Vec<(&Step, Held)> = clean
        .iter()
        .filter_map(|step| Some((*step, step.target?)))
        .collect();
    let requests: Vec<(ObjectId, RepoPath)> = wanted
        .iter()
        .map(|(step, target)| (target.blob.id, step.path.clone()))
        .collect();
    repository.smudge(&requests, |index, bytes| {
        let (step, target) = wanted[index];
        outcome.write(repository, step, target, bytes)
    })?;
    for list in [
        &mut outcome.written,
        &mut outcome.deleted,
        &mut outcome.left_alone,
    ] {
        list.sort();
    }
    Ok(outcome)
}

/// Git filters no link's target.
fn is_verbatim(held: &Held) -> bool {
    held.raw || held.blob.mode == LINK
}

impl Outcome {
    fn delete(&mut self, repository: &Repository, step: &Step) -> anyhow::Result<()> {
        let (root, path) = (repository.work_tree(), step.path.to_path());
        let found = entry::read(root, &path, None);
        if matches!(found, Found::Nothing) {
            return Ok(());
        }
        if !is_still(step.present, &found)? {
            self.left_alone.push(step.path.clone());
            return Ok(());
        }
        entry::remove(root, &path)?;
        self.deleted.push(step.path.clone());
        Ok(())
    }

    fn write(
        &mut self,
        repository: &Repository,
        step: &Step,
        target: Held,
        bytes: &[u8],
    ) -> anyhow::Result<()> {
        let (root, path) = (repository.work_tree(), step.path.to_path());
        let found = entry::read(root, &path, None);
        if let Found::Content {
            mode, bytes: now, ..
        } = &found
            && *mode == target.blob.mode
            && now == bytes
        {
            self.unchanged.push(step.path.clone());
            return Ok(());
        }
        // An empty directory is nothing to git; one that holds something (ignored files) stays.
        let makes_room = match found {
            Found::Directory => std::fs::remove_dir(root.join(&path)).is_ok(),
            _ => is_still(step.present, &found)?,
        };
        if !makes_room || is_blocked(root, &path) {
            self.left_alone.push(step.path.clone());
            return Ok(());
        }
        entry::write(root, &path, target.blob.mode, target.permissions, bytes)?;
        self.written.push(step.path.clone());
        Ok(())
    }
}

/// A link or a file stands where a directory is needed, and no snapshot holds it (else it would be gone by now).
fn is_blocked(root: &std::path::Path, path: &std::path::Path) -> bool {
    let directories = path
        .ancestors()
        .skip(1)
        .filter(|directory| !directory.as_os_str().is_empty());
    directories
        .filter_map(|directory| std::fs::symlink_metadata(root.join(directory)).ok())
        .any(|metadata| !metadata.is_dir())
}

/// Whether the file is still what the snapshot of the present holds. Where that is HEAD's entry, git called the file
/// clean a moment ago, and only its being there is looked at.
fn is_still(present: Option<Held>, found: &Found) -> anyhow::Result<bool> {
    Ok(match (present, found) {
        (None, Found::Nothing) => true,
        (Some(held), Found::Content { mode, bytes, .. }) => {
            let same_kind = (*mode == LINK) == (held.blob.mode == LINK);
            same_kind && (!held.raw || Repository::hash_blob(bytes)? == held.blob.id)
        }
        (Some(held), Found::Nothing) => !held.raw,
        _ => false,
    })
}
