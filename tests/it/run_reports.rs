//! `session run` and the JUnit reports that a command wrote. It must not repeat what the parser's own tests say.

use crate::common::TestEnv;
use crate::common::repository::run;
use crate::run::{recorded, started};

const REPORT: &[u8] = include_bytes!("../fixtures/runners/pytest/junit-failing.xml");

#[test]
fn a_report_that_is_cut_off_is_told_and_counts_nothing() {
    let env = TestEnv::new();
    let repository = started(&env);
    let report = env.root().join("report.xml");
    let write = [
        "run",
        "--",
        "sh",
        "-c",
        "sleep 0; dd if=../report.xml of=junit.xml 2>/dev/null",
    ];
    std::fs::write(&report, &REPORT[..REPORT.len() - 20]).unwrap();
    run(&repository, &write);
    let entry = recorded(&repository);
    let told = "junit.xml is cut off or broken";
    assert_eq!(entry["reports_not_read"], told, "{entry:#}");
    assert_eq!(entry["runners"][0].get("counts"), None, "{entry:#}");
    let status = run(&repository, &["status"]);
    let outcome = format!("passed (junit); reports not read: {told}");
    assert!(status.stdout.contains(&outcome), "{status}");
    let json = run(&repository, &["status", "--json"]);
    assert_eq!(
        json.json()["evidence"][0]["reports_not_read"],
        told,
        "{json}"
    );
    std::fs::write(&report, REPORT).unwrap();
    run(&repository, &write);
    let entry = recorded(&repository);
    assert_eq!(entry.get("reports_not_read"), None, "{entry:#}");
    assert_eq!(entry["runners"][0]["counts"]["failed"], 1, "{entry:#}");
}
