//! Files that hold tests and code: what commits and runs are told by is what changed in them.

use super::*;
use crate::plugin::host_data::{ChangedLines, Scope};

const CODE: &str = "pub fn pay() {}\n";
const TESTS: &str = "#[cfg(test)]\nmod tests {\n    #[test]\n    fn pays() {}\n}\n";

/// Asks at a checkpoint and keeps what the plugin wants kept, as a checkpoint does.
fn checkpointed(host: &mut FixedHost) -> Contribution {
    let question = Question {
        hook: Hook::Checkpoint,
        ..brief()
    };
    let mut answers = ask_bundled("tdd-workflow", question, host, serde_json::Value::Null);
    assert_eq!(answers.warnings, []);
    for state in answers.new_states {
        host.states.retain(|(scope, _)| *scope != state.scope);
        host.states.push((state.scope, state.bytes));
    }
    answers.contributions.remove(0)
}

fn phase(said: &Contribution) -> &str {
    said.sections[0].body.lines().next().unwrap()
}

#[test]
fn a_commit_whose_tests_stand_beside_its_code_has_tests() {
    let mut host = host();
    commit_of(&mut host, 1, &[("src/pay.rs", &format!("{CODE}{TESTS}"))]);
    commit_of(&mut host, 2, &[("src/pay.rs", TESTS)]);
    commit_of(&mut host, 3, &[("src/pay.rs", CODE)]);
    commit_of(&mut host, 4, &[("src/pay.rs", "// Words.\n")]);
    let said = checkpointed(&mut host);
    assert_eq!(metric(&said, "tdd_discipline"), Some(100.0));
    // No tests went before this one; one in a language without such files needs no look.
    commit_of(&mut host, 5, &[("src/pay.rs", CODE)]);
    commit_of(&mut host, 6, &[("src/pay.js", CODE)]);
    let said = checkpointed(&mut host);
    let without = [
        "4aaaaaa changes source without tests: Pay once",
        "5aaaaaa changes source without tests: Pay once",
    ];
    assert_eq!(messages(&said), without);
}

#[test]
fn nobody_is_accused_of_a_commit_that_could_not_be_looked_into() {
    let mut host = host();
    commit(&mut host, 1, &["src/pay.rs"]);
    host.commit_texts.clear();
    let said = checkpointed(&mut host);
    assert_eq!(messages(&said), [""; 0]);
    assert_eq!(metric(&said, "commits_without_tests"), Some(0.0));
    let body = &said.sections[0].body;
    assert!(
        body.contains("1 commit could not be looked into, and does not count."),
        "{body}"
    );
}

#[test]
fn a_commit_is_looked_into_once() {
    let mut host = host();
    for minute in 0..30 {
        commit(&mut host, minute, &["src/pay.rs"]);
    }
    let status = |host: &FixedHost| said(Hook::Status, host, None, serde_json::Value::Null);
    status(&host);
    // A status has no time for all of them.
    assert_eq!(host.texts_asked_for.get(), 10);
    checkpointed(&mut host);
    assert_eq!(host.texts_asked_for.get(), 40);
    let said = status(&host);
    assert_eq!(host.texts_asked_for.get(), 40);
    assert_eq!(metric(&said, "commits_without_tests"), Some(30.0));
}

#[test]
fn a_cycle_is_told_where_tests_stand_beside_the_code() {
    let tree = tempfile::tempdir().unwrap();
    std::fs::create_dir(tree.path().join("src")).unwrap();
    let write = |text: String| std::fs::write(tree.path().join("src/pay.rs"), text).unwrap();
    let mut host = FixedHost::new(tree.path());
    // Against the session's start, as nobody looked before: the tests are new.
    write(format!("{CODE}{TESTS}"));
    host.changed_lines = Some(vec![ChangedLines {
        path: "src/pay.rs".into(),
        ranges: vec![(2, 5)],
    }]);
    run(&mut host, 0, 101, &["src/pay.rs"]);
    let red = "Phase: RED, since tests were changed, and they fail (ev-1).";
    assert_eq!(phase(&checkpointed(&mut host)), red);
    write(format!("{}{TESTS}", CODE.replace("{}", "{ 1 }")));
    run(&mut host, 10, 0, &["src/pay.rs"]);
    let green = "Phase: GREEN, since the first pass after RED (ev-2).";
    assert_eq!(phase(&checkpointed(&mut host)), green);
    write(format!("{}{TESTS}", CODE.replace("{}", "{ 2 }")));
    run(&mut host, 20, 0, &["src/pay.rs"]);
    let refactor = "Phase: REFACTOR, since a pass after GREEN, with no test changed (ev-3).";
    assert_eq!(phase(&checkpointed(&mut host)), refactor);
    write(format!(
        "{}{}",
        CODE.replace("{}", "{ 2 }"),
        TESTS.replace("{}", "{ 3 }")
    ));
    run(&mut host, 30, 101, &["src/pay.rs"]);
    let again = "Phase: RED, since tests were changed, and they fail (ev-4).";
    assert_eq!(phase(&checkpointed(&mut host)), again);
    // What was seen then is kept: the file moves on, and the story stays.
    write(CODE.to_owned());
    host.evidence[3].standing = "stale".into();
    let status = said(Hook::Status, &host, None, serde_json::Value::Null);
    assert_eq!(phase(&status), again);
    assert_eq!(metric(&status, "tdd_cycles"), Some(1.0));
}

#[test]
fn more_tests_than_before_are_changed_tests_where_nobody_looked() {
    let mut host = host();
    run(&mut host, 0, 0, &["src/pay.rs"]);
    run(&mut host, 10, 101, &["src/pay.rs"]);
    host.evidence[1].standing = "stale".into();
    let none = "No phase yet: the tests fail, and none was changed in this session (ev-2).";
    assert_eq!(phase(&checkpointed(&mut host)), none);
    host.evidence[1].tests = Some((1, 1, 0));
    let red = "Phase: RED, since tests were changed, and they fail (ev-2).";
    assert_eq!(phase(&checkpointed(&mut host)), red);
}

#[test]
fn the_phase_of_the_session_before_is_where_this_one_begins() {
    let mut host = host();
    host.session.session = Some(crate::plugin::host_data::SessionInfo {
        id: "s".into(),
        started_at: time(0),
        mode: "tdd".into(),
        tdd_phase: Some("RED".into()),
        base: None,
        active_seconds: 0,
    });
    let said = checkpointed(&mut host);
    let carried = "Phase: RED, unverified: it was the phase of the session before, and no run of the tests was seen.";
    assert_eq!((phase(&said), trailers(&said)), (carried, vec![]));
    // A checkpoint on, it is still known where the session began.
    saved(&mut host, 1, None);
    assert!(
        host.states
            .iter()
            .any(|(scope, _)| *scope == Scope::Session)
    );
    run(&mut host, 10, 0, &["src/pay.js"]);
    let said = checkpointed(&mut host);
    assert_eq!(
        phase(&said),
        "Phase: GREEN, since the first pass after RED (ev-1)."
    );
    assert_eq!(trailers(&said), [("TDD-Phase", "GREEN")]);
}
