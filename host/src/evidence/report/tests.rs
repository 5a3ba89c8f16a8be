//! Reports of real tools, whole and broken. It must not run one.

use super::*;

fn counted(text: &str) -> Option<(u32, u32, u32)> {
    let counts = count(text.as_bytes()).ok()?;
    Some((counts.passed, counts.failed, counts.skipped))
}

#[test]
fn hostile_reports_count_nothing_and_break_nothing() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
        <testsuite><testcase name=\"&b;\"/></testsuite>";
    assert_eq!(counted(bomb), Some((1, 0, 0)), "an entity is left alone");
    let deep = "<testsuite>".repeat(100_000);
    assert_eq!(counted(&deep), None);
    assert_eq!(counted("<testsuite><testcase/>"), None, "cut off");
    assert_eq!(counted("<html><testcase/></html>"), None);
    assert_eq!(counted(""), None);
    assert_eq!(count(&[0xff_u8, 0xfe, 0, b'<'][..]), Err(Unread::Broken));
    for cut_off in [
        "",
        "<?xml version=\"1.0\"?>",
        "<testsuite",
        "<testsuites name=\"a",
    ] {
        assert_eq!(count(cut_off.as_bytes()), Err(Unread::Broken), "{cut_off}");
    }
    assert_eq!(count(&b"<coverage><line"[..]), Err(Unread::Other));
    assert_eq!(counted("<testsuites/>"), Some((0, 0, 0)));
}

#[test]
fn only_what_was_written_since_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("junit.xml", "<testsuite><testcase/></testsuite>");
    let before = Reports::look(dir.path(), None);
    assert!(before.told_since(&before, dir.path()).counted.is_none());
    write(
        "test-results/a.xml",
        "<testsuite><testcase/><testcase><failure/></testcase></testsuite>",
    );
    std::os::unix::fs::symlink("junit.xml", dir.path().join("report.xml")).unwrap();
    let after = Reports::look(dir.path(), None);
    let told = after.told_since(&before, dir.path());
    assert_eq!(told.not_read, None);
    let counted = told.counted.unwrap();
    let counts = counted.counts.unwrap();
    assert_eq!((counts.passed, counts.failed), (1, 1));
    assert_eq!(counted.report.unwrap().to_text(), "test-results/a.xml");
}
#[test]
fn a_report_beside_the_command_is_found_once() {
    let dir = tempfile::tempdir().unwrap();
    let package = dir.path().join("packages/one");
    std::fs::create_dir_all(package.join("reports")).unwrap();
    let report = "<testsuite><testcase/></testsuite>";
    std::fs::write(package.join("junit.xml"), report).unwrap();
    std::fs::write(package.join("reports/b.xml"), report).unwrap();
    std::fs::write(dir.path().join("junit.xml"), report).unwrap();
    let passed = |directory: Option<&str>| {
        let directory = directory.map(RepoPath::new);
        let found = Reports::look(dir.path(), directory.as_ref());
        let told = found.told_since(&Reports::default(), dir.path());
        told.counted.unwrap().counts.unwrap().passed
    };
    assert_eq!(passed(Some("packages/one")), 3);
    assert_eq!(passed(Some("packages")), 1);
    assert_eq!(passed(None), 1);
    assert_eq!(passed(Some("reports")), 1);
}

/// A real report, in a directory of so many, of which those named are cut off.
fn told(whole: usize, cut_off: &[&str], other: &str) -> (Option<(u32, u32)>, Option<String>) {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/runners");
    let passing = std::fs::read(fixtures.join("nextest/junit-passing.xml")).unwrap();
    let module = dir.path().join("core/target/surefire-reports");
    std::fs::create_dir_all(&module).unwrap();
    for number in 0..whole {
        std::fs::write(module.join(format!("TEST-{number}.xml")), &passing).unwrap();
    }
    for name in cut_off {
        std::fs::write(module.join(name), &passing[..passing.len() / 2]).unwrap();
    }
    std::fs::write(dir.path().join("report.xml"), other).unwrap();
    let told = Reports::look(dir.path(), None).told_since(&Reports::default(), dir.path());
    let counts = told.counted.and_then(|counted| counted.counts);
    (
        counts.map(|counts| (counts.passed, counts.failed)),
        told.not_read,
    )
}

#[test]
fn all_of_many_reports_of_a_module_are_read_and_no_other_kind_is_missed() {
    assert_eq!(told(600, &[], "<coverage/>"), (Some((2_400, 0)), None));
    assert_eq!(told(0, &[], "<coverage>"), (None, None));
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_counts_only_where_it_failed() {
    let text = "core/target/surefire-reports/A.xml is cut off or broken, and 1 more";
    let cut_off = ["A.xml", "B.xml"];
    assert_eq!(
        told(3, &cut_off, "<coverage/>"),
        (None, Some(text.to_owned()))
    );
    let failing = "<testsuite><testcase><failure/></testcase></testsuite>";
    let counted = (Some((12, 1)), Some(text.to_owned()));
    assert_eq!(told(3, &cut_off, failing), counted);
    let more = not_read(&[], true);
    assert_eq!(more.as_deref(), Some("there are more than 5000"));
}

#[test]
fn more_reports_than_are_looked_at_are_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("reports")).unwrap();
    for number in 0..=MOST {
        let name = format!("reports/{number}.xml");
        std::fs::write(dir.path().join(name), "<testsuite><testcase/></testsuite>").unwrap();
    }
    let told = Reports::look(dir.path(), None).told_since(&Reports::default(), dir.path());
    assert_eq!(told.counted.unwrap().counts, None);
    assert_eq!(told.not_read, not_read(&[], true));
}

#[test]
fn a_report_beyond_the_bound_is_told_from_one_that_is_broken() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/runners");
    let path = fixtures.join("pytest/junit-failing.xml");
    assert_eq!(read(&path, 400), Err(Unread::Large));
    assert!(read(&path, MIB).is_ok());
    let unread = [(&path, Unread::Large)];
    let text = not_read(&unread, false).unwrap();
    assert!(
        text.ends_with("junit-failing.xml is larger than 64 MiB"),
        "{text}"
    );
}
