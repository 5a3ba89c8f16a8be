//! Asking the host, and putting what it says into the order of events. It must not judge.

use session_plugin::Request;
use session_plugin::facts::{self, CheckpointInfo, EvidenceInfo};

use crate::discipline::{self, Commit, Discipline};
use crate::files::{Classes, Kind};
use crate::machine::{Claim, Event, Phase, Run, Story, tell};
use crate::settings::Settings;

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

pub fn picture(request: &Request) -> Result<Picture, String> {
    let settings = Settings::read(&facts::configuration())?;
    let classes = settings.classes();
    let now = facts::now();
    let argument = request
        .arguments
        .iter()
        .find(|argument| argument.name == "tdd-phase");
    let claimed = argument.and_then(|argument| Phase::named(&argument.value));
    let evidence = facts::evidence();
    let runs = runs(&settings, &classes, &evidence);
    let last = runs.last().map(|(_, standing)| standing.as_str());
    let current = last == Some("verified");
    let passing = current && runs.last().is_some_and(|(run, _)| run.passed);
    let runs = runs.into_iter().map(|(run, _)| run).collect();
    let story = tell(&events(runs, facts::checkpoints(), claimed, passing, now));
    let commits = commits(&classes);
    let changed = facts::changed_files();
    let has = |kind: Kind| changed.iter().any(|file| classes.kind(&file.path) == kind);
    Ok(Picture {
        discipline: discipline::judge(&story, &commits),
        story,
        claimed,
        current,
        tests_changed: has(Kind::Test),
        source_changed: has(Kind::Source),
        now,
    })
}

/// The runs of tests among all evidence, each with its standing. What changed before other commands counts for the next
/// run of the tests.
fn runs(settings: &Settings, classes: &Classes, evidence: &[EvidenceInfo]) -> Vec<(Run, String)> {
    let mut runs = Vec::new();
    let (mut tests_changed, mut source_changed) = (false, false);
    for ran in evidence {
        for path in &ran.changed_files {
            match classes.kind(path) {
                Kind::Test => tests_changed = true,
                Kind::Source => source_changed = true,
                Kind::Other => {}
            }
        }
        if ran.runner.is_none() && !settings.runs_tests(&ran.command, ran.label.as_deref()) {
            continue;
        }
        let seconds = i64::try_from(ran.milliseconds / 1000).unwrap_or(i64::MAX);
        runs.push((
            Run {
                id: ran.id.clone(),
                started_at: ran.started_at,
                ended_at: ran.started_at.saturating_add(seconds),
                passed: ran.exit_code == 0,
                tests_changed: std::mem::take(&mut tests_changed),
                source_changed: std::mem::take(&mut source_changed),
            },
            ran.standing.clone(),
        ));
    }
    runs
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

/// Oldest first.
fn commits(classes: &Classes) -> Vec<Commit> {
    let commits = facts::session_commits().into_iter().rev();
    let commits = commits.map(|commit| {
        let has = |kind: Kind| commit.files.iter().any(|path| classes.kind(path) == kind);
        Commit {
            tests: has(Kind::Test),
            source: has(Kind::Source),
            id: commit.id.chars().take(7).collect(),
            subject: commit.subject,
            time: commit.time,
        }
    });
    commits.collect()
}
