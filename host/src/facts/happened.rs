//! What happened in a session, and in those before it on its branch, as plugins are told of it: entries of the record,
//! and where commits come from. It must not judge a run by anything but the record's own word.

use std::collections::{HashMap, HashSet};

use super::Facts;
use super::base;
use super::standing::Standing;
use super::unwritten::unwritten;
use crate::git::commits::{Commit, Person};
use crate::git::tree_diff::TreeChange;
use crate::git::{ObjectId, Repository};
use crate::plugin::host_data::{CommitOrigin, CommitRef, EntryView, EvidenceView, SessionCommit};
use crate::session::evidence::EvidenceRecord;
use crate::session::live::LiveContext;
use crate::store::events::Events;

pub fn entries(events: &Events) -> Vec<EntryView> {
    let evidence = events.evidence.iter();
    let evidence: HashMap<String, &EvidenceRecord> =
        evidence.map(|it| (it.id.to_string(), it)).collect();
    let order = events.order.iter();
    order
        .map(|id| match evidence.get(id) {
            Some(evidence) => entry(evidence),
            None => EntryView {
                id: id.clone(),
                ..EntryView::default()
            },
        })
        .collect()
}

pub fn entry(evidence: &EvidenceRecord) -> EntryView {
    let ended = match evidence.passed() {
        true => "passed",
        false => "failed",
    };
    EntryView {
        id: evidence.id.to_string(),
        tests: (evidence.is_test() && !evidence.ran_nothing()).then(|| ended.to_owned()),
        directory: evidence.directory.clone(),
        unwritten: evidence.unwritten_files.clone(),
    }
}

pub fn evidence_view(evidence: EvidenceRecord, standing: &Standing) -> EvidenceView {
    EvidenceView {
        id: evidence.id.to_string(),
        command: evidence.typed(),
        exit_code: evidence.exit_code,
        started_at: evidence.started_at,
        milliseconds: evidence.milliseconds,
        standing: standing.word().to_owned(),
        runner: evidence.runner(),
        tests: evidence
            .counts()
            .map(|counts| (counts.passed, counts.failed, counts.skipped)),
        label: evidence.label,
        changed_files: evidence.changed_files,
    }
}

/// What a walk from `head` over the session's commits passes over: what was there at its start, and what came in from the
/// base branch.
pub fn hidden(
    facts: &Facts,
    repository: &Repository,
    head: ObjectId,
    context: &LiveContext,
) -> anyhow::Result<Vec<ObjectId>> {
    let start = context.start_commit.iter();
    let mut hidden: Vec<ObjectId> = start.filter_map(|id| id.parse().ok()).collect();
    if let Some(base) = &facts.head.base {
        let common = base::common(repository, head, &base.name)?;
        // A base branch that has everything has taken over what the session did.
        hidden.extend(common.into_iter().filter(|common| *common != head));
    }
    Ok(hidden)
}

/// Commits with the paths that each one touched. `changes`: of each, in the same order.
pub fn commits(commits: &[Commit], changes: &[Vec<TreeChange>]) -> Vec<SessionCommit> {
    let both = commits.iter().zip(changes);
    both.map(|(commit, changes)| SessionCommit {
        commit: CommitRef {
            id: commit.id.to_string(),
            time: commit.time,
            subject: commit.subject.clone(),
        },
        author: commit.author.name.clone(),
        files: changes.iter().map(|change| change.path.clone()).collect(),
    })
    .collect()
}

/// `commits`: newest first, from `head` on; `changes`: of each, in the same order.
pub fn origins(
    repository: &Repository,
    commits: &[Commit],
    changes: &[Vec<TreeChange>],
    head: Option<ObjectId>,
    user: Option<&Person>,
) -> anyhow::Result<Vec<CommitOrigin>> {
    let on_branch = first_parents(repository, commits, head);
    let is_user = |author: &Person| user.is_none_or(|user| is_same(user, author));
    let origins = commits.iter().zip(changes).map(|(commit, changes)| {
        Ok(CommitOrigin {
            id: commit.id.to_string(),
            by_user: on_branch.contains(&commit.id) && is_user(&commit.author),
            unwritten: unwritten(repository, changes, &[])?,
        })
    });
    origins.collect()
}

fn is_same(one: &Person, other: &Person) -> bool {
    one.email.eq_ignore_ascii_case(&other.email) || one.name == other.name
}

/// What was made on the branch itself: a merge's other parents are not.
fn first_parents(
    repository: &Repository,
    commits: &[Commit],
    head: Option<ObjectId>,
) -> HashSet<ObjectId> {
    let known: HashSet<ObjectId> = commits.iter().map(|commit| commit.id).collect();
    let mut next = head.filter(|id| known.contains(id));
    let mut found = HashSet::new();
    while let Some(id) = next {
        found.insert(id);
        let parents = repository.commit_parents(id).unwrap_or_default();
        next = parents.first().copied().filter(|id| known.contains(id));
    }
    found
}
