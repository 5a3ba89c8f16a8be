//! The quality gates of `end --merge-to`: what they have against the merge, said to the user. It must not judge, merge or
//! record anything.

use std::ops::ControlFlow;

use crate::ask::Asked;
use crate::error::{Warning, user_error};
use crate::facts::evidence;
use crate::facts::standing::Held;
use crate::git::Repository;
use crate::path::RepoPath;
use crate::plugin::contribution::Contribution;
use crate::session::evidence::EvidenceRecord;
use crate::session::gates::{NUMBERS, Places, Refusal, judge, metric};
use crate::session::ids::SessionId;
use crate::session::record::Entry;
use crate::store::{failed_elsewhere, record};
use crate::ui::Ui;
use crate::workspace::Workspace;

/// What the gates say.
#[derive(Debug)]
pub enum Gates {
    Open,
    /// What they have against the merge, which an override lets pass.
    Overridden(Vec<String>),
    HeldUp(HeldUp),
}

/// A merge that is refused.
#[derive(Debug)]
pub struct HeldUp {
    reasons: Vec<String>,
    remedies: String,
    /// Plugins measured something for a gate that no checkpoint has.
    pub has_news: bool,
}

pub fn ask(
    ui: &Ui,
    workspace: &Workspace,
    asked: &Asked,
    target: &str,
    overridden: bool,
) -> anyhow::Result<Gates> {
    let repository = &workspace.repository;
    let before = measured_before(repository, asked)?;
    let elsewhere = failed_elsewhere(workspace, asked, target)?;
    let root = repository.work_tree();
    let is_there = |directory: &RepoPath| root.join(directory.to_path()).is_dir();
    let was_there = |run: &EvidenceRecord, directory: &RepoPath| {
        let tree = run
            .before
            .head_tree
            .as_ref()
            .and_then(|tree| tree.parse().ok());
        tree.is_none_or(|tree| !matches!(repository.tree_entry(tree, directory), Ok(None)))
    };
    let places = Places {
        is_there: &is_there,
        was_there: &was_there,
    };
    let judgement = judge(
        &asked.facts,
        &asked.contributions,
        &before,
        &elsewhere,
        &places,
    );
    if !judgement.unmeasured.is_empty() {
        ui.note(&format!(
            "never measured here, so it does not hold up the merge: {}",
            judgement.unmeasured.join(", ")
        ));
    }
    let reasons = judgement.refusals.iter();
    let reasons: Vec<String> = reasons.map(|refusal| refusal.reason.clone()).collect();
    if reasons.is_empty() {
        if overridden {
            ui.note("no quality gate holds up the merge, so there is nothing to override");
        }
        return Ok(Gates::Open);
    }
    if overridden {
        return Ok(Gates::Overridden(reasons));
    }
    if !asked.facts.config.quality.block_merge_on_quality {
        for reason in &reasons {
            ui.warning(&Warning::new(format!("a quality gate says no: {reason}")));
        }
        return Ok(Gates::Open);
    }
    Ok(Gates::HeldUp(HeldUp {
        reasons,
        remedies: satisfied_by(&judgement.refusals),
        has_news: has_news(&asked.contributions, &before),
    }))
}

impl HeldUp {
    /// `behind`: how things stand now, a clause.
    pub fn said(&self, behind: &str) -> anyhow::Error {
        user_error(
            format!(
                "a quality gate holds up the merge: {}",
                self.reasons.join("; ")
            ),
            format!(
                "{}, or give a reason with --override, which is recorded as a decision; {behind}",
                self.remedies
            ),
        )
    }
}

fn failed_elsewhere(
    workspace: &Workspace,
    asked: &Asked,
    target: &str,
) -> anyhow::Result<Vec<Held>> {
    let (repository, facts) = (&workspace.repository, &asked.facts);
    let own = facts.session.iter().map(|session| &session.context.id);
    let earlier = facts.earlier_evidence.iter();
    let known: Vec<&SessionId> = own
        .chain(earlier.filter_map(|held| held.session.as_ref()))
        .collect();
    let target = repository.read_ref(&format!("refs/heads/{target}"))?;
    let found = failed_elsewhere::of(repository, &workspace.layout, &known, target)?;
    evidence::judged(repository, facts, found)
}

/// What plugins said at the checkpoints, newest first, as far back as each number of a gate was measured last. The last
/// checkpoint alone would forget: one that is made while a report cannot be read has no number.
fn measured_before(repository: &Repository, asked: &Asked) -> anyhow::Result<Vec<Contribution>> {
    let mut found = Vec::new();
    let Some(session) = asked.facts.session.as_ref() else {
        return Ok(found);
    };
    // What nobody answers for any more is missed by nobody.
    if asked.contributions.is_empty() {
        return Ok(found);
    }
    for id in std::iter::once(&session.context.id).chain(session.context.before()) {
        // A damaged entry is passed over: whatever reads the session tells of it.
        record::walk(repository, id, |recorded| {
            if let Entry::Checkpoint(checkpoint) = recorded.entry {
                found.extend(checkpoint.contributions);
            }
            match NUMBERS.iter().all(|name| metric(&found, name).is_some()) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
    }
    Ok(found)
}

/// A number that is there for the first time: it must not be forgotten when its report goes.
fn has_news(now: &[Contribution], before: &[Contribution]) -> bool {
    let mut numbers = NUMBERS.iter();
    numbers.any(|name| metric(now, name).is_some() && metric(before, name).is_none())
}

fn satisfied_by(refusals: &[Refusal]) -> String {
    let mut remedies: Vec<&str> = Vec::new();
    for refusal in refusals {
        let remedy = refusal.remedy.as_deref().unwrap_or("satisfy the plugin");
        if !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    remedies.join("; ")
}

/// The decision that lets the merge pass: that it was made, and over which refusals. None where no gate refused.
pub fn overriding(refusals: &[String]) -> Option<String> {
    (!refusals.is_empty()).then(|| {
        format!(
            "Merged although a quality gate said no: {}",
            refusals.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_names_what_it_overrides_and_is_nothing_without() {
        assert_eq!(overriding(&[]), None);
        assert_eq!(
            overriding(&["61% is below 85% (coverage)".to_owned()]).as_deref(),
            Some("Merged although a quality gate said no: 61% is below 85% (coverage)")
        );
    }
}
