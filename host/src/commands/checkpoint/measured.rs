//! What an enhanced commit says of tests and coverage, and taking that back where a hook of the user's made another commit
//! than was measured. It must not count anything, nor change what a commit holds.

use crate::ask::Asked;
use crate::document::text;
use crate::facts::gather::Options;
use crate::facts::standing::Held;
use crate::facts::tree_state::{self, Observed, is_ours};
use crate::git::Repository;
use crate::git::dot_git::Protection;
use crate::git::status::{Change, ChangeKind};
use crate::session::live::LiveSession;
use crate::session::measured;
use crate::store::recorded_evidence;
use crate::store::snapshot::Limits;
use crate::workspace::Workspace;

/// How far back the run before is looked for.
const EVIDENCE_LOOKED_AT: usize = 200;
/// Failures that a commit names.
const MOST_FAILURES: usize = 5;

/// The lines, and the work tree that they are about.
pub struct Measured {
    pub lines: Vec<String>,
    /// None where nothing is said of it.
    tree: Option<Observed>,
}

impl Measured {
    /// Tests and coverage, where they are about the very tree that is committed: not where something stays behind.
    pub fn of(
        workspace: &Workspace,
        asked: &Asked,
        session: &LiveSession,
        everything: bool,
    ) -> anyhow::Result<Self> {
        let facts = &asked.facts;
        let mut measured = Self {
            lines: Vec::new(),
            tree: None,
        };
        let protection = Protection::of(&workspace.repository);
        let stays_behind = |change: &Change| match everything {
            true => protection.forbids(change.path.as_bytes()),
            false => change.unstaged != ChangeKind::Unchanged,
        };
        let outside = |change: &&Change| !is_ours(&change.path);
        if facts.changes.iter().filter(outside).any(stays_behind) {
            return Ok(measured);
        }
        measured.lines = tests(workspace, asked, session)?;
        let before = facts.last_checkpoint.as_ref();
        let before = before.map_or(&[][..], |checkpoint| &checkpoint.contributions);
        measured
            .lines
            .extend(measured::coverage(&asked.contributions, before));
        if !measured.lines.is_empty() {
            let (repository, status) = (&workspace.repository, facts.status());
            let observed = tree_state::observe(repository, &status, limits(workspace))?;
            measured.tree = Some(observed);
        }
        Ok(measured)
    }

    /// Whether the commit that HEAD is now has what was measured. `workspace` is opened after it.
    pub fn holds(&self, workspace: &mut Workspace) -> anyhow::Result<bool> {
        let Some(before) = &self.tree else {
            return Ok(true);
        };
        let status = workspace.status(Options::snapshot().status)?;
        let is_left =
            |change: &Change| !is_ours(&change.path) && change.kind() != ChangeKind::Untracked;
        let is_left_behind = status.changes.iter().any(is_left);
        let after = tree_state::observe(&workspace.repository, &status, limits(workspace))?;
        let mut different = before.difference(&workspace.repository, &after)?;
        // Of what was too large to be read nobody knows what it was.
        different.retain(|path| !before.large.contains_key(path));
        workspace.keep_status(status);
        Ok(!is_left_behind && different.is_empty())
    }

    /// Writes HEAD's message without these lines. No hook runs: they have seen this commit.
    pub fn take_back(&self, repository: &Repository) -> anyhow::Result<()> {
        let Some(head) = repository.head_commit()? else {
            return Ok(());
        };
        let message = repository.commit_message(head)?;
        let said = |line: &&str| {
            let mut lines = self.lines.iter().map(|line| text::line(line));
            lines.any(|said| line.strip_prefix("- ") == Some(&*said))
        };
        let kept: Vec<&str> = message.lines().filter(|line| !said(line)).collect();
        repository
            .git()
            .args(["commit", "--amend", "--only", "--quiet", "--no-verify"])
            .args(["--cleanup=whitespace", "--file=-"])
            .input(kept.join("\n").into_bytes())
            .output()?;
        Ok(())
    }
}

/// The newest run that counted or failed, and those that fail on the same tree: a narrower run that passes hides none.
fn tests(
    workspace: &Workspace,
    asked: &Asked,
    session: &LiveSession,
) -> anyhow::Result<Vec<String>> {
    let here = asked.facts.evidence.iter();
    let speaks = |held: &&Held| held.record.counts().is_some() || held.record.is_failure();
    let here: Vec<&Held> = here
        .filter(|held| held.standing.is_verified())
        .filter(speaks)
        .collect();
    let Some(newest) = here.first() else {
        return Ok(Vec::new());
    };
    let fails = |(index, held): &(usize, &&Held)| {
        let mut newer = here[..*index].iter();
        held.record.is_failure() && !newer.any(|newer| newer.record.shows_whole(&held.record))
    };
    let failing = here.iter().enumerate().skip(1).filter(fails);
    let failing = failing.map(|(_, held)| *held).take(MOST_FAILURES);
    let context = &session.context;
    let since = context.decisions_committed_at.unwrap_or(context.started_at);
    let all = recorded_evidence::all(&workspace.repository, &context.id, EVIDENCE_LOOKED_AT)?;
    let lines = std::iter::once(*newest).chain(failing).map(|tested| {
        let key = tested.record.key();
        let mut earlier = all.found.iter().rev();
        let before = earlier
            .find(|one| one.key() == key && one.started_at <= since && one.id != tested.record.id);
        measured::tests(&tested.record, before)
    });
    Ok(lines.flatten().collect())
}

fn limits(workspace: &Workspace) -> Limits {
    Limits {
        max_file: Some(workspace.config.snapshots.max_file),
    }
}
