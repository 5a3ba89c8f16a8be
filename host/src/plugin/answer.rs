//! A plugin's answer as the host takes it: bounded, cleaned, its proposed edits inside the work tree. It must not trust
//! a single field of it.

use super::bindings::session::plugin::types;
use super::contribution::{Contribution, Finding, Metric, PluginSection, ProposedEdit, Verdict};
use super::host_data::Scope;
use super::work_tree::{Refusal, WorkTree, is_inside};
use crate::document::text;
use crate::path::RepoPath;

const MOST_SECTIONS: usize = 20;
const MOST_METRICS: usize = 50;
const MOST_FINDINGS: usize = 100;
const MOST_TRAILERS: usize = 10;
const MOST_STEPS: usize = 20;
const MOST_EDITS: usize = 10;
/// Characters.
const LONGEST_TITLE: usize = 120;
const LONGEST_LINE: usize = 500;
/// Bytes.
const LONGEST_BODY: usize = 16 * 1024;
const LONGEST_STATE: usize = 64 * 1024;

/// What is left of an answer, and what was wrong with the rest.
pub struct Accepted {
    pub contribution: Contribution,
    /// The plugin's new state, at most one for each scope.
    pub states: Vec<(Scope, Vec<u8>)>,
    /// One clause each, to follow the plugin's name.
    pub complaints: Vec<String>,
}

/// Takes over what may be taken over. `work_tree` is where proposed edits would be applied; without one none is.
pub fn accept(plugin: &str, answer: types::Contribution, work_tree: Option<&WorkTree>) -> Accepted {
    let mut complaints = Complaints::default();
    let contribution = Contribution {
        plugin: plugin.to_owned(),
        said_at: None,
        sections: complaints
            .first(MOST_SECTIONS, "sections", answer.sections)
            .map(section)
            .collect(),
        metrics: complaints
            .first(MOST_METRICS, "metrics", answer.metrics)
            .filter(|metric| metric.value.is_finite())
            .map(metric)
            .collect(),
        findings: complaints
            .first(MOST_FINDINGS, "findings", answer.findings)
            .map(finding)
            .collect(),
        trailers: trailers(answer.trailers, &mut complaints),
        next_steps: complaints
            .first(MOST_STEPS, "next steps", answer.next_steps)
            .map(|step| line(&step))
            .collect(),
        verdict: answer.verdict.map(verdict),
        edits: edits(answer.edits, work_tree, &mut complaints),
    };
    Accepted {
        contribution,
        states: states(answer.state, &mut complaints),
        complaints: complaints.0,
    }
}

#[derive(Default)]
struct Complaints(Vec<String>);

impl Complaints {
    fn first<T>(
        &mut self,
        most: usize,
        what: &str,
        items: Vec<T>,
    ) -> impl Iterator<Item = T> + use<T> {
        if items.len() > most {
            let count = items.len();
            self.0
                .push(format!("gave {count} {what}; the first {most} count"));
        }
        items.into_iter().take(most)
    }

    /// `deed` names what was wrong with each of these.
    fn dropped(&mut self, deed: &str, refused: &[String]) {
        if refused.is_empty() {
            return;
        }
        let names = refused.iter().map(|name| short(&line(name), LONGEST_TITLE));
        let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
        self.0.push(format!(
            "{deed} {}, which no plugin may, so that was dropped",
            names.join(", ")
        ));
    }
}

fn section(section: types::Section) -> PluginSection {
    PluginSection {
        title: short(&line(&section.title), LONGEST_TITLE),
        body: body(&section.body),
        importance: section.importance.min(100),
    }
}

fn metric(metric: types::Metric) -> Metric {
    Metric {
        name: short(&line(&metric.name), LONGEST_TITLE),
        value: metric.value,
        unit: short(&line(&metric.unit), LONGEST_TITLE),
        better: match metric.better.as_str() {
            "up" | "down" => metric.better,
            _ => String::new(),
        },
        threshold: metric.threshold.filter(|threshold| threshold.is_finite()),
    }
}

fn finding(finding: types::Finding) -> Finding {
    Finding {
        severity: match finding.severity.as_str() {
            "error" | "warning" => finding.severity,
            _ => "info".to_owned(),
        },
        message: line(&finding.message),
        path: finding
            .path
            .filter(|path| is_inside(path))
            .map(|path| path.as_str().into()),
        line: finding.line,
        hint: finding.hint.as_deref().map(line),
    }
}

/// Anything but a block with a reason lets the work pass.
fn verdict(verdict: types::Verdict) -> Verdict {
    match verdict.outcome.as_str() {
        "block" => Verdict::Block(line(&verdict.reason)),
        _ => Verdict::Allow,
    }
}

