//! The coverage and tdd-workflow plugins at work in a whole session. It must not repeat what their own tests say of
//! formats and phases.

use std::fs::{File, FileTimes};
use std::time::{Duration, SystemTime};

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};

/// A repository whose only file is changed in a session, with this much configuration.
fn working<'e>(env: &'e TestEnv, config: &str, start: &[&str]) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("src/price.js", "a\nb\nc\nd\n");
    repository.write(".gitignore", "lcov.info\n");
    repository.session(&["init"]).success();
    // The machine that runs tests is busy.
    let config = config.replace("LIMITS", "limits: { time: 10s }");
    repository.write(".session/config.yaml", config);
    repository.commit("feat: one");
    run(&repository, start);
    repository.write("src/price.js", "a\nb\nC\nD\n");
    repository
}

const COVERAGE: &str = "plugins:\n  coverage:\n    LIMITS\n";

fn metric(json: &serde_json::Value, name: &str) -> Option<f64> {
    let text = json.to_string();
    let from = text.find(&format!("\"name\":\"{name}\",\"value\":"))?;
    let value = &text[from..].split_once("\"value\":")?.1;
    value.split([',', '}']).next()?.parse().ok()
}

#[test]
fn coverage_of_the_changed_lines_holds_up_a_merge_until_they_are_covered() {
    let env = TestEnv::new();
    let repository = working(&env, COVERAGE, &["start", "feature/x"]);
    let report =
        |hits: u8| format!("SF:src/price.js\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,{hits}\nend_of_record\n");
    repository.write("lcov.info", report(0));
    let made = repository
        .session(&["checkpoint", "--json"])
        .success()
        .json();
    assert_eq!(metric(&made, "total_coverage"), Some(75.0), "{made:#}");
    assert_eq!(
        metric(&made, "changed_lines_coverage"),
        Some(50.0),
        "{made:#}"
    );
    run(&repository, &["checkpoint", "--message", "feat: dearer"]);
    let end = ["end", "--merge-to", "main", "--no-input"];
    let refused = repository.session(&end);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let reason = "75.0% of all lines are covered, below 85%; 50.0% of the changed lines are covered, below 90%";
    assert!(refused.stderr.contains(reason), "{refused:?}");
    repository.write("lcov.info", report(1));
    let made = repository
        .session(&["checkpoint", "--json"])
        .success()
        .json();
    assert_eq!(
        metric(&made, "coverage_since_checkpoint"),
        Some(25.0),
        "{made:#}"
    );
    run(&repository, &end);
}

#[test]
fn a_report_that_is_older_than_the_work_neither_lets_it_pass_nor_stands_in_its_commit() {
    let env = TestEnv::new();
    let repository = working(&env, COVERAGE, &["start", "feature/x"]);
    let report = "SF:src/price.js\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,1\nend_of_record\n";
    repository.write("lcov.info", report);
    let age = |path: &str, seconds: u64| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds);
        let file = File::options()
            .append(true)
            .open(repository.path().join(path));
        let times = FileTimes::new().set_modified(time);
        file.unwrap().set_times(times).unwrap();
    };
    age("src/price.js", 60);
    age("lcov.info", 0);
    run(&repository, &["checkpoint", "--message", "feat: dearer"]);
    let message = repository.git(&["log", "-1", "--format=%B"]);
    assert!(!message.contains("Coverage:"), "{message}");
    let end = ["end", "--merge-to", "main", "--no-input"];
    let refused = repository.session(&end);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let reason = "lcov.info is stale: src/price.js was written after it; run the tests with coverage again (coverage)";
    assert!(refused.stderr.contains(reason), "{refused:?}");
    age("lcov.info", 60);
    run(&repository, &end);
}

#[test]
fn a_broken_report_does_not_make_the_coverage_before_forgotten() {
    let env = TestEnv::new();
    let repository = working(&env, COVERAGE, &["start", "feature/x"]);
    let report = "SF:src/price.js\nDA:1,1\nDA:3,0\nend_of_record\n";
    repository.write("lcov.info", report);
    run(&repository, &["checkpoint", "--message", "feat: dearer"]);
    let end = ["end", "--merge-to", "main", "--no-input"];
    for _ in 0..2 {
        repository.write("lcov.info", "");
        run(&repository, &["checkpoint"]);
        let refused = repository.session(&end);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        let reason = "coverage was measured before and is not now (plugin coverage)";
        assert!(refused.stderr.contains(reason), "{refused:?}");
    }
    // Where nothing that changed can be covered, no number is missed.
    repository.git(&["revert", "--no-edit", "HEAD"]);
    repository.write("lcov.info", report.replace("3,0", "3,1"));
    run(&repository, &end);
}

