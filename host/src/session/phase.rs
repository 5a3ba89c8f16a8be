//! The one phase of test-driven development that a document shows: what a plugin tells now, else what the session
//! remembers; and when it is a new one. It must not tell a phase itself, nor take what somebody claimed for what evidence
//! tells.

use serde::{Deserialize, Serialize};

use super::ids::CheckpointId;
use super::live::TddPhase;
use super::record::CheckpointRecord;
use crate::facts::Facts;
use crate::plugin::contribution::Contribution;

/// The trailer that says it.
const TRAILER: &str = "TDD-Phase";

/// Characters of a reason; a plugin's section may be long.
const LONGEST_REASON: usize = 200;

/// What stands behind a phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseStanding {
    #[default]
    Evidence,
    /// Somebody's word, and no evidence for it: unverified.
    Claimed,
}

/// What a plugin said of the phase at a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTold {
    pub phase: TddPhase,
    #[serde(default)]
    pub standing: PhaseStanding,
    /// The plugin's own words, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    pub plugin: String,
}

/// What these answers to a checkpoint say. One that was kept from an earlier command says nothing of this moment.
pub fn told(contributions: &[Contribution]) -> Option<PhaseTold> {
    let fresh = contributions.iter().filter(|it| it.said_at.is_none());
    fresh.into_iter().find_map(|contribution| {
        let (_, value) = contribution
            .trailers
            .iter()
            .find(|(key, _)| key == TRAILER)?;
        let phase = named(value)?;
        let why = why(contribution);
        let unverified = format!("{}, unverified: ", phase.name());
        let claimed = why.as_ref().is_some_and(|why| why.starts_with(&unverified));
        Some(PhaseTold {
            phase,
            standing: match claimed {
                true => PhaseStanding::Claimed,
                false => PhaseStanding::Evidence,
            },
            why,
            plugin: contribution.plugin.clone(),
        })
    })
}

/// The phase at this moment. Every document shows this one, and none beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseNow {
    pub phase: TddPhase,
    pub standing: PhaseStanding,
    /// Phase, standing and reason in one line.
    pub words: String,
    /// The plugin that told it; None: the session remembers what was claimed.
    pub plugin: Option<String>,
    /// The checkpoint at which it was told; None: it is told now.
    pub checkpoint: Option<CheckpointId>,
}

/// What a plugin tells in answer to this command, else what the session remembers of its last checkpoint.
pub fn now(facts: &Facts, contributions: &[Contribution]) -> Option<PhaseNow> {
    if let Some(told) = told(contributions) {
        return Some(PhaseNow::told(&told, None));
    }
    let context = &facts.session.as_ref()?.context;
    let phase = context.tdd_phase?;
    let last = facts.last_checkpoint.as_ref();
    let last = last.filter(|last| last.phase() == Some(phase));
    if let Some((last, told)) = last.and_then(|last| Some((last, last.phase_told.as_ref()?))) {
        return Some(PhaseNow::told(told, Some(last.id)));
    }
    let why = match (last, context.before()) {
        (Some(last), _) => format!("claimed ({})", last.id),
        (None, Some(before)) if facts.last_checkpoint.is_none() => {
            format!("it was the phase of {before}")
        }
        (None, _) => "it was so at an earlier checkpoint".to_owned(),
    };
    Some(PhaseNow {
        phase,
        standing: PhaseStanding::Claimed,
        words: format!("{}, unverified: {why}", phase.name()),
        plugin: None,
        checkpoint: None,
    })
}

impl PhaseNow {
    fn told(told: &PhaseTold, checkpoint: Option<CheckpointId>) -> Self {
        Self {
            phase: told.phase,
            standing: told.standing,
            words: told.words(),
            plugin: Some(told.plugin.clone()),
            checkpoint,
        }
    }

    /// With its source.
    pub fn text(&self) -> String {
        let words = &self.words;
        match (&self.plugin, self.checkpoint) {
            (Some(plugin), Some(id)) => format!("{words} (from plugin {plugin}, at {id})"),
            (Some(plugin), None) => format!("{words} (from plugin {plugin})"),
            (None, _) => words.clone(),
        }
    }
}

impl PhaseTold {
    fn words(&self) -> String {
        let words = self.why.as_deref().unwrap_or(self.phase.name());
        words.trim_end_matches('.').to_owned()
    }

    /// With its source.
    pub fn text(&self) -> String {
        PhaseNow::told(self, None).text()
    }
}

