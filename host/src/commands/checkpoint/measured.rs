//! What an enhanced commit says of tests and coverage, and taking that back where a hook of the user's made another commit
//! than was measured. It must not count anything, nor change what a commit holds.

use crate::ask::Asked;
use crate::document::text;
use crate::facts::Facts;
use crate::facts::standing::Held;
use crate::facts::tree_state::{self, Observed, is_ours};
use crate::git::dot_git::Protection;
use crate::git::status::{Change, ChangeKind};
use crate::git::{ObjectId, Repository};
use crate::session::evidence::Contents;
use crate::session::ids::EvidenceId;
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
    /// The run that the first line is about.
    tested: Option<EvidenceId>,
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
            tested: None,
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
        (measured.tested, measured.lines) = tests(workspace, asked, session)?;
        let before = facts.last_checkpoint.as_ref();
        let before = before.map_or(&[][..], |checkpoint| &checkpoint.contributions);
        measured
            .lines
            .extend(measured::coverage(&asked.contributions, before));
        if !measured.lines.is_empty() {
            let (repository, status) = (&workspace.repository, facts.status());
            let observed = tree_state::observe(repository, &status, Limits::of(&workspace.config))?;
            let is_moved = |inside: &Option<Contents>| {
                inside
                    .as_ref()
                    .is_none_or(|inside| inside.tracked.is_some())
            };
            if observed.within.values().any(is_moved) {
                // What stands in a repository inside it is in no commit of this one.
                measured.lines.clear();
                return Ok(measured);
            }
            measured.tree = Some(observed);
        }
        Ok(measured)
    }

    /// Whether the commit that HEAD is now has what was measured. `facts`: gathered after it.
    pub fn holds(&self, repository: &Repository, facts: &Facts) -> anyhow::Result<bool> {
        let Some(before) = &self.tree else {
            return Ok(true);
        };
        let is_left =
            |change: &Change| !is_ours(&change.path) && change.kind() != ChangeKind::Untracked;
        if facts.changes.iter().any(is_left) {
            return Ok(false);
        }
        if let Some(tested) = self.tested {
            let mut evidence = facts.evidence.iter();
            let now = evidence.find(|held| held.record.id == tested);
            return Ok(now.is_some_and(|held| held.standing.is_verified()));
        }
        let status = facts.status();
        let after = tree_state::observe(repository, &status, Limits::of(&facts.config))?;
        Ok(before.difference(repository, &after)?.is_empty())
    }

    /// Writes HEAD's message without these lines, where HEAD is the one commit on top of `before`. No hook runs: they have
    /// seen this commit.
    pub fn take_back(
        &self,
        repository: &Repository,
        before: Option<ObjectId>,
    ) -> anyhow::Result<()> {
        let Some(head) = repository.head_commit()? else {
            return Ok(());
        };
        let parents = repository.commit_parents(head)?;
        anyhow::ensure!(
            parents.first().copied() == before,
            "a hook made another commit on top of it"
        );
        let message = without(&self.lines, &repository.commit_message(head)?);
        repository
            .git()
            .args(["-c", "core.hooksPath=/dev/null"])
            .args([
                "commit",
                "--amend",
                "--only",
                "--quiet",
                "--no-verify",
                "--allow-empty",
            ])
            .args(["--cleanup=whitespace", "--file=-"])
            .input(message.into_bytes())
            .output()?;
        Ok(())
    }
}

/// A hook may have written the lines otherwise: with other marks before them, or each on several.
fn without(lines: &[String], message: &str) -> String {
    let lines: Vec<_> = lines.iter().map(|line| text::line(line)).collect();
    let is_item = |line: &str| line.trim_start().starts_with(['-', '*', '•', '+']);
    let mut kept = Vec::new();
    let mut is_within = false;
    for line in message.lines() {
        let goes_on = is_within && !line.trim().is_empty() && !is_item(line);
        let said = line
            .trim_start_matches(|c: char| !c.is_alphanumeric())
            .trim_end();
        let is_one = |one: &String| said.starts_with(one.as_str()) || one.starts_with(said);
        // The words before the number are too few to know it by.
        let begins = is_item(line) && said.len() > "Coverage: ".len() && lines.iter().any(is_one);
        is_within = goes_on || begins;
        if !is_within {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// The newest run that counted or failed, and those that fail on the same tree: a narrower run that passes hides none.
fn tests(
    workspace: &Workspace,
    asked: &Asked,
    session: &LiveSession,
) -> anyhow::Result<(Option<EvidenceId>, Vec<String>)> {
    let here = asked.facts.evidence.iter();
    let speaks = |held: &&Held| held.record.counts().is_some() || held.record.is_failure();
    let here: Vec<&Held> = here
        .filter(|held| held.standing.is_verified())
        .filter(speaks)
        .collect();
    let Some(newest) = here.first() else {
        return Ok((None, Vec::new()));
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
    let lines: Vec<String> = lines.flatten().collect();
    Ok(((!lines.is_empty()).then_some(newest.record.id), lines))
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn what_was_measured_goes_however_a_hook_wrote_it() {
        let lines = [
            "Tests: 1 passed; pytest -q, ev-1",
            "Coverage: 80% (plugin coverage)",
        ];
        let lines = lines.map(str::to_owned);
        for (message, expected) in [
            (
                "feat: x\n\nImpact:\n- Tests: 1 passed; pytest -q, ev-1\n- Added: a\n",
                "feat: x\n\nImpact:\n- Added: a",
            ),
            (
                "x\n\n * Tests: 1 passed;\n   pytest -q, ev-1\n * Coverage: 80% (plugin coverage)\n\nId: 7",
                "x\n\n\nId: 7",
            ),
            (
                "Tests: add one\n\n- Tests: two more\n",
                "Tests: add one\n\n- Tests: two more",
            ),
        ] {
            assert_eq!(without(&lines, message), expected);
        }
    }
}
