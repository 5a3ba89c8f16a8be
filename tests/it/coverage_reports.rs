//! Which reports the coverage plugin believes, and what of them, in a whole session. It must not repeat what its own tests
//! say of paths and lines.

use std::fs::{File, FileTimes};
use std::time::{Duration, SystemTime};

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};

/// A repository with four lines of code, two of which are changed in a session. The machine that runs tests is busy.
fn working(env: &TestEnv) -> Repository<'_> {
    let repository = env.repository("project");
    repository.write("src/price.js", "a\nb\nc\nd\n");
    repository.write("src/price.test.js", "test(1)\ntest(2)\n");
    repository.write(".gitignore", "lcov.info\n");
    repository.session(&["init"]).success();
    let config = "plugins:\n  coverage:\n    limits: { time: 10s }\n";
    repository.write(".session/config.yaml", config);
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository.write("src/price.js", "a\nb\nC\nD\n");
    repository
}

const REPORT: &str = "SF:src/price.js\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,0\nend_of_record\n";

#[track_caller]
fn says(repository: &Repository<'_>, text: &str) {
    let made = run(repository, &["checkpoint"]);
    assert!(made.stdout.contains(text), "{text}: {made}");
}

#[test]
fn what_is_not_in_the_work_tree_does_not_count() {
    let env = TestEnv::new();
    let repository = working(&env);
    let lines: String = (1..=400).map(|line| format!("DA:{line},1\n")).collect();
    let others = ["/usr/include/c++/12/vector", "src/gone.js"];
    let others = others.map(|path| format!("SF:{path}\n{lines}end_of_record\n"));
    let report = REPORT.replace("DA:4,0", "DA:4,0\nDA:999,1") + &others.concat();
    repository.write("lcov.info", report);
    says(&repository, "75.0% of 4 lines are covered (lcov.info).");
    let told = "Not counted: 2 files that are not in the work tree, and 1 line that its file does not have.";
    says(&repository, told);
    let brief = run(&repository, &["brief"]);
    assert!(brief.stdout.contains("Not counted: 2 files"), "{brief}");
    // What git tracked, and is gone.
    std::fs::remove_file(repository.path().join("src/price.js")).unwrap();
    says(&repository, "lcov.info describes no file of the work tree");
}

/// Written so many milliseconds after a moment before the work began.
fn age(repository: &Repository<'_>, path: &str, milliseconds: u64) {
    // 2026-11-22T10:00:00Z, where the clock of tests stands.
    let time = Duration::from_millis(1_795_341_600_000 + milliseconds);
    let path = repository.path().join(path);
    let file = File::options().append(true).open(path).unwrap();
    let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + time);
    file.set_times(times).unwrap();
}

#[test]
fn an_edit_in_the_second_in_which_the_report_was_written_makes_it_stale() {
    let env = TestEnv::new();
    let repository = working(&env);
    repository.write("lcov.info", REPORT);
    for (report, stale) in [(86_400_300, false), (86_400_100, true)] {
        age(&repository, "src/price.js", 86_400_200);
        age(&repository, "src/price.test.js", 0);
        age(&repository, "lcov.info", report);
        let made = run(&repository, &["checkpoint"]);
        let told = made
            .stdout
            .contains("Stale: src/price.js was written after the report was.");
        assert_eq!(told, stale, "{made}");
        let brief = run(&repository, &["brief"]);
        assert_eq!(brief.stdout.contains("Stale: "), stale, "{brief}");
    }
}

#[test]
fn tests_that_changed_after_the_report_make_it_stale() {
    let env = TestEnv::new();
    let repository = working(&env);
    repository.write("src/price.test.js", "test(1)\n");
    repository.write("lcov.info", REPORT);
    age(&repository, "src/price.js", 0);
    age(&repository, "lcov.info", 86_400_100);
    age(&repository, "src/price.test.js", 86_400_200);
    let told = "Stale: src/price.test.js was written after the report was.";
    says(&repository, told);
    let status = run(&repository, &["status"]);
    assert!(status.stdout.contains(told), "{status}");
    // A commit does not make them forgotten.
    run(
        &repository,
        &["checkpoint", "--message", "test: fewer", "--no-input"],
    );
    says(&repository, told);
}

