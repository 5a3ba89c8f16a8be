//! The sections that several documents share, each made of facts. They must not read anything else.

use std::time::Duration;

use super::time_text::ago_at;
use super::{Item, Mark, Provenance, Section};
use crate::facts::Facts;
use crate::git::commits::{Commit, Commits, Person};
use crate::git::status::{AheadBehind, ChangeKind};
use crate::plugin::contribution::Contribution;
use crate::session::decision::Decision;
use crate::session::live::{LiveSession, Mode, duration_text};
use crate::session::next_actions::count;

/// Where we stand: session, branch, work tree, progress.
pub fn state(facts: &Facts) -> Section {
    let mut section = Section::new("state", "Now").importance(100);
    match &facts.session {
        Some(session) => {
            let context = &session.context;
            let mode = if context.mode == Mode::Tdd {
                ", TDD"
            } else {
                ""
            };
            section.pair(
                "Session",
                format!(
                    "{}, started {} ({}), {} at work{mode}",
                    context.id,
                    facts.date(context.started_at),
                    ago_at(facts.now, context.started_at),
                    duration_text(context.active(facts.now))
                ),
            );
            if let Some(before) = &context.continues {
                section.pair("Continues", before.to_string());
            }
            if let Some(phase) = context.tdd_phase {
                section.pair(
                    "TDD phase",
                    format!("{phase:?}").to_uppercase() + " (as claimed)",
                );
            }
        }
        None => {
            let ended = facts
                .ended
                .as_ref()
                .and_then(|ended| Some((ended, ended.context.ended_at?)));
            section.pair(
                "Session",
                match ended {
                    Some((ended, at)) => {
                        format!("none; {} ended {}", ended.context.id, ago_at(facts.now, at))
                    }
                    None => "none on this branch; `session start` begins one".into(),
                },
            );
        }
    }
    section.pair("Branch", branch_text(facts));
    if let Some(operation) = facts.operation {
        section.pair("Under way", format!("a {operation}"));
    }
    section.pair("Work tree", work_tree_text(facts));
    if let Some(parked) = facts.parked() {
        section.pair(
            "Parked",
            format!("changes that are not back yet, in {parked}"),
        );
    }
    if let Some(session) = &facts.session {
        let total = session.objectives.items().count();
        if total > 0 {
            let done = total - session.objectives.open().count();
            section.pair(
                "Progress",
                format!("{done} of {}", count(total, "objective", "objectives")),
            );
        }
    }
    section
}

fn branch_text(facts: &Facts) -> String {
    let mut text = match (&facts.head.branch, facts.head.commit) {
        (Some(branch), Some(_)) => branch.clone(),
        (Some(branch), None) => format!("{branch}, no commit yet"),
        (None, Some(commit)) => format!("detached at {}", short(&commit.to_string())),
        (None, None) => "detached".into(),
    };
    if let Some(upstream) = &facts.head.upstream {
        match upstream.ahead_behind {
            Some(counts) => text.push_str(&format!("; {} {}", against(counts), upstream.name)),
            None => text.push_str(&format!("; upstream {} is gone", upstream.name)),
        }
    }
    if let Some(base) = &facts.head.base
        && let Some(counts) = base.ahead_behind
    {
        text.push_str(&format!("; {} {}", against(counts), base.name));
    }
    text
}

fn against(counts: AheadBehind) -> String {
    match (counts.ahead, counts.behind) {
        (0, 0) => "level with".into(),
        (ahead, 0) => format!("{ahead} ahead of"),
        (0, behind) => format!("{behind} behind"),
        (ahead, behind) => format!("{ahead} ahead of and {behind} behind"),
    }
}

