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
/// and a test that was committed before its code comes first as it should.
fn order_of_commits(story: &Story, commits: &[Commit]) -> (Vec<Commit>, Vec<String>) {
    let (mut without, mut after) = (Vec::new(), Vec::new());
    // The test that failed in the session before was written before this one's code.
    let mut tests_ready = story.phases.first() == Some(&(i64::MIN, Phase::Red));
    let mut waiting: Option<&Commit> = None;
    for commit in commits {
        if commit.unknown {
            // Nobody is accused of what was not seen: its tests may be those of the next commit.
            tests_ready = true;
            continue;
        }
        match (commit.tests, commit.source) {
            (true, true) => (tests_ready, waiting) = (false, None),
            (true, false) => match waiting.take() {
                Some(code) => after.push(format!(
                    "the tests in {} came after the code in {}",
                    commit.id, code.id
                )),
                None => tests_ready = true,
            },
            (false, true) if tests_ready => tests_ready = false,
            // In the second of the commit, the next phase may have begun already.
            (false, true)
                if [commit.time, commit.time - 1]
                    .iter()
                    .any(|time| story.phase_at(*time) == Some(Phase::Refactor)) => {}
            (false, true) => {
                without.push(commit.clone());
                waiting = Some(commit);
            }
            (false, false) => {}
        }
    }
    (without, after)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
