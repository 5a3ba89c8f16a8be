//! One phase of test-driven development in every document, with its reason and what stands behind it. It must not repeat
//! how phases follow from runs.

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};

const ON: &str = "plugins:\n  tdd-workflow:\n    limits: { time: 10s }\n";
const OFF: &str = "plugins:\n  tdd-workflow: { enabled: false }\n";

/// A session in a repository whose tests are a command with a known outcome.
fn session<'e>(env: &'e TestEnv, config: &str, start: &[&str]) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("src/price.rs", "fn price() {}\n");
    repository.session(&["init"]).success();
    repository.write(".session/config.yaml", config);
    repository.commit("feat: one");
    run(&repository, start);
    repository
}

/// What a command's document says of the phase, which has to be one line.
fn phase(repository: &Repository<'_>, args: &[&str]) -> String {
    let shown = repository.session(args).success();
    let lines = shown
        .stdout
        .lines()
        .filter(|line| line.contains("TDD phase"));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 1, "{args:?}: {shown}");
    lines[0].to_owned()
}

/// The documents of the moment, and what their JSON says.
fn everywhere(repository: &Repository<'_>, words: &str, standing: &str) {
    for command in ["status", "brief"] {
        assert_eq!(
            phase(repository, &[command]),
            format!("- TDD phase: {words}")
        );
        let json = run(repository, &[command, "--json"]).json();
        assert_eq!(json["tdd_phase"]["standing"], standing, "{json:#}");
        assert!(words.starts_with(json["tdd_phase"]["words"].as_str().unwrap()));
    }
}

/// One command, whose outcome lies outside of the work tree.
fn tests(repository: &Repository<'_>, outcome: &str) -> Option<i32> {
    std::fs::write(repository.path().join("../outcome.sh"), outcome).unwrap();
    let run = [
        "run",
        "--quiet",
        "--label",
        "tests",
        "--",
        "sh",
        "../outcome.sh",
    ];
    repository.session(&run).code
}

#[test]
fn a_claim_without_evidence_is_unverified_in_every_document() {
    let env = TestEnv::new();
    let repository = session(&env, ON, &["start", "feature/x", "--tdd"]);
    let words = |claim: &str| {
        format!(
            "GREEN, unverified: claimed ({claim}), and no run of the tests was seen (from plugin tdd-workflow)"
        )
    };
    let made = repository
        .session(&["checkpoint", "--tdd-phase", "green"])
        .success();
    let said = made
        .stdout
        .split("## ")
        .find(|section| section.contains("TDD phase"))
        .unwrap();
    let line = format!("- TDD phase: {}\n", words("this checkpoint"));
    // With what was said, not with what was observed.
    assert!(said.starts_with("Notes") && said.contains(&line), "{made}");
    let shown = phase(&repository, &["checkpoint", "show", "cp-1"]);
    assert_eq!(shown, line.trim_end());
    everywhere(&repository, &words("cp-1"), "claimed");
    let listed = run(&repository, &["checkpoint", "list"]);
    assert!(listed.stdout.contains(", GREEN unverified"), "{listed}");
    let handoff = run(&repository, &["end", "--handoff", "--no-input"]);
    let claims = handoff
        .stdout
        .split("## ")
        .find(|section| section.contains("TDD phase"))
        .unwrap();
    assert!(claims.starts_with("Said at the end"), "{handoff}");
    // The next session is in that phase until it sees something.
    env.advance_minutes(5);
    run(&repository, &["resume"]);
    let json = run(&repository, &["status", "--json"]).json();
    let before = json["session"]["continues"].as_str().unwrap();
    everywhere(
        &repository,
        &format!("GREEN, unverified: it was the phase of {before}"),
        "claimed",
    );
}

#[test]
fn a_run_takes_the_place_of_a_claim_in_every_document() {
    let env = TestEnv::new();
    // Not a TDD session: nothing makes a checkpoint of the new phase.
    let repository = session(&env, ON, &["start", "feature/x"]);
    run(&repository, &["checkpoint", "--tdd-phase", "RED"]);
    env.advance_minutes(5);
    assert_eq!(tests(&repository, "true"), Some(0));
    env.advance_minutes(5);
    let words = "GREEN, since the first pass after RED (ev-1) (from plugin tdd-workflow)";
    everywhere(&repository, words, "evidence");
    let made = repository.session(&["checkpoint"]).success();
    let said = made
        .stdout
        .split("## ")
        .find(|section| section.contains("TDD phase"))
        .unwrap();
    assert!(said.starts_with("Observed"), "{made}");
    let handoff = run(&repository, &["end", "--handoff", "--no-input"]);
    let observed = handoff
        .stdout
        .split("## ")
        .find(|section| section.contains("TDD phase"))
        .unwrap();
    assert!(
        observed.starts_with("Observed") && observed.contains(words),
        "{handoff}"
    );
}

