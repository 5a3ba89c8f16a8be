//! What happened while nobody worked on the session: for `resume`. It must not compare more than it needs to.

use serde::Serialize;

use super::Facts;
use super::gather::commits_since;
use super::standing::Standing;
use crate::git::ObjectId;
use crate::git::commits::Commits;
use crate::path::RepoPath;
use crate::session::live::LiveContext;
use crate::workspace::Workspace;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SinceYouLeft {
    pub left_at: Option<crate::environment::Timestamp>,
    /// On HEAD, newest first.
    pub commits: Commits,
    /// HEAD no longer contains the commit that it was at: amended, rebased or reset.
    pub rewritten: bool,
    /// Commits that the upstream and the base have gained.
    pub upstream: Option<Moved>,
    pub base: Option<Moved>,
    /// Files of the handoff that are different now.
    pub handoff_files: Vec<RepoPath>,
    /// Evidence that held at the handoff and does not any more, in words.
    pub stale: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    pub name: String,
    /// None: the old commit is no longer an ancestor, or no longer there.
    pub gained: Option<u64>,
}

impl SinceYouLeft {
    pub fn is_nothing(&self) -> bool {
        self.commits.list.is_empty()
            && !self.rewritten
            && self.upstream.is_none()
            && self.base.is_none()
            && self.handoff_files.is_empty()
            && self.stale.is_empty()
    }
}

/// Compares `left`, the session's context before it was touched again, with `facts`.
pub fn since_you_left(
    workspace: &Workspace,
    facts: &Facts,
    left: &LiveContext,
) -> anyhow::Result<SinceYouLeft> {
    let repository = &workspace.repository;
    let mut since = SinceYouLeft {
        left_at: Some(left.touched.at),
        ..SinceYouLeft::default()
    };
    if let Some(head) = facts.head.commit {
        since.commits = commits_since(workspace, head, left.touched.head.as_deref())?;
        if let Some(old) = left
            .touched
            .head
            .as_deref()
            .and_then(|text| ObjectId::from_str(text).ok())
        {
            since.rewritten = old != head
                && (!repository.commit_exists(old) || !repository.is_ancestor(old, head)?);
        }
    }
    let moved = |name: Option<&str>, old: Option<&str>| -> anyhow::Result<Option<Moved>> {
        let (Some(name), Some(old)) = (name, old.and_then(|text| ObjectId::from_str(text).ok()))
        else {
            return Ok(None);
        };
        let Some(now) = repository.resolve_commit(name)?.filter(|now| *now != old) else {
            return Ok(None);
        };
        let gained = match repository.commit_exists(old) {
            true => Some(repository.ahead_behind(now, old)?)
                .filter(|counts| counts.behind == 0)
                .map(|counts| counts.ahead),
            false => None,
        };
        Ok(Some(Moved {
            name: name.to_owned(),
            gained,
        }))
    };
    let upstream = facts
        .head
        .upstream
        .as_ref()
        .map(|upstream| upstream.name.as_str());
    since.upstream = moved(upstream, left.touched.upstream.as_deref())?;
    let base = facts.head.base.as_ref().map(|base| base.name.as_str());
    since.base = moved(base, left.touched.base.as_deref())?;
    since.stale = facts
        .handoff_evidence()
        .filter(|held| matches!(held.standing, Standing::Stale(_)))
        .map(|held| {
            let fact = held.fact();
            let moved = fact.moved.unwrap_or_default();
            format!("{}: {}; {moved}", fact.command, fact.outcome)
        })
        .collect();
    if let Some(handoff) = &facts.handoff {
        for file in &handoff.files {
            if repository
                .hash_work_file(&file.path)?
                .map(|id| id.to_string())
                != file.blob
            {
                since.handoff_files.push(file.path.clone());
            }
        }
    }
    Ok(since)
}
