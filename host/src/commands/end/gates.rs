//! The quality gates before a merge. A gate for which nothing was ever measured reports and does not block. It must not
//! merge or record anything.

use crate::document::text;
use crate::error::user_error;
use crate::plugin::contribution::{Contribution, Verdict};
use crate::ui::Ui;

/// What the gates have against the merge, which an override lets pass.
pub fn refusals(
    ui: &Ui,
    contributions: &[Contribution],
    overridden: bool,
) -> anyhow::Result<Vec<String>> {
    // Coverage and tests have no evidence yet.
    ui.note("no coverage and no test evidence was ever measured here, so quality.* does not hold up the merge");
    let refusals = blocked(contributions);
    if refusals.is_empty() || overridden {
        if refusals.is_empty() && overridden {
            ui.note("no quality gate holds up the merge, so there is nothing to override");
        }
        return Ok(refusals);
    }
    Err(user_error(
        format!("a quality gate holds up the merge: {}", refusals.join("; ")),
        format!(
            "satisfy it, or give a reason with --override, which is recorded as a decision; {}",
            super::merge::OPEN
        ),
    ))
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

fn blocked(contributions: &[Contribution]) -> Vec<String> {
    contributions
        .iter()
        .filter_map(|from| match &from.verdict {
            Some(Verdict::Block(reason)) => {
                Some(text::line(&format!("{reason} ({})", from.plugin)))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(plugin: &str, verdict: Option<Verdict>) -> Contribution {
        Contribution {
            plugin: plugin.into(),
            verdict,
            ..Contribution::default()
        }
    }

    #[test]
    fn an_override_names_what_it_overrides_and_is_nothing_without() {
        assert_eq!(overriding(&blocked(&[says("ci", None)])), None);
        let refused = [
            says("coverage", Some(Verdict::Block("61% is below 85%".into()))),
            says("ci", None),
        ];
        assert_eq!(
            overriding(&blocked(&refused)).as_deref(),
            Some("Merged although a quality gate said no: 61% is below 85% (coverage)")
        );
    }
}