#[test]
fn a_claim_that_no_plugin_looks_at_is_unverified() {
    let env = TestEnv::new();
    let repository = session(&env, OFF, &["start", "feature/x", "--tdd"]);
    let made = phase(&repository, &["checkpoint", "--tdd-phase", "RED"]);
    assert_eq!(made, "- TDD phase: RED, unverified: claimed");
    everywhere(&repository, "RED, unverified: claimed (cp-1)", "claimed");
    run(&repository, &["checkpoint"]);
    everywhere(
        &repository,
        "RED, unverified: it was so at an earlier checkpoint",
        "claimed",
    );
}

#[test]
fn tests_beside_the_code_are_seen_to_change() {
    let env = TestEnv::new();
    let repository = session(&env, ON, &["start", "feature/x", "--tdd"]);
    let tests_of =
        |name: &str| format!("#[cfg(test)]\nmod tests {{\n    #[test]\n    fn {name}() {{}}\n}}\n");
    let write = |code: &str, test: &str| {
        repository.write("src/price.rs", format!("{code}\n{}", tests_of(test)));
        env.advance_minutes(5);
    };
    write("fn price() {}", "costs");
    assert_eq!(tests(&repository, "false"), Some(1));
    let red = "- TDD phase: RED, since tests were changed, and they fail (ev-1) (from plugin tdd-workflow)";
    assert_eq!(phase(&repository, &["status"]), red);
    write("fn price() { 1 }", "costs");
    assert_eq!(tests(&repository, "true"), Some(0));
    run(&repository, &["checkpoint", "--message", "feat: price"]);
    // A test that passes at once is no new phase and makes no checkpoint; it is known nevertheless, after the next change.
    write("fn price() { 1 }", "costs_more");
    assert_eq!(tests(&repository, "true"), Some(0));
    write("fn price() { 2 }", "costs_more");
    let status = run(&repository, &["status"]);
    let never = "changed tests were never seen to fail (ev-3)";
    assert!(status.stdout.contains(never), "{status}");
    assert!(!status.stdout.contains("source without tests"), "{status}");
    run(&repository, &["checkpoint", "--message", "feat: dearer"]);
    let status = run(&repository, &["status"]);
    // Both commits bring tests beside their code.
    assert!(
        status.stdout.contains("commits without tests: 0"),
        "{status}"
    );
    write("fn price() { 3 }", "costs_more");
    run(&repository, &["checkpoint", "--message", "feat: dearest"]);
    let status = run(&repository, &["status"]);
    assert!(
        status
            .stdout
            .contains("changes source without tests: feat: dearest"),
        "{status}"
    );
}

#[test]
fn a_cycle_goes_on_in_the_next_session_of_the_branch() {
    for next in [&["start", "--tdd", "--no-input"][..], &["resume"]] {
        let env = TestEnv::new();
        let repository = session(&env, ON, &["start", "feature/x", "--tdd"]);
        repository.write("tests/price_test.js", "one\n");
        assert_eq!(tests(&repository, "false"), Some(1));
        run(&repository, &["end", "--handoff", "--no-input"]);
        env.advance_minutes(5);
        run(&repository, next);
        let said = phase(&repository, &["status"]);
        let red = "- TDD phase: RED, unverified: it was the phase of";
        assert!(said.starts_with(red), "{said}");
        repository.write("src/price.rs", "fn price() { 1 }\n");
        env.advance_minutes(5);
        assert_eq!(tests(&repository, "true"), Some(0));
        let words = "GREEN, since the first pass after RED (ev-1) (from plugin tdd-workflow)";
        everywhere(&repository, words, "evidence");
        let status = run(&repository, &["status"]).stdout;
        assert!(status.contains("1 cycle: the last took 10m"), "{status}");
        assert!(status.contains("Discipline: 100 of 100."), "{status}");
    }
}

