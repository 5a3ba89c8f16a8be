//! What holds up a merge, rule by rule. It must not need a repository.

use super::*;
use crate::facts::standing::{Moved, Standing};
use crate::session::evidence::EvidenceRecord;
use crate::session::evidence::tests::evidence;
use crate::session::evidence::{Counted, NothingRan, TestCounts};

fn held(record: EvidenceRecord, standing: Standing) -> Held {
    Held {
        record,
        standing,
        session: None,
    }
}

fn test(exit_code: i32) -> EvidenceRecord {
    EvidenceRecord {
        label: Some("test".into()),
        ..evidence(&["make", "check"], exit_code)
    }
}

fn reasons(evidence: &[Held]) -> (Vec<String>, Vec<&'static str>) {
    let mut judgement = Judgement::default();
    let evidence: Vec<&Held> = evidence.iter().collect();
    let places = Places {
        is_there: &|place| place.to_text() != "gone",
        was_there: &|_, place| place.to_text() == "ok",
    };
    test_runs::judge(&evidence, &places, &mut judgement);
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
    let since = "tests failed, and have not passed since: `npm test` failed (exit code 1) (ev-1)";
    assert_eq!(found, [since]);
}

#[test]
fn a_failure_is_past_when_all_tests_of_its_place_have_passed_on_this_tree() {
    let pytest = |words: &[&str], passed, failed: u32, standing: Standing| {
        let mut record = evidence(&[&["pytest"], words].concat(), i32::from(failed > 0));
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
    let failed = pytest(&["test_a.py"], 1, 1, stale());
    let other = pytest(&["test_b.py"], 2, 0, Standing::Verified);
    assert_eq!(reasons(&[other, failed.clone()]).0.len(), 1);
    let all = pytest(&[], 2, 0, Standing::Verified);
    assert_eq!(reasons(&[all.clone(), failed.clone()]).0.len(), 0);
    let on_this_tree = pytest(&["test_a.py"], 1, 1, Standing::Verified);
    assert_eq!(reasons(&[all, on_this_tree]).0.len(), 0);
    let on_another_tree = pytest(&[], 2, 0, stale());
    assert_eq!(reasons(&[on_another_tree, failed.clone()]).0.len(), 2);
    let [mut web, mut api] = [failed, pytest(&[], 5, 0, Standing::Verified)];
    web.record.directory = Some("web".into());
    assert_eq!(reasons(&[api.clone(), web.clone()]).0.len(), 1);
    api.record.directory = Some("web".into());
    assert_eq!(reasons(&[api, web]).0.len(), 0);
}

fn of_pytest(words: &[&str], failed: u32, standing: Standing) -> Held {
    let mut record = evidence(&[&["pytest"], words].concat(), i32::from(failed > 0));
    record.runners = vec![Counted {
        runner: "pytest".into(),
        counts: Some(TestCounts {
            passed: 1,
            failed,
            skipped: 0,
        }),
        report: None,
    }];
    held(record, standing)
}

#[test]
fn a_part_of_the_tests_is_not_enough_where_all_were_run_before() {
    let stale = || Standing::Stale(Moved::default());
    let part = of_pytest(&["test_b.py"], 0, Standing::Verified);
    let all = |standing| {
        let mut all = of_pytest(&["-q"], 0, standing);
        all.record.runners[0].counts = Some(TestCounts {
            passed: 3,
            failed: 0,
            skipped: 0,
        });
        all
    };
    let (found, _) = reasons(&[part.clone(), all(stale())]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("only a part of the tests has run on this tree: `pytest test_b.py`")
    );
    assert!(
        found[0].contains("before, there were more: `pytest -q` passed"),
        "{found:?}"
    );
    assert_eq!(reasons(&[part.clone(), all(Standing::Verified)]).0.len(), 0);
    assert_eq!(
        reasons(std::slice::from_ref(&part)).0.len(),
        0,
        "nobody ran more"
    );
    // Whatever the words are: fewer were counted.
    for words in [&["sh", "-c", "pytest x"][..], &["nice", "-n5", "pytest"]] {
        let mut odd = part.clone();
        odd.record.command = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            reasons(&[odd.clone(), all(stale())]).0.len(),
            1,
            "{words:?}"
        );
        odd.record.runners = all(stale()).record.runners;
        assert_eq!(reasons(&[odd, all(stale())]).0.len(), 0, "{words:?}");
    }
    let mut chosen = part.clone();
    chosen.record.environment = vec!["PYTEST_ADDOPTS=-k b".into()];
    assert_eq!(reasons(&[chosen, all(stale())]).0.len(), 1);
    let mut elsewhere = all(stale());
    elsewhere.record.directory = Some("web".into());
    assert_eq!(reasons(&[part, elsewhere]).0.len(), 0, "of another project");
}

