//! The machine, case by case.

use super::*;

/// A word an event: `F` failed or `P` passed, with `t` for changed tests, `s` for changed source, `n` for few tests, `o`
/// for another command, `d` for a test less, `a` for as many as before, `m` for test files that are gone or back; `R!`,
/// `G!` and `X!` claim RED, GREEN and REFACTOR. One a minute.
fn story(words: &str) -> Story {
    let events: Vec<Event> = words
        .split_whitespace()
        .enumerate()
        .map(|(index, word)| event(index, word))
        .collect();
    tell(&events, Before::default())
}

fn event(index: usize, word: &str) -> Event {
    let at = i64::try_from(index).unwrap() * 60;
    if let Some(phase) = word.strip_suffix('!') {
        return Event::Claim(Claim {
            id: format!("cp-{index}"),
            at,
            phase: match phase {
                "R" => Phase::Red,
                "G" => Phase::Green,
                _ => Phase::Refactor,
            },
            passing: None,
        });
    }
    Event::Run(Run {
        narrow: word.contains('n'),
        none_new: word.contains('a'),
        moved: word.contains(['t', 's', 'm']),
        what: Ran {
            command: if word.contains('o') {
                "pytest other.py"
            } else {
                "pytest"
            }
            .to_owned(),
            runner: Some("pytest".to_owned()),
            counted: Some(match () {
                () if word.contains('o') => 1,
                () if word.contains('d') => 2,
                () => 3,
            }),
            ..Ran::default()
        },
        id: format!("ev-{index}"),
        started_at: at,
        ended_at: at + 10,
        passed: word.starts_with('P'),
        tests_changed: word.contains('t'),
        source_changed: word.contains('s'),
        tests_moved: word.contains('m'),
    })
}

#[test]
fn phases_follow_from_runs() {
    use Phase::{Green, Red, Refactor};
    let cases = [
        ("", None, 0),
        ("P", None, 0),
        ("Ps", None, 0),
        ("Fs", None, 0),
        ("Ft", Some(Red), 0),
        ("Fts", Some(Red), 0),
        ("Ft Fs", Some(Red), 0),
        ("Ft Fs Ft", Some(Red), 0),
        ("Ft Ps", Some(Green), 1),
        ("Ft Pts", Some(Green), 1),
        ("Ft P", Some(Green), 1),
        ("Ft Ps P", Some(Green), 1),
        ("Ft Ps Ps", Some(Refactor), 1),
        ("Ft Ps Ps P Ps", Some(Refactor), 1),
        ("Ft Ps Ps Ft", Some(Red), 1),
        ("Ft Ps Ft Ps", Some(Green), 2),
        ("Ft Ps Fs", Some(Green), 1),
        ("Ft Ps Fs Ps", Some(Refactor), 1),
        ("Ft Ps Pt", Some(Green), 1),
        ("Ft Ps Ptsa", Some(Refactor), 1),
        ("Ft Ps Pta", Some(Green), 1),
        ("Ft Ps Pts", Some(Green), 1),
        ("Pt", None, 0),
        ("R!", Some(Red), 0),
        // Nobody saw it fail, or pass.
        ("R! Ps", Some(Green), 0),
        ("R! G!", Some(Green), 0),
        ("Ft G!", Some(Green), 0),
        ("R! F Ps", Some(Green), 1),
        ("Ft G! P", Some(Green), 1),
        ("Ft G! Po", Some(Green), 0),
        ("Ft G! Ft Ps", Some(Green), 1),
        ("Ft R! R! Ps", Some(Green), 1),
        ("G!", Some(Green), 0),
        ("Ft Ps G!", Some(Green), 1),
        ("Ft R! Ps G! X!", Some(Refactor), 1),
        ("Ft X!", Some(Refactor), 0),
        ("Ft X! Ps", Some(Refactor), 1),
        // What failed was taken out.
        ("Ft Ptd", None, 0),
        ("Ft Ptd Ps", None, 0),
        ("Ft Ps Ft Ptd", Some(Green), 1),
        ("Ft Ps Ps Ft Ptd", Some(Refactor), 1),
        ("Ft Ptd Ft Ps", Some(Green), 1),
        ("Ft Pt", None, 0),
        ("Ft Ps Ft Pt", Some(Green), 1),
        ("Ft Ps Ps Ft Pm", Some(Refactor), 1),
        ("Ft Pm", None, 0),
        ("Fts Pt", Some(Green), 1),
        ("Fts Pm", None, 0),
        ("Ft Fs Pt", Some(Green), 1),
        ("Ft Ft P", Some(Green), 1),
        ("Ft Psm", Some(Green), 1),
        ("Ft Pto P", None, 0),
        ("Ft G! Pt", Some(Green), 0),
        ("R! Pt", Some(Green), 0),
        ("R! F Pt", None, 0),
        // And came back.
        ("Ft Pm Pts", Some(Green), 1),
        ("Ft Pm Psm", Some(Green), 1),
        ("Ft Pm Ps Pt", Some(Green), 1),
        ("Ft Pm Ptsd", None, 0),
        ("Ft Pm Ps", None, 0),
        ("Ft Pm Fm", Some(Red), 0),
        ("Ft Pm Fm Ps", Some(Green), 1),
        ("Ft Pm Fs", None, 0),
        // Another command passes, and what failed does not.
        ("Ft Po", Some(Red), 0),
        ("Ft Pso", Some(Red), 0),
        ("Ft Pso Ps", Some(Green), 1),
        ("Fto Pso", Some(Green), 1),
        ("Fto Ps", Some(Green), 1),
        ("Fto P", Some(Red), 0),
        ("Ft Fs Fo Pso", Some(Green), 1),
        ("Ft Fo Po", Some(Red), 0),
        ("X! Ft", Some(Red), 0),
        // Few of the tests: the changed ones are still to be seen.
        ("Ptn F", Some(Red), 0),
        ("Ptn Pn Fs", Some(Red), 0),
        ("Ft Psn", Some(Green), 1),
        ("Ft Ps Ptn Fs", Some(Red), 1),
        ("Ft Ps Ptn P Fs", Some(Green), 1),
        // A run of which nobody knows that it was narrow.
        ("Pt F", Some(Red), 0),
        ("Pt Fs", None, 0),
        ("Pt P F", None, 0),
    ];
    for (words, phase, cycles) in cases {
        let story = story(words);
        assert_eq!(
            (story.phase, story.cycles.len()),
            (phase, cycles),
            "{words}: {story:?}"
        );
    }
}

