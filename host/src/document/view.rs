//! The shapes that `--json` shares between commands (product.md, "Commands"). They must not be stored.

use serde::Serialize;

use crate::facts::standing::{Held, NOT_COMPARED, Standing};
use crate::facts::{Facts, Head};
use crate::path::RepoPath;
use crate::plugin::contribution::Contribution;
use crate::session::evidence::TestCounts;
use crate::session::ids::SessionId;
use crate::session::list::CheckList;
use crate::session::live::LiveSession;
use crate::session::phase::{self, PhaseNow};

#[derive(Debug, Serialize)]
pub struct ItemView {
    pub id: String,
    pub text: String,
    /// `open`, `current` or `done`; for blockers `open` or `resolved`.
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct SessionView {
    pub id: String,
    pub branch: Option<String>,
    pub started_at: crate::environment::Timestamp,
    pub active_seconds: u64,
    pub mode: crate::session::live::Mode,
    pub continues: Option<String>,
}

impl SessionView {
    pub fn new(session: &LiveSession, now: crate::environment::Timestamp) -> Self {
        let context = &session.context;
        Self {
            id: context.id.to_string(),
            branch: context.branch.clone(),
            started_at: context.started_at,
            active_seconds: context.active(now).as_secs(),
            mode: context.mode,
            continues: context.continues.as_ref().map(ToString::to_string),
        }
    }
}

/// What `brief`, `status` and their like begin with.
#[derive(Debug, Serialize)]
pub struct StandView<'a> {
    pub session: Option<SessionView>,
    /// In a session of test-driven development.
    pub tdd_phase: Option<PhaseNow>,
    pub head: &'a Head,
    pub objectives: Vec<ItemView>,
    pub blockers: Vec<ItemView>,
    pub evidence: Vec<EvidenceView<'a>>,
    /// What the handoff tells, as it stands now.
    pub handoff_evidence: Vec<EvidenceView<'a>>,
}

impl<'a> StandView<'a> {
    pub fn new(facts: &'a Facts, contributions: &[Contribution]) -> Self {
        let session = facts.session.as_ref();
        Self {
            session: session.map(|session| SessionView::new(session, facts.now)),
            tdd_phase: phase::now(facts, contributions),
            head: &facts.head,
            objectives: session.map(objectives).unwrap_or_default(),
            blockers: session.map(blockers).unwrap_or_default(),
            evidence: facts.told_evidence().map(EvidenceView::new).collect(),
            handoff_evidence: facts.handoff_evidence().map(EvidenceView::new).collect(),
        }
    }
}

pub fn objectives(session: &LiveSession) -> Vec<ItemView> {
    let current = session.current_objective().map(|item| item.id);
    items(&session.objectives, "done", |item| {
        if Some(item.id) == current {
            "current"
        } else {
            "open"
        }
    })
}

pub fn blockers(session: &LiveSession) -> Vec<ItemView> {
    items(&session.blockers, "resolved", |_| "open")
}

fn items(
    list: &CheckList,
    done: &'static str,
    open: impl Fn(&crate::session::list::Item) -> &'static str,
) -> Vec<ItemView> {
    list.items()
        .map(|item| ItemView {
            id: item.id.to_string(),
            text: item.text.clone(),
            state: if item.done { done } else { open(item) },
            issue: item.issue.clone(),
        })
        .collect()
}

/// One command that was run, and what that is worth now.
#[derive(Debug, Serialize)]
pub struct EvidenceView<'a> {
    pub id: String,
    /// The earlier session of the branch that saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<&'a str>,
    pub label: Option<&'a str>,
    /// As it was typed, on one line.
    pub command: String,
    pub exit_code: i32,
    pub signal: Option<i32>,
    /// Why not all of its output was passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_lost: Option<&'a str>,
    pub started_at: crate::environment::Timestamp,
    pub milliseconds: u64,
    /// `verified`, `stale`, or `unverified` where it was not compared.
    pub standing: &'static str,
    /// What is not as it was, when stale.
    pub moved: Option<MovedView<'a>>,
    /// Why it was not compared, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<&'static str>,
    /// `cargo-test`; several are joined by `+`.
    pub runner: Option<String>,
    pub tests: Option<TestCounts>,
    /// Which reports could not be read: what stands there is not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports_not_read: Option<&'a str>,
    pub tree: &'a str,
    pub tree_after: &'a str,
}

#[derive(Debug, Serialize)]
pub struct MovedView<'a> {
    /// None: too many to be named.
    pub files: Option<usize>,
    pub while_it_ran: bool,
    pub first: Vec<PathView<'a>>,
    /// Repositories inside the work tree that cannot be compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<PathView<'a>>,
}

impl<'a> EvidenceView<'a> {
    pub fn new(held: &'a Held) -> Self {
        let record = &held.record;
        Self {
            id: record.id.to_string(),
            session: held.session.as_ref().map(SessionId::as_str),
            label: record.label.as_deref(),
            command: record.command_text(),
            exit_code: record.exit_code,
            signal: record.signal,
            output_lost: record.output_lost.as_deref(),
            started_at: record.started_at,
            milliseconds: record.milliseconds,
            standing: held.standing.word(),
            moved: match &held.standing {
                Standing::Verified | Standing::NotCompared => None,
                Standing::Stale(moved) => Some(MovedView {
                    files: moved.files,
                    while_it_ran: moved.while_it_ran,
                    first: moved.first.iter().map(PathView::new).collect(),
                    unseen: moved.unseen.iter().map(PathView::new).collect(),
                }),
            },
            not_compared: (held.standing == Standing::NotCompared).then_some(NOT_COMPARED),
            runner: record.runner(),
            tests: record.counts(),
            reports_not_read: record.reports_not_read.as_deref(),
            tree: &record.before.tree,
            tree_after: &record.after().tree,
        }
    }
}

/// One changed path.
#[derive(Debug, Serialize)]
pub struct ChangeView<'a> {
    #[serde(flatten)]
    pub path: PathView<'a>,
    pub status: crate::git::status::ChangeKind,
}

/// `path`, and `path_bytes` (base64) when the name is not UTF-8.
#[derive(Debug, Serialize)]
pub struct PathView<'a> {
    pub path: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
}

impl<'a> PathView<'a> {
    pub fn new(path: &'a RepoPath) -> Self {
        Self {
            path: String::from_utf8_lossy(path.as_bytes()),
            path_bytes: path
                .as_str()
                .is_none()
                .then(|| data_encoding::BASE64.encode(path.as_bytes())),
        }
    }
}
