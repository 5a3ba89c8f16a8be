//! The decisions of an end: what was claimed to be decided goes into the log, where decisions live. It must not rewrite
//! what is in the log.

use super::{Request, gates};
use crate::ask::Asked;
use crate::commands::decisions;
use crate::session::decision::Decision;
use crate::session::live::LiveSession;
use crate::store::transaction::Transaction;
use crate::workspace::Workspace;

/// What was claimed to be decided goes into the log, where decisions live; so does an override of what gates
/// refused.
pub fn record(
    workspace: &Workspace,
    asked: &Asked,
    request: &Request,
    refusals: &[String],
) -> anyhow::Result<Vec<Decision>> {
    let transaction: Transaction<'_> = workspace.begin()?;
    let session = asked
        .facts
        .session
        .as_ref()
        .map(|session| session.context.id.clone());
    // An end that was stopped after this and is run again must not say everything twice.
    let known = decisions::read(workspace)?;
    let is_known = |text: &String| {
        known
            .iter()
            .any(|known| known.session == session && known.text == *text)
    };
    let claimed = request
        .claims
        .decisions
        .iter()
        .filter(|text| !is_known(text));
    let claimed = claimed.map(|text| (&**text, None));
    let overriding = gates::overriding(refusals);
    let forced = overriding
        .as_deref()
        .map(|text| (text, request.r#override.clone()));
    claimed
        .chain(forced)
        .map(|(text, why)| {
            let session = session.clone();
            decisions::record(workspace, &transaction, session, text, why, Vec::new())
        })
        .collect()
}

/// Ids of the decisions that name this session; the log is read again, since `end` itself may have added some.
pub fn ids(workspace: &Workspace, session: &LiveSession) -> anyhow::Result<Vec<String>> {
    let log = crate::config::shared::read(workspace.repository.work_tree(), "decision-log.md")?;
    let decisions = crate::session::decision::parse_log(&log.unwrap_or_default());
    let ours = decisions
        .into_iter()
        .filter(|decision| decision.session.as_ref() == Some(&session.context.id));
    Ok(ours.map(|decision| decision.id).collect())
}
