//! Every runner against its own real output.

use std::path::Path;

use super::{Collector, report};
use crate::process::{Stream, Watcher as _};

fn fixture(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/runners");
    std::fs::read(root.join(name)).unwrap()
}

fn counted(name: &str) -> Vec<String> {
    let mut collector = Collector::default();
    collector.watch(Stream::Output, &fixture(name));
    let all = collector.finish().into_iter();
    all.map(|counted| match counted.counts {
        Some(counts) => format!(
            "{} {}/{}/{}",
            counted.runner, counts.passed, counts.failed, counts.skipped
        ),
        None => counted.runner,
    })
    .collect()
}

#[track_caller]
fn each(cases: &[(&str, &[&str])]) {
    for (name, expected) in cases {
        assert_eq!(counted(name), *expected, "{name}");
    }
}

#[test]
fn cargo_test_sums_its_binaries() {
    each(&[
        ("cargo-test/passing.txt", &["cargo-test 5/0/1"]),
        ("cargo-test/failing.txt", &["cargo-test 4/1/1"]),
        ("cargo-test/color.txt", &["cargo-test 5/0/1"]),
        ("cargo-test/ignored-only.txt", &["cargo-test 0/0/1"]),
        ("cargo-test/broken.txt", &[]),
    ]);
}

#[test]
fn nextest_is_not_taken_for_the_tests_that_it_shows() {
    each(&[
        ("nextest/passing.txt", &["nextest 4/0/1"]),
        ("nextest/failing.txt", &["nextest 3/1/1"]),
        ("nextest/color.txt", &["nextest 4/0/1"]),
        ("nextest/cut-short.txt", &["nextest 2/1/1"]),
    ]);
}

#[test]
fn pytest_with_and_without_its_frame() {
    each(&[
        ("pytest/passing.txt", &["pytest 1/0/0"]),
        ("pytest/mixed.txt", &["pytest 3/0/2"]),
        ("pytest/quiet.txt", &["pytest 3/0/2"]),
        ("pytest/failing.txt", &["pytest 2/1/2"]),
        ("pytest/color.txt", &["pytest 2/1/2"]),
        ("pytest/nothing.txt", &["pytest 0/0/0"]),
        ("pytest/broken.txt", &["pytest 0/1/0"]),
    ]);
}

#[test]
fn a_run_that_passes_does_not_hide_the_one_before_it() {
    each(&[
        ("pytest/twice.txt", &["pytest 2/1/2"]),
        ("pytest/twice-quiet.txt", &["pytest 2/1/2"]),
        ("jest/twice.txt", &["jest 2/1/2"]),
        ("jest/twice-silent.txt", &["jest 2/1/2"]),
        ("vitest/twice.txt", &["vitest 2/1/2"]),
    ]);
}

#[test]
fn what_is_drawn_again_or_run_again_by_watching_counts_once() {
    each(&[
        ("jest/terminal.txt", &["jest 2/1/0"]),
        ("jest/watch.txt", &["jest 3/0/0"]),
        ("vitest/terminal.txt", &["vitest 2/1/0"]),
        ("vitest/watch.txt", &["vitest 3/0/0"]),
    ]);
}

#[test]
fn what_a_test_of_pytest_plugins_runs_is_not_the_run() {
    each(&[("pytest/nested.txt", &["pytest 3/0/0"])]);
}

#[test]
fn unittest_counts_what_stands_below_its_rule() {
    each(&[
        ("unittest/passing.txt", &["unittest 4/0/2"]),
        ("unittest/verbose.txt", &["unittest 4/0/2"]),
        ("unittest/failing.txt", &["unittest 2/3/2"]),
        ("unittest/nothing.txt", &["unittest 0/0/0"]),
        ("unittest/nothing-3.12.txt", &["unittest 0/0/0"]),
        ("unittest/twice.txt", &["unittest 6/2/4"]),
    ]);
}

#[test]
fn jest_and_vitest_are_told_apart() {
    each(&[
        ("jest/passing.txt", &["jest 1/0/0"]),
        ("jest/mixed.txt", &["jest 3/0/2"]),
        ("jest/failing.txt", &["jest 2/1/2"]),
        ("jest/color.txt", &["jest 2/1/2"]),
        ("vitest/passing.txt", &["vitest 1/0/0"]),
        ("vitest/mixed.txt", &["vitest 3/0/2"]),
        ("vitest/failing.txt", &["vitest 2/1/2"]),
        ("vitest/color.txt", &["vitest 2/1/2"]),
    ]);
}

#[test]
fn go_counts_only_where_it_names_each_test() {
    each(&[
        ("go-test/passing.txt", &["go-test"]),
        ("go-test/failing.txt", &["go-test"]),
        ("go-test/verbose.txt", &["go-test 4/0/1"]),
        ("go-test/verbose-failing.txt", &["go-test 3/1/1"]),
        ("go-test/json.txt", &["go-test 3/1/1"]),
        ("go-test/unfinished.txt", &["go-test 4/0/1"]),
        ("go-test/unfinished-failing.txt", &["go-test 3/1/1"]),
        ("go-test/unfinished-json.txt", &["go-test 3/1/1"]),
    ]);
}

#[test]
fn ctest_does_not_pass_what_did_not_run() {
    each(&[
        ("ctest/passing.txt", &["ctest 2/0/0"]),
        ("ctest/mixed.txt", &["ctest 3/0/2"]),
        ("ctest/failing.txt", &["ctest 2/1/2"]),
        ("ctest/nothing.txt", &[]),
    ]);
}

