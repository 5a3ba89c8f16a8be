//! What has changed since the evidence before, for the evidence that is recorded. It must not record it.

use crate::facts::base;
use crate::facts::tree_state::Observed;
use crate::facts::unwritten::unwritten;
use crate::git::{ObjectId, Repository};
use crate::session::evidence::EvidenceRecord;
use crate::session::live::LiveSession;
use crate::store::recorded_evidence;

/// Changed files that a piece of evidence names.
const FILES_NAMED: usize = 1_000;

/// Notes it in `evidence`, which was run on the tree `now` at `head`. Where nobody knows the tree before, nothing is noted.
pub fn note(
    repository: &Repository,
    session: &LiveSession,
    head: Option<ObjectId>,
    now: &Observed,
    evidence: &mut EvidenceRecord,
) -> anyhow::Result<()> {
    let last = recorded_evidence::last(repository, &session.context.id)?;
    let before = match &last {
        Some(newest) => seen(repository, newest),
        None => at_start(repository, session)?,
    };
    let Some(before) = before else {
        return Ok(());
    };
    let mut changes = before.changes(repository, now)?;
    // What stood so when the session before it on the branch last ran something was seen then.
    if session.context.highest_evidence == 0
        && let Some(earlier) = session.context.before()
        && let Some(newest) = recorded_evidence::last(repository, earlier)?
        && let Some(seen) = seen(repository, &newest)
    {
        let since = seen.difference(repository, now)?;
        changes.retain(|change| since.contains(&change.path));
    }
    let mut trees = Vec::new();
    if let (Some(head), Some(base)) = (head, &session.context.base)
        && !changes.is_empty()
    {
        for commit in base::common(repository, head, base)? {
            trees.push(repository.commit_tree(commit)?);
        }
    }
    // What was taken back to the commit of then, as by `git stash`, is as it was.
    let then = last.and_then(|newest| newest.head?.parse().ok());
    if let Some(commit) = then.filter(|commit| repository.commit_exists(*commit)) {
        trees.push(repository.commit_tree(commit)?);
    }
    evidence.more_changed_files = changes.len() > FILES_NAMED;
    changes.truncate(FILES_NAMED);
    evidence.unwritten_files = unwritten(repository, &changes, &trees)?;
    evidence.changed_files = changes.into_iter().map(|change| change.path).collect();
    Ok(())
}

/// The work tree that the session began with. None where nobody knows it.
fn at_start(repository: &Repository, session: &LiveSession) -> anyhow::Result<Option<Observed>> {
    let context = &session.context;
    let Some(start) = &context.start_commit else {
        return Ok(Some(Observed::default()));
    };
    let commit = start.parse().ok();
    let Some(commit) = commit.filter(|commit| repository.commit_exists(*commit)) else {
        return Ok(None);
    };
    Ok(Some(Observed {
        head_tree: Some(repository.commit_tree(commit)?),
        ..Observed::default()
    }))
}

fn seen(repository: &Repository, evidence: &EvidenceRecord) -> Option<Observed> {
    let state = match evidence.holds {
        true => evidence.after(),
        false => &evidence.before,
    };
    Observed::from_state(repository, state)
}
