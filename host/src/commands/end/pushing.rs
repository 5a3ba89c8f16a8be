//! `end --push`: the branch and this session's record, in one push. The session has ended by then, whatever becomes of it.

use crate::error::user_error;
use crate::session::record::EndRecord;
use crate::sharing;
use crate::workspace::{Place, Workspace};

pub fn push(workspace: &Workspace, place: &Place, end: &EndRecord) -> anyhow::Result<String> {
    sharing::push(workspace, place.branch.as_deref(), &end.session).map_err(|error| {
        let branch = place.branch.as_deref().unwrap_or("HEAD");
        user_error(
            format!(
                "the session has ended and its handoff is kept, but the push failed: {error:#}"
            ),
            format!(
                "when it is put right: `git push REMOTE {branch} {}`",
                end.session.record_ref()
            ),
        )
    })
}