#[test]
fn tests_that_the_session_before_saw_pass_are_not_changed_in_this_one() {
    let env = TestEnv::new();
    let repository = session(&env, ON, &["start", "feature/x", "--tdd"]);
    repository.write("tests/price_test.js", "one\n");
    assert_eq!(tests(&repository, "false"), Some(1));
    env.advance_minutes(5);
    assert_eq!(tests(&repository, "true"), Some(0));
    run(&repository, &["end", "--no-input"]);
    env.advance_minutes(5);
    run(&repository, &["start", "--tdd", "--no-input"]);
    assert_eq!(tests(&repository, "true"), Some(0));
    let status = run(&repository, &["status"]).stdout;
    assert!(!status.contains("never seen to fail"), "{status}");
}

/// The failing test is committed before, so that what is taken back stands neither as new nor as the base branch has it.
#[test]
fn a_pass_while_the_work_is_stashed_is_no_cycle_and_the_one_after_it_costs_nothing() {
    let env = TestEnv::new();
    let repository = session(&env, ON, &["start", "feature/x", "--tdd"]);
    repository.write("tests/price_test.js", "one\n");
    repository.write("src/price.js", "one\n");
    repository.commit("feat: price");
    assert_eq!(tests(&repository, "false"), Some(1));
    env.advance_minutes(5);
    repository.write("src/price.js", "two\n");
    assert_eq!(tests(&repository, "true"), Some(0));
    repository.git(&["commit", "-qam", "feat: one"]);
    env.advance_minutes(5);
    repository.write("tests/price_test.js", "two\n");
    repository.write("src/price.js", "begun\n");
    assert_eq!(tests(&repository, "false"), Some(1));
    repository.git(&["stash", "-u"]);
    env.advance_minutes(5);
    assert_eq!(tests(&repository, "true"), Some(0));
    let status = run(&repository, &["status"]).stdout;
    let away = "GREEN, since what failed was taken out or changed, without new code (ev-4)";
    assert!(status.contains(away), "{status}");
    assert!(status.contains("1 cycle:"), "{status}");
    repository.git(&["stash", "pop"]);
    repository.write("src/price.js", "three\n");
    env.advance_minutes(5);
    assert_eq!(tests(&repository, "true"), Some(0));
    let status = run(&repository, &["status"]).stdout;
    let green = "GREEN, since the first pass after RED (ev-5)";
    assert!(status.contains(green), "{status}");
    assert!(status.contains("2 cycles: the last took 10m"), "{status}");
    assert!(status.contains("Discipline: 100 of 100."), "{status}");
}

#[test]
fn tests_that_never_passed_complete_no_cycle() {
    for (before, after) in [("two\n", Some("stub\n")), ("broken\n", None)] {
        let env = TestEnv::new();
        let repository = session(&env, ON, &["start", "feature/x", "--tdd"]);
        repository.write("tests/price_test.js", before);
        assert_eq!(tests(&repository, "false"), Some(1));
        env.advance_minutes(5);
        match after {
            Some(text) => repository.write("tests/price_test.js", text),
            None => std::fs::remove_file(repository.path().join("tests/price_test.js")).unwrap(),
        }
        assert_eq!(tests(&repository, "true"), Some(0));
        let status = run(&repository, &["status"]).stdout;
        let none = "No phase yet: what failed was taken out or changed, without new code (ev-2).";
        assert!(status.contains(none), "{status}");
        assert!(status.contains("tdd cycles: 0"), "{status}");
    }
}

#[test]
fn a_rebase_makes_no_refactoring_a_change_without_tests() {
    let env = TestEnv::new();
    let repository = session(&env, ON, &["start", "feature/x", "--tdd"]);
    let next = |path: &str, text: &str, outcome: &str| {
        repository.write(path, text);
        env.advance_minutes(5);
        tests(&repository, outcome);
    };
    next("tests/price_test.js", "one\n", "false");
    next("src/price.js", "one\n", "true");
    repository.commit("feat: price");
    next("src/price.js", "the same\n", "true");
    repository.commit("refactor: price");
    next("tests/price_test.js", "two\n", "false");
    next("src/price.js", "two\n", "true");
    repository.commit("feat: two");
    let costs = || {
        let status = run(&repository, &["status"]).stdout;
        assert!(status.contains("Discipline: 100 of 100."), "{status}");
    };
    costs();
    env.advance_minutes(5);
    repository.git(&["checkout", "-q", "main"]);
    repository.write("README.md", "one\n");
    repository.commit("docs: one");
    repository.git(&["checkout", "-q", "feature/x"]);
    env.advance_minutes(5);
    repository.git(&["rebase", "-q", "main"]);
    costs();
}
