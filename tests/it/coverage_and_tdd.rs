//! The coverage and tdd-workflow plugins at work in a whole session. It must not repeat what their own tests say of
//! formats and phases.

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
    let failed = repository.session(&["run", "--label", "tests", "--", "false"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    phase("Phase: RED, since tests were changed, and they fail (ev-1)");
    env.advance_minutes(5);
    repository.write("src/price.js", "a\nb\nC\nE\n");
    run(&repository, &["run", "--label", "tests", "--", "true"]);
    phase("Phase: GREEN, since the first pass after RED (ev-2)");
    env.advance_minutes(5);
    repository.write("src/price.js", "a\nb\nC\nF\n");
    run(&repository, &["run", "--label", "tests", "--", "true"]);
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
