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
        ..Contribution::default()
    }
}

/// The trailer says which phase, the section why.
pub fn checkpoint(picture: &Picture) -> Contribution {
    let trailer = picture.story.phase.map(|phase| Trailer {
        key: "TDD-Phase".to_owned(),
        value: phase.name().to_owned(),
    });
    Contribution {
        trailers: trailer.into_iter().collect(),
        ..status(picture)
    }
}

pub fn handoff(picture: &Picture) -> Contribution {
    status(picture)
}

fn section(picture: &Picture, with_reasons: bool) -> Section {
    let story = &picture.story;
    let mut body = match story.phase {
        Some(phase) => format!("Phase: {}, since {}.\n", phase.name(), story.why),
        None => format!("No phase yet: {}.\n", story.why),
    };
    if let Some(phase) = story.phase.filter(|_| !has_evidence(picture)) {
        body.push_str(&format!(
            "{} is unverified: {}.\n",
            phase.name(),
            lack(picture)
        ));
    } else if story.last_run.is_some() && !picture.current {
        body.push_str("The tests were last run on an older tree.\n");
    }
    if let (Some(last), Some(mean)) = (story.cycles.last(), story.mean_cycle()) {
        body.push_str(&format!(
            "{}: the last took {}, one takes {} on average.\n",
            count(story.cycles.len(), "cycle"),
            duration(last.seconds()),
            duration(mean)
        ));
    }
    if let Some(red_at) = story.red_at {
        let open = Cycle {
            red_at,
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
    }
    Section {
        title: "Test-driven development".to_owned(),
        body,
        importance: 55,
    }
}

/// RED needs no passing run; GREEN and REFACTOR do.
fn has_evidence(picture: &Picture) -> bool {
    let story = &picture.story;
    match story.phase {
        Some(Phase::Green | Phase::Refactor) => {
            let passed = story.last_run.as_ref().is_some_and(|(_, passed)| *passed);
            let by_claim = story.by_claim || picture.claimed.is_some();
            passed && (picture.current || !by_claim)
        }
        _ => true,
    }
}

/// Why a GREEN has no evidence.
fn lack(picture: &Picture) -> String {
    match &picture.story.last_run {
        None => "no run of the tests was seen".to_owned(),
        Some((id, false)) => format!("the tests failed when they were last run ({id})"),
        Some((id, true)) => format!("the tests passed on an older tree ({id})"),
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
    if let Some(phase) = story.phase.filter(|_| !has_evidence(picture)) {
        let message = format!("{} is unverified: {}", phase.name(), lack(picture));
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
