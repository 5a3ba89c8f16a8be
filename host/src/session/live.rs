//! The live session of a branch: `context.json` and the two lists, as values. It must not know where they are kept.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::ids::{CheckpointId, SessionId};
use super::list::{CheckList, Item};
use crate::environment::Timestamp;

/// The version of `context.json` that this program writes. An older one is read; a newer one is refused.
pub const CONTEXT_FORMAT: u32 = 1;

/// The longest silence that still counts as work. See [`LiveContext::touch`].
pub const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    pub context: LiveContext,
    pub objectives: CheckList,
    pub blockers: CheckList,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Normal,
    Tdd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "UPPERCASE")]
#[value(rename_all = "UPPER")]
pub enum TddPhase {
    Red,
    Green,
    Refactor,
}

impl TddPhase {
    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "RED",
            Self::Green => "GREEN",
            Self::Refactor => "REFACTOR",
        }
    }
}

/// The highest of our numbers that can be believed: from here on counting never overflows.
pub const HIGHEST_NUMBER: u32 = 2_000_000_000;

/// What a number that cannot be believed counts as: above every number that was given out, and far from overflowing.
const CAPPED_NUMBER: u32 = 1_000_000_000;

/// A hundred years.
const LONGEST_ACTIVE: u64 = 100 * 366 * 24 * 60 * 60;

/// `context.json`: the rest of the live session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveContext {
    pub format: u32,
    pub id: SessionId,
    /// The branch's name when the session was last written; None when HEAD was detached.
    pub branch: Option<String>,
    pub started_at: Timestamp,
    /// HEAD at the start, as a hexadecimal object id; None on an unborn branch.
    pub start_commit: Option<String>,
    /// The branch it was started from.
    pub base: Option<String>,
    #[serde(default)]
    pub mode: Mode,
    /// The session that this one goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<SessionId>,
    /// The session before it on this branch, where it does not go on from that one: what was seen then counts still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<SessionId>,
    /// What `objectives current` set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_objective: Option<u32>,
    /// The highest numbers ever given out, so that an id is not used twice.
    #[serde(default, deserialize_with = "number")]
    pub highest_objective: u32,
    #[serde(default, deserialize_with = "number")]
    pub highest_blocker: u32,
    #[serde(default, deserialize_with = "number")]
    pub highest_checkpoint: u32,
    #[serde(default, deserialize_with = "number")]
    pub highest_evidence: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdd_phase: Option<TddPhase>,
    /// The plugin that told this phase from evidence; None: somebody gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdd_phase_told_by: Option<String>,
    /// When an enhanced commit last listed decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions_committed_at: Option<Timestamp>,
    /// Those listed in that second: one made in it must neither be listed twice nor be lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions_committed: Vec<String>,
    /// The checkpoint that holds what `switch --park` took out of the work tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<CheckpointId>,
    pub touched: Touched,
    /// Time at work, in seconds.
    #[serde(default, deserialize_with = "seconds")]
    pub active_seconds: u64,
    /// `switch` has left this session, and nobody has come back since: the time until then is another session's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The end was to be pushed: another clone may go on from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// The world when the session was last written: what `resume` compares with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    pub at: Timestamp,
    #[serde(default)]
    pub head: Option<String>,
    #[serde(default)]
    pub upstream: Option<String>,
    #[serde(default)]
    pub base: Option<String>,
}

/// The file is edited by hand, too: a number in it must not be able to make us panic, or give out an id twice.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(deserializer)?;
    Ok(if number > HIGHEST_NUMBER {
        CAPPED_NUMBER
    } else {
        number
    })
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(u64::deserialize(deserializer)?.min(LONGEST_ACTIVE))
}

impl LiveContext {
    /// Counts the time since the last touch as work, unless it is longer than [`LONGEST_PAUSE`]: then it was a
    /// pause, and nothing of it counts.
    ///
    /// After `switch` has left the session, nothing counts until somebody is back.
    pub fn touch(&mut self, now: Timestamp) {
        let away = std::mem::take(&mut self.away);
        if let Ok(gap) = (now - self.touched.at).to_std() {
            if gap <= LONGEST_PAUSE && !away {
                self.active_seconds = self.active_seconds.saturating_add(gap.as_secs());
            }
            self.touched.at = now;
        }
    }

    /// As a touch at each of these moments, for what was done without `session`: commits.
    pub fn touch_between(&mut self, mut moments: Vec<Timestamp>, now: Timestamp) {
        moments.retain(|moment| *moment > self.touched.at && *moment <= now);
        moments.sort();
        moments.into_iter().for_each(|moment| self.touch(moment));
    }

    /// Time at work as of `now`, without writing anything.
    pub fn active(&self, now: Timestamp) -> Duration {
        let gap = (now - self.touched.at).to_std().unwrap_or_default();
        let open = if gap <= LONGEST_PAUSE && !self.away {
            gap
        } else {
            Duration::ZERO
        };
        Duration::from_secs(self.active_seconds).saturating_add(open)
    }

