//! How a session begins: anew, or going on from one that ended. Pure.

use super::ids::SessionId;
use super::list::{CheckList, ListKind};
use super::live::{CONTEXT_FORMAT, LiveContext, LiveSession, Mode, TddPhase, Touched};
use super::record::{RECORD_FORMAT, StartRecord};

/// What is known of the world when a session begins.
#[derive(Debug, Clone)]
pub struct Beginning {
    pub id: SessionId,
    pub branch: Option<String>,
    pub base: Option<String>,
    pub mode: Mode,
    pub objectives: Vec<String>,
    pub touched: Touched,
}

/// A new session. Numbers go on where the branch's last session stopped: an id never means two things on one branch. A
/// test that failed then is still to be made to pass.
pub fn begin(beginning: Beginning, previous: Option<&LiveSession>) -> LiveSession {
    let (objectives, blockers) = match previous {
        Some(previous) => (
            CheckList::parse(ListKind::Objectives, "", previous.objectives.highest()),
            CheckList::parse(ListKind::Blockers, "", previous.blockers.highest()),
        ),
        None => (
            CheckList::empty(ListKind::Objectives),
            CheckList::empty(ListKind::Blockers),
        ),
    };
    let mut session = open(beginning, None, objectives, blockers);
    session.context.follows = previous.map(|previous| previous.context.id.clone());
    let phase = previous.and_then(|previous| previous.context.tdd_phase);
    let is_red = phase == Some(TddPhase::Red) && session.context.mode == Mode::Tdd;
    session.context.tdd_phase = phase.filter(|_| is_red);
    session
}

/// A session that goes on from one that ended: it names it, and carries its open objectives and blockers with their ids.
pub fn go_on(beginning: Beginning, from: &LiveSession) -> LiveSession {
    let mut session = open(
        beginning,
        Some(from.context.id.clone()),
        from.objectives.carried(),
        from.blockers.carried(),
    );
    session.context.current_objective = from.context.current_objective;
    session.context.tdd_phase = from.context.tdd_phase;
    let told_by = &from.context.tdd_phase_told_by;
    session.context.tdd_phase_told_by.clone_from(told_by);
    session
}

fn open(
    beginning: Beginning,
    continues: Option<SessionId>,
    mut objectives: CheckList,
    blockers: CheckList,
) -> LiveSession {
    for text in &beginning.objectives {
        objectives.add(text, None);
    }
    LiveSession {
        context: LiveContext {
            format: CONTEXT_FORMAT,
            id: beginning.id,
            branch: beginning.branch,
            started_at: beginning.touched.at,
            start_commit: beginning.touched.head.clone(),
            base: beginning.base,
            mode: beginning.mode,
            continues,
            follows: None,
            current_objective: None,
            highest_objective: objectives.highest(),
            highest_blocker: blockers.highest(),
            highest_checkpoint: 0,
            highest_evidence: 0,
            tdd_phase: None,
            tdd_phase_told_by: None,
            decisions_committed_at: None,
            decisions_committed: Vec::new(),
            parked: None,
            touched: beginning.touched,
            active_seconds: 0,
            away: false,
            ended_at: None,
            shared: false,
        },
        objectives,
        blockers,
    }
}

/// The first entry of a session's record.
pub fn start_record(session: &LiveSession) -> StartRecord {
    StartRecord {
        format: RECORD_FORMAT,
        time: session.context.started_at,
        commit: session.context.start_commit.clone(),
        mode: session.context.mode,
        continues: session.context.continues.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::live::tests::session;

    fn beginning() -> Beginning {
        let before = session();
        Beginning {
            id: SessionId::parse("a-20261123-aaaa").unwrap(),
            branch: Some("a".into()),
            base: None,
            mode: Mode::Normal,
            objectives: vec!["New".into()],
            touched: before.context.touched,
        }
    }

    #[test]
    fn what_is_open_is_carried_with_its_id_and_what_is_done_is_not() {
        let mut before = session();
        before.objectives = CheckList::parse(
            ListKind::Objectives,
            "- [x] obj-1: Done\n- [ ] obj-2: Open\n",
            0,
        );
        before.blockers = CheckList::parse(ListKind::Blockers, "- [x] blk-4: Gone\n", 0);
        let next = go_on(beginning(), &before);
        let ids: Vec<_> = next
            .objectives
            .items()
            .map(|item| item.id.to_string())
            .collect();
        assert_eq!(ids, ["obj-2", "obj-3"]);
        assert_eq!(next.context.highest_blocker, 4);
        assert_eq!(
            next.context.continues.as_ref().map(SessionId::as_str),
            Some("a-20261122-k3f7")
        );
    }

    #[test]
    fn a_new_session_on_the_same_branch_reuses_no_id() {
        let mut before = session();
        before.objectives = CheckList::parse(ListKind::Objectives, "- [ ] obj-7: Open\n", 0);
        let next = begin(beginning(), Some(&before));
        let ids: Vec<_> = next
            .objectives
            .items()
            .map(|item| item.id.to_string())
            .collect();
        assert_eq!(ids, ["obj-8"]);
        assert_eq!(next.context.continues, None);
        assert_eq!(next.context.follows, Some(before.context.id));
    }

    #[test]
    fn a_new_session_begins_red_where_tests_failed_at_the_end_of_the_one_before() {
        let mut before = session();
        for (phase, mode, expected) in [
            (TddPhase::Red, Mode::Tdd, Some(TddPhase::Red)),
            (TddPhase::Red, Mode::Normal, None),
            (TddPhase::Green, Mode::Tdd, None),
        ] {
            before.context.tdd_phase = Some(phase);
            let beginning = Beginning {
                mode,
                ..beginning()
            };
            let next = begin(beginning, Some(&before));
            assert_eq!(next.context.tdd_phase, expected, "{phase:?} {mode:?}");
        }
    }
}
