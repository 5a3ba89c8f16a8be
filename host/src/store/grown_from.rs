//! The sessions of other branches whose work a new session's branch has in it: what failed there fails here, too, until it
//! is seen to pass. It must not be needed by a command that only reads.

use super::all_live::AllLive;
use super::record::{Found, find};
use super::transaction::Transaction;
use crate::git::{ObjectId, Repository};
use crate::session::ids::SessionId;
use crate::session::live::LiveContext;
use crate::session::summary;

/// More branches on top of each other are nobody's.
const MOST: usize = 16;

/// Newest first. `head`: what the new session starts at, on `branch`.
pub fn of(
    transaction: &Transaction<'_>,
    branch: Option<&str>,
    head: Option<ObjectId>,
) -> anyhow::Result<Vec<SessionId>> {
    let repository = transaction.repository();
    let Some(head) = head else {
        return Ok(Vec::new());
    };
    let mut contexts = AllLive::read(transaction.layout()).contexts;
    contexts.sort_by_key(|(_, context)| std::cmp::Reverse(context.touched.at));
    let main = match repository.default_branch() {
        Some(main) => repository.read_ref(&format!("refs/heads/{main}"))?,
        None => None,
    };
    let mut found = Vec::new();
    for (_, context) in contexts {
        if found.len() < MOST
            && context.branch.as_deref() != branch
            && has_failed(repository, &context)?
            && is_in(repository, &context, head, main)?
        {
            found.push(context.id);
        }
    }
    Ok(found)
}

fn has_failed(repository: &Repository, context: &LiveContext) -> anyhow::Result<bool> {
    Ok(match find(repository, &context.id)? {
        Found::Tip(tip) => {
            let handed_on = summary::handed_on(&tip.summary, &tip.commit.to_string());
            handed_on.iter().any(|at| at.failed)
        }
        // What is damaged is told by whoever reads it.
        Found::Nothing | Found::Damaged(_) => false,
    })
}

/// All of the other branch's work is here, and not everywhere already.
fn is_in(
    repository: &Repository,
    context: &LiveContext,
    head: ObjectId,
    main: Option<ObjectId>,
) -> anyhow::Result<bool> {
    let Some(branch) = &context.branch else {
        return Ok(false);
    };
    let Some(tip) = repository.read_ref(&format!("refs/heads/{branch}"))? else {
        return Ok(false);
    };
    let is_merged = match main {
        Some(main) => repository.is_ancestor(tip, main)?,
        None => false,
    };
    Ok(!is_merged && repository.is_ancestor(tip, head)?)
}