    /// The session before it on its branch.
    pub fn before(&self) -> Option<&SessionId> {
        self.continues.as_ref().or(self.follows.as_ref())
    }

    pub fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }
}

impl LiveSession {
    /// Gives ids to items written by hand, and notes the highest numbers: done before anything is written.
    pub fn settle(&mut self) {
        self.objectives.assign_ids();
        self.blockers.assign_ids();
        self.context.highest_objective = self.objectives.highest();
        self.context.highest_blocker = self.blockers.highest();
    }

    /// What `objectives current` set, else the first open objective.
    pub fn current_objective(&self) -> Option<&Item> {
        let chosen = self.context.current_objective;
        self.objectives
            .open()
            .find(|item| Some(item.id.number) == chosen)
            .or_else(|| self.objectives.open().next())
    }
}

/// `2h 15m`, `45m`, `0m`: how durations are written for people and in `Session-Time:`.
pub fn duration_text(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::session::list::ListKind;

    /// A session with empty lists, for the tests of rules.
    pub fn session() -> LiveSession {
        LiveSession {
            context: context("2026-11-22T10:00:00Z"),
            objectives: CheckList::empty(ListKind::Objectives),
            blockers: CheckList::empty(ListKind::Blockers),
        }
    }

    fn context(at: &str) -> LiveContext {
        let at: Timestamp = at.parse().unwrap();
        LiveContext {
            format: CONTEXT_FORMAT,
            id: SessionId::parse("a-20261122-k3f7").unwrap(),
            branch: None,
            started_at: at,
            start_commit: None,
            base: None,
            mode: Mode::Normal,
            continues: None,
            follows: None,
            current_objective: None,
            highest_objective: 0,
            highest_blocker: 0,
            highest_checkpoint: 0,
            highest_evidence: 0,
            tdd_phase: None,
            tdd_phase_told_by: None,
            decisions_committed_at: None,
            decisions_committed: Vec::new(),
            parked: None,
            touched: Touched {
                at,
                head: None,
                upstream: None,
                base: None,
            },
            active_seconds: 0,
            away: false,
            ended_at: None,
            shared: false,
        }
    }

    #[test]
    fn numbers_that_somebody_wrote_in_cannot_overflow() {
        let mut json = serde_json::to_value(context("2026-11-20T17:00:00Z")).unwrap();
        json["highest_objective"] = u32::MAX.into();
        json["highest_blocker"] = HIGHEST_NUMBER.into();
        json["highest_checkpoint"] = 7.into();
        json["active_seconds"] = u64::MAX.into();
        let mut context: LiveContext = serde_json::from_value(json).unwrap();
        assert_eq!(context.highest_objective, CAPPED_NUMBER);
        assert_eq!(context.highest_blocker, HIGHEST_NUMBER);
        assert_eq!(context.highest_checkpoint, 7);
        context.touch("2026-11-20T17:40:00Z".parse().unwrap());
        assert_eq!(context.active_seconds, LONGEST_ACTIVE + 40 * 60);
    }

    #[test]
    fn a_week_end_is_no_work() {
        let mut context = context("2026-11-20T17:00:00Z");
        context.touch("2026-11-20T17:40:00Z".parse().unwrap());
        context.touch("2026-11-23T08:00:00Z".parse().unwrap());
        assert_eq!(context.active_seconds, 40 * 60);
        let active = context.active("2026-11-23T08:35:00Z".parse().unwrap());
        assert_eq!(duration_text(active), "1h 15m");
    }

    #[test]
    fn commits_fill_a_long_gap_and_those_outside_of_it_do_not() {
        let mut context = context("2026-11-20T12:00:00Z");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let commits = ["14:20", "12:50", "13:40", "11:00", "19:00"];
        let commits = commits.map(|time| at(&format!("2026-11-20T{time}:00Z")));
        context.touch_between(commits.to_vec(), at("2026-11-20T15:00:00Z"));
        context.touch(at("2026-11-20T15:00:00Z"));
        assert_eq!(context.active_seconds, 3 * 60 * 60);
    }

    #[test]
    fn time_in_another_session_is_not_this_ones() {
        let mut context = context("2026-11-20T17:00:00Z");
        context.away = true;
        let noon = |text: &str| text.parse().unwrap();
        assert_eq!(context.active(noon("2026-11-20T17:45:00Z")).as_secs(), 0);
        context.touch(noon("2026-11-20T17:45:00Z"));
        context.touch(noon("2026-11-20T17:55:00Z"));
        assert_eq!(context.active_seconds, 10 * 60);
    }

    #[test]
    fn a_clock_set_back_takes_nothing_away() {
        let mut context = context("2026-11-20T17:00:00Z");
        context.touch("2026-11-20T16:00:00Z".parse().unwrap());
        assert_eq!(context.active_seconds, 0);
        assert_eq!(
            context.touched.at,
            "2026-11-20T17:00:00Z".parse::<Timestamp>().unwrap()
        );
    }
}
