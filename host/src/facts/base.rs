//! Where a branch and the one that it was started from have met last. It must not know what either holds.

use crate::git::{ObjectId, Repository};

/// The newest commits that `head` has in common with the base branch: with it as it is here, and as it was fetched, since
/// who merges what was fetched may have left the branch of the same name behind.
pub fn common(
    repository: &Repository,
    head: ObjectId,
    base: &str,
) -> anyhow::Result<Vec<ObjectId>> {
    let refs = [
        format!("refs/heads/{base}"),
        format!("refs/remotes/origin/{base}"),
    ];
    let mut tips: Vec<ObjectId> = refs
        .iter()
        .filter_map(|name| repository.ref_at(name))
        .collect();
    // A tag, or a branch of another remote.
    if tips.is_empty() {
        tips.extend(repository.resolve_commit(base)?);
    }
    let mut found = Vec::new();
    for tip in tips {
        if let Some(common) = repository.merge_base(head, tip)?
            && !found.contains(&common)
        {
            found.push(common);
        }
    }
    Ok(found)
}
