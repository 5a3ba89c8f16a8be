//! What an enhanced commit says of tests and coverage: only what was measured, with what it was measured by. It must not
//! count anything itself.

use super::evidence::EvidenceRecord;
use super::gates::{TOTAL_COVERAGE, metric, percent};
use crate::document::text;
use crate::plugin::contribution::Contribution;

/// `Tests: +12 (57 passed; cargo test, ev-3)`. `tested` holds for the very tree that is committed; `before` is the
/// newest run of the same command before the commit before, or at the session's beginning.
pub fn tests(tested: &EvidenceRecord, before: Option<&EvidenceRecord>) -> Option<String> {
    let command = text::line(&tested.command_text());
    let Some(counts) = tested.counts() else {
        let failed = tested.is_failure();
        return failed.then(|| format!("Tests: {}; {command}, {}", tested.outcome(), tested.id));
    };
    let total = |record: &EvidenceRecord| i64::try_from(record.counts()?.ran()).ok();
    let source = format!("{}; {command}, {}", counts.text(), tested.id);
    Some(match before.and_then(total).zip(total(tested)) {
        Some((before, now)) if before != now => {
            format!("Tests: {:+} ({source})", now - before)
        }
        _ => format!("Tests: {source}"),
    })
}

/// `Coverage: 79% → 84% (plugin coverage)`.
pub fn coverage(now: &[Contribution], before: &[Contribution]) -> Option<String> {
    let (from, found) = metric(now, TOTAL_COVERAGE)?;
    let now = percent(found.value);
    let plugin = text::line(&from.plugin);
    let earlier = metric(before, TOTAL_COVERAGE).map(|(_, metric)| percent(metric.value));
    Some(match earlier {
        Some(earlier) if earlier != now => format!("Coverage: {earlier} → {now} (plugin {plugin})"),
        _ => format!("Coverage: {now} (plugin {plugin})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::contribution::Metric;
    use crate::session::evidence::tests::evidence;
    use crate::session::evidence::{Counted, TestCounts};

    fn counted(passed: u32) -> EvidenceRecord {
        EvidenceRecord {
            runners: vec![Counted {
                runner: "pytest".into(),
                counts: Some(TestCounts {
                    passed,
                    failed: 0,
                    skipped: 0,
                }),
                report: None,
            }],
            ..evidence(&["pytest"], 0)
        }
    }

    #[test]
    fn tests_are_told_with_their_command_and_their_change() {
        let line = |now, before: Option<&EvidenceRecord>| tests(&counted(now), before).unwrap();
        assert_eq!(line(57, None), "Tests: 57 passed; pytest, ev-1");
        let before = counted(45);
        assert_eq!(
            line(57, Some(&before)),
            "Tests: +12 (57 passed; pytest, ev-1)"
        );
        assert_eq!(
            line(40, Some(&before)),
            "Tests: -5 (40 passed; pytest, ev-1)"
        );
        assert_eq!(line(45, Some(&before)), "Tests: 45 passed; pytest, ev-1");
        assert_eq!(
            tests(&evidence(&["make"], 0), None),
            None,
            "nothing was counted"
        );
        assert_eq!(
            tests(&evidence(&["make", "test"], 2), None).unwrap(),
            "Tests: failed (exit code 2); make test, ev-1"
        );
    }

    #[test]
    fn coverage_is_told_with_its_plugin() {
        let says = |value| {
            vec![Contribution {
                plugin: "coverage".into(),
                metrics: vec![Metric {
                    name: TOTAL_COVERAGE.into(),
                    value,
                    unit: "percent".into(),
                    better: "up".into(),
                    threshold: None,
                }],
                ..Contribution::default()
            }]
        };
        assert_eq!(
            coverage(&says(84.0), &says(79.0)).unwrap(),
            "Coverage: 79% → 84% (plugin coverage)"
        );
        assert_eq!(
            coverage(&says(84.5), &[]).unwrap(),
            "Coverage: 84.5% (plugin coverage)"
        );
        assert_eq!(coverage(&[], &says(79.0)), None);
    }
}
