//! How well the order of test, code and clean-up was kept, and what it cost where it was not. It must not know how
//! events were found.

use crate::machine::{Phase, Story};

/// A commit of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Short.
    pub id: String,
    pub subject: String,
    pub time: i64,
    pub tests: bool,
    pub source: bool,
    /// What it changed could not be looked at: it may hold tests beside its code.
    pub unknown: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discipline {
    /// 0 to 100; none where there is nothing to judge by.
    pub score: Option<u32>,
    /// What cost points, and how many.
    pub reasons: Vec<(u32, String)>,
    /// Commits that change source, and neither they nor the ones before them a test for it.
    pub without_tests: Vec<Commit>,
    /// Commits that could not be looked at, and do not count.
    pub unknown: usize,
}

/// What each kind costs, and at most.
const WITHOUT_TESTS: (u32, u32) = (10, 40);
const AFTER_CODE: (u32, u32) = (10, 30);
const NEVER_FAILED: (u32, u32) = (5, 20);
const UNVERIFIED: (u32, u32) = (10, 30);

/// `commits` oldest first.
pub fn judge(story: &Story, commits: &[Commit]) -> Discipline {
    let (without_tests, tests_after) = order_of_commits(story, commits);
    let judged = story.last_run.is_some()
        || story.phase.is_some()
        || commits.iter().any(|commit| commit.source);
    let mut reasons = Vec::new();
    let mut cost = |each: (u32, u32), texts: Vec<String>| {
        let mut left = each.1;
        for text in texts {
            let points = each.0.min(left);
            left -= points;
            if points > 0 {
                reasons.push((points, text));
            }
        }
    };
    let texts = without_tests.iter();
    let texts = texts.map(|commit| {
        format!(
            "{} changes source without tests: {}",
            commit.id, commit.subject
        )
    });
    cost(WITHOUT_TESTS, texts.collect());
    let fixed = story.fixed_after_code.iter();
    let fixed = fixed.map(|id| format!("tests were changed to fit the code ({id})"));
    cost(AFTER_CODE, tests_after.into_iter().chain(fixed).collect());
    let never = story.never_failed.iter();
    cost(
        NEVER_FAILED,
        never
            .map(|id| format!("changed tests were never seen to fail ({id})"))
            .collect(),
    );
    let claims = story.unverified.iter();
    cost(
        UNVERIFIED,
        claims
            .map(|id| format!("a phase was claimed without passing tests ({id})"))
            .collect(),
    );
    let lost: u32 = reasons.iter().map(|(points, _)| points).sum();
    Discipline {
        score: judged.then(|| 100_u32.saturating_sub(lost)),
        reasons,
        without_tests,
        unknown: commits.iter().filter(|commit| commit.unknown).count(),
    }
}

/// Commits of source without a test, and the commits that brought the tests afterwards. A refactoring needs no new test,
/// a test that was committed before its code comes first as it should, and one that was seen to fail and to pass before
/// its code was committed came first, whenever it is committed itself.
fn order_of_commits(story: &Story, commits: &[Commit]) -> (Vec<Commit>, Vec<String>) {
    let (mut without, mut after) = (Vec::new(), Vec::new());
    // Commits of tests, each for one of source. The test that failed in the session before was written before this
    // one's code.
    let mut ready = usize::from(story.phases.first() == Some(&(i64::MIN, Phase::Red)));
    // Commits of source whose tests were seen, and are not committed yet.
    let mut seen = 0_usize;
    let mut waiting: Option<&Commit> = None;
    let mut cycles = Cycles::default();
    for commit in commits {
        let has_cycle = (commit.source || commit.unknown) && cycles.has_one(story, commit.time);
        if commit.unknown {
            // Nobody is accused of what was not seen: its tests may be those of the next commit.
            ready += 1;
            continue;
        }
        match (commit.tests, commit.source) {
            (true, true) => (ready, seen, waiting) = (ready.saturating_sub(1), 0, None),
            (true, false) if seen > 0 => seen -= 1,
            (true, false) => match waiting.take() {
                Some(code) => after.push(format!(
                    "the tests in {} came after the code in {}",
                    commit.id, code.id
                )),
                None => ready += 1,
            },
            (false, true) if ready > 0 => ready -= 1,
            // In the second of the commit, the next phase may have begun already.
            (false, true)
                if [commit.time, commit.time - 1]
                    .iter()
                    .any(|time| story.phase_at(*time) == Some(Phase::Refactor)) => {}
            (false, true) if has_cycle => seen += 1,
            (false, true) => {
                without.push(commit.clone());
                waiting = Some(commit);
            }
            (false, false) => {}
        }
    }
    (without, after)
}

/// Cycles that ended before a commit of source, and after the one before it.
#[derive(Default)]
struct Cycles {
    taken: usize,
}

