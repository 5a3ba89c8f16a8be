//! The embedded coverage plugin, through the sandbox, on reports in a real directory.

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::time::SystemTime;

use super::*;
use crate::plugin::contribution::{Metric, Verdict};
use crate::plugin::host_data::{ChangedLines, SessionInfo, SessionView};

const REPORT: &str = "TN:\nSF:/builds/7/shop/src/price.js\nDA:1,1\nDA:2,1\nDA:3,0\nDA:4,1\nend_of_record\n\
                      SF:src/other.js\nDA:1,1\nend_of_record\n";
/// Seconds since 1970: when the report was written.
const WRITTEN: u64 = 1_790_000_000;

/// A work tree with a source and its report, lines 3 and 4 of the source changed in a session.
fn tree() -> (tempfile::TempDir, FixedHost) {
    let root = tempfile::tempdir().unwrap();
    let mut host = FixedHost::new(root.path());
    put(root.path(), "src/price.js", "a\nb\nc\nd\n", WRITTEN - 60);
    put(root.path(), "src/other.js", "a\n", WRITTEN - 60);
    put(root.path(), "lcov.info", REPORT, WRITTEN);
    host.changed_lines = Some(vec![ChangedLines {
        path: "src/price.js".into(),
        ranges: vec![(3, 2)],
    }]);
    host.states = Vec::new();
    let started_at = WRITTEN as i64 - 3600;
    host.session = SessionView {
        session: Some(SessionInfo {
            id: "main-20261122-aaaa".into(),
            started_at: chrono::DateTime::from_timestamp(started_at, 0).unwrap(),
            mode: "normal".into(),
            tdd_phase: None,
            base: None,
            active_seconds: 0,
        }),
        ..SessionView::default()
    };
    (root, host)
}

/// Writes over what is there, so that the inode stays.
fn put(root: &Path, path: &str, text: impl AsRef<[u8]>, seconds: u64) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let file = File::options().write(true).open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(time)).unwrap();
}

fn ask_coverage(hook: Hook, host: &FixedHost, config: serde_json::Value) -> Answers {
    ask_bundled("coverage", Question { hook, ..brief() }, host, config)
}

/// Asks, and keeps what the plugin wants to find again.
fn checkpoint(host: &mut FixedHost) -> Contribution {
    let mut answers = ask_coverage(Hook::Checkpoint, host, serde_json::Value::Null);
    for state in answers.new_states {
        host.states.retain(|(scope, _)| *scope != state.scope);
        host.states.push((state.scope, state.bytes));
    }
    answers.contributions.remove(0)
}

fn of(hook: Hook, host: &FixedHost) -> Contribution {
    let mut answers = ask_coverage(hook, host, serde_json::Value::Null);
    answers.contributions.remove(0)
}

fn metric(contribution: &Contribution, name: &str) -> Option<f64> {
    let named = |metric: &&Metric| metric.name == name;
    contribution.metrics.iter().find(named).map(|it| it.value)
}

fn messages(contribution: &Contribution) -> Vec<&str> {
    let findings = contribution.findings.iter();
    findings.map(|it| it.message.as_str()).collect()
}

#[test]
fn a_checkpoint_measures_all_lines_and_the_changed_ones() {
    let (_root, mut host) = tree();
    let said = checkpoint(&mut host);
    assert_eq!(metric(&said, "total_coverage"), Some(80.0));
    assert_eq!(metric(&said, "changed_lines_coverage"), Some(50.0));
    assert_eq!(messages(&said), ["1 of 2 changed lines are not covered: 3"]);
    let finding = &said.findings[0];
    assert_eq!(
        (finding.path.clone(), finding.line),
        (Some("src/price.js".into()), Some(3))
    );
    let reason = "80.0% of all lines are covered, below 85%; 50.0% of the changed lines are covered, below 90%";
    assert_eq!(said.verdict, Some(Verdict::Block(reason.into())));
    assert_eq!(of(Hook::Handoff, &host).verdict, said.verdict);
}

