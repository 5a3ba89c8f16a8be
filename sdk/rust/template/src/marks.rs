//! What the plugin says, as plain functions over plain data: `cargo test` needs no host. They must not ask for anything.

use session_plugin::{Contribution, Finding, Metric, Section};

const WORDS: [&str; 2] = ["TODO", "FIXME"];

#[derive(Debug, PartialEq)]
pub struct Mark {
    pub path: String,
    /// 1-based.
    pub line: u32,
    pub text: String,
}

/// A file that holds a NUL is not text: it has no lines to quote.
pub fn in_text(path: &str, text: &str) -> Vec<Mark> {
    if text.contains('\0') {
        return Vec::new();
    }
    let lines = (1..).zip(text.split('\n'));
    lines
        .filter(|(_, line)| WORDS.iter().any(|word| line.contains(word)))
        .map(|(number, line)| Mark {
            path: path.to_owned(),
            line: number,
            text: line.trim().to_owned(),
        })
        .collect()
}

/// For whoever takes up the work: where the marks are.
pub fn brief(marks: &[Mark]) -> Contribution {
    if marks.is_empty() {
        return Contribution::default();
    }
    let lines = marks.iter();
    let lines = lines.map(|mark| format!("- {}:{}: {}\n", mark.path, mark.line, mark.text));
    Contribution {
        sections: vec![Section {
            title: "Loose ends".to_owned(),
            body: lines.collect(),
            importance: 40,
        }],
        ..Contribution::default()
    }
}

/// For the record: how many there are, and each as a finding.
pub fn checkpoint(marks: &[Mark]) -> Contribution {
    let finding = |mark: &Mark| Finding {
        severity: "info".to_owned(),
        message: mark.text.clone(),
        path: Some(mark.path.clone()),
        line: Some(mark.line),
        hint: None,
    };
    Contribution {
        metrics: vec![Metric {
            name: "loose_ends".to_owned(),
            value: marks.len() as f64,
            unit: "count".to_owned(),
            better: "down".to_owned(),
            threshold: None,
        }],
        findings: marks.iter().map(finding).collect(),
        ..Contribution::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_with_their_lines() {
        let marks = in_text("a.rs", "fn a() {}\n  // TODO: b\n// done\n");
        assert_eq!(
            marks,
            [Mark {
                path: "a.rs".to_owned(),
                line: 2,
                text: "// TODO: b".to_owned()
            }]
        );
        assert_eq!(brief(&marks).sections[0].body, "- a.rs:2: // TODO: b\n");
        assert_eq!(checkpoint(&marks).metrics[0].value, 1.0);
    }

    #[test]
    fn nothing_is_quoted_from_what_is_not_text() {
        assert_eq!(in_text("a.wasm", "\0asm\n// TODO: b\n"), []);
    }

    #[test]
    fn nothing_is_said_about_nothing() {
        assert_eq!(brief(&[]).sections, []);
    }
}