#[test]
fn tap_counts_whole_tests_of_any_producer() {
    each(&[
        ("tap/node-passing.txt", &["tap 2/0/2"]),
        ("tap/node-failing.txt", &["tap 1/1/2"]),
        ("tap/vitest.txt", &["tap 2/1/2"]),
        ("tap/vitest-flat.txt", &["tap 2/1/2"]),
        ("tap/perl-passing.txt", &["tap 2/0/2"]),
        ("tap/perl-failing.txt", &["tap 1/1/2"]),
        ("tap/perl-unnumbered.txt", &["tap 1/1/1"]),
    ]);
}

#[test]
fn what_tap_planned_and_did_not_come_has_failed() {
    each(&[
        ("tap/perl-missing.txt", &["tap 1/3/0"]),
        ("tap/perl-bail-out.txt", &["tap 1/1/0"]),
    ]);
}

#[test]
fn node_counts_subtests_where_it_shows_itself_to_people() {
    each(&[
        ("node-test/passing.txt", &["node-test 3/0/2"]),
        ("node-test/failing.txt", &["node-test 2/1/2"]),
        ("node-test/color.txt", &["node-test 2/1/2"]),
    ]);
}

#[test]
fn a_junit_report_that_is_printed_is_counted() {
    each(&[
        ("vitest/junit-printed.txt", &["junit 2/1/2"]),
        ("node-test/junit-printed.txt", &["junit 1/1/2"]),
    ]);
}

#[test]
fn junit_reports_of_three_runners() {
    for (name, expected) in [
        ("nextest/junit-passing.xml", (4, 0, 0)),
        ("nextest/junit-failing.xml", (3, 1, 0)),
        ("pytest/junit-failing.xml", (2, 1, 2)),
        ("vitest/junit-failing.xml", (2, 1, 2)),
    ] {
        let counts = report::count(&fixture(name)[..]).unwrap();
        let found = (counts.passed, counts.failed, counts.skipped);
        assert_eq!(found, expected, "{name}");
    }
}

/// With a mark or without, either byte first.
#[test]
fn a_report_of_two_bytes_a_character_counts_the_same() {
    let text = String::from_utf8(fixture("pytest/junit-failing.xml")).unwrap();
    let plain = report::count(text.as_bytes()).unwrap();
    for (mark, to_bytes) in [
        ("\u{feff}", u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("\u{feff}", u16::to_be_bytes),
        ("", u16::to_le_bytes),
        ("", u16::to_be_bytes),
    ] {
        let marked = format!("{mark}{text}");
        let bytes: Vec<u8> = marked.encode_utf16().flat_map(to_bytes).collect();
        assert_eq!(report::count(&bytes[..]), Ok(plain));
        let cut_off = report::count(&bytes[..bytes.len() / 2]);
        assert_eq!(cut_off, Err(report::Unread::Broken));
    }
}

#[test]
fn in_pieces_of_any_size_it_is_the_same() {
    for name in ["cargo-test/color.txt", "vitest/color.txt"] {
        let bytes = fixture(name);
        for size in [1, 7, 100] {
            let mut collector = Collector::default();
            for piece in bytes.chunks(size) {
                collector.watch(Stream::Output, piece);
            }
            let whole = {
                let mut collector = Collector::default();
                collector.watch(Stream::Output, &bytes);
                collector.finish()
            };
            assert_eq!(collector.finish(), whole, "{name} by {size}");
        }
    }
}

#[test]
fn hostile_output_breaks_nothing() {
    let mut collector = Collector::default();
    let mut hostile = vec![0_u8, 0xff, 0xfe, 0x1b, b'[', 0x1b, b']', b'\n'];
    let lines = [
        "test result: ok. 99999999999999999999 passed; 0 failed; finished in 0.00s",
        "test result: ok. 4294967295 passed; 4294967295 failed; finished in 0.00s",
        "test result: ok. 4294967295 passed; 4294967295 failed; finished in 0.00s",
        "Summary [ ] tests run: ))((é passed",
        "=== in s ===",
        "==== 4294967295 passed in 0.1s ====",
        "==== 4294967295 passed, 4294967295 error, 4294967295 errors in 0.1s ====",
        "Test Suites: 1\nTests: 4294967295 passed, 4294967295 passed, x",
        "Test Files  1\nTests  4294967295 passed | 4294967295 passed",
        "{\"Time\":{{{{{{{{",
        "é=== RUN   \né--- PASS: s)\n--- FAIL:  (s)\n--- FAIL: é (0.00s)",
        "ok 1 - é # sķip",
        "1..\u{200b}\nok \u{200b}",
        "ℹ tests 1\nℹ pass 4294967295\nℹ pass 4294967295\nℹ fail x\nℹ duration_ms é",
        "ok 1 - é # time=1ms {\n    ok 1 - é # skip {\n        ok x",
        "1..4294967295\n1..4294967295\nBail out!\nok 1",
        "----------------------------------------------------------------------\nRan 4294967295 tests in es",
        "----------------------------------------------------------------------\nRan 1 test in 0s\nOK (é=1",
        "FAILED (failures=4294967295, errors=4294967295)",
        "200% tests passed, 9 tests failed out of 3\nThe following tests did not run:\n\té (Skipped)",
    ];
    hostile.extend_from_slice(lines.join("\n").as_bytes());
    collector.watch(Stream::Output, &hostile);
    collector.watch(Stream::Error, &hostile);
    collector.finish();
}
