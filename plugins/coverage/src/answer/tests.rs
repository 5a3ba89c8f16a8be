//! What is said, of pictures made by hand.

use super::*;
use crate::kept::Stamped;
use crate::settings::Settings;

/// 8 of 10 lines, 1 of 2 changed ones.
fn picture() -> Picture {
    Picture {
        reports: vec![Stamped {
            path: "lcov.info".to_owned(),
            stamp: String::new(),
            modified_at: 0,
        }],
        totals: Some(Counts {
            covered: 8,
            lines: 10,
        }),
        changed: Some(vec![ChangedFile {
            path: "src/a.c".to_owned(),
            file: (1, 4),
            changed: (1, 2),
            uncovered: vec![(7, 7)],
        }]),
        since_checkpoint: Some(1.25),
        since_start: Some(-0.5),
        ..Picture::default()
    }
}

#[test]
fn numbers_are_metrics_with_thresholds() {
    let metrics = metrics(&picture());
    let named: Vec<_> = metrics
        .iter()
        .map(|it| (it.name.as_str(), it.value, it.threshold))
        .collect();
    assert_eq!(
        named,
        [
            ("total_coverage", 80.0, Some(85.0)),
            ("changed_lines_coverage", 50.0, Some(90.0)),
            ("coverage_since_checkpoint", 1.25, None),
            ("coverage_since_start", -0.5, None),
        ]
    );
}

#[test]
fn too_little_holds_up_a_merge_and_says_what_is_missing() {
    let mut picture = picture();
    let said =
        |picture: &Picture| verdict(picture).map(|verdict| (verdict.outcome, verdict.reason));
    let reason = "80.0% of all lines are covered, below 85%; 50.0% of the changed lines are covered, below 90%";
    assert_eq!(
        said(&picture),
        Some(("block".to_owned(), reason.to_owned()))
    );
    picture.settings.block = false;
    assert_eq!(said(&picture).unwrap().0, "allow");
    picture.settings = Settings {
        threshold: 80.0,
        new_code_threshold: 50.0,
        ..Settings::default()
    };
    assert_eq!(said(&picture), Some(("allow".to_owned(), String::new())));
    picture.totals = None;
    assert_eq!(said(&picture), None);
}

#[test]
fn a_stale_report_holds_up_a_merge_and_gives_no_number_as_if_it_were_current() {
    let mut picture = picture();
    picture.settings.threshold = 80.0;
    picture.settings.new_code_threshold = 50.0;
    picture.newer = vec!["src/a.c".to_owned()];
    let blocks = |picture: &Picture| verdict(picture).unwrap().outcome == "block";
    let why = "lcov.info is stale: src/a.c was written after it; run the tests with coverage again";
    assert_eq!(verdict(&picture).unwrap().reason, why);
    assert!(blocks(&picture));
    let names = |picture: &Picture| -> Vec<String> {
        metrics(picture).into_iter().map(|it| it.name).collect()
    };
    let stale = ["stale_total_coverage", "stale_changed_lines_coverage"];
    assert_eq!(names(&picture), stale);
    picture.newer.clear();
    picture.outdated = true;
    assert!(blocks(&picture));
    assert_eq!(names(&picture), stale);
    // Where nothing is demanded, nothing has to be known.
    picture.settings.threshold = 0.0;
    picture.settings.new_code_threshold = 0.0;
    assert!(!blocks(&picture));
}

#[test]
fn a_changed_file_that_no_report_knows_is_named_and_may_hold_up_a_merge() {
    let mut picture = picture();
    picture.settings.threshold = 0.0;
    picture.settings.new_code_threshold = 50.0;
    picture.unmeasured = vec!["b/b.go".to_owned(), "c.go".to_owned()];
    let body = section(&picture).unwrap().body;
    let named = "Not among them, since no report knows it: b/b.go and 1 more.\n";
    assert!(body.contains(named), "{body}");
    let findings = findings(&picture);
    let places: Vec<_> = findings.iter().map(|it| it.path.as_deref()).collect();
    assert_eq!(places[..2], [Some("b/b.go"), Some("c.go")], "{findings:?}");
    assert_eq!(findings[0].severity, "warning");
    let counted = metrics(&picture);
    let counted = counted.iter().find(|it| it.unit == "count").unwrap();
    assert_eq!((counted.value, &*counted.better), (2.0, "down"));
    // A file of types only is in no report: nobody is stopped for it unless the configuration says so.
    assert_eq!(verdict(&picture).unwrap().outcome, "allow");
    picture.settings.block_unmeasured = true;
    let told = verdict(&picture).unwrap();
    assert_eq!(told.outcome, "block");
    assert_eq!(told.reason, "no report knows b/b.go and 1 more");
}

#[test]
fn a_percentage_is_never_rounded_up_to_its_threshold() {
    assert_eq!(percent(84.99), "84.9%");
    assert_eq!(percent(100.0), "100.0%");
}