#[test]
fn how_a_session_began_is_told_by_a_report_of_before_and_by_nothing_else() {
    let (root, mut host) = tree();
    let told = |said: &Contribution| {
        ["coverage_since_start", "coverage_since_first_measured"].map(|name| metric(said, name))
    };
    let better = REPORT.replace("DA:3,0", "DA:3,9");
    // The report was written in the session.
    assert_eq!(told(&checkpoint(&mut host)), [None, None]);
    put(root.path(), "lcov.info", &better, WRITTEN + 1);
    assert_eq!(told(&checkpoint(&mut host)), [None, Some(20.0)]);
    assert_eq!(told(&of(Hook::Brief, &host)), [None, Some(20.0)]);

    let (root, mut host) = tree();
    put(root.path(), "src/price.js", "a\nb\nc\nd\n", WRITTEN - 7260);
    put(root.path(), "src/other.js", "a\n", WRITTEN - 7260);
    put(root.path(), "lcov.info", REPORT, WRITTEN - 7200);
    assert_eq!(told(&checkpoint(&mut host)), [Some(0.0), None]);
    put(root.path(), "lcov.info", &better, WRITTEN + 1);
    assert_eq!(told(&checkpoint(&mut host)), [Some(20.0), None]);
}

#[test]
fn a_report_whose_stamp_is_the_same_is_not_parsed_again() {
    let (root, mut host) = tree();
    let first = checkpoint(&mut host);
    // The same size, time and inode: only somebody who reads it would see.
    put(
        root.path(),
        "lcov.info",
        REPORT.replace("DA:3,0", "DA:3,9"),
        WRITTEN,
    );
    for hook in [Hook::Checkpoint, Hook::Brief, Hook::Status] {
        let again = of(hook, &host);
        assert_eq!(
            metric(&again, "total_coverage"),
            metric(&first, "total_coverage"),
            "{hook:?}"
        );
    }
    put(
        root.path(),
        "lcov.info",
        REPORT.replace("DA:3,0", "DA:3,9"),
        WRITTEN + 1,
    );
    let changed = checkpoint(&mut host);
    assert_eq!(metric(&changed, "total_coverage"), Some(100.0));
    assert_eq!(metric(&changed, "coverage_since_checkpoint"), Some(20.0));
    let since_first = metric(&changed, "coverage_since_first_measured");
    assert_eq!(since_first, Some(20.0));
    assert_eq!(changed.verdict, Some(Verdict::Allow));
    // Another file has changed: what was kept does not know it.
    host.changed_lines.as_mut().unwrap().push(ChangedLines {
        path: "src/other.js".into(),
        ranges: vec![(1, 1)],
    });
    let wider = checkpoint(&mut host);
    assert!(
        wider.sections[0]
            .body
            .contains("src/other.js: 100.0%; 1 of 1 changed lines"),
        "{wider:?}"
    );
}

#[test]
fn a_report_older_than_its_sources_is_stale() {
    let (root, mut host) = tree();
    assert_eq!(of(Hook::Brief, &host).findings.len(), 1);
    put(root.path(), "src/price.js", "changed\n", WRITTEN + 60);
    let stale = "lcov.info is stale: src/price.js was written after it";
    let said = checkpoint(&mut host);
    assert_eq!(messages(&said)[0], stale);
    let Some(Verdict::Block(reason)) = &said.verdict else {
        panic!("{said:?}");
    };
    assert!(
        reason.ends_with(&format!("{stale}; run the tests with coverage again")),
        "{reason}"
    );
    assert_eq!(metric(&said, "total_coverage"), None);
    for hook in [Hook::Brief, Hook::Status] {
        assert_eq!(messages(&of(hook, &host))[0], stale);
    }
}

