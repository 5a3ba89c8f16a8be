//! What is said at each hook, from what was gathered. It must not ask the host.

use session_plugin::{Contribution, Finding, Metric, Section, Trailer};

use crate::gather::{Picture, THIS};
use crate::machine::{Cycle, Phase};

const MOST_LISTED: usize = 10;
/// Of 100. Below it, the discipline is worth a word.
const GOOD: f64 = 70.0;

pub fn brief(picture: &Picture) -> Contribution {
    Contribution {
        sections: vec![section(picture, false)],
        ..status(picture)
    }
}

pub fn status(picture: &Picture) -> Contribution {
    Contribution {
        sections: vec![section(picture, true)],
        metrics: metrics(picture),
        findings: findings(picture),
        next_steps: next_step(picture).into_iter().collect(),
        trailers: trailer(picture).into_iter().collect(),
        ..Contribution::default()
    }
}

/// Which phase; the section says why. The phase of the session before is for the host to remember, not for this one to
/// say.
fn trailer(picture: &Picture) -> Option<Trailer> {
    let phase = picture.story.phase.filter(|_| !picture.story.carried)?;
    Some(Trailer {
        key: "TDD-Phase".to_owned(),
        value: phase.name().to_owned(),
    })
}

pub fn checkpoint(picture: &Picture) -> Contribution {
    status(picture)
}

pub fn handoff(picture: &Picture) -> Contribution {
    status(picture)
}

/// One phase, and whether evidence tells it. The host takes it from here into its own documents.
fn phase_line(picture: &Picture) -> String {
    let story = &picture.story;
    let why = &story.why;
    let Some(phase) = story.phase.map(Phase::name) else {
        return format!("No phase yet: {why}.\n");
    };
    match lack(picture) {
        None if story.by_claim => {
            let run = story.last_run.as_ref();
            let run = run.map(|(id, passed)| {
                let outcome = if *passed { "pass" } else { "fail" };
                format!(", and the tests {outcome} ({id})")
            });
            format!("Phase: {phase}, since {why}{}.\n", run.unwrap_or_default())
        }
        None => format!("Phase: {phase}, since {why}.\n"),
        // The reason says it already.
        Some(_) if story.broken => format!("Phase: {phase}, {}: {why}.\n", doubt(picture)),
        Some(lack) => format!("Phase: {phase}, {}: {why}, and {lack}.\n", doubt(picture)),
    }
}

/// Only what somebody claimed can be unverified; what evidence told is doubted by newer evidence.
fn doubt(picture: &Picture) -> &'static str {
    match picture.story.by_claim || picture.claimed.is_some() {
        true => "unverified",
        false => "in doubt",
    }
}

fn section(picture: &Picture, with_reasons: bool) -> Section {
    let story = &picture.story;
    let mut body = phase_line(picture);
    if story.last_run.is_some() && !picture.current {
        body.push_str("The tests were last run on an older tree.\n");
    }
    if let (Some(id), Some(Phase::Red)) = (&story.passed_beside, story.phase) {
        body.push_str(&format!(
            "{id} passed, and is not known to have had the tests that failed.\n"
        ));
    }
    if let (Some(last), Some(mean)) = (story.cycles.last(), story.mean_cycle()) {
        body.push_str(&format!(
            "{}: the last took {}, one takes {} on average.\n",
            count(story.cycles.len(), "cycle"),
            duration(last.seconds()),
            duration(mean)
        ));
    }
    if story.claimed_cycles > 0 {
        body.push_str(&format!(
            "{} claimed, without a run that failed and one that passed.\n",
            match story.claimed_cycles {
                1 => "1 cycle is".to_owned(),
                number => format!("{number} cycles are"),
            }
        ));
    }
    if let (Some(open), Some(Phase::Red)) = (story.open, story.phase) {
        let open = Cycle {
            red_at: open.red_at,
            green_at: picture.now,
        };
        body.push_str(&format!(
            "This cycle has been open for {}.\n",
            duration(open.seconds())
        ));
    }
    if let Some(score) = picture.discipline.score {
        body.push_str(&format!("Discipline: {score} of 100.\n"));
        let reasons = &picture.discipline.reasons;
        let shown = if with_reasons { MOST_LISTED } else { 0 };
        for (points, reason) in reasons.iter().take(shown) {
            body.push_str(&format!("- −{points}: {reason}\n"));
        }
        if with_reasons && reasons.len() > shown {
            body.push_str(&format!("- and {} more\n", reasons.len() - shown));
        }
        if picture.discipline.unknown > 0 {
            body.push_str(&format!(
                "{} could not be looked into, and {} not count.\n",
                count(picture.discipline.unknown, "commit"),
                if picture.discipline.unknown == 1 {
                    "does"
                } else {
                    "do"
                }
            ));
        }
    }
    Section {
        title: "Test-driven development".to_owned(),
        body,
        importance: 55,
    }
}

