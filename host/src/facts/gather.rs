//! Gathering: one reading of git and of the session's files. It must not walk history or branches without a bound.

use std::time::Duration;

use super::annotations::Annotations;
use super::evidence::{Comparison, Thoroughness};
use super::path_history::{Depth, PathHistory, Refresh};
use super::{Base, Facts, Head, SharedContext};
use crate::config::shared;
use crate::error::Warning;
use crate::git::ObjectId;
use crate::git::StatusOptions;
use crate::git::commits::Commits;
use crate::session::decision::{self, Decision};
use crate::session::live::LiveSession;
use crate::session::record::EndRecord;
use crate::store::record;
use crate::store::recorded_evidence::{self, Newest};
use crate::workspace::Workspace;

/// Commits listed since a checkpoint; more are only said to be there.
pub const COMMITS_LISTED: usize = 50;

/// How far back handoffs are looked for through sessions that left none.
const CONTINUATIONS: usize = 8;

/// How long a common command waits for the history's difference before it shows what the index has.
const HISTORY_DEADLINE: Duration = Duration::from_millis(150);

/// How long it waits where the index is built whole and a person watches the progress.
const FULL_DEADLINE: Duration = Duration::from_secs(60);

/// Commits that the index of the history reaches back to.
const FULL: Depth = Depth::Full { max: 20_000 };

#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub status: StatusOptions,
    /// `Recent` on common paths; `Full` where a person waits for it with a progress bar.
    pub depth: Depth,
}

impl Options {
    /// For what only reads, and is run often.
    pub fn common() -> Self {
        Self {
            status: StatusOptions {
                untracked_all: false,
                optional_locks: true,
            },
            depth: Depth::Recent,
        }
    }

    /// For what a person waits for anyway: the indexes are built whole.
    pub fn full() -> Self {
        Self {
            depth: FULL,
            ..Self::common()
        }
    }

    /// Only a status that names every file can be compared wholly as it is.
    fn thoroughness(self) -> Thoroughness {
        match (self.status.untracked_all, self.depth) {
            (true, _) => Thoroughness::Whole,
            (false, FULL) => Thoroughness::Patient,
            (false, _) => Thoroughness::Quick,
        }
    }

    /// For what takes a snapshot: every untracked file is named, and the index is not written.
    pub fn snapshot() -> Self {
        Self {
            status: StatusOptions {
                untracked_all: true,
                optional_locks: false,
            },
            depth: Depth::Recent,
        }
    }
}

/// Gathers the facts of HEAD. While git looks at the work tree, everything else is read.
pub fn gather(workspace: &mut Workspace, options: Options) -> anyhow::Result<Facts> {
    let mut warnings = workspace.warnings.clone();
    let place = workspace.here()?;
    let head = workspace.repository.head_commit()?;
    let index = workspace.layout.index();
    let refresh = Refresh::spawn(
        &workspace.repository,
        &index,
        PathHistory::load(&index),
        head,
        options.depth,
    )?;
    let mut annotations = Annotations::load(&index).unwrap_or_default();

    let (session, ended) = match workspace.live(&place)? {
        Some((mut session, damaged)) => {
            warnings.extend(damaged);
            if session.context.is_open() {
                let commits = attempt(workspace.commit_times(&session.context), &mut warnings);
                let context = &mut session.context;
                context.touch_between(commits.unwrap_or_default(), workspace.environment.now);
                (Some(session), None)
            } else {
                (None, Some(session))
            }
        }
        None => (None, None),
    };
    let decisions = read_decisions(workspace, &mut warnings);
    let shared = read_shared(workspace, &mut warnings);
    let latest = session.as_ref().or(ended.as_ref());
    let last_checkpoint = match &session {
        Some(session) if session.context.highest_checkpoint > 0 => {
            let last = record::last_checkpoint(&workspace.repository, &session.context.id)?;
            warn_once(last.damage, &mut warnings);
            last.found
        }
        _ => None,
    };
    let handoff =
        latest.and_then(|latest| attempt(last_handoff(workspace, latest), &mut warnings).flatten());
    let since = match (&last_checkpoint, &session) {
        (Some(checkpoint), _) => Some(checkpoint.head.clone()),
        (None, Some(session)) => Some(session.context.start_commit.clone()),
        (None, None) => None,
    };
    let commits = match (head, since) {
        (Some(head), Some(since)) => commits_since(workspace, head, since.as_deref())?,
        _ => Commits::default(),
    };

    let tree = head
        .map(|head| workspace.repository.commit_tree(head))
        .transpose()?;
    if annotations.refresh(
        &workspace.repository,
        tree,
        &workspace.config.tracking,
        options.depth,
    )? {
        // A cache: a read-only store costs only time.
        let _ = annotations.save(&index);
    }
    let recorded = read_evidence(workspace, latest, &mut warnings);
    let base = read_base(workspace, place.branch.as_deref(), head, latest)?;
    let operation = workspace.repository.operation();
    let user = workspace.repository.identity();

    // The one thing to wait for: above is what git needs not be asked for, below what cannot be known without it.
    let status = workspace.status(options.status)?;
    let history = refresh.finish(if options.depth == Depth::Recent {
        HISTORY_DEADLINE
    } else {
        FULL_DEADLINE
    });
    annotations.lay_over(&workspace.repository, &status);
    let work_items = annotations.work_items(&status.changes, 12);
    let mut now = Comparison::new(
        &workspace.repository,
        &status,
        options.thoroughness(),
        workspace.config.snapshots.max_file,
    );
    let own = recorded.own.into_iter();
    let own = own.map(|record| now.judged(record, None)).collect();
    let evidence = attempt(own, &mut warnings).unwrap_or_default();
    let earlier = recorded.earlier.into_iter();
    let earlier = earlier.map(|(session, record)| now.judged(record, Some(session)));
    let earlier_evidence = attempt(earlier.collect(), &mut warnings).unwrap_or_default();
    Ok(Facts {
        now: workspace.environment.now,
        offset: workspace.environment.offset,
        config: workspace.config.clone(),
        work_tree: workspace.repository.work_tree().to_owned(),
        head: Head {
            // HEAD may have moved since it was read; then git's word counts.
            base: match status.head == head {
                true => base,
                false => read_base(workspace, status.branch.as_deref(), status.head, latest)?,
            },
            branch: status.branch,
            commit: status.head,
            upstream: status.upstream,
            user,
        },
        operation,
        changes: status.changes,
        submodules: status.submodules,
        session,
        ended,
        decisions,
        last_checkpoint,
        commits,
        handoff,
        thoroughness: options.thoroughness(),
        evidence,
        earlier_evidence,
        shared,
        history,
        work_items,
        warnings,
    })
}

