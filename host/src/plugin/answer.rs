//! A plugin's answer as the host takes it: bounded, cleaned, its proposed edits inside the work tree. It must not trust
//! a single field of it.

use super::bindings::session::plugin::types;
use super::complaints::Complaints;
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
/// There are two scopes.
const MOST_STATES: usize = 10;
/// Characters.
pub const LONGEST_TITLE: usize = 120;
const LONGEST_LINE: usize = 500;
/// What is larger is a mistake, or takes up a line of digits.
const LARGEST_NUMBER: f64 = 1e15;
/// Bytes.
const LONGEST_BODY: usize = 16 * 1024;
const LONGEST_STATE: usize = 64 * 1024;
const LONGEST_PATH: usize = 4096;

/// As documents say whose something is.
const PROVENANCE: &str = "from plugin";

/// In place of a reason.
const NO_REASON: &str = "no reason was given";

const FORBIDDEN: &str = "which no plugin may, so that was dropped";

const NO_KEY: &str =
    "which is no key (at most 60 of A to Z, digits and `-`, a letter first), so that was dropped";

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
        sections: sections(answer.sections, &mut complaints),
        metrics: metrics(answer.metrics, &mut complaints),
        findings: findings(answer.findings, &mut complaints),
        trailers: trailers(answer.trailers, &mut complaints),
        next_steps: complaints
            .first(MOST_STEPS, "next steps", answer.next_steps)
            .map(|step| line(&step))
            .collect(),
        verdict: answer.verdict.map(|said| verdict(&said, &mut complaints)),
        edits: edits(answer.edits, work_tree, &mut complaints),
    };
    Accepted {
        contribution,
        states: states(answer.state, &mut complaints),
        complaints: complaints.into_clauses(),
    }
}

fn sections(given: Vec<types::Section>, complaints: &mut Complaints) -> Vec<PluginSection> {
    let mut sections = Vec::new();
    for section in complaints.first(MOST_SECTIONS, "sections", given) {
        let title = name(&section.title, complaints);
        if title.is_empty() {
            complaints.add("gave a section without a title, so that was dropped");
            continue;
        }
        sections.push(PluginSection {
            title,
            body: body(&section.body, complaints),
            importance: section.importance.min(100),
        });
    }
    sections
}

fn metrics(given: Vec<types::Metric>, complaints: &mut Complaints) -> Vec<Metric> {
    let is_readable = |number: f64| number.abs() <= LARGEST_NUMBER;
    let mut metrics = Vec::new();
    let mut refused = Vec::new();
    for metric in complaints.first(MOST_METRICS, "metrics", given) {
        let name = name(&metric.name, complaints);
        if name.is_empty() {
            complaints.add("gave a metric without a name, so that was dropped");
        } else if is_readable(metric.value) {
            metrics.push(Metric {
                name,
                value: metric.value,
                unit: word(&metric.unit),
                better: match metric.better.as_str() {
                    "up" | "down" => metric.better,
                    _ => String::new(),
                },
                threshold: metric.threshold.filter(|number| is_readable(*number)),
            });
        } else {
            refused.push(metric.name);
        }
    }
    let why = "which has no value or one beyond 1e15, so that was dropped";
    complaints.dropped("gave the metric", &refused, why);
    metrics
}

fn findings(given: Vec<types::Finding>, complaints: &mut Complaints) -> Vec<Finding> {
    let mut findings = Vec::new();
    let given = complaints.first(MOST_FINDINGS, "findings", given);
    for finding in given.map(finding) {
        if finding.message.is_empty() {
            complaints.add("gave a finding without a message, so that was dropped");
        } else {
            findings.push(finding);
        }
    }
    findings
}

fn finding(finding: types::Finding) -> Finding {
    // Cleaned, a path would be that of another file.
    let is_path =
        |path: &String| path.len() <= LONGEST_PATH && text::is_plain(path) && is_inside(path);
    let path = finding.path.filter(is_path);
    Finding {
        severity: match finding.severity.as_str() {
            "error" | "warning" => finding.severity,
            _ => "info".to_owned(),
        },
        message: line(&finding.message),
        line: path.as_ref().and(finding.line).filter(|line| *line > 0),
        path: path.map(|path| path.as_str().into()),
        hint: finding.hint.as_deref().map(line),
    }
}

