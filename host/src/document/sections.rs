//! The sections that several documents share, each made of facts. They must not read anything else.

use std::time::Duration;

use super::count::count;
use super::time_text::ago_at;
use super::{Item, Mark, Provenance, Section, changes};
use crate::environment::Timestamp;
use crate::facts::Facts;
use crate::git::status::AheadBehind;
use crate::plugin::contribution::Contribution;
use crate::session::decision::Decision;
use crate::session::gates::percent;
use crate::session::live::{LiveSession, Mode, duration_text};
use crate::session::phase;

/// Where we stand: session, branch, work tree, progress.
pub fn state(facts: &Facts, contributions: &[Contribution]) -> Section {
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
            if let Some(phase) = phase::now(facts, contributions) {
                section.pair("TDD phase", phase.text());
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
    section.pair("Work tree", changes::work_tree_text(&facts.changes));
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
                format!(
                    "{done} of {}{}",
                    count(total, "objective", "objectives"),
                    carried_text(facts)
                ),
            );
        }
    }
    section
}

/// What the session before left open is in this one's count; what it achieved is not.
fn carried_text(facts: &Facts) -> String {
    let continued = facts
        .session
        .as_ref()
        .and_then(|session| session.context.continues.as_ref());
    let carried = facts
        .handoff
        .as_ref()
        .filter(|handoff| Some(&handoff.session) == continued)
        .map_or(0, |before| {
            before
                .objectives_total
                .saturating_sub(before.objectives_done)
        });
    match carried {
        0 => String::new(),
        carried => format!(", {carried} carried over"),
    }
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

/// Everything plugins gave that is for reading: their sections and their findings.
pub fn contributions(contributions: &[Contribution], now: Timestamp) -> Vec<Section> {
    let mut sections = Vec::new();
    for contribution in contributions {
        let provenance = Provenance::Plugin(contribution.plugin.clone());
        let age = contribution.said_at.map(|said_at| ago_at(now, said_at));
        for from in &contribution.sections {
            // 89 at most: nothing of a plugin's pushes out what the session itself has to say.
            let mut section = Section::new(
                format!("plugin_{}", contribution.plugin),
                from.title.clone(),
            )
            .importance(from.importance.min(89))
            .provenance(provenance.clone())
            .age(age.clone());
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
        .provenance(provenance.clone())
        .age(age);
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
pub fn metrics(contributions: &[Contribution], now: Timestamp) -> Section {
    let mut section = Section::new("metrics", "Metrics").importance(60);
    for contribution in contributions {
        let age = contribution.said_at.map(|said_at| ago_at(now, said_at));
        let age = age.map(|age| format!(", {age}")).unwrap_or_default();
        for metric in &contribution.metrics {
            let value = |value: f64| metric_value(value, &metric.unit);
            let threshold = metric
                .threshold
                .map(|limit| format!(" (threshold {})", value(limit)))
                .unwrap_or_default();
            let name = metric.name.replace('_', " ");
            section.line(format!(
                "{name}: {}{threshold}, from plugin {}{age}",
                value(metric.value),
                contribution.plugin
            ));
        }
    }
    section
}

fn metric_value(value: f64, unit: &str) -> String {
    if unit == "percent" {
        return percent(value);
    }
    let number = if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    };
    match unit {
        "" | "count" => number,
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

#[cfg(test)]
mod tests {
    use super::metric_value;

    #[test]
    fn a_percentage_is_never_rounded_up_to_its_threshold() {
        let of = |value| metric_value(value, "percent");
        assert_eq!(of(800.0 / 9.0), "88.8%");
        assert_eq!([of(84.99), of(85.0)], ["84.9%", "85%"]);
        assert_eq!(metric_value(1.25, "points"), "1.2 points");
    }
}
