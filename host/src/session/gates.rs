//! The quality gates before a merge: `quality.*` of the configuration against what was measured, and what plugins say.
//! A gate for which nothing was ever measured reports and does not block. It must not merge, record or print.

mod test_runs;

pub use test_runs::Places;

use crate::config::QualityConfig;
use crate::document::text;
use crate::facts::Facts;
use crate::facts::standing::Held;
use crate::plugin::contribution::{Contribution, Metric, Verdict};

/// What a coverage plugin calls its numbers, in per cent.
pub const TOTAL_COVERAGE: &str = "total_coverage";
pub const CHANGED_LINES_COVERAGE: &str = "changed_lines_coverage";
/// All that there is a gate for.
pub const NUMBERS: [&str; 2] = [TOTAL_COVERAGE, CHANGED_LINES_COVERAGE];
/// Before their names where they were true of an older tree only: no number for a gate, and none that was lost.
const STALE: &str = "stale_";

/// What speaks against a merge, and what does not know.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    pub refusals: Vec<Refusal>,
    /// Gates for which nothing was ever measured.
    pub unmeasured: Vec<&'static str>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: String,
    /// What would satisfy it; None where only the plugin knows.
    pub remedy: Option<String>,
}

/// `before`: what plugins measured at this session's checkpoints, newest first. `elsewhere`: what failed on branches whose
/// work this one has in it.
pub fn judge(
    facts: &Facts,
    contributions: &[Contribution],
    before: &[Contribution],
    elsewhere: &[Held],
    places: &Places<'_>,
) -> Judgement {
    let quality = &facts.config.quality;
    let mut judgement = Judgement::default();
    if quality.require_tests {
        // What failed on this branch did so whichever session saw it.
        let all: Vec<&Held> = facts
            .evidence
            .iter()
            .chain(&facts.earlier_evidence)
            .chain(elsewhere)
            .collect();
        test_runs::judge(&all, places, &mut judgement);
    }
    coverage(quality, contributions, before, &mut judgement);
    verdicts(contributions, &mut judgement);
    judgement
}

fn coverage(
    quality: &QualityConfig,
    contributions: &[Contribution],
    before: &[Contribution],
    judgement: &mut Judgement,
) {
    for (name, threshold, what) in [
        (TOTAL_COVERAGE, quality.coverage_threshold, "coverage"),
        (
            CHANGED_LINES_COVERAGE,
            quality.new_code_coverage_threshold,
            "coverage of the changed lines",
        ),
    ] {
        let Some((from, metric)) = metric(contributions, name) else {
            if is_stale(contributions, name) {
                continue;
            }
            match metric_lost(contributions, before, name) {
                Some(plugin) => judgement.refusals.push(Refusal {
                    reason: format!("{what} was measured before and is not now (plugin {plugin})"),
                    remedy: Some("measure it again".into()),
                }),
                // What was measured before and is not missed is what its plugin has judged, or nothing that could be covered.
                None if threshold > 0.0 && metric(before, name).is_none() => {
                    judgement.unmeasured.push(what)
                }
                None => {}
            }
            continue;
        };
        if judges_itself(from, metric) {
            continue;
        }
        let threshold = metric.threshold.unwrap_or(threshold);
        if metric.value < threshold {
            judgement.refusals.push(Refusal {
                reason: format!(
                    "{what} is {}, below {} (plugin {})",
                    percent(metric.value),
                    percent(threshold),
                    text::line(&from.plugin)
                ),
                remedy: Some(format!("raise {what} to {}", percent(threshold))),
            });
        }
    }
}

/// A plugin that blocks has said why, and would be heard twice. One that holds its number against a threshold of its own
/// has decided, whichever way.
fn judges_itself(from: &Contribution, metric: &Metric) -> bool {
    match from.verdict {
        Some(Verdict::Block(_)) => true,
        Some(Verdict::Allow) => metric.threshold.is_some(),
        None => false,
    }
}

fn verdicts(contributions: &[Contribution], judgement: &mut Judgement) {
    for from in contributions {
        if let Some(Verdict::Block(reason)) = &from.verdict {
            judgement.refusals.push(Refusal {
                reason: text::line(&format!("{reason} ({})", from.plugin)),
                remedy: None,
            });
        }
    }
}

/// A number in per cent that some plugin measured, and who.
pub fn metric<'a>(
    contributions: &'a [Contribution],
    name: &str,
) -> Option<(&'a Contribution, &'a Metric)> {
    contributions.iter().find_map(|from| {
        let found = from
            .metrics
            .iter()
            .find(|metric| metric.name == name && metric.unit == "percent")?;
        found.value.is_finite().then_some((from, found))
    })
}

/// The plugin that measured it knows that it holds no more, and has said whether that holds up the merge.
fn is_stale(contributions: &[Contribution], name: &str) -> bool {
    [name, TOTAL_COVERAGE].iter().any(|name| {
        metric(contributions, &format!("{STALE}{name}"))
            .is_some_and(|(from, _)| from.verdict.is_some())
    })
}

/// The plugin that answers still, and has a number no more.
fn metric_lost(now: &[Contribution], before: &[Contribution], name: &str) -> Option<String> {
    let (from, _) = metric(before, name)?;
    let of_plugin: Vec<&Contribution> =
        now.iter().filter(|now| now.plugin == from.plugin).collect();
    // A report that was read, and nothing changed that it could cover; or the plugin knows that it has no number, and was
    // told to hold up nothing.
    let is_answered = of_plugin.iter().any(|now| {
        let total = metric(std::slice::from_ref(*now), TOTAL_COVERAGE);
        total.is_some() || now.verdict == Some(Verdict::Allow)
    });
    (!of_plugin.is_empty() && !is_answered).then(|| text::line(&from.plugin))
}

/// `84%`, `84.5%`; cut and never rounded up, so that what is below a threshold looks so.
pub fn percent(value: f64) -> String {
    let tenths = (value * 10.0 + 1e-6).floor() / 10.0;
    match tenths.fract() == 0.0 {
        true => format!("{tenths:.0}%"),
        false => format!("{tenths:.1}%"),
    }
}

#[cfg(test)]
mod tests;
