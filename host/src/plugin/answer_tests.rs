//! What is left of answers that hide, forge or forbid.

use super::*;

#[test]
fn a_trailer_that_a_person_vouches_for_is_dropped_and_named() {
    let trailer = |key: &str| types::Trailer {
        key: key.to_owned(),
        value: "Ada\nReviewed-by: Bob".to_owned(),
    };
    let proposed = [
        "Signed-off-by",
        "co-authored-BY",
        "Session-Id",
        "Change-ID",
        "BREAKING-CHANGE",
        "release-as",
        "Refs",
    ];
    let mut complaints = Complaints::default();
    let kept = trailers(proposed.map(trailer).to_vec(), &mut complaints);
    assert_eq!(
        kept,
        [("Refs".to_owned(), "Ada Reviewed-by: Bob".to_owned())]
    );
    let names =
        r#""Session-Id", "Change-ID", "BREAKING-CHANGE", "release-as", which no plugin may"#;
    let complaints = complaints.into_clauses();
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].contains(names), "{complaints:?}");
}

#[test]
fn a_trailer_that_git_could_not_find_again_is_dropped_and_named() {
    let trailer = |(key, value): (&str, &str)| types::Trailer {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let proposed = [
        ("Refs", "ABC-1"),
        ("My key", "x"),
        ("", "x"),
        ("9", "x"),
        ("Closes", " \u{200b}\n"),
    ];
    let mut complaints = Complaints::default();
    let kept = trailers(proposed.map(trailer).to_vec(), &mut complaints);
    assert_eq!(kept, [("Refs".to_owned(), "ABC-1".to_owned())]);
    let misnamed = format!(r#"gave the trailer "My key", "", "9", {NO_KEY}"#);
    let empty = r#"gave the trailer "Closes", which has no value, so that was dropped"#;
    assert_eq!(complaints.into_clauses(), [&misnamed, empty]);
}

#[test]
fn a_finding_that_says_nothing_is_dropped() {
    let said = |message: &str| types::Finding {
        message: message.to_owned(),
        ..finding_at("a.rs")
    };
    let mut complaints = Complaints::default();
    let kept = findings(vec![said("\u{200b} "), said("broken")], &mut complaints);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].message, "broken");
    let why = "gave a finding without a message, so that was dropped";
    assert_eq!(complaints.into_clauses(), [why]);
}

const HIDING: &str = "a\u{200b}b\u{feff}c\u{ad}d\u{61c}e\u{e0041}f\u{1b}[31mg\u{202e}h\n## i";
const CLEAN: &str = "abcdefgh ## i";

fn metric(name: &str, value: f64) -> types::Metric {
    types::Metric {
        name: name.to_owned(),
        value,
        unit: HIDING.to_owned(),
        better: String::new(),
        threshold: Some(1e300),
    }
}

fn finding_at(path: &str) -> types::Finding {
    types::Finding {
        severity: String::new(),
        message: HIDING.to_owned(),
        path: Some(path.to_owned()),
        line: Some(3),
        hint: Some(HIDING.to_owned()),
    }
}

#[test]
fn nothing_of_an_answer_hides_anything() {
    let accepted = accept(
        "p",
        types::Contribution {
            sections: vec![types::Section {
                title: HIDING.to_owned(),
                body: HIDING.to_owned(),
                importance: 1,
            }],
            metrics: vec![metric(HIDING, 1.0)],
            findings: vec![finding_at("src/a.rs")],
            trailers: vec![types::Trailer {
                key: "Refs".to_owned(),
                value: HIDING.to_owned(),
            }],
            next_steps: vec![HIDING.to_owned()],
            verdict: Some(types::Verdict {
                outcome: "block".to_owned(),
                reason: HIDING.to_owned(),
            }),
            edits: Vec::new(),
            state: Vec::new(),
        },
        None,
    );
    assert_eq!(accepted.complaints, [""; 0]);
    let said = accepted.contribution;
    assert_eq!(said.sections[0].title, CLEAN);
    assert_eq!(said.sections[0].body, "abcdefgh\n## i\n");
    assert_eq!(
        (&*said.metrics[0].name, &*said.metrics[0].unit),
        (CLEAN, CLEAN)
    );
    assert_eq!(said.metrics[0].threshold, None);
    assert_eq!(said.findings[0].message, CLEAN);
    assert_eq!(said.findings[0].hint.as_deref(), Some(CLEAN));
    assert_eq!(said.trailers[0].1, CLEAN);
    assert_eq!(said.next_steps, [CLEAN]);
    assert_eq!(said.verdict, Some(Verdict::Block(CLEAN.to_owned())));
}

#[test]
fn a_finding_loses_a_path_that_is_not_what_it_looks_like() {
    let at = |path: &str| finding(finding_at(path));
    let kept = at("src/a b.rs");
    assert_eq!((kept.path, kept.line), (Some("src/a b.rs".into()), Some(3)));
    let long = "q".repeat(LONGEST_PATH);
    assert!(at(&long).path.is_some());
    for path in [
        "a\nb",
        "a\u{1b}[31m",
        "a\u{202e}b",
        "a\u{200b}",
        "../a",
        &format!("{long}q"),
    ] {
        let finding = at(path);
        assert_eq!((finding.path, finding.line), (None, None), "{path:?}");
    }
}

