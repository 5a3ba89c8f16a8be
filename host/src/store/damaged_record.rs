//! A record that cannot be read is set aside, so that the session it belongs to can go on with a new one. Nothing of it
//! is removed: the name it had is free again, and what it pointed at stays reachable.

use anyhow::Context as _;

use super::layout::Layout;
use super::lock::StoreLock;
use super::{durable, live};
use crate::environment::Timestamp;
use crate::error::user_error;
use crate::git::Repository;
use crate::git::refs::RefUpdate;
use crate::session::ids::SessionId;

/// Where damaged records go on living, one ref each; as local as the store.
pub const KEPT: &str = "refs/session-kept/";

/// Frees the ref of a damaged record. A ref that can be read moves to [`KEPT`]; a ref file that cannot is moved to the
/// other damaged files.
pub fn set_aside(
    _lock: &StoreLock,
    repository: &Repository,
    layout: &Layout,
    id: &SessionId,
    now: Timestamp,
) -> anyhow::Result<()> {
    let name = id.record_ref();
    let Ok(target) = repository.read_ref(&name) else {
        return live::keep_aside(layout, &repository.common_dir().join(&name), now);
    };
    let Some(commit) = target else { return Ok(()) };
    // Where the object itself is gone, the name of it is all there is to keep.
    let text = format!("{commit} {name}\n");
    durable::write(&live::kept_name(layout, &name, now)?, text.as_bytes())?;
    if repository.commit_exists(commit) {
        let kept = format!("{KEPT}{id}.{commit}");
        repository
            .update_ref(&kept, commit, repository.read_ref(&kept)?)
            .context("failed to keep the damaged record aside")?;
    }
    match repository.delete_ref(&name, commit)? {
        RefUpdate::Done => Ok(()),
        RefUpdate::Moved => Err(user_error(
            format!("the record of {id} was changed by another program meanwhile"),
            "run the command again",
        )),
    }
}
