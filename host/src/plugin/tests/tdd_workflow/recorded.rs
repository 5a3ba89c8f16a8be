//! What the record says beyond evidence and checkpoints: their order, how runs ended, and whose a change is.

use super::*;
use crate::plugin::host_data::{CommitOrigin, EarlierRun};

/// Files with their text, whether the user made the commit, and the files in which it wrote nothing new.
type Case = (
    &'static [(&'static str, &'static str)],
    bool,
    &'static [&'static str],
);

#[test]
fn what_others_did_and_what_was_only_moved_costs_nothing() {
    let mut host = host();
    const TESTS: &str = "#[test]\nfn pays() {}\n";
    let commits: [Case; 6] = [
        (&[("src/theirs.js", "")], false, &[]),
        (&[("tests/theirs.rs", "")], false, &[]),
        (
            &[("src/a.js", ""), ("src/b.js", "")],
            true,
            &["src/a.js", "src/b.js"],
        ),
        (
            &[("src/a.rs", "one\n"), ("src/b.rs", "one\n")],
            true,
            &["src/a.rs", "src/b.rs"],
        ),
        // The tests in a file that was only moved are not this commit's.
        (
            &[("src/c.rs", "fn pay() {}\n"), ("src/d.rs", TESTS)],
            true,
            &["src/d.rs"],
        ),
        (
            &[("tests/a.rs", ""), ("tests/README.md", "")],
            true,
            &["tests/a.rs"],
        ),
    ];
    for (minute, (files, by_user, unwritten)) in (1..).zip(commits) {
        commit_of(&mut host, minute, files);
        host.commit_origins.push(CommitOrigin {
            id: host.session_commits[0].commit.id.clone(),
            by_user,
            unwritten: unwritten.iter().map(|path| (*path).into()).collect(),
        });
    }
    let said = checkpoint(&host, None);
    let without = ["4aaaaaa changes source without tests: Pay once"];
    assert_eq!(messages(&said), without);
    assert_eq!(metric(&said, "tdd_discipline"), Some(90.0));
}

#[test]
fn tests_that_were_only_moved_were_not_changed() {
    let mut host = host();
    let moved = ["tests/a.rs", "tests/b.rs"];
    run(&mut host, 0, 0, &["tests/README.md"]);
    run(&mut host, 5, 0, &moved);
    host.entries[1].unwritten = moved.iter().map(|path| (*path).into()).collect();
    let said = checkpoint(&host, None);
    assert_eq!(metric(&said, "tdd_discipline"), Some(100.0), "{said:?}");
    // What came in from the base branch fails: nobody here has changed a test.
    run(&mut host, 10, 1, &["tests/theirs.rs"]);
    host.entries[2].unwritten = vec!["tests/theirs.rs".into()];
    assert_eq!(trailers(&checkpoint(&host, None)), []);
    // Nor does that show that a test of one's own can fail.
    let mut host = super::host();
    run(&mut host, 0, 0, &["tests/own.rs"]);
    run(&mut host, 10, 1, &["tests/theirs.rs"]);
    host.entries[1].unwritten = vec!["tests/theirs.rs".into()];
    let said = checkpoint(&host, None);
    assert_eq!(trailers(&said), []);
    let never = "changed tests were never seen to fail (ev-1)";
    assert_eq!(messages(&said), [never]);
}

/// A checkpoint of GREEN and the next failing run in one second; then a clock that went back.
#[test]
fn events_are_told_in_the_order_of_the_record_whatever_the_clock_says() {
    let mut host = host();
    run(&mut host, 0, 1, &["tests/pay.rs"]);
    run(&mut host, 10, 0, &["src/pay.rs"]);
    saved(&mut host, 11, Some("GREEN"));
    run(&mut host, 11, 1, &["tests/pay.rs"]);
    host.evidence[2].milliseconds = 0;
    let said = checkpoint(&host, None);
    assert_eq!(trailers(&said), [("TDD-Phase", "RED")]);
    assert_eq!(metric(&said, "tdd_cycles"), Some(1.0));
    assert_eq!(metric(&said, "tdd_discipline"), Some(100.0));
    run(&mut host, 5, 0, &["src/pay.rs"]);
    let said = checkpoint(&host, None);
    assert_eq!(trailers(&said), [("TDD-Phase", "GREEN")]);
    assert_eq!(metric(&said, "tdd_cycles"), Some(2.0));
}

