//! Asking the host, and putting what it says into the order of events. It must not judge.

use session_plugin::facts::{self, CheckpointInfo, EarlierRun, Entry};
use session_plugin::{NewState, Request, state};

use crate::beside;
use crate::discipline::{self, Discipline};
use crate::files::{Classes, Kind};
use crate::kept::Kept;
use crate::machine::{Before, Claim, Event, Phase, Run, Story, tell};
use crate::outcome::outcome;
use crate::runs::{runs, what};
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
    let entries = facts::entries();
    // Both in one order.
    let mut next = evidence.iter().peekable();
    let recorded: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((entry, next.next_if(|ran| ran.id == entry.id)?)))
        .collect();
    let runs = runs(&settings, &classes, &recorded, &mut kept, effort);
    let current = runs.last().is_some_and(|(_, current)| *current);
    let passing = current && runs.last().is_some_and(|(run, _)| run.passed);
    let runs = runs.into_iter().map(|(run, _)| run).collect();
    let mut events = events(&entries, runs, checkpoints);
    events.extend(claimed.map(|phase| {
        Event::Claim(Claim {
            id: THIS.to_owned(),
            at: now,
            phase,
            passing: Some(passing),
        })
    }));
    let story = tell(&events, before_this(&settings, &classes, kept.carried()));
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

/// The phase that the session before was in, and of RED what had failed.
fn before_this(settings: &Settings, classes: &Classes, phase: Option<Phase>) -> Before {
    let has_failed = |run: &EarlierRun| {
        let word = run.entry.tests.as_deref();
        let is_configured = settings.names(&run.evidence.command);
        outcome(&run.evidence, word, is_configured) == Some(false)
    };
    let mut runs = Vec::new();
    if phase == Some(Phase::Red) {
        runs = facts::earlier_runs();
        runs.retain(has_failed);
    }
    // Newest first: what failed in yet earlier sessions did not make this RED.
    let session = runs.first().map(|run| run.session.clone());
    let of_it = runs
        .iter()
        .filter(|run| session.as_ref() == Some(&run.session));
    let mut files = of_it.clone().flat_map(|run| &run.evidence.changed_files);
    let source = files.any(|path| classes.kind(path) == Kind::Source);
    let failed = of_it.map(|run| (run.evidence.started_at, what(&run.entry, &run.evidence)));
    Before {
        phase,
        failed: failed.collect(),
        source,
    }
}

/// In the order of the record: times are those of a clock that may have gone back.
fn events(entries: &[Entry], runs: Vec<Run>, checkpoints: Vec<CheckpointInfo>) -> Vec<Event> {
    let claims = checkpoints.into_iter().filter_map(|checkpoint| {
        let phase = Phase::named(checkpoint.tdd_phase.as_deref()?)?;
        Some(Event::Claim(Claim {
            id: checkpoint.id,
            at: checkpoint.time,
            phase,
            passing: None,
        }))
    });
    let mut runs = runs.into_iter().map(Event::Run).peekable();
    let mut claims = claims.peekable();
    let mut events = Vec::new();
    for entry in entries {
        let is_it = |event: &Event| event.id() == entry.id;
        events.extend(runs.next_if(is_it).or_else(|| claims.next_if(is_it)));
    }
    events
}
