//! Asking the host, and putting what it says into the order of events. It must not judge.

use session_plugin::facts::{self, CheckpointInfo, EvidenceInfo, TestCounts};
use session_plugin::{NewState, Request, state};

use crate::beside;
use crate::discipline::{self, Discipline};
use crate::files::{Classes, Kind};
use crate::inline::Sides;
use crate::kept::Kept;
use crate::machine::{Claim, Event, Phase, Run, Story, tell};
use crate::outcome::is_outcome;
use crate::settings::Settings;

/// How much a hook may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// `brief` and `status`: what is kept, and a little more.
    Quick,
    /// `checkpoint` and `end`: look into what changed, and keep it.
    Full,
}

/// What happened, and what it is worth.
#[derive(Debug)]
pub struct Picture {
    pub story: Story,
    pub discipline: Discipline,
    /// What `--tdd-phase` says now.
    pub claimed: Option<Phase>,
    /// The last run of the tests was on the work tree as it stands.
    pub current: bool,
    /// Of the files that differ from HEAD.
    pub tests_changed: bool,
    pub source_changed: bool,
    pub now: i64,
}

/// The name under which a claim that is being made stands in a story.
pub const THIS: &str = "this checkpoint";

/// How it stands, and what to keep of it.
pub fn picture(request: &Request, effort: Effort) -> Result<(Picture, Vec<NewState>), String> {
    let settings = Settings::read(&facts::configuration())?;
    let classes = settings.classes();
    let now = facts::now();
    let argument = request
        .arguments
        .iter()
        .find(|argument| argument.name == "tdd-phase");
    let claimed = argument.and_then(|argument| Phase::named(&argument.value));
    let checkpoints = facts::checkpoints();
    let before = state::get("session").and_then(|bytes| Kept::read(&bytes));
    let mut kept = before.clone().unwrap_or_default();
    if before.is_none() && checkpoints.is_empty() {
        kept.carried = facts::session().and_then(|session| session.tdd_phase);
    }
    let evidence = facts::evidence();
    let runs = runs(&settings, &classes, &evidence, &mut kept, effort);
    let current = runs.last().is_some_and(|(_, current)| *current);
    let passing = current && runs.last().is_some_and(|(run, _)| run.passed);
    let runs = runs.into_iter().map(|(run, _)| run).collect();
    let story = tell(
        &events(runs, checkpoints, claimed, passing, now),
        kept.carried(),
    );
    let commits = beside::commits(&classes, &mut kept, effort);
    let changed = facts::changed_files();
    let has = |kind: Kind| changed.iter().any(|file| classes.kind(&file.path) == kind);
    let picture = Picture {
        discipline: discipline::judge(&story, &commits),
        story,
        claimed,
        current,
        tests_changed: has(Kind::Test),
        source_changed: has(Kind::Source),
        now,
    };
    kept.retain(
        |id| commits.iter().any(|commit| id.starts_with(&commit.id)),
        |id| evidence.iter().any(|ran| ran.id == id),
    );
    let is_news = effort == Effort::Full && kept != before.unwrap_or_default();
    let state = is_news.then(|| NewState {
        scope: "session".to_owned(),
        bytes: kept.write(),
    });
    Ok((picture, state.into_iter().collect()))
}

/// What has changed since the tests were run last.
#[derive(Debug, Default)]
struct Changed {
    sides: Sides,
    /// Files that hold both; which of the two it was is not seen from their names.
    beside: Vec<String>,
}

impl Changed {
    fn note(&mut self, classes: &Classes, path: &str) {
        match classes.kind(path) {
            Kind::Test => self.sides.tests = true,
            Kind::Source if beside::is_beside(classes, path) => self.beside.push(path.to_owned()),
            Kind::Source => self.sides.source = true,
            Kind::Other => {}
        }
    }
}