/// Anything but a block lets the work pass. A gate that cannot say what is wrong is no reason to merge: somebody looks, or
/// overrides it.
fn verdict(verdict: &types::Verdict, complaints: &mut Complaints) -> Verdict {
    if verdict.outcome != "block" {
        return Verdict::Allow;
    }
    let reason = line(&verdict.reason);
    if !reason.is_empty() {
        return Verdict::Block(reason);
    }
    complaints.add("gave the verdict `block` without a reason");
    Verdict::Block(NO_REASON.to_owned())
}

fn trailers(proposed: Vec<types::Trailer>, complaints: &mut Complaints) -> Vec<(String, String)> {
    let mut trailers = Vec::new();
    let (mut refused, mut misnamed, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for trailer in complaints.first(MOST_TRAILERS, "trailers", proposed) {
        let value = line(&trailer.value);
        if is_reserved(&trailer.key) {
            refused.push(trailer.key);
        } else if !is_trailer_key(&trailer.key) {
            misnamed.push(trailer.key);
        } else if value.is_empty() {
            empty.push(trailer.key);
        } else {
            trailers.push((trailer.key, value));
        }
    }
    let deed = "gave the trailer";
    complaints.dropped(deed, &refused, FORBIDDEN);
    complaints.dropped(deed, &misnamed, NO_KEY);
    complaints.dropped(deed, &empty, "which has no value, so that was dropped");
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
    complaints.dropped_paths("proposed to write", &refused, FORBIDDEN);
    edits
}

fn states(given: Vec<types::NewState>, complaints: &mut Complaints) -> Vec<(Scope, Vec<u8>)> {
    let mut accepted: Vec<(Scope, Vec<u8>)> = Vec::new();
    let mut unknown = Vec::new();
    for state in complaints.first(MOST_STATES, "states", given) {
        let scope = match state.scope.as_str() {
            "session" => Scope::Session,
            "repository" => Scope::Repository,
            _ => {
                unknown.push(state.scope);
                continue;
            }
        };
        if state.bytes.len() > LONGEST_STATE {
            complaints.add(format!(
                "has more than {LONGEST_STATE} bytes of state; the old state is kept"
            ));
        } else {
            accepted.retain(|(earlier, _)| *earlier != scope);
            accepted.push((scope, state.bytes));
        }
    }
    let why = "which this version does not keep";
    complaints.dropped("has state of scope", &unknown, why);
    accepted
}

fn is_trailer_key(key: &str) -> bool {
    key.len() <= 60
        && key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What a person vouches for (`Signed-off-by`, `Reviewed-by`, `Co-authored-by` …), what makes a commit another review's
/// (`Change-Id`), what a release is made of (`BREAKING-CHANGE`, `Release-As`), and what this program writes itself. `Closes`, `Fixes` and `Refs` stay: to name the issue of the work
/// is what a plugin of a tracker is agreed to for.
fn is_reserved(key: &str) -> bool {
    let key = key.trim().to_ascii_lowercase();
    key.ends_with("-by")
        || key.starts_with("session-")
        || ["change-id", "breaking-change", "release-as"].contains(&&*key)
}

/// One clean line, whatever it was.
pub fn line(text: &str) -> String {
    short(&text::line(text), LONGEST_LINE)
}

/// A title, a name or a unit.
pub fn word(text: &str) -> String {
    short(&text::line(text), LONGEST_TITLE)
}

/// A title or a name, behind which the document says whose it is: it must not say that itself.
fn name(text: &str, complaints: &mut Complaints) -> String {
    let name = word(text);
    let lower = name.to_ascii_lowercase();
    let mut found = lower.match_indices(PROVENANCE);
    let is_word = |at: usize| !lower[at + PROVENANCE.len()..].starts_with(char::is_alphanumeric);
    let Some((at, _)) = found.find(|(at, _)| is_word(*at)) else {
        return name;
    };
    complaints.add("said in a name whose it is, so that was dropped");
    let before = name[..at].trim_end_matches([' ', '—', '–', '-', '(', '[', ',', ':', ';']);
    before.to_owned()
}

/// Clean lines, at most [`LONGEST_BODY`] of them. It is cut at a line's end, and within a line that is long itself.
fn body(text: &str, complaints: &mut Complaints) -> String {
    let mut kept = String::new();
    for line in text::block(text).lines() {
        let room = LONGEST_BODY.saturating_sub(kept.len());
        if line.len() > room {
            if line.len() > LONGEST_LINE {
                kept.push_str(&line[..line.floor_char_boundary(room)]);
            }
            kept.push('…');
            complaints.add(format!(
                "gave a section of more than {LONGEST_BODY} bytes, of which the rest was cut"
            ));
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