/// The first to look is the merge itself, and what it saw is not forgotten with the report.
#[test]
fn a_report_that_is_taken_away_does_not_open_the_gate() {
    let env = TestEnv::new();
    let repository = working(&env, COVERAGE, &["start", "feature/x"]);
    repository.write(
        "lcov.info",
        "SF:src/price.js\nDA:1,1\nDA:3,0\nend_of_record\n",
    );
    repository.commit("feat: dearer");
    let end = || repository.session(&["end", "--merge-to", "main", "--no-input"]);
    let checkpoints = || repository.session(&["checkpoint", "list", "--json"]).json();
    let refused = end();
    assert_eq!(refused.code, Some(1), "{refused}");
    let kept = "the session is still open, and cp-1 keeps what was measured";
    assert!(refused.stderr.contains(kept), "{refused}");
    let again = end();
    assert!(again.stderr.contains("and nothing was changed"), "{again}");
    let list = checkpoints();
    assert_eq!(list["checkpoints"].as_array().unwrap().len(), 1, "{list}");

    std::fs::remove_file(repository.path().join("lcov.info")).unwrap();
    for _ in 0..2 {
        let refused = end();
        assert_eq!(refused.code, Some(1), "{refused}");
        let reason = "coverage was measured before and is not now (plugin coverage)";
        assert!(refused.stderr.contains(reason), "{refused}");
    }
}

#[test]
fn the_thresholds_of_the_configuration_are_the_plugins_unless_it_has_its_own() {
    let env = TestEnv::new();
    let quality = "quality: { coverage_threshold: 70, new_code_coverage_threshold: 50 }\n";
    let config = format!("{quality}{COVERAGE}");
    let repository = working(&env, &config, &["start", "feature/x"]);
    let report = "SF:src/price.js\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,0\nend_of_record\n";
    repository.write("lcov.info", report);
    let said = |threshold: &str| {
        let made = run(&repository, &["checkpoint", "--json"]).json();
        let text = made.to_string();
        assert!(text.contains(threshold), "{threshold}: {made:#}");
        let verdicts = made["checkpoint"]["contributions"].as_array().unwrap();
        let verdict = verdicts.iter().find(|it| it["plugin"] == "coverage");
        verdict.unwrap()["verdict"].clone()
    };
    assert_eq!(said("total coverage: 75% (threshold 70%)"), "allow");
    let own = repository
        .read(".session/config.yaml")
        .replace("10s }", "10s }\n    config: { threshold: 80 }");
    repository.write(".session/config.yaml", own);
    assert_ne!(said("total coverage: 75% (threshold 80%)"), "allow");
}

#[test]
fn what_the_plugins_own_configuration_allows_is_not_held_up_by_the_repositorys() {
    let report = "SF:src/price.js\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,0\nend_of_record\n";
    for own in [
        "{ threshold: 70, new_code_threshold: 50 }",
        "{ block: false }",
    ] {
        let env = TestEnv::new();
        let config = format!("{COVERAGE}    config: {own}\n");
        let repository = working(&env, &config, &["start", "feature/x"]);
        repository.write("lcov.info", report);
        run(&repository, &["checkpoint", "--message", "feat: dearer"]);
        run(&repository, &["end", "--merge-to", "main", "--no-input"]);
    }
}

#[test]
fn a_report_that_broke_holds_up_a_merge_unless_the_plugin_was_told_to_block_nothing() {
    let report = "SF:src/price.js\nDA:1,1\nDA:3,1\nDA:4,1\nend_of_record\n";
    for (own, code) in [("{}", Some(1)), ("{ block: false }", Some(0))] {
        let env = TestEnv::new();
        let config = format!("{COVERAGE}    config: {own}\n");
        let repository = working(&env, &config, &["start", "feature/x"]);
        repository.write("lcov.info", report);
        run(&repository, &["checkpoint", "--message", "feat: dearer"]);
        repository.write("lcov.info", "SF:src/price.js\nDA:one\n");
        let outcome = repository.session(&["end", "--merge-to", "main", "--no-input"]);
        assert_eq!(outcome.code, code, "{own}: {outcome}");
        let lost = "coverage was measured before and is not now (plugin coverage)";
        assert_eq!(outcome.stderr.contains(lost), code == Some(1), "{outcome}");
    }
}