/// Why evidence does not tell the phase, a clause; none where it does. What evidence told stays told when the tree moves
/// on; what was claimed needs its evidence on this tree.
fn lack(picture: &Picture) -> Option<String> {
    let story = &picture.story;
    let wanted = match story.phase? {
        Phase::Red => false,
        Phase::Green | Phase::Refactor => true,
    };
    let by_claim = story.by_claim || (wanted && picture.claimed.is_some());
    let word = |passed: bool| if passed { "passed" } else { "failed" };
    match &story.last_run {
        None if by_claim => Some("no run of the tests was seen".to_owned()),
        None => None,
        Some((id, passed)) if *passed != wanted && (by_claim || wanted) => Some(format!(
            "the tests {} when they were last run ({id})",
            word(*passed)
        )),
        Some((id, passed)) if by_claim && !picture.current => Some(format!(
            "the tests {} on an older tree ({id})",
            word(*passed)
        )),
        Some(_) => None,
    }
}

fn metrics(picture: &Picture) -> Vec<Metric> {
    let (story, discipline) = (&picture.story, &picture.discipline);
    let metric =
        |name: &str, value: f64, unit: &str, better: &str, threshold: Option<f64>| Metric {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            better: better.to_owned(),
            threshold,
        };
    let mut metrics = vec![metric(
        "tdd_cycles",
        story.cycles.len() as f64,
        "count",
        "up",
        None,
    )];
    metrics.extend(
        story
            .mean_cycle()
            .map(|mean| metric("tdd_cycle_time", mean as f64, "seconds", "down", None)),
    );
    if let Some(score) = discipline.score {
        metrics.push(metric(
            "tdd_discipline",
            f64::from(score),
            "points",
            "up",
            Some(GOOD),
        ));
        let without = discipline.without_tests.len() as f64;
        metrics.push(metric(
            "commits_without_tests",
            without,
            "count",
            "down",
            Some(1.0),
        ));
    }
    metrics
}

fn findings(picture: &Picture) -> Vec<Finding> {
    let story = &picture.story;
    let mut findings = Vec::new();
    let mut put = |severity: &str, message: String, hint: &str| {
        findings.push(Finding {
            severity: severity.to_owned(),
            message,
            path: None,
            line: None,
            hint: Some(hint.to_owned()),
        });
    };
    if let (Some(phase @ (Phase::Green | Phase::Refactor)), Some(lack)) =
        (story.phase, lack(picture))
        && !story.carried
    {
        let message = format!("{} is {}: {lack}", phase.name(), doubt(picture));
        put("warning", message, "Run the tests with `session run -- …`.");
    }
    let passed = story.last_run.as_ref().filter(|(_, passed)| *passed);
    if let (Some(Phase::Red), Some((id, _))) = (picture.claimed, passed)
        && picture.current
    {
        put(
            "warning",
            format!("RED is claimed, and the tests pass ({id})"),
            "Write a test that fails first.",
        );
    }
    for (_, reason) in picture.discipline.reasons.iter().take(MOST_LISTED) {
        // What is claimed right now was said above.
        if !reason.ends_with(&format!("({THIS})")) {
            put(
                "info",
                reason.clone(),
                "Write the test first, and see it fail.",
            );
        }
    }
    findings
}

fn next_step(picture: &Picture) -> Option<String> {
    let story = &picture.story;
    if story.last_run.is_some()
        && !picture.current
        && (picture.tests_changed || picture.source_changed)
    {
        return Some(
            "Run the tests with `session run`: the work tree has changed since".to_owned(),
        );
    }
    Some(match (story.phase, &story.last_run) {
        (Some(Phase::Red), _) => {
            "Make the failing tests pass, with as little code as that takes".to_owned()
        }
        (_, Some((id, false))) => format!("Make the tests pass again: they fail since {id}"),
        (Some(Phase::Green), _) => {
            "Clean up while the tests pass, or write the next failing test".to_owned()
        }
        (Some(Phase::Refactor), _) => "Write the next failing test".to_owned(),
        (None, _) if picture.tests_changed => {
            "See the changed tests fail: `session run -- …`".to_owned()
        }
        (None, _) => "Write a test that fails, and run it with `session run -- …`".to_owned(),
    })
}

fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}

fn duration(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, _) => format!("{minutes}m"),
        (hours, minutes, _) => format!("{hours}h {minutes}m"),
    }
}
