//! The quality gates of `end --merge-to`: what they have against the merge, said to the user. It must not judge, merge or
//! record anything.

use crate::ask::Asked;
use crate::error::{Warning, user_error};
use crate::git::Repository;
use crate::plugin::contribution::Contribution;
use crate::session::gates::{Refusal, judge, misses_a_number};
use crate::store::record;
use crate::ui::Ui;

/// What the gates have against the merge, which an override lets pass.
pub fn refusals(
    ui: &Ui,
    repository: &Repository,
    asked: &Asked,
    overridden: bool,
) -> anyhow::Result<Vec<String>> {
    let before = measured_before(repository, asked)?;
    let judgement = judge(&asked.facts, &asked.contributions, &before);
    if !judgement.unmeasured.is_empty() {
        ui.note(&format!(
            "never measured here, so it does not hold up the merge: {}",
            judgement.unmeasured.join(", ")
        ));
    }
    let reasons: Vec<String> = judgement
        .refusals
        .iter()
        .map(|refusal| refusal.reason.clone())
        .collect();
    if reasons.is_empty() {
        if overridden {
            ui.note("no quality gate holds up the merge, so there is nothing to override");
        }
        return Ok(reasons);
    }
    if overridden {
        return Ok(reasons);
    }
    if !asked.facts.config.quality.block_merge_on_quality {
        for reason in &reasons {
            ui.warning(&Warning::new(format!("a quality gate says no: {reason}")));
        }
        return Ok(Vec::new());
    }
    Err(user_error(
        format!("a quality gate holds up the merge: {}", reasons.join("; ")),
        format!(
            "{}, or give a reason with --override, which is recorded as a decision; {}",
            satisfied_by(&judgement.refusals),
            super::merge::OPEN
        ),
    ))
}

/// What plugins said at the checkpoints, newest first. The last checkpoint alone would forget: one that is made while a
/// report cannot be read has no number.
fn measured_before(repository: &Repository, asked: &Asked) -> anyhow::Result<Vec<Contribution>> {
    let Some(session) = asked.facts.session.as_ref() else {
        return Ok(Vec::new());
    };
    if !misses_a_number(&asked.contributions) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for id in std::iter::once(&session.context.id).chain(session.context.before()) {
        let checkpoints = record::checkpoints(repository, id)?.found.into_iter();
        found.extend(checkpoints.flat_map(|(_, checkpoint)| checkpoint.contributions));
    }
    Ok(found)
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