#[test]
fn a_brief_says_what_was_measured_last() {
    let env = TestEnv::new();
    let repository = working(&env, COVERAGE, &["start", "feature/x"]);
    repository.write(
        "lcov.info",
        "SF:src/price.js\nDA:1,1\nDA:3,0\nend_of_record\n",
    );
    run(&repository, &["checkpoint"]);
    let brief = run(&repository, &["brief"]);
    assert!(
        brief
            .stdout
            .contains("50.0% of 2 lines are covered (lcov.info)"),
        "{brief:?}"
    );
    assert!(
        brief
            .stdout
            .contains("src/price.js: 50.0%; 0 of 1 changed lines, not 3"),
        "{brief:?}"
    );
}

fn tdd_is_on(repository: &Repository<'_>) -> bool {
    let listed = run(repository, &["plugin", "list", "--json"]).json();
    let plugins = listed["plugins"].as_array().unwrap();
    let tdd = plugins.iter().find(|it| it["name"] == "tdd-workflow");
    tdd.unwrap()["enabled"] == true
}

#[test]
fn a_session_started_with_tdd_is_followed_by_its_plugin() {
    let env = TestEnv::new();
    let config = "plugins:\n  coverage: { enabled: false }\n";
    let repository = working(&env, config, &["start", "feature/x", "--tdd"]);
    let args = [
        "checkpoint",
        "--tdd-phase",
        "GREEN",
        "--message",
        "feat: dearer",
    ];
    let made = run(&repository, &args);
    assert!(
        made.stdout
            .contains("GREEN is unverified: no run of the tests was seen"),
        "{made:?}"
    );
    let trailers = repository.git(&["log", "-1", "--format=%(trailers:key=TDD-Phase)"]);
    assert_eq!(trailers.trim(), "TDD-Phase: GREEN");
    assert!(tdd_is_on(&repository));
    let status = run(&repository, &["status"]);
    assert!(
        status.stdout.contains("tdd_cycles") || status.stdout.contains("tdd cycles"),
        "{status:?}"
    );
}

#[test]
fn a_cycle_is_seen_by_session_run() {
    let env = TestEnv::new();
    let config = "plugins:\n  tdd-workflow:\n    LIMITS\n";
    let repository = working(&env, config, &["start", "feature/x", "--tdd"]);
    let phase = |expected: &str| {
        let made = run(&repository, &["checkpoint"]);
        assert!(made.stdout.contains(expected), "{expected}: {made:?}");
    };
    repository.write("tests/price_test.js", "a\n");
    let tests = |outcome: &str| {
        std::fs::write(env.root().join("outcome.sh"), outcome).unwrap();
        repository.session(&["run", "--label", "tests", "--", "sh", "../outcome.sh"])
    };
    let failed = tests("false");
    assert_eq!(failed.code, Some(1), "{failed:?}");
    phase("Phase: RED, since tests were changed, and they fail (ev-1)");
    env.advance_minutes(5);
    repository.write("src/price.js", "a\nb\nC\nE\n");
    tests("true").success();
    phase("Phase: GREEN, since the first pass after RED (ev-2)");
    env.advance_minutes(5);
    repository.write("src/price.js", "a\nb\nC\nF\n");
    tests("true").success();
    phase("Phase: REFACTOR, since a pass after GREEN, with no test changed (ev-3)");
    repository.write("src/price.js", "moved on\n");
    phase("The tests were last run on an older tree.");
}

#[test]
fn a_session_without_tdd_is_left_alone_by_it() {
    let env = TestEnv::new();
    let repository = working(&env, "session:\n  mode: normal\n", &["start", "feature/x"]);
    run(&repository, &["checkpoint", "--message", "feat: dearer"]);
    let trailers = repository.git(&["log", "-1", "--format=%(trailers:key=TDD-Phase)"]);
    assert_eq!(trailers.trim(), "");
    assert!(!tdd_is_on(&repository));
}

/// A session in a repository whose tests are a shell script: a real command with a real outcome.
fn tests_of_price<'e>(env: &'e TestEnv, start: &[&str]) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("src/price.sh", "echo 1\n");
    repository.session(&["init"]).success();
    let config = "plugins:\n  tdd-workflow:\n    limits: { time: 10s }\n";
    repository.write(".session/config.yaml", config);
    repository.commit("feat: one");
    // Compiles the plugin: a command that is run never waits for that.
    run(&repository, start);
    repository
}