#[test]
fn a_report_is_worth_what_the_run_is_that_wrote_it() {
    let env = TestEnv::new();
    let repository = working(&env);
    repository.write("lcov.info", REPORT.replace("DA:4,0", "DA:4,1"));
    run(&repository, &["run", "--", "sh", "-c", "echo 3 passed"]);
    age(&repository, "lcov.info", 0);
    // Every file was written later, and is as the run had it.
    let made = run(&repository, &["checkpoint", "--message", "feat: dearer"]);
    assert!(!made.stdout.contains("Stale: "), "{made}");
    assert!(
        made.stdout.contains("100.0% of 4 lines are covered"),
        "{made}"
    );
    age(&repository, "src/price.js", 0);
    // What is gone has no time.
    std::fs::remove_file(repository.path().join("src/price.test.js")).unwrap();
    let told = "Stale: the work tree has changed since ev-1, which wrote it.";
    says(&repository, told);
    let status = run(&repository, &["status"]);
    assert!(status.stdout.contains(told), "{status}");
    run(&repository, &["checkpoint", "--message", "test: none"]);
    let refused = repository.session(&["end", "--merge-to", "main", "--no-input"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    let reason = "lcov.info is stale: the work tree has changed since ev-1, which wrote it";
    assert!(refused.stderr.contains(reason), "{refused}");
}

#[test]
fn what_another_branch_left_behind_is_stale() {
    let env = TestEnv::new();
    let repository = working(&env);
    repository.write("lcov.info", REPORT);
    run(&repository, &["checkpoint", "--message", "feat: dearer"]);
    run(&repository, &["end", "--no-input"]);
    repository.git(&["switch", "-q", "main"]);
    run(&repository, &["start", "feature/y", "--no-input"]);
    says(
        &repository,
        "Stale: src/price.js was written after the report was.",
    );
    let end = ["end", "--merge-to", "main", "--no-input"];
    let refused = repository.session(&end);
    assert!(refused.stderr.contains("lcov.info is stale"), "{refused}");
}

#[test]
fn of_a_file_that_was_renamed_only_what_changed_counts() {
    let env = TestEnv::new();
    let repository = working(&env);
    repository.write("src/price.js", "a\nb\nc\nd\n");
    repository.git(&["mv", "src/price.js", "src/prices.js"]);
    repository.commit("refactor: rename");
    let report = REPORT.replace("price.js", "prices.js");
    repository.write("lcov.info", report);
    says(&repository, "No changed line is one that the report knows.");
    repository.write("src/prices.js", "a\nb\nc\nD\n");
    age(&repository, "src/prices.js", 0);
    says(&repository, "Changed lines: 0.0% of 1 are covered.");
}

#[test]
fn a_report_of_something_else_does_not_open_a_gate_that_was_shut() {
    let env = TestEnv::new();
    let repository = working(&env);
    repository.write("src/other.js", "a\n");
    repository.commit("feat: dearer");
    repository.write("lcov.info", REPORT);
    run(&repository, &["checkpoint"]);
    let narrow = "SF:src/other.js\nDA:1,1\nend_of_record\n";
    repository.write("lcov.info", narrow);
    let end = ["end", "--merge-to", "main", "--no-input"];
    for _ in 0..2 {
        let refused = repository.session(&end);
        assert_eq!(refused.code, Some(1), "{refused}");
        let reason = "coverage of changed files was measured before and is not now: src/price.js; run all tests with coverage again (coverage)";
        assert!(refused.stderr.contains(reason), "{refused}");
        // No more than that.
        let unmeasured = "never measured here, so it does not hold up the merge: tests\n";
        assert!(refused.stderr.contains(unmeasured), "{refused}");
        run(&repository, &["checkpoint"]);
    }
    let config = repository.read(".session/config.yaml");
    let config = config.replace("10s }", "10s }\n    config: { block: false }");
    repository.write(".session/config.yaml", config);
    repository.commit("chore: block nothing");
    run(&repository, &end);
}
