//! Which reports the coverage plugin believes, and what of them, in a whole session. It must not repeat what its own tests
//! say of paths and lines.

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