#[test]
fn a_cycle_lasts_from_the_first_failure_to_the_first_pass() {
    let story = story("Ps Ft Fs Ft Ps Ps Ft Ps");
    let seconds: Vec<i64> = story.cycles.iter().map(Cycle::seconds).collect();
    assert_eq!(seconds, [190, 70]);
    assert_eq!(story.mean_cycle(), Some(130));
    assert_eq!(story.phase_at(0), None);
    assert_eq!(story.phase_at(200), Some(Phase::Red));
    assert_eq!(story.phase_at(310), Some(Phase::Refactor));
}

/// Events; runs that fixed tests, runs that never failed, claims without evidence.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
fn what_was_not_done_test_first_is_named() {
    let cases: [Case; 20] = [
        // Code broke the tests, and the tests were changed to fit it.
        ("Ft Ps Fs Pt", &["ev-3"], &[], &[]),
        ("Fs Pt", &["ev-1"], &[], &[]),
        ("Ft Ps Fs Ps", &[], &[], &[]),
        // A test that was never seen to fail.
        ("Pt", &[], &["ev-0"], &[]),
        ("Ft Ps Pts", &[], &["ev-2"], &[]),
        // Renamed in both.
        ("Ft Ps Ptsa Ptsa", &[], &[], &[]),
        ("Ft Ps Pta Pta", &[], &[], &[]),
        ("Pta", &[], &["ev-0"], &[]),
        ("Ft Ps Fs Pta", &["ev-3"], &[], &[]),
        ("Ft Pm Pts", &[], &[], &[]),
        ("Ft Pt", &[], &[], &[]),
        ("Ptsa", &[], &["ev-0"], &[]),
        // One that was, in the run after.
        ("Pt F", &[], &[], &[]),
        ("Pt Fs", &[], &["ev-0"], &[]),
        ("Ptn F", &[], &[], &[]),
        ("Ptn P", &[], &["ev-1"], &[]),
        ("Fs Pnt P", &["ev-2"], &[], &[]),
        // Claims.
        ("R! G!", &[], &[], &["cp-1"]),
        ("Ft G!", &[], &[], &["cp-1"]),
        ("Ft Ps G! Ps X!", &[], &[], &[]),
    ];
    for (words, fixed, never, unverified) in cases {
        let story = story(words);
        assert_eq!(story.fixed_after_code, fixed, "{words}");
        assert_eq!(story.never_failed, never, "{words}");
        assert_eq!(story.unverified, unverified, "{words}");
    }
}

