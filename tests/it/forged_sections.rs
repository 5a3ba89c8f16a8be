//! Quoted text forges no part of a document, and a brief of it keeps its budget. It must not test escape sequences.

use serde_json::Value;

use crate::common::{TestEnv, session_program};
use crate::foreign_text::besieged;

/// What a reader of Markdown takes for the start of something, at the beginning of a line or of a list's item.
fn structure(line: &str) -> Option<&str> {
    let indentation = line.len() - line.trim_start_matches(' ').len();
    let line = line.trim_start_matches(' ');
    if indentation > 3 {
        return None;
    }
    let item = line.trim_start_matches(['-', '+', '*', '>', ' ']);
    for text in [line, item] {
        let begins = ["#", "<", "```", "~~~", "===", "|", "[//]"]
            .iter()
            .any(|start| text.starts_with(start));
        let rule = text.len() >= 3
            && text
                .trim_end()
                .chars()
                .all(|c| matches!(c, '-' | '*' | '_' | '='));
        if begins || rule {
            return Some(text);
        }
    }
    None
}

/// Fails where the Markdown has any structure that the sections of the same document do not account for.
#[track_caller]
fn assert_not_forged(markdown: &str, document: &Value) {
    let clean = |title: &Value| session::document::text::line(title.as_str().unwrap());
    let mut expected = vec![format!("# {}", clean(&document["title"]))];
    for section in document["sections"].as_array().unwrap() {
        expected.push(format!("## {}", clean(&section["title"])));
    }
    let quoting = |line: &&str| !line.starts_with('>');
    for line in markdown.lines().filter(quoting) {
        if let Some(found) = structure(line) {
            let known = expected.iter().any(|heading| {
                let rest = line.strip_prefix(heading.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" — "))
            });
            assert!(known, "{found:?} is forged in\n{markdown}");
        }
    }
}

#[test]
fn no_text_forges_a_section() {
    let env = TestEnv::new();
    let repository = besieged(&env);
    for verb in [
        &["brief"][..],
        &["status"],
        &["status", "--verbose"],
        &["resume"],
    ] {
        let markdown = repository.session(verb).success().stdout;
        assert!(markdown.contains("FOREIGN"), "{markdown}");
        let document = repository.session(&[verb, &["--json"]].concat()).json();
        assert_not_forged(&markdown, &document);
    }
}

#[test]
fn a_handoff_is_not_forged_either() {
    let env = TestEnv::new();
    let repository = besieged(&env);
    let handoff = repository.session(&["handoff"]).success().stdout;
    assert!(handoff.contains("FOREIGN"), "{handoff}");
    let headings: Vec<_> = handoff
        .lines()
        .filter(|line| !line.starts_with('>'))
        .filter_map(structure)
        .collect();
    assert!(headings.len() > 3, "{handoff}");
    for heading in headings {
        assert!(
            !heading.contains("Forged") || heading.contains("evil/"),
            "{heading:?} in\n{handoff}"
        );
        assert!(heading.starts_with('#'), "{heading:?} in\n{handoff}");
    }
}

#[test]
fn a_brief_of_hostile_text_keeps_its_budget() {
    let env = TestEnv::new();
    let repository = besieged(&env);
    let long = "ü\u{1f469}\u{200d}\u{1f4bb}`".repeat(4000);
    repository.write(
        ".session/architecture.md",
        format!("# A\n\n{long}\n\n{long}\n"),
    );
    for _ in 0..5 {
        repository
            .session(&["objectives", "add", &long, &long])
            .success();
    }
    for most in [256, 257, 300, 511, 1024, 2000, 4096, 9500, 50_000] {
        let bytes = most.to_string();
        let mut command = env.command(session_program(), repository.path());
        let output = command
            .args(["brief", "--max-bytes", &bytes])
            .output()
            .unwrap();
        assert!(output.status.success());
        assert!(
            output.stdout.len() <= most,
            "{} of {most} bytes",
            output.stdout.len()
        );
        let brief = String::from_utf8(output.stdout).unwrap();
        assert!(brief.starts_with("# Session brief"), "{brief}");
        let fences = brief
            .lines()
            .filter(|line| line.trim_start_matches(['>', ' ']).starts_with("```"));
        assert_eq!(fences.count() % 2, 0, "a fence stays open in\n{brief}");
    }
}
