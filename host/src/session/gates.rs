//! The quality gates before a merge: `quality.*` of the configuration against what was measured, and what plugins say.
//! A gate for which nothing was ever measured reports and does not block. It must not merge, record or print.

use crate::config::QualityConfig;
use crate::document::text;
use crate::facts::Facts;
use crate::facts::standing::Held;
use crate::plugin::contribution::{Contribution, Metric, Verdict};
use crate::session::evidence::EvidenceRecord;

/// What a coverage plugin calls its numbers, in per cent.
pub const TOTAL_COVERAGE: &str = "total_coverage";
pub const CHANGED_LINES_COVERAGE: &str = "changed_lines_coverage";
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

/// `before`: what plugins measured at this session's checkpoints, newest first.
pub fn judge(facts: &Facts, contributions: &[Contribution], before: &[Contribution]) -> Judgement {
    let quality = &facts.config.quality;
    let mut judgement = Judgement::default();
    if quality.require_tests {
        // A session that goes on from another one has its tests, as far as they still hold.
        let all: Vec<&Held> = facts
            .evidence
            .iter()
            .chain(&facts.handoff_evidence)
            .collect();
        tests(&all, &mut judgement);
    }
    coverage(quality, contributions, before, &mut judgement);
    verdicts(contributions, &mut judgement);
    judgement
}

/// The newest tests have to have passed on this very tree, no other tests may have failed on it, and what failed on
/// another one has to have passed since: a narrower run does not make it forgotten.
fn tests(evidence: &[&Held], judgement: &mut Judgement) {
    let mut tests = evidence.iter().filter(|held| are_tests(held, evidence));
    let Some(newest) = tests.next() else {
        judgement.unmeasured.push("tests");
        return;
    };
    let told = |held: &Held| {
        let record = &held.record;
        text::line(&format!(
            "`{}` {} ({})",
            record.command_text(),
            record.outcome(),
            record.id
        ))
    };
    let again = |held: &Held| {
        let command = text::line(&held.record.typed());
        let place = held.record.directory.as_ref();
        let place = place.map(|place| format!(" in {}", text::line(&place.to_text())));
        Some(format!(
            "run `session run -- {command}`{} on this tree",
            place.unwrap_or_default()
        ))
    };
    if let Some(why) = newest.standing.reason(3) {
        judgement.refusals.push(Refusal {
            reason: format!(
                "the tests have not run on this tree: {}; {}",
                told(newest),
                text::line(&why)
            ),
            remedy: again(newest),
        });
    }
    let all: Vec<&&Held> = std::iter::once(newest).chain(tests).collect();
    for (index, held) in all.iter().enumerate() {
        let reason = match held.standing.is_verified() {
            _ if held.record.passed() => continue,
            _ if all[..index].iter().any(|newer| ran_again(newer, held)) => continue,
            true => "tests fail",
            // It is said already that it has to run again.
            false if index == 0 => continue,
            false if all[..index].iter().any(|newer| redeems(newer, held)) => continue,
            false => "tests failed, and have not passed since",
        };
        judgement.refusals.push(Refusal {
            reason: format!("{reason}: {}", told(held)),
            remedy: again(held).map(|again| format!("make them pass, then {again}")),
        });
    }
}

/// The very same command, under another label.
fn ran_again(newer: &Held, failed: &Held) -> bool {
    let same = newer.record.command == failed.record.command
        && newer.record.directory == failed.record.directory;
    same && newer.standing.is_verified() && newer.record.passed()
}

/// Whether tests that passed on this tree are those that failed on an earlier one, as far as can be told: by the same
/// runner, and not fewer; where it broke down before the runner was known, by the same program in the same directory.
fn redeems(newer: &Held, failed: &Held) -> bool {
    let (newer, standing, failed) = (&newer.record, &newer.standing, &failed.record);
    let ran = |record: &EvidenceRecord| {
        let counts = record.counts();
        counts.map(|counts| u64::from(counts.passed) + u64::from(counts.failed))
    };
    let same = match (newer.runner(), failed.runner()) {
        (Some(newer), Some(failed)) => newer == failed,
        _ => {
            let program = newer.command.first();
            let is_shell = program.is_some_and(|program| program.ends_with("sh"));
            !is_shell && program == failed.command.first() && newer.directory == failed.directory
        }
    };
    let as_many = ran(newer).unwrap_or(0) >= ran(failed).unwrap_or(0);
    standing.is_verified() && newer.passed() && same && as_many
}