#[test]
fn what_is_gone_holds_nothing_up_once_that_is_shown() {
    let stale = || Standing::Stale(Moved::default());
    let failed = of_pytest(&["test_old.py"], 1, stale());
    let mut again = of_pytest(&["test_old.py"], 0, Standing::Verified);
    again.record.runners.clear();
    again.record.exit_code = 4;
    again.record.nothing_ran = Some(NothingRan::NotThere);
    let passes = test(0);
    let passes = held(passes, Standing::Verified);
    assert_eq!(reasons(&[passes.clone(), failed.clone()]).0.len(), 1);
    assert_eq!(reasons(&[passes, again.clone(), failed.clone()]).0.len(), 0);
    let other = of_pytest(&["test_b.py"], 0, Standing::Verified);
    assert_eq!(
        reasons(&[other, again, failed.clone()]).0.len(),
        1,
        "it may be in another file now"
    );

    let mut moved = failed;
    moved.record.directory = Some("gone".into());
    let mut all = of_pytest(&[], 0, Standing::Verified);
    all.record.directory = Some("site".into());
    assert_eq!(reasons(&[all.clone(), moved.clone()]).0.len(), 0);
    all.record.directory = Some("ok".into());
    assert_eq!(
        reasons(&[all.clone(), moved.clone()]).0.len(),
        1,
        "it was there"
    );
    all.record.directory = Some("site".into());
    moved.record.directory = Some("web".into());
    assert_eq!(
        reasons(&[all.clone(), moved.clone()]).0.len(),
        1,
        "it is still there"
    );
    moved.record.directory = Some("gone".into());
    all.record.command.push("test_b.py".into());
    assert_eq!(reasons(&[all, moved]).0.len(), 1);
}

#[test]
fn a_run_that_was_stopped_says_nothing() {
    let stopped = |code, signal, failed| {
        let mut run = of_pytest(&["-q"], failed, Standing::Verified);
        (run.record.exit_code, run.record.signal) = (code, signal);
        run
    };
    let passed = of_pytest(&["-q"], 0, Standing::Verified);
    for (code, signal) in [(130, Some(2)), (130, None), (2, None)] {
        let refusals = |failed| {
            reasons(&[stopped(code, signal, failed), passed.clone()])
                .0
                .len()
        };
        assert_eq!(refusals(0), 0, "{code}");
        assert_eq!(refusals(1), 1, "{code}: one had failed");
    }
    for (code, signal) in [(139, Some(11)), (143, Some(15))] {
        let ended = stopped(code, signal, 0);
        assert_eq!(reasons(&[ended, passed.clone()]).0.len(), 1, "{code}");
    }
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
    let allows = Contribution {
        verdict: Some(Verdict::Allow),
        ..silent.clone()
    };
    assert_eq!(covered(&[silent], &before).refusals.len(), 1);
    assert!(
        covered(&[allows], &before).refusals.is_empty(),
        "it was told to hold up nothing"
    );
    assert!(
        covered(&[], &before).refusals.is_empty(),
        "taken out on purpose"
    );
    let both = [before[0].clone(), says(CHANGED_LINES_COVERAGE, 95.0, None)];
    let total = says(
        TOTAL_COVERAGE,
        90.0,
        Some(Verdict::Block("a.py is lost".into())),
    );
    let judgement = covered(&[total], &both);
    assert_eq!(judgement.refusals.len(), 1, "{judgement:?}");
    assert!(judgement.unmeasured.is_empty(), "it was: {judgement:?}");
}

#[test]
fn a_script_that_is_gone_and_a_runner_with_its_own_options_can_show_it() {
    let stale = || Standing::Stale(Moved::default());
    let script = |exit_code| {
        let mut record = evidence(&["./check.sh"], exit_code);
        record.label = Some("test".into());
        held(record, Standing::Verified)
    };
    let mut failed = script(1);
    failed.standing = stale();
    let all = of_pytest(&["-q"], 0, Standing::Verified);
    assert_eq!(
        reasons(&[all.clone(), script(127), failed.clone()]).0.len(),
        0
    );
    assert_eq!(reasons(&[all.clone(), failed]).0.len(), 1);

    let mut failed = of_pytest(&["-W", "error", "test_old.py"], 1, stale());
    failed.record.environment = vec!["PYTEST_ADDOPTS=-q".into()];
    let mut again = failed.clone();
    again.standing = Standing::Verified;
    again.record.nothing_ran = Some(NothingRan::NotThere);
    let mut alike = of_pytest(&["-W", "error"], 0, Standing::Verified);
    assert_eq!(
        reasons(&[alike.clone(), again.clone(), failed.clone()])
            .0
            .len(),
        1
    );
    alike
        .record
        .environment
        .clone_from(&failed.record.environment);
    assert_eq!(reasons(&[alike, again, failed]).0.len(), 0);
}