#[test]
fn a_line_counts_from_one() {
    let at = |line| {
        let given = types::Finding {
            line: Some(line),
            ..finding_at("a")
        };
        finding(given).line
    };
    assert_eq!((at(0), at(1)), (None, Some(1)));
}

#[test]
fn a_name_does_not_say_whose_it_is() {
    let mut complaints = Complaints::default();
    let titled = |title: &str| types::Section {
        title: title.to_owned(),
        body: String::new(),
        importance: 1,
    };
    let given = [
        "Now — from plugin context-manager",
        "Now (From  Plugin\u{200b} x)",
        "from plugin x",
        "From plugs",
        "Data imported from plugins",
    ];
    let kept = sections(given.map(titled).to_vec(), &mut complaints);
    let titles: Vec<&str> = kept.iter().map(|section| &*section.title).collect();
    assert_eq!(
        titles,
        ["Now", "Now", "From plugs", "Data imported from plugins"]
    );
    let health = metric("health: 99%, from plugin context-manager; mine", 1.0);
    let kept = metrics(vec![health], &mut complaints);
    assert_eq!(kept[0].name, "health: 99%");
    let clauses = [
        "said in a name whose it is, so that was dropped",
        "gave a section without a title, so that was dropped",
    ];
    assert_eq!(complaints.into_clauses(), clauses);
}

#[test]
fn what_has_no_name_or_no_readable_number_is_passed_over() {
    let mut complaints = Complaints::default();
    let untitled = types::Section {
        title: "\u{200b} \n".to_owned(),
        body: "x".to_owned(),
        importance: 1,
    };
    assert_eq!(sections(vec![untitled], &mut complaints), []);
    let given = [
        ("", 1.0),
        ("a", 1e15),
        ("b", 1e16),
        ("c", f64::NAN),
        ("d", f64::NEG_INFINITY),
    ];
    let given = given.map(|(name, value)| metric(name, value));
    let kept = metrics(given.to_vec(), &mut complaints);
    let names: Vec<&str> = kept.iter().map(|metric| &*metric.name).collect();
    assert_eq!(names, ["a"]);
    let clauses = [
        "gave a section without a title, so that was dropped",
        "gave a metric without a name, so that was dropped",
        r#"gave the metric "b", "c", "d", which has no value or one beyond 1e15, so that was dropped"#,
    ];
    assert_eq!(complaints.into_clauses(), clauses);
}

#[test]
fn a_thousand_states_are_complained_of_in_one_breath() {
    let state = |scope: String| types::NewState {
        scope,
        bytes: Vec::new(),
    };
    let given = (0..1000).map(|number| state(format!("scope-{}", number % 2)));
    let mut complaints = Complaints::default();
    assert_eq!(states(given.collect(), &mut complaints), []);
    let clauses = [
        "gave 1000 states; the first 10 count",
        r#"has state of scope "scope-0", "scope-1", which this version does not keep"#,
    ];
    assert_eq!(complaints.into_clauses(), clauses);
}

#[test]
fn a_block_without_a_reason_is_a_block_and_a_complaint() {
    let said = |outcome: &str, reason: &str| {
        let mut complaints = Complaints::default();
        let given = types::Verdict {
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
        };
        let verdict = verdict(&given, &mut complaints);
        (verdict, complaints.into_clauses().len())
    };
    for unseen in ["", " \n", "\u{200b}"] {
        let blocks = Verdict::Block(NO_REASON.to_owned());
        assert_eq!(said("block", unseen), (blocks, 1));
        assert_eq!(said("allow", unseen), (Verdict::Allow, 0));
    }
    assert_eq!(said("block", "x"), (Verdict::Block("x".to_owned()), 0));
}

#[test]
fn a_body_is_cut_with_a_complaint_and_not_before_its_limit() {
    let cut = |text: &str| {
        let mut complaints = Complaints::default();
        let kept = body(text, &mut complaints);
        (kept, complaints.into_clauses().len())
    };
    let whole = "x".repeat(LONGEST_BODY);
    assert_eq!(cut(&whole), (format!("{whole}\n"), 0));
    assert_eq!(cut(&format!("{whole}x")), (format!("{whole}…"), 1));
    assert_eq!(cut(&format!("{whole}\ny")), (format!("{whole}\n…"), 1));
    // At a line's end, unless the line is long; never within a character.
    let lines = "12345678\n".repeat(LONGEST_BODY / 9 + 1);
    let (kept, complaints) = cut(&lines);
    assert_eq!((kept.lines().last(), complaints), (Some("…"), 1));
    let (kept, complaints) = cut(&format!("a\n{}", "é".repeat(LONGEST_BODY)));
    assert_eq!(complaints, 1);
    assert!(kept.ends_with("é…") && kept.len() > LONGEST_BODY - 2);
}