#[test]
fn changed_code_that_no_report_knows_is_named_and_tests_are_not() {
    let (_root, mut host) = tree();
    for path in ["src/untested.js", "src/untested.test.js", "notes.md"] {
        host.changed_lines.as_mut().unwrap().push(ChangedLines {
            path: path.into(),
            ranges: vec![(1, 9)],
        });
    }
    for hook in [Hook::Checkpoint, Hook::Status] {
        let said = match hook {
            Hook::Checkpoint => checkpoint(&mut host),
            hook => of(hook, &host),
        };
        let named = "Not among them, since no report knows it: src/untested.js.\n";
        assert!(said.sections[0].body.contains(named), "{hook:?}: {said:?}");
    }
}

#[test]
fn what_a_report_knew_is_lost_where_the_next_one_is_about_something_else() {
    let (root, mut host) = tree();
    checkpoint(&mut host);
    let other = "SF:src/other.js\nDA:1,1\nend_of_record\n";
    let lost = "the coverage of this changed file was measured before, and no report knows it now";
    // Nor does a checkpoint make it forgotten.
    for later in 1..3 {
        put(root.path(), "lcov.info", other, WRITTEN + later);
        let said = checkpoint(&mut host);
        assert_eq!(messages(&said), [lost], "{said:?}");
        assert_eq!(said.findings[0].path, Some("src/price.js".into()));
        assert!(matches!(said.verdict, Some(Verdict::Block(_))), "{said:?}");
        assert_eq!(messages(&of(Hook::Status, &host)), [lost]);
    }
    // What is no more changed is not missed, and what is measured again is there.
    let changed = host.changed_lines.replace(Vec::new());
    let said = of(Hook::Checkpoint, &host);
    assert_eq!(
        (messages(&said).len(), said.verdict),
        (0, Some(Verdict::Allow))
    );
    host.changed_lines = changed;
    put(root.path(), "lcov.info", REPORT, WRITTEN + 5);
    let said = checkpoint(&mut host);
    assert_eq!(messages(&said), ["1 of 2 changed lines are not covered: 3"]);
}

#[test]
fn a_test_that_one_report_knew_is_not_lost_in_the_next() {
    let (root, mut host) = tree();
    let path = "src/price.test.js";
    put(root.path(), path, "a\n", WRITTEN - 60);
    host.changed_lines = Some(vec![ChangedLines {
        path: path.into(),
        ranges: vec![(1, 1)],
    }]);
    let report = format!("{REPORT}SF:{path}\nDA:1,1\nend_of_record\n");
    put(root.path(), "lcov.info", report, WRITTEN);
    let said = checkpoint(&mut host);
    assert_eq!(metric(&said, "changed_lines_coverage"), Some(100.0));
    put(root.path(), "lcov.info", REPORT, WRITTEN + 1);
    assert_eq!(messages(&checkpoint(&mut host)).len(), 0);
}

#[test]
fn the_newest_report_in_a_usual_place_counts_unless_one_is_named() {
    let (root, host) = tree();
    let newer = "mode: set\nexample.com/shop/src/price.js:1.1,2.2 1 1\n";
    put(root.path(), "cover.out", newer, WRITTEN + 5);
    assert_eq!(
        metric(&of(Hook::Brief, &host), "total_coverage"),
        Some(100.0)
    );
    let named = |config| {
        let answers = ask_coverage(Hook::Checkpoint, &host, config);
        answers.contributions.into_iter().next().unwrap()
    };
    let lcov = named(
        serde_json::json!({"report": "lcov.info", "threshold": 80, "new_code_threshold": 50}),
    );
    assert_eq!(metric(&lcov, "total_coverage"), Some(80.0));
    assert_eq!(lcov.verdict, Some(Verdict::Allow));
    let both = named(
        serde_json::json!({"report": ["lcov.info", "cover.out", "none.xml"], "block": false}),
    );
    assert_eq!(messages(&both)[0], "none.xml is not there");
    assert_eq!(both.verdict, Some(Verdict::Allow));
    let wrong = named(serde_json::json!({"report": "lcov.info", "format": "jacoco"}));
    assert_eq!(
        messages(&wrong),
        ["lcov.info is lcov, and config.format says jacoco"]
    );
    assert_eq!(wrong.verdict, None);
}