/// The runs of tests among all evidence, and of each whether it was on the work tree as it stands. What changed before
/// other commands counts for the next run of the tests.
fn runs(
    settings: &Settings,
    classes: &Classes,
    evidence: &[EvidenceInfo],
    kept: &mut Kept,
    effort: Effort,
) -> Vec<(Run, bool)> {
    let mut runs = Vec::new();
    let mut changed = Changed::default();
    let mut counts = Vec::new();
    let mut widest = Vec::new();
    let is_run = |ran: &EvidenceInfo| {
        let tests = ran.runner.is_some() || settings.runs_tests(&ran.command, ran.label.as_deref());
        tests && is_outcome(ran, settings.names(&ran.command))
    };
    let last = evidence.iter().rfind(|ran| is_run(ran)).map(|ran| &ran.id);
    for ran in evidence {
        for path in &ran.changed_files {
            changed.note(classes, path);
        }
        if !is_run(ran) {
            continue;
        }
        let more = more_tests(ran, &mut counts);
        let narrow = is_narrow(ran, more, &mut widest);
        let Changed { mut sides, beside } = std::mem::take(&mut changed);
        let current = ran.standing == "verified";
        if !beside.is_empty() {
            if effort == Effort::Full
                && current
                && last == Some(&ran.id)
                && kept.run(&ran.id).is_none()
                && let Some(found) = beside::changed_now(&beside, kept)
            {
                kept.keep_run(&ran.id, found);
            }
            // Where nobody looked: there are more tests than before, or none was seen to have changed.
            sides.add(kept.run(&ran.id).unwrap_or(Sides {
                tests: more,
                source: true,
            }));
        }
        let seconds = i64::try_from(ran.milliseconds / 1000).unwrap_or(i64::MAX);
        let run = Run {
            id: ran.id.clone(),
            started_at: ran.started_at,
            ended_at: ran.started_at.saturating_add(seconds),
            passed: ran.exit_code == 0,
            tests_changed: sides.tests,
            source_changed: sides.source,
            narrow,
        };
        runs.push((run, current));
    }
    runs
}

/// Whether another command of the same runner counted more tests before, as `pytest` does before `pytest -k price`. Where
/// the same command counts fewer, some were taken out; and one that counts more than it did has new ones among them.
fn is_narrow<'e>(
    ran: &'e EvidenceInfo,
    more: bool,
    widest: &mut Vec<(&'e str, &'e str, u64)>,
) -> bool {
    let (Some(runner), Some(tests)) = (ran.runner.as_deref(), &ran.tests) else {
        return false;
    };
    let now = (runner, ran.command.as_str(), number(tests));
    let known = widest.iter_mut().find(|(known, ..)| *known == runner);
    match known {
        Some((_, command, before)) if *command != now.1 && *before > now.2 => !more,
        Some(known) => {
            *known = now;
            false
        }
        None => {
            widest.push(now);
            false
        }
    }
}

fn number(tests: &TestCounts) -> u64 {
    u64::from(tests.passed) + u64::from(tests.failed) + u64::from(tests.skipped)
}

/// Whether the same command counted fewer tests before.
fn more_tests<'e>(ran: &'e EvidenceInfo, counts: &mut Vec<(&'e str, u64)>) -> bool {
    let Some(number) = ran.tests.as_ref().map(number) else {
        return false;
    };
    let known = counts
        .iter_mut()
        .find(|(command, _)| *command == ran.command);
    match known {
        Some((_, before)) => std::mem::replace(before, number) < number,
        None => {
            counts.push((&ran.command, number));
            false
        }
    }
}

fn events(
    runs: Vec<Run>,
    checkpoints: Vec<CheckpointInfo>,
    claimed: Option<Phase>,
    passing: bool,
    now: i64,
) -> Vec<Event> {
    let claims = checkpoints.into_iter().filter_map(|checkpoint| {
        let phase = Phase::named(checkpoint.tdd_phase.as_deref()?)?;
        Some(Event::Claim(Claim {
            id: checkpoint.id,
            at: checkpoint.time,
            phase,
            passing: None,
        }))
    });
    let mut events: Vec<Event> = runs.into_iter().map(Event::Run).chain(claims).collect();
    // Runs first where both are of one second: a checkpoint is made of what was run.
    events.sort_by_key(Event::at);
    events.extend(claimed.map(|phase| {
        Event::Claim(Claim {
            id: THIS.to_owned(),
            at: now,
            phase,
            passing: Some(passing),
        })
    }));
    events
}
