//! What a tree knows of its text, and what is refused. It must not read a configuration.

use super::*;

fn error(text: &str) -> String {
    let error = parse(text).unwrap_err();
    format!("{} {}", error.position, error.message)
}

fn value(text: &str) -> Meaning {
    let Some(Node {
        value: Value::Scalar(scalar),
        ..
    }) = parse(text).unwrap()
    else {
        panic!("{text:?} is no scalar");
    };
    scalar.meaning()
}

#[test]
fn scalars_mean_what_the_core_schema_says() {
    assert_eq!(value("True"), Meaning::Boolean(true));
    assert_eq!(value("'true'"), Meaning::Text);
    assert_eq!(value("yes"), Meaning::Text);
    assert_eq!(value("0x1F"), Meaning::Integer(31));
    assert_eq!(value("0o17"), Meaning::Integer(15));
    assert_eq!(value("0x-1"), Meaning::Text);
    assert_eq!(value("-7"), Meaning::Integer(-7));
    assert_eq!(value("8.5e1"), Meaning::Number(85.0));
    assert_eq!(value("nan"), Meaning::Text);
    assert_eq!(value("30m"), Meaning::Text);
    assert_eq!(parse("~").unwrap(), None);
    assert_eq!(parse("").unwrap(), None);
    assert_eq!(parse("# only a comment\n---\n").unwrap(), None);
}

#[test]
fn a_key_that_stands_twice_is_refused_however_it_is_written() {
    assert_eq!(
        error("a: 1\nb: 2\n\"a\": 3\n"),
        "3:1 the key \"a\" stands here for the second time; the first is at line 1"
    );
    assert!(error("x: {a: 1, a: 2}").starts_with("1:11 "));
}

#[test]
fn what_could_blow_a_file_up_is_refused_where_it_stands() {
    assert_eq!(
        error("a: &a [x]\nb: [*a, *a]"),
        "1:4 anchors and tags are not supported; write the value alone"
    );
    assert!(error("a: !!python/object x").contains("tags are not supported"));
    assert!(error(&"[".repeat(200)).contains("nested more deeply"));
    assert!(error(&"- ".repeat(300_000)).contains("nested more deeply"));
    assert!(error("a: 1\n---\nb: 2\n").contains("second one"));
    assert!(error("? [a]\n: 1\n").contains("expected a name as the key"));
    assert!(error(": 1\n").contains("before the colon"));
}

#[test]
fn positions_survive_a_mark_at_the_start_windows_line_ends_and_wide_characters() {
    let text = "\u{feff}a: 1\r\nnaïve: { b: ü, c: 2, c: 3 }\r\n";
    assert!(error(text).starts_with("2:22 "), "{}", error(text));
    assert!(error("\u{feff}{a: 1, a: 2}").starts_with("1:8 "));
}

#[test]
fn a_tab_for_indentation_is_pointed_at() {
    let message = error("session:\n\tmode: tdd\n");
    assert!(
        message.starts_with("2:") && message.contains("tab"),
        "{message}"
    );
}

#[test]
fn everything_knows_where_it_ends() {
    let text = "a: one # why\nb: 'it''s' \nc:\n  - x\n  - { d: 1 }   # last\n\n# end\ne: [ 1,\n  2 ]\nf:\n# g\nh: ~ \n";
    let root = parse(text).unwrap().unwrap();
    assert_eq!(
        root.end,
        Position {
            line: 12,
            column: 5
        }
    );
    let Value::Mapping(entries) = root.value else {
        panic!("a mapping");
    };
    let ends: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {}", entry.key_end, entry.value.end))
        .collect();
    assert_eq!(
        ends,
        [
            "1:2 1:7",
            "2:2 2:12",
            "3:2 5:13",
            "8:2 9:6",
            "10:2 10:2",
            "12:2 12:5"
        ]
    );
}

#[test]
fn a_missing_value_is_where_its_key_is() {
    let root = parse("a:\n\n\n# far away\nb: 1\n").unwrap().unwrap();
    let Value::Mapping(entries) = root.value else {
        panic!("a mapping");
    };
    assert_eq!(entries[0].value.position, entries[0].key_position);
}