#[test]
fn a_claim_on_another_tree_than_the_last_run_is_not_verified_by_it() {
    let mut events = vec![event(0, "Ft"), event(1, "Ps"), event(2, "G!")];
    assert!(tell(&events, Before::default()).unverified.is_empty());
    if let Event::Claim(claim) = &mut events[2] {
        claim.passing = Some(false);
    }
    assert_eq!(tell(&events, Before::default()).unverified, ["cp-2"]);
}

#[test]
fn a_session_goes_on_in_the_phase_of_the_one_before() {
    let told = |words: &str| {
        let events = words.split_whitespace().enumerate();
        let events: Vec<Event> = events.map(|(index, word)| event(index, word)).collect();
        let before = Before {
            phase: Some(Phase::Red),
            ..Before::default()
        };
        let story = tell(&events, before);
        (story.phase, story.why, story.by_claim, story.carried)
    };
    let red = Some(Phase::Red);
    let before = "it was the phase of the session before";
    assert_eq!(told(""), (red, before.into(), true, true));
    assert_eq!(told("F"), (red, before.into(), true, true));
    let failing = "tests were changed, and they fail (ev-0)";
    assert_eq!(told("Ft"), (red, failing.into(), false, false));
    let first = "the first pass after RED (ev-0)";
    assert_eq!(told("P"), (Some(Phase::Green), first.into(), false, false));
    assert_eq!(told("R!"), (red, "claimed (cp-0)".into(), true, false));
}

#[test]
fn every_phase_says_why() {
    let cases = [
        ("", "no run of the tests was seen yet"),
        ("Ft", "tests were changed, and they fail (ev-0)"),
        ("Ft Ps", "the first pass after RED (ev-1)"),
        ("Ft Ps P", "the first pass after RED (ev-1)"),
        (
            "Ft Ps Ps",
            "a pass after GREEN, with no test changed (ev-2)",
        ),
        ("Ft Ps Fs", "the tests fail, and none was changed (ev-2)"),
        ("Ft Ps Fs P", "the tests pass again (ev-3)"),
        (
            "Ft Pt",
            "what failed was taken out or changed, without new code (ev-1)",
        ),
        (
            "Ft Ptd",
            "the tests pass, and are fewer than those that failed (ev-1)",
        ),
        (
            "Ft Ps Pta",
            "the changed tests pass, and are no more than before (ev-2)",
        ),
        ("P", "the tests pass, and none was seen to fail yet (ev-0)"),
        ("G!", "claimed (cp-0)"),
        ("Ft Ps G!", "the first pass after RED (ev-1)"),
    ];
    for (words, why) in cases {
        assert_eq!(story(words).why, why, "{words}");
    }
}

#[test]
fn a_cycle_that_the_session_before_began_is_completed_by_what_failed_then() {
    let told = |words: &str, command: &str| {
        let events = words.split_whitespace().enumerate();
        let events: Vec<Event> = events.map(|(index, word)| event(index, word)).collect();
        let failed = Ran {
            command: command.to_owned(),
            runner: Some("pytest".to_owned()),
            counted: Some(3),
            ..Ran::default()
        };
        let before = Before {
            phase: Some(Phase::Red),
            failed: vec![(-600, failed)],
            ..Before::default()
        };
        let story = tell(&events, before);
        (story.phase, story.cycles.iter().map(Cycle::seconds).sum())
    };
    let (red, green) = (Some(Phase::Red), Some(Phase::Green));
    assert_eq!(told("", "pytest"), (red, 0));
    assert_eq!(told("Pts", "pytest"), (green, 610));
    assert_eq!(told("Po", "pytest"), (red, 0));
    assert_eq!(told("P", "pytest test_a.py"), (red, 0), "on the same tree");
    assert_eq!(told("Ps", "pytest test_a.py"), (green, 610));
    assert_eq!(told("Ft Ps", "pytest"), (green, 670));
}