#[test]
fn a_phase_that_a_run_shows_makes_a_checkpoint() {
    let env = TestEnv::new();
    let repository = tests_of_price(&env, &["start", "feature/x", "--tdd"]);
    let test = |flags: &[&str]| {
        let command = ["--", "sh", "tests/price_test.sh"];
        let args = [flags, &["run", "--label", "test"], &command].concat();
        repository.session(&args)
    };
    let checkpoints = || {
        let listed = run(&repository, &["checkpoint", "list", "--json"]).json();
        listed["checkpoints"].as_array().unwrap().clone()
    };
    let check = "test \"$(sh src/price.sh)\" = 2 || { echo wrong; exit 3; }\n";
    repository.write("tests/price_test.sh", check);
    let red = test(&[]);
    assert_eq!((red.code, red.stdout.as_str()), (Some(3), "wrong\n"));
    let said = "cp-1 was made by itself: RED, since tests were changed, and they fail (ev-1).\n";
    assert_eq!(red.stderr, said);
    env.advance_minutes(5);
    // Nothing new: still RED.
    assert_eq!(test(&[]).stderr, "");
    assert_eq!(checkpoints().len(), 1);

    repository.write("src/price.sh", "echo 2\n");
    env.advance_minutes(5);
    let green = test(&["--quiet"]);
    assert_eq!((green.code, &*green.stderr), (Some(0), ""), "{green}");
    let made = checkpoints();
    assert_eq!(made.len(), 2, "{made:#?}");
    assert_eq!(made[0]["reason"], "phase");
    assert_eq!(made[0]["phase_told"]["phase"], "GREEN");
    assert_eq!(made[0]["tdd_phase"], serde_json::Value::Null);
    let shown = run(&repository, &["checkpoint", "show", "cp-2"]);
    let told = "TDD phase: GREEN, since the first pass after RED (ev-3) (from plugin tdd-workflow)";
    assert!(shown.stdout.contains(told), "{shown}");
    let status = run(&repository, &["status"]);
    let told = "TDD phase: GREEN, since the first pass after RED (ev-3) (from plugin tdd-workflow)";
    assert!(status.stdout.contains(told), "{status}");
}

#[test]
fn what_a_plugin_told_never_counts_as_a_claim() {
    let env = TestEnv::new();
    let repository = tests_of_price(&env, &["start", "feature/x", "--tdd"]);
    let test =
        || repository.session(&["run", "--label", "test", "--", "sh", "tests/price_test.sh"]);
    repository.write("tests/price_test.sh", "exit 1\n");
    assert_eq!(test().code, Some(1));
    repository.write("tests/price_test.sh", "sh src/price.sh >/dev/null\n");
    repository.write("src/price.sh", "echo 2\n");
    env.advance_minutes(5);
    assert_eq!(test().code, Some(0));
    // The code breaks the tests; the phase is the same, and this checkpoint says so without anybody having claimed it.
    repository.write("src/price.sh", "exit 4\n");
    env.advance_minutes(5);
    assert_eq!(test().code, Some(4));
    let made = run(&repository, &["checkpoint", "--json"]).json();
    assert_eq!(made["checkpoint"]["phase_told"]["phase"], "GREEN");
    env.advance_minutes(5);
    let status = run(&repository, &["status"]);
    let claimed = "a phase was claimed without passing tests";
    assert!(!status.stdout.contains(claimed), "{status}");
    // A claim stands above what was told.
    let claim = ["checkpoint", "--tdd-phase", "red", "--json"];
    let made = run(&repository, &claim).json();
    assert_eq!(made["checkpoint"]["tdd_phase"], "RED");
    let told = &made["checkpoint"]["phase_told"];
    let why = "RED, since claimed (this checkpoint), and the tests fail (ev-3).";
    assert_eq!((&told["phase"], &told["why"]), (&"RED".into(), &why.into()));
}

#[test]
fn a_run_in_a_session_without_tdd_makes_no_checkpoint() {
    let env = TestEnv::new();
    let repository = tests_of_price(&env, &["start", "feature/x"]);
    repository.write("tests/price_test.sh", "exit 1\n");
    let red = repository.session(&["run", "--label", "test", "--", "sh", "tests/price_test.sh"]);
    assert_eq!((red.code, red.stderr.as_str()), (Some(1), ""));
    let listed = run(&repository, &["checkpoint", "list", "--json"]).json();
    assert_eq!(listed["checkpoints"], serde_json::json!([]));
}