/// Also a run of the tests' command in which none was seen: what does not compile has no test that passes. But one that
/// ran nothing says nothing.
fn are_tests(held: &Held, evidence: &[&Held]) -> bool {
    let record = &held.record;
    let same = |other: &&Held| other.record.is_test() && other.record.thing() == record.thing();
    !record.ran_nothing() && (record.is_test() || evidence.iter().any(same))
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
                None if threshold > 0.0 => judgement.unmeasured.push(what),
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

/// No number for a gate: whether there was one before decides.
pub fn misses_a_number(contributions: &[Contribution]) -> bool {
    [TOTAL_COVERAGE, CHANGED_LINES_COVERAGE]
        .iter()
        .any(|name| metric(contributions, name).is_none())
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
    // A report that was read, and nothing changed that it could cover.
    let is_measured = of_plugin
        .iter()
        .any(|now| metric(std::slice::from_ref(*now), TOTAL_COVERAGE).is_some());
    (!of_plugin.is_empty() && !is_measured).then(|| text::line(&from.plugin))
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
mod tests {
    use super::*;
    use crate::facts::standing::{Moved, Standing};
    use crate::session::evidence::tests::evidence;
    use crate::session::evidence::{Counted, TestCounts};

    fn held(record: EvidenceRecord, standing: Standing) -> Held {
        Held { record, standing }
    }

    fn test(exit_code: i32) -> EvidenceRecord {
        EvidenceRecord {
            label: Some("test".into()),
            ..evidence(&["make", "check"], exit_code)
        }
    }

    fn reasons(evidence: &[Held]) -> (Vec<String>, Vec<&'static str>) {
        let mut judgement = Judgement::default();
        tests(&evidence.iter().collect::<Vec<_>>(), &mut judgement);
        let reasons = judgement.refusals.into_iter();
        (
            reasons.map(|refusal| refusal.reason).collect(),
            judgement.unmeasured,
        )
    }

    #[test]
    fn tests_that_passed_on_this_tree_satisfy_and_none_at_all_only_report() {
        let passed = held(test(0), Standing::Verified);
        assert_eq!(reasons(&[passed]), (vec![], vec![]));
        let lint = held(evidence(&["lint"], 1), Standing::Verified);
        assert_eq!(reasons(&[lint]), (vec![], vec!["tests"]));
    }

    #[test]
    fn stale_tests_refuse_and_say_what_moved() {
        let moved = Moved::new(vec!["a".into()], []);
        let (reasons, _) = reasons(&[held(test(0), Standing::Stale(moved))]);
        assert_eq!(
            reasons,
            [
                "the tests have not run on this tree: `make check` passed (ev-1); 1 file changed since: a"
            ]
        );
    }

    #[test]
    fn failing_tests_refuse_also_beside_others_that_pass() {
        let passed = held(test(0), Standing::Verified);
        let mut other = test(1);
        other.command = vec!["npm".into(), "test".into()];
        let (found, _) = reasons(&[passed.clone(), held(other.clone(), Standing::Verified)]);
        assert_eq!(
            found,
            ["tests fail: `npm test` failed (exit code 1) (ev-1)"]
        );
        let (found, _) = reasons(&[passed, held(other, Standing::Stale(Moved::default()))]);
        let since =
            "tests failed, and have not passed since: `npm test` failed (exit code 1) (ev-1)";
        assert_eq!(found, [since]);
    }

    #[test]
    fn a_failure_is_past_when_as_many_tests_of_its_runner_have_passed() {
        let pytest = |exit_code: i32, passed, failed, standing: Standing| {
            let mut record = evidence(&["pytest", &format!("{passed}-{failed}")], exit_code);
            record.runners = vec![Counted {
                runner: "pytest".into(),
                counts: Some(TestCounts {
                    passed,
                    failed,
                    skipped: 0,
                }),
                report: None,
            }];
            held(record, standing)
        };
        let stale = || Standing::Stale(Moved::default());
        let failed = pytest(1, 1, 1, stale());
        let narrower = pytest(0, 1, 0, Standing::Verified);
        assert_eq!(reasons(&[narrower, failed.clone()]).0.len(), 1);
        let whole = pytest(0, 2, 0, Standing::Verified);
        assert_eq!(reasons(&[whole, failed.clone()]).0.len(), 0);
        let elsewhere = pytest(0, 2, 0, stale());
        assert_eq!(reasons(&[elsewhere, failed]).0.len(), 2);
    }

    #[test]
    fn a_run_that_ran_nothing_says_nothing() {
        let mut nothing = evidence(&["cargo", "test", "no-such"], 0);
        nothing.runners = vec![Counted {
            runner: "cargo-test".into(),
            counts: Some(TestCounts::default()),
            report: None,
        }];
        let nothing = held(nothing, Standing::Verified);
        assert_eq!(
            reasons(std::slice::from_ref(&nothing)),
            (vec![], vec!["tests"])
        );
        let failed = held(test(1), Standing::Verified);
        assert_eq!(reasons(&[nothing, failed]).0.len(), 1);
    }

    fn says(name: &str, value: f64, verdict: Option<Verdict>) -> Contribution {
        Contribution {
            plugin: "coverage".into(),
            metrics: vec![Metric {
                name: name.into(),
                value,
                unit: "percent".into(),
                better: "up".into(),
                threshold: None,
            }],
            verdict,
            ..Contribution::default()
        }
    }

    fn covered(now: &[Contribution], before: &[Contribution]) -> Judgement {
        let quality = crate::config::Config::default().quality;
        let mut judgement = Judgement::default();
        coverage(&quality, now, before, &mut judgement);
        verdicts(now, &mut judgement);
        judgement
    }

    #[test]
    fn coverage_is_held_against_its_threshold() {
        let judgement = covered(&[says(TOTAL_COVERAGE, 84.99, None)], &[]);
        assert_eq!(
            judgement.refusals[0].reason,
            "coverage is 84.9%, below 85% (plugin coverage)"
        );
        assert_eq!(judgement.unmeasured, ["coverage of the changed lines"]);
        assert!(
            covered(&[says(TOTAL_COVERAGE, 85.0, None)], &[])
                .refusals
                .is_empty()
        );
        let changed = covered(&[says(CHANGED_LINES_COVERAGE, 89.0, None)], &[]);
        assert_eq!(changed.refusals.len(), 1);
    }

    #[test]
    fn a_plugin_that_blocks_is_heard_once() {
        let blocks = Some(Verdict::Block("61% is below 85%".into()));
        let judgement = covered(&[says(TOTAL_COVERAGE, 61.0, blocks)], &[]);
        assert_eq!(judgement.refusals.len(), 1);
        assert_eq!(judgement.refusals[0].reason, "61% is below 85% (coverage)");
    }

    #[test]
    fn a_threshold_that_comes_with_a_number_counts_and_not_the_configurations() {
        let own = |verdict: Option<Verdict>, threshold: f64| {
            let mut said = says(TOTAL_COVERAGE, 61.0, verdict);
            said.metrics[0].threshold = Some(threshold);
            covered(&[said], &[]).refusals.len()
        };
        assert_eq!((own(None, 60.0), own(None, 62.0)), (0, 1));
        assert_eq!(own(Some(Verdict::Allow), 85.0), 0, "it was told not to");
        // What allows, and was not told of a threshold, has not looked at it.
        let allows = covered(&[says(TOTAL_COVERAGE, 61.0, Some(Verdict::Allow))], &[]);
        assert_eq!(allows.refusals.len(), 1);
    }

    #[test]
    fn a_stale_number_is_judged_by_its_plugin_alone() {
        let stale = |verdict| says("stale_total_coverage", 100.0, verdict);
        let before = [says(TOTAL_COVERAGE, 90.0, None)];
        let blocks = stale(Some(Verdict::Block("run the tests again".into())));
        let judgement = covered(&[blocks], &before);
        assert_eq!(judgement.refusals.len(), 1, "{judgement:?}");
        assert_eq!(judgement.unmeasured.len(), 0, "it was measured");
        let allows = covered(&[stale(Some(Verdict::Allow))], &before);
        assert_eq!(allows, Judgement::default());
        // Nobody answers for it.
        assert_eq!(covered(&[stale(None)], &before).refusals.len(), 1);
    }

    #[test]
    fn what_was_measured_before_is_missed() {
        let silent = Contribution {
            plugin: "coverage".into(),
            ..Contribution::default()
        };
        let before = [says(TOTAL_COVERAGE, 90.0, None)];
        assert_eq!(covered(&[silent], &before).refusals.len(), 1);
        assert!(
            covered(&[], &before).refusals.is_empty(),
            "taken out on purpose"
        );
    }
}