/// The evidence of the open session, and that of those before it on the branch.
fn read_evidence(
    workspace: &Workspace,
    latest: Option<&LiveSession>,
    warnings: &mut Vec<Warning>,
) -> Newest {
    let knows = |session: &&LiveSession| {
        let context = &session.context;
        context.highest_evidence > 0 || context.before().is_some()
    };
    let Some(context) = latest.filter(knows).map(|session| &session.context) else {
        return Newest::default();
    };
    let read = recorded_evidence::newest(&workspace.repository, &context.id);
    let Some(walked) = attempt(read, warnings) else {
        return Newest::default();
    };
    warn_once(walked.damage, warnings);
    let mut newest = walked.found;
    if !context.is_open() {
        let ended = newest.own.drain(..);
        let mut earlier: Vec<_> = ended.map(|one| (context.id.clone(), one)).collect();
        earlier.append(&mut newest.earlier);
        newest.earlier = earlier;
    }
    newest
}

/// What is damaged is reported, and the rest goes on working.
fn attempt<T>(result: anyhow::Result<T>, warnings: &mut Vec<Warning>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let mut warning = Warning::new(format!("{error:#}"));
            if let Some(user) = error.downcast_ref::<crate::error::UserError>() {
                warning.hint.clone_from(&user.hint);
            }
            warn_once(Some(warning), warnings);
            None
        }
    }
}

/// What is damaged may be read for more than one reason.
fn warn_once(warning: Option<Warning>, warnings: &mut Vec<Warning>) {
    warnings.extend(warning.filter(|warning| !warnings.contains(warning)));
}

/// The branch that `branch` started from, and how far `head` is from it. The default branch has none.
fn read_base(
    workspace: &Workspace,
    branch: Option<&str>,
    head: Option<ObjectId>,
    latest: Option<&LiveSession>,
) -> anyhow::Result<Option<Base>> {
    let repository = &workspace.repository;
    let name = latest
        .and_then(|session| session.context.base.clone())
        .or_else(|| repository.default_branch());
    let Some(name) = name.filter(|base| branch != Some(base)) else {
        return Ok(None);
    };
    let ahead_behind = match (head, repository.resolve_branch(&name)?) {
        (Some(head), Some(base)) => Some(repository.ahead_behind(head, base)?),
        _ => None,
    };
    Ok(Some(Base { name, ahead_behind }))
}

/// Commits on `head` that `since` does not have. A `since` that is gone (pruned, or never fetched) bounds nothing.
pub fn commits_since(
    workspace: &Workspace,
    head: ObjectId,
    since: Option<&str>,
) -> anyhow::Result<Commits> {
    let since = since.and_then(|text| ObjectId::from_str(text).ok());
    if since == Some(head) {
        return Ok(Commits::default());
    }
    let hide: Vec<ObjectId> = since
        .filter(|id| workspace.repository.commit_exists(*id))
        .into_iter()
        .collect();
    workspace.repository.commits(head, &hide, COMMITS_LISTED)
}

fn read_decisions(workspace: &Workspace, warnings: &mut Vec<Warning>) -> Vec<Decision> {
    let text = attempt(
        shared::read(workspace.repository.work_tree(), "decision-log.md"),
        warnings,
    )
    .flatten();
    let mut decisions = decision::parse_log(&text.unwrap_or_default());
    decisions.reverse();
    decisions
}

fn read_shared(workspace: &Workspace, warnings: &mut Vec<Warning>) -> SharedContext {
    let mut read = |name| {
        let text = attempt(
            shared::read(workspace.repository.work_tree(), name),
            warnings,
        )
        .flatten()?;
        shared::meaningful(&text)
    };
    SharedContext {
        architecture: read("architecture.md"),
        conventions: read("conventions.md"),
    }
}

/// The newest handoff among this session, if it has ended, and those it continues.
pub fn last_handoff(
    workspace: &Workspace,
    latest: &LiveSession,
) -> anyhow::Result<Option<EndRecord>> {
    let mut next = match latest.context.is_open() {
        true => latest.context.continues.clone(),
        false => Some(latest.context.id.clone()),
    };
    for _ in 0..CONTINUATIONS {
        let Some(id) = next else { return Ok(None) };
        match record::end(&workspace.repository, &id)? {
            Some((end, _)) if end.handoff => return Ok(Some(end)),
            _ => {
                next =
                    record::tip(&workspace.repository, &id)?.and_then(|tip| tip.summary.continues)
            }
        }
    }
    Ok(None)
}