fn named(name: &str) -> Option<TddPhase> {
    match name {
        "RED" => Some(TddPhase::Red),
        "GREEN" => Some(TddPhase::Green),
        "REFACTOR" => Some(TddPhase::Refactor),
        _ => None,
    }
}

/// The first line of the plugin's first section: where the phase stands with its reason.
fn why(contribution: &Contribution) -> Option<String> {
    let line = contribution.sections.first()?.body.lines().next()?.trim();
    let line = line.strip_prefix("Phase: ").unwrap_or(line);
    Some(line.chars().take(LONGEST_REASON).collect::<String>()).filter(|line| !line.is_empty())
}

/// Whether a phase was told that the session was not in yet. `last` is this session's last checkpoint, and `recorded` the
/// phase that the session remembers: what it brought from another one is not yet a phase of its own.
pub fn is_new(
    told: &PhaseTold,
    last: Option<&CheckpointRecord>,
    recorded: Option<TddPhase>,
) -> bool {
    let before = last.and_then(|last| last.phase().or(recorded));
    before != Some(told.phase)
}

impl CheckpointRecord {
    /// The phase at this checkpoint: as it was given, else as it was told.
    pub fn phase(&self) -> Option<TddPhase> {
        let told = self.phase_told.as_ref().map(|told| told.phase);
        self.tdd_phase.or(told)
    }

    /// None without a phase.
    pub fn phase_standing(&self) -> Option<PhaseStanding> {
        self.phase()?;
        let told = self.phase_told.as_ref().map(|told| told.standing);
        Some(told.unwrap_or(PhaseStanding::Claimed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::contribution::PluginSection;

    fn says(phase: &str, body: &str) -> Contribution {
        Contribution {
            plugin: "tdd-workflow".into(),
            trailers: vec![(TRAILER.into(), phase.into())],
            sections: vec![PluginSection {
                title: "Test-driven development".into(),
                body: body.into(),
                importance: 55,
            }],
            ..Contribution::default()
        }
    }

    fn without_phase() -> CheckpointRecord {
        serde_json::from_value(serde_json::json!({
            "format": 1, "id": "cp-1", "reason": "asked", "time": "2026-11-22T10:00:00Z", "branch": null, "head": null,
            "files": [], "commits": [], "objectives_done": 0, "objectives_total": 0, "blockers_open": 0,
            "active_seconds": 0,
        }))
        .unwrap()
    }

    #[test]
    fn a_phase_is_told_by_a_trailer_with_the_reason_beside_it() {
        let body = "Phase: RED, since they fail (ev-1).\nMore.\n";
        let told = told(&[Contribution::default(), says("RED", body)]).unwrap();
        assert_eq!(told.phase, TddPhase::Red);
        assert_eq!(told.why.as_deref(), Some("RED, since they fail (ev-1)."));
        assert_eq!(told.plugin, "tdd-workflow");
    }

    #[test]
    fn what_was_said_earlier_or_is_no_phase_tells_nothing() {
        let kept = Contribution {
            said_at: Some("2026-11-22T10:00:00Z".parse().unwrap()),
            ..says("RED", "")
        };
        assert_eq!(told(&[kept, says("BLUE", "")]), None);
        let bare = told(&[says("GREEN", "")]).unwrap();
        assert_eq!(bare.why, None);
    }

    #[test]
    fn a_phase_is_new_where_the_session_was_in_another_one() {
        let told = told(&[says("RED", "")]).unwrap();
        // What the session brought from the one before is none of its own.
        assert!(is_new(&told, None, Some(TddPhase::Red)));
        let checkpoint = |phase: Option<&str>| {
            let phase_told = phase.map(|phase| super::told(&[says(phase, "")]).unwrap());
            CheckpointRecord {
                phase_told,
                ..without_phase()
            }
        };
        let at = |last: &CheckpointRecord, recorded| is_new(&told, Some(last), recorded);
        assert!(at(&checkpoint(Some("GREEN")), Some(TddPhase::Red)));
        assert!(!at(&checkpoint(Some("RED")), None));
        // A checkpoint without the plugin does not make the phase a new one.
        assert!(!at(&checkpoint(None), Some(TddPhase::Red)));
        assert!(at(&checkpoint(None), None));
        let claimed = CheckpointRecord {
            tdd_phase: Some(TddPhase::Red),
            ..checkpoint(None)
        };
        assert!(!at(&claimed, None));
    }
}