fn work_tree_text(facts: &Facts) -> String {
    let mut parts = Vec::new();
    for (kind, word) in KINDS {
        let number = facts
            .changes
            .iter()
            .filter(|change| change.kind() == kind)
            .count();
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    if parts.is_empty() {
        "clean".into()
    } else {
        parts.join(", ")
    }
}

const KINDS: [(ChangeKind, &str); 6] = [
    (ChangeKind::Conflicted, "in conflict"),
    (ChangeKind::Modified, "modified"),
    (ChangeKind::TypeChanged, "with another type"),
    (ChangeKind::Added, "added"),
    (ChangeKind::Deleted, "deleted"),
    (ChangeKind::Untracked, "untracked"),
];

pub fn objectives(session: &LiveSession) -> Section {
    let mut section = Section::new("objectives", "Objectives")
        .importance(90)
        .more("session objectives list");
    let current = session.current_objective().map(|item| item.id);
    // What is open comes first: it is what a reader acts on, and what is done may be cut.
    for item in session.objectives.open() {
        let mark = if Some(item.id) == current {
            Mark::Current
        } else {
            Mark::Open
        };
        section.push(Item::Check {
            mark,
            text: format!("{}: {}", item.id, item.text),
        });
    }
    for item in session.objectives.items().filter(|item| item.done) {
        section.push(Item::Check {
            mark: Mark::Done,
            text: format!("{}: {}", item.id, item.text),
        });
    }
    section
}

pub fn blockers(session: &LiveSession) -> Section {
    let mut section = Section::new("blockers", "Blockers")
        .importance(95)
        .more("session blockers list");
    for item in session.blockers.open() {
        let issue = item
            .issue
            .as_ref()
            .map(|key| format!(" ({key})"))
            .unwrap_or_default();
        section.push(Item::Check {
            mark: Mark::Open,
            text: format!("{}: {}{issue}", item.id, item.text),
        });
    }
    section
}

pub fn next_actions(actions: &[String]) -> Section {
    let mut section = Section::new("next_actions", "Next actions").importance(94);
    for action in actions {
        section.line(action.clone());
    }
    section
}

pub fn decisions(decisions: &[Decision], most: usize) -> Section {
    let mut section = Section::new("decisions", "Recent decisions")
        .importance(70)
        .more("session decisions list");
    for decision in decisions.iter().take(most) {
        let rationale = decision
            .rationale
            .as_ref()
            .map(|why| format!(" (why: {why})"))
            .unwrap_or_default();
        section.line(format!("{}: {}{rationale}", decision.id, decision.text));
    }
    section
}

/// Changed files, one line each, and commits.
pub fn changes(facts: &Facts, most: usize) -> Section {
    let title = match &facts.last_checkpoint {
        Some(checkpoint) => {
            let label = checkpoint
                .label
                .as_ref()
                .map(|label| format!(" ({label})"))
                .unwrap_or_default();
            format!(
                "Since {}{label}, {}",
                checkpoint.id,
                ago_at(facts.now, checkpoint.time)
            )
        }
        None if facts.session.is_some() => "Since the session began".into(),
        None => "Uncommitted".into(),
    };
    let mut section = Section::new("changes", title)
        .importance(80)
        .more("git status");
    commits(&mut section, &facts.commits, facts, most);
    for change in facts.changes.iter().take(most) {
        let word = KINDS
            .iter()
            .find(|(kind, _)| *kind == change.kind())
            .map_or("unchanged", |(_, word)| word);
        section.line(format!("{} ({word})", change.path.to_text()));
    }
    if facts.changes.len() > most {
        section.line(format!(
            "and {} more changed files",
            facts.changes.len() - most
        ));
    }
    section
}

pub fn commits(section: &mut Section, commits: &Commits, facts: &Facts, most: usize) {
    if let Some(authors) = authors(commits, facts.head.user.as_ref()) {
        section.line(authors);
    }
    for commit in commits.list.iter().take(most) {
        section.line(commit_line(commit, facts));
    }
    let listed = commits.list.len().min(most);
    if commits.list.len() > listed || commits.more {
        let more = if commits.more {
            "and more commits".into()
        } else {
            format!("and {} more commits", commits.list.len() - listed)
        };
        section.line(more);
    }
}

fn commit_line(commit: &Commit, facts: &Facts) -> String {
    format!(
        "{} {} ({}, {})",
        short(&commit.id.to_string()),
        commit.subject,
        commit.author.name,
        ago_at(facts.now, commit.time)
    )
}

/// `3 commits: 2 yours, 1 by Ada`.
fn authors(commits: &Commits, you: Option<&Person>) -> Option<String> {
    if commits.list.is_empty() {
        return None;
    }
    let yours = commits
        .list
        .iter()
        .filter(|commit| you.is_some_and(|you| you.email == commit.author.email))
        .count();
    let mut others: Vec<(&str, usize)> = Vec::new();
    for commit in &commits.list {
        if you.is_some_and(|you| you.email == commit.author.email) {
            continue;
        }
        match others
            .iter_mut()
            .find(|(name, _)| *name == commit.author.name)
        {
            Some((_, number)) => *number += 1,
            None => others.push((&commit.author.name, 1)),
        }
    }
    let more = if commits.more { "at least " } else { "" };
    let mut parts = Vec::new();
    if yours > 0 {
        parts.push(format!("{yours} yours"));
    }
    parts.extend(
        others
            .iter()
            .take(4)
            .map(|(name, number)| format!("{number} by {name}")),
    );
    Some(format!(
        "{more}{}: {}",
        count(commits.list.len(), "commit", "commits"),
        parts.join(", ")
    ))
}

/// Everything plugins gave that is for reading: their sections and their findings.
pub fn contributions(contributions: &[Contribution]) -> Vec<Section> {
    let mut sections = Vec::new();
    for contribution in contributions {
        let provenance = Provenance::Plugin(contribution.plugin.clone());
        for from in &contribution.sections {
            // 89 at most: nothing of a plugin's pushes out what the session itself has to say.
            let mut section = Section::new(
                format!("plugin_{}", contribution.plugin),
                from.title.clone(),
            )
            .importance(from.importance.min(89))
            .provenance(provenance.clone());
            section.push(Item::Quote {
                text: from.body.clone(),
            });
            sections.push(section);
        }
        let mut findings = Section::new(
            format!("plugin_{}_findings", contribution.plugin),
            "Findings",
        )
        .importance(65)
        .provenance(provenance.clone());
        for finding in &contribution.findings {
            let place = finding.path.as_ref().map(|path| match finding.line {
                Some(line) => format!("{}:{line}: ", path.to_text()),
                None => format!("{}: ", path.to_text()),
            });
            let hint = finding
                .hint
                .as_ref()
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            findings.line(format!(
                "{}{}{hint}",
                place.unwrap_or_default(),
                finding.message
            ));
        }
        if !findings.items.is_empty() {
            sections.push(findings);
        }
    }
    sections
}

/// `context health: 72% (threshold 70%), from plugin context-manager`, one line for each metric of each plugin.
pub fn metrics(contributions: &[Contribution]) -> Section {
    let mut section = Section::new("metrics", "Metrics").importance(60);
    for contribution in contributions {
        for metric in &contribution.metrics {
            let value = |value: f64| metric_value(value, &metric.unit);
            let threshold = metric
                .threshold
                .map(|limit| format!(" (threshold {})", value(limit)))
                .unwrap_or_default();
            let name = metric.name.replace('_', " ");
            section.line(format!(
                "{name}: {}{threshold}, from plugin {}",
                value(metric.value),
                contribution.plugin
            ));
        }
    }
    section
}

fn metric_value(value: f64, unit: &str) -> String {
    let number = if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    };
    match unit {
        "" | "count" => number,
        "percent" => format!("{number}%"),
        unit => format!("{number} {unit}"),
    }
}

/// The first seven characters of an object id.
pub fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

pub fn time_at_work(seconds: u64) -> String {
    duration_text(Duration::from_secs(seconds))
}

impl Section {
    pub fn push(&mut self, item: Item) {
        self.items.push(item);
    }

    pub fn line(&mut self, text: impl Into<String>) {
        self.push(Item::line(text));
    }

    pub fn pair(&mut self, name: &str, value: impl Into<String>) {
        self.push(Item::pair(name, value));
    }
}