impl Cycles {
    /// Whether there is one for the commit of this time. What ended in the same second may belong to the next one.
    fn has_one(&mut self, story: &Story, time: i64) -> bool {
        let ended = |until: i64| story.cycles.iter().filter(move |it| it.green_at <= until);
        let is_there = ended(time).count() > self.taken;
        self.taken = ended(time - 1)
            .count()
            .max(self.taken + usize::from(is_there));
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Cycle;

    /// A word a commit: `t` changes tests, `s` source, `ts` both, `-` neither, and of `?` nothing is known.
    fn judged(words: &str, story: &Story) -> Discipline {
        let commits = words
            .split_whitespace()
            .enumerate()
            .map(|(index, word)| Commit {
                id: format!("c{index}"),
                subject: "Do it".to_owned(),
                time: i64::try_from(index).unwrap(),
                tests: word.contains('t'),
                source: word.contains('s'),
                unknown: word.contains('?'),
            });
        judge(story, &commits.collect::<Vec<_>>())
    }

    #[test]
    fn commits_count_in_their_order() {
        let cases = [
            ("", None),
            ("-", None),
            ("t", None),
            ("ts ts", Some(100)),
            ("t s", Some(100)),
            ("t s s", Some(90)),
            ("t t s s", Some(100)),
            ("t ts s", Some(90)),
            ("t t ts s", Some(100)),
            ("s", Some(90)),
            // Without, and the test came after it.
            ("s t", Some(80)),
            ("s t s", Some(70)),
            ("s s s s s s", Some(60)),
            ("?s", Some(100)),
            ("?s s", Some(100)),
            ("?s s s", Some(90)),
        ];
        for (words, score) in cases {
            let discipline = judged(words, &Story::default());
            assert_eq!(discipline.score, score, "{words}: {discipline:?}");
        }
    }

    #[test]
    fn a_refactoring_needs_no_new_test() {
        let story = Story {
            phase: Some(Phase::Refactor),
            phases: vec![(0, Phase::Green), (2, Phase::Refactor)],
            ..Story::default()
        };
        assert_eq!(judged("ts - s s", &story).score, Some(100));
        assert_eq!(judged("ts s s s", &story).without_tests.len(), 1);
    }

    #[test]
    fn every_point_has_its_reason() {
        let story = Story {
            fixed_after_code: vec!["ev-3".to_owned()],
            never_failed: vec!["ev-5".to_owned(); 9],
            unverified: vec!["cp-2".to_owned()],
            ..Story::default()
        };
        let discipline = judged("s", &story);
        let lost: u32 = discipline.reasons.iter().map(|(points, _)| points).sum();
        assert_eq!(discipline.score, Some(100 - lost));
        assert_eq!(lost, 10 + 10 + 20 + 10);
        assert_eq!(
            discipline.reasons[0].1,
            "c0 changes source without tests: Do it"
        );
    }

    #[test]
    fn a_test_of_the_session_before_and_a_phase_of_the_same_second_excuse_a_commit() {
        let phases = |phases: &[(i64, Phase)]| Story {
            phases: phases.to_vec(),
            ..Story::default()
        };
        let without = |words: &str, story: &Story| judged(words, story).without_tests.len();
        let handed_over = phases(&[(i64::MIN, Phase::Red)]);
        assert_eq!(without("s", &handed_over), 0);
        assert_eq!(without("s s", &handed_over), 1, "one test, one commit");
        let next = phases(&[(0, Phase::Refactor), (1, Phase::Red)]);
        assert_eq!(without("- s", &next), 0);
        assert_eq!(without("- - - s", &next), 1);
    }

    #[test]
    fn code_whose_tests_were_seen_to_fail_and_pass_may_be_committed_before_them() {
        let cycles = |ends: &[i64]| {
            let cycles = ends.iter().map(|end| Cycle {
                red_at: 0,
                green_at: *end,
            });
            Story {
                cycles: cycles.collect(),
                ..Story::default()
            }
        };
        for (words, ends, score) in [
            ("- s t", &[0][..], 100),
            ("- s t s", &[0], 90),
            ("- s t s t", &[0, 3], 100),
            // Of another commit, or of none yet.
            ("s - s", &[0], 90),
            ("- ts - s", &[1], 90),
            ("- ts - s", &[3], 100),
            ("- s t", &[2], 80),
            // A test that was ready is for the next one.
            ("- s s", &[1], 90),
            ("- s s", &[1, 1], 100),
            ("- s t t s", &[1], 100),
        ] {
            let discipline = judged(words, &cycles(ends));
            assert_eq!(
                discipline.score,
                Some(score),
                "{words} {ends:?}: {discipline:?}"
            );
        }
    }
}