#[test]
fn the_section_says_all_of_it_in_a_few_lines() {
    let mut picture = picture();
    picture.newer = vec!["src/a.c".to_owned(), "src/b.c".to_owned()];
    (picture.outside, picture.beyond) = (2, 1);
    let section = section(&picture).unwrap();
    assert_eq!(
        section.body,
        "80.0% of 10 lines were covered (lcov.info); +1.2 since the last checkpoint; −0.5 since the session's start.\n\
         Not counted: 2 files that are not in the work tree, and 1 line that its file does not have.\n\
         Stale: src/a.c and 1 more were written after the report was.\n\
         Changed lines: 50.0% of 2 were covered.\n- src/a.c: 25.0%; 1 of 2 changed lines, not 7\n"
    );
}

#[test]
fn a_checkpoint_is_not_advised_where_one_has_just_failed_to_measure() {
    let mut picture = picture();
    picture.outdated = true;
    let advises = |picture: &Picture| {
        section(picture)
            .unwrap()
            .body
            .contains("session checkpoint")
    };
    assert!(advises(&picture));
    picture.too_large = Some(98);
    assert!(!advises(&picture));
}

#[test]
fn numbers_of_a_report_that_is_too_large_are_marked_and_it_is_said_what_to_set() {
    let mut picture = picture();
    (picture.outdated, picture.too_large) = (true, Some(98));
    let body = section(&picture).unwrap().body;
    assert!(body.starts_with("80.0% of 10 lines were covered"), "{body}");
    let stale =
        "Stale: the report has changed since this was measured, and is too large to be read.\n";
    assert!(body.contains(stale), "{body}");
    assert!(
        body.contains("Changed lines: 50.0% of 2 were covered"),
        "{body}"
    );
    let found = &findings(&picture)[0];
    assert_eq!(found.message, "lcov.info is too large to be read");
    let hint =
        "Set the plugin's config.largest to 98 or more, and raise its limits.time, to 5s say.";
    assert_eq!(found.hint.as_deref(), Some(hint));
    let uncovered = "1 of 2 changed lines were not covered: 7";
    assert_eq!(findings(&picture)[1].message, uncovered);
    let step = "Set config.largest to 98 or more: lcov.info is too large to be read";
    assert_eq!(next_steps(&picture), [step]);
    let reason = verdict(&picture).unwrap().reason;
    let set = "; lcov.info is too large to be read: set its config.largest to 98 or more";
    assert!(reason.ends_with(set), "{reason}");
}

#[test]
fn a_changed_file_that_was_measured_before_is_missed() {
    let mut picture = picture();
    (
        picture.settings.threshold,
        picture.settings.new_code_threshold,
    ) = (80.0, 50.0);
    picture.lost = vec!["a.py".to_owned(), "b.py".to_owned()];
    let told = verdict(&picture).unwrap();
    let reason = "coverage of changed files was measured before and is not now: a.py and 1 more; run all tests with coverage again";
    assert_eq!((&*told.outcome, &*told.reason), ("block", reason));
    let body = section(&picture).unwrap().body;
    let named = "Not among them any more, since no report knows it now: a.py and 1 more.\n";
    assert!(body.contains(named), "{body}");
    let findings = findings(&picture);
    let places: Vec<_> = findings.iter().map(|it| it.path.as_deref()).collect();
    assert_eq!(places[..2], [Some("a.py"), Some("b.py")], "{findings:?}");
    let counted = metrics(&picture);
    let counted = counted.iter().find(|it| it.unit == "count").unwrap();
    assert_eq!(
        (&*counted.name, counted.value),
        ("unmeasured_changed_files", 2.0)
    );
    picture.settings.block = false;
    assert_eq!(verdict(&picture).unwrap().outcome, "allow");
    picture.settings = Settings {
        threshold: 0.0,
        new_code_threshold: 0.0,
        ..Settings::default()
    };
    assert_eq!(verdict(&picture).unwrap().outcome, "allow");
}

#[test]
fn changed_lines_without_a_test_are_findings_at_their_place() {
    let mut picture = picture();
    picture.problems = vec![("x.xml".to_owned(), "is empty".to_owned())];
    picture.escaped = 2;
    let findings = findings(&picture);
    let said: Vec<_> = findings
        .iter()
        .map(|it| (it.severity.as_str(), it.message.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("warning", "x.xml is empty"),
            ("warning", "1 of 2 changed lines are not covered: 7"),
            (
                "info",
                "2 paths of the report lead out of the repository and do not count"
            ),
        ]
    );
    picture.escaped = 1;
    let one = "1 path of the report leads out of the repository and does not count";
    assert!(super::findings(&picture).iter().any(|it| it.message == one));
    assert_eq!(
        (findings[1].path.as_deref(), findings[1].line),
        (Some("src/a.c"), Some(7))
    );
}