#[test]
fn a_report_that_is_no_good_is_a_finding_and_nothing_else() {
    let (root, host) = tree();
    let deep = "<a>".repeat(100_000);
    let bomb = format!(
        "<!DOCTYPE coverage [<!ENTITY a '{}'>]><coverage>&a;</coverage>",
        "lol".repeat(400_000)
    );
    let long = "a".repeat(200_000);
    let mismatched = format!("<coverage><{long}></{long}b></coverage>");
    let named = format!("is malformed: ill-formed document: expected `</{long}")
        .split_at(214)
        .0
        .to_owned();
    let cases: [(&[u8], &str); 10] = [
        (b"", "is empty"),
        (b"\xFF\xFE", "is empty"),
        (b"\0\x01\x02\x03 binary", "has none of the known formats"),
        (
            b"TN:\nSF:src/price.js\nDA:1,",
            "is malformed: line 3: a DA that is no line data",
        ),
        (
            b"TN:\nSF:src/price.js\nDA:1,1\n",
            "ends before it is complete",
        ),
        (
            b"<coverage><class filename='src/price.js'>",
            "ends before it is complete",
        ),
        (
            b"{\"files\": {\"src/price.js\": {",
            "ends before it is complete",
        ),
        (deep.as_bytes(), "has none of the known formats"),
        (bomb.as_bytes(), "describes more than is kept of one report"),
        (mismatched.as_bytes(), &named),
    ];
    for (bytes, what) in cases {
        put(root.path(), "lcov.info", bytes, WRITTEN);
        for hook in [Hook::Brief, Hook::Checkpoint, Hook::Handoff, Hook::Status] {
            let said = of(hook, &host);
            assert_eq!(messages(&said), [format!("lcov.info {what}")], "{hook:?}");
            assert_eq!((said.verdict, said.metrics.len()), (None, 0));
        }
    }
}

#[test]
fn a_report_that_was_read_is_still_held_to_the_format_that_is_configured() {
    let (_root, mut host) = tree();
    checkpoint(&mut host);
    let config = serde_json::json!({"format": "jacoco"});
    let said = ask_coverage(Hook::Checkpoint, &host, config);
    let said = &said.contributions[0];
    assert_eq!(
        messages(said),
        ["lcov.info is lcov, and config.format says jacoco"]
    );
    assert_eq!(metric(said, "total_coverage"), None);
}

#[test]
fn a_report_of_a_hundred_megabytes_fits_the_sandbox() {
    let (root, host) = tree();
    // Larger than the memory that the plugin has.
    let record = "SF:/builds/7/shop/src/file.js\nDA:1,1\nDA:2,0\nDA:3,1\nDA:4,1\nend_of_record\n";
    let many = record.repeat(100_000_000 / record.len());
    put(root.path(), "lcov.info", &many, WRITTEN);
    put(root.path(), "src/file.js", "a\nb\nc\nd\n", WRITTEN - 60);
    for hook in [Hook::Brief, Hook::Checkpoint, Hook::Status] {
        let said = of(hook, &host);
        assert_eq!(messages(&said), ["lcov.info is too large to be read"]);
        let hint = said.findings[0].hint.as_deref().unwrap();
        assert!(hint.contains("config.largest to 96 or more"), "{hint}");
    }
    let config = serde_json::json!({"largest": 96});
    let said = ask_coverage(Hook::Checkpoint, &host, config);
    let metrics = &said.contributions[0];
    assert_eq!(metric(metrics, "total_coverage"), Some(75.0));
}

#[test]
fn without_a_report_there_is_nothing_to_say() {
    let (root, mut host) = tree();
    fs::remove_file(root.path().join("lcov.info")).unwrap();
    let said = checkpoint(&mut host);
    assert_eq!(
        (said.metrics.len(), said.sections.len(), said.verdict),
        (0, 0, None)
    );
}