#[test]
fn a_failed_test_is_one_whatever_the_exit_code() {
    let mut host = host();
    run(&mut host, 0, 1, &["tests/pay.rs"]);
    run(&mut host, 10, 0, &["src/pay.rs"]);
    host.evidence[1].tests = Some((0, 1, 0));
    host.entries[1].tests = Some("failed".into());
    assert_eq!(trailers(&checkpoint(&host, None)), [("TDD-Phase", "RED")]);
}

#[test]
fn other_tests_that_pass_do_not_end_a_cycle() {
    let mut host = host();
    let pytest = |host: &mut FixedHost, minute, exit_code, words: &str, tests, changed: &[&str]| {
        run(host, minute, exit_code, changed);
        let ran = host.evidence.last_mut().unwrap();
        ran.command = format!("pytest -q{words}");
        ran.runner = Some("pytest".into());
        ran.tests = tests;
    };
    pytest(&mut host, 0, 1, "", Some((1, 1, 0)), &["test_new.py"]);
    for (words, tests) in [
        (" test_ok.py", Some((1, 0, 0))),
        (" --co", None),
        (" -k no", Some((0, 0, 0))),
    ] {
        pytest(&mut host, 5, 0, words, tests, &["src/pay.py"]);
        let said = checkpoint(&host, None);
        assert_eq!(trailers(&said), [("TDD-Phase", "RED")], "{words}");
        let told = "ev-2 passed, and is not known to have had the tests that failed.";
        assert!(said.sections[0].body.contains(told), "{said:?}");
    }
    pytest(&mut host, 10, 0, "", Some((2, 0, 0)), &["src/pay.py"]);
    let said = checkpoint(&host, None);
    assert_eq!(trailers(&said), [("TDD-Phase", "GREEN")]);
    assert_eq!(metric(&said, "tdd_cycles"), Some(1.0));
}

#[test]
fn a_test_that_is_skipped_does_not_pass() {
    let mut host = host();
    run(&mut host, 0, 1, &["tests/pay.rs", "src/pay.rs"]);
    host.evidence[0].tests = Some((1, 1, 0));
    run(&mut host, 5, 0, &["tests/pay.rs"]);
    host.evidence[1].tests = Some((1, 0, 1));
    let said = checkpoint(&host, None);
    assert_eq!(trailers(&said), []);
    assert_eq!(metric(&said, "tdd_cycles"), Some(0.0), "{said:?}");
    let why = "No phase yet: the tests pass, and are fewer than those that failed (ev-2).";
    assert!(said.sections[0].body.contains(why), "{said:?}");
}

/// A file of code and tests that is as it was: there is no word on which of the two it was.
#[test]
fn tests_beside_their_code_that_were_taken_back_complete_no_cycle() {
    // A module that was moved may be just what its tests were missing.
    for (moved, cycles) in [("src/pay.rs", 0.0), ("src/pay.py", 1.0)] {
        let mut host = host();
        run(&mut host, 0, 1, &["tests/pay.rs"]);
        run(&mut host, 5, 0, &[moved]);
        host.entries[1].unwritten = vec![moved.into()];
        let said = checkpoint(&host, None);
        assert_eq!(metric(&said, "tdd_cycles"), Some(cycles), "{said:?}");
    }
}

/// Only the tests are changed in this session; the code may have been, in the one before.
#[test]
fn code_that_was_written_before_the_handoff_counts_for_its_cycle() {
    for (changed, cycles) in [("tests/pay.rs", 0.0), ("src/pay.rs", 1.0)] {
        let mut before = host();
        run(&mut before, 0, 1, &[changed]);
        let mut host = host();
        host.states = vec![(Scope::Session, b"tdd-workflow 1\ncarried RED".to_vec())];
        host.earlier_runs = vec![EarlierRun {
            session: "the-one-before".into(),
            evidence: before.evidence.remove(0),
            entry: before.entries.remove(0),
        }];
        run(&mut host, 5, 0, &["tests/pay.rs"]);
        let said = checkpoint(&host, None);
        assert_eq!(metric(&said, "tdd_cycles"), Some(cycles), "{said:?}");
    }
}