fn trailers(proposed: Vec<types::Trailer>, complaints: &mut Complaints) -> Vec<(String, String)> {
    let mut trailers = Vec::new();
    let mut refused = Vec::new();
    for trailer in complaints.first(MOST_TRAILERS, "trailers", proposed) {
        if is_reserved(&trailer.key) {
            refused.push(trailer.key);
        } else if is_trailer_key(&trailer.key) {
            trailers.push((trailer.key, line(&trailer.value)));
        }
    }
    complaints.dropped("gave the trailer", &refused);
    trailers
}

fn edits(
    proposed: Vec<types::ProposedEdit>,
    work_tree: Option<&WorkTree>,
    complaints: &mut Complaints,
) -> Vec<ProposedEdit> {
    // A regular file, or a place where there is none yet, reached without following a link.
    let is_place = |path: &str| {
        let outcome = work_tree.map(|tree| tree.read(path, 0));
        matches!(outcome, Some(Ok(_) | Err(Refusal::NotFound)))
    };
    let mut edits = Vec::new();
    let mut refused = Vec::new();
    for edit in complaints.first(MOST_EDITS, "edits", proposed) {
        // A name that cannot be read as what it is cannot be agreed to.
        if text::is_plain(&edit.path) && is_place(&edit.path) {
            edits.push(ProposedEdit {
                path: RepoPath::from(edit.path.as_str()),
                reason: line(&edit.reason),
                before: edit.before,
                after: edit.after,
            });
        } else {
            refused.push(edit.path);
        }
    }
    complaints.dropped("proposed to write", &refused);
    edits
}

fn states(states: Vec<types::NewState>, complaints: &mut Complaints) -> Vec<(Scope, Vec<u8>)> {
    let mut accepted: Vec<(Scope, Vec<u8>)> = Vec::new();
    for state in states {
        let scope = match state.scope.as_str() {
            "session" => Scope::Session,
            "repository" => Scope::Repository,
            other => {
                let scope = short(&line(other), LONGEST_TITLE);
                complaints.0.push(format!(
                    "has state of scope {scope:?}, which this version does not keep"
                ));
                continue;
            }
        };
        if state.bytes.len() > LONGEST_STATE {
            complaints.0.push(format!(
                "has more than {LONGEST_STATE} bytes of state; the old state is kept"
            ));
        } else {
            accepted.retain(|(earlier, _)| *earlier != scope);
            accepted.push((scope, state.bytes));
        }
    }
    accepted
}

fn is_trailer_key(key: &str) -> bool {
    key.len() <= 60
        && key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What a person vouches for (`Signed-off-by`, `Reviewed-by`, `Co-authored-by` …), and what this program writes itself.
fn is_reserved(key: &str) -> bool {
    let key = key.trim().to_ascii_lowercase();
    key.ends_with("-by") || key.starts_with("session-")
}

/// One line without control characters, whatever it was.
pub fn line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if is_control(c) { ' ' } else { c })
        .collect();
    short(
        &spaced.split_whitespace().collect::<Vec<_>>().join(" "),
        LONGEST_LINE,
    )
}

/// Lines without other control characters, at most [`LONGEST_BODY`], cut at a line's end.
fn body(text: &str) -> String {
    let mut kept = String::new();
    for line in text.lines() {
        let clean: String = line
            .chars()
            .filter(|&c| c == '\t' || !is_control(c))
            .collect();
        if kept.len() + clean.len() + 1 > LONGEST_BODY {
            kept.push('…');
            break;
        }
        kept.push_str(&clean);
        kept.push('\n');
    }
    kept
}

/// Controls, and the marks that turn the direction of text: both make it look like something else.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailer_that_a_person_vouches_for_is_dropped_and_named() {
        let trailer = |key: &str| types::Trailer {
            key: key.to_owned(),
            value: "Ada\nReviewed-by: Bob".to_owned(),
        };
        let proposed = ["Signed-off-by", "co-authored-BY", "Session-Id", "Refs"];
        let mut complaints = Complaints::default();
        let kept = trailers(proposed.map(trailer).to_vec(), &mut complaints);
        assert_eq!(
            kept,
            [("Refs".to_owned(), "Ada Reviewed-by: Bob".to_owned())]
        );
        let names = r#""Signed-off-by", "co-authored-BY", "Session-Id", which no plugin may"#;
        assert_eq!(complaints.0.len(), 1);
        assert!(complaints.0[0].contains(names), "{:?}", complaints.0);
    }
}
