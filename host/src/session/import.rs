//! What can be carried over from the older tool's `.sessions/` and `.ccmp/state.json`. Pure: texts come in, values go
//! out. It must not read or write a file, and nothing is ever written back there.

use serde_json::Value as Json;

use super::list::one_line;
use super::live::Mode;
use crate::config::Config;
use crate::config::reference::TEMPLATE;
use crate::config::tree::{self, Entry, Node, Scalar, Value};
use crate::error::Warning;

/// The older tool's files, as texts; None where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldFiles {
    /// `.sessions/config.yaml`.
    pub config: Option<String>,
    /// `.sessions/state.json`.
    pub state: Option<String>,
    /// `.ccmp/state.json`, in which its plugins told each other what they were doing.
    pub shared_state: Option<String>,
    /// `.sessions/checkpoints/*.md`, by name: checkpoints, and handoffs ending in `-HANDOFF.md`.
    pub checkpoints: Vec<(String, String)>,
}

/// What they hold, in our words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The template with the old values in it; None if there was no configuration.
    pub config: Option<String>,
    /// The session that was open last.
    pub branch: Option<String>,
    pub mode: Mode,
    /// As the old tool wrote it: local time, without an offset.
    pub started_at: Option<String>,
    pub objectives: Vec<ImportedItem>,
    pub blockers: Vec<ImportedItem>,
    /// Of the state first, then of the handoffs, the oldest first.
    pub decisions: Vec<ImportedDecision>,
    /// What the newest handoff asks to remember.
    pub remember: Option<String>,
    /// How many old checkpoints there are. They hold no snapshot, so they stay where they are, to be read.
    pub checkpoints: usize,
    pub warnings: Vec<Warning>,
}

/// An objective or a blocker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedItem {
    pub text: String,
    pub done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedDecision {
    pub text: String,
    pub rationale: Option<String>,
    pub alternatives: Vec<String>,
}

impl OldFiles {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads all of it. What cannot be read costs a warning, never the rest.
pub fn import(old: &OldFiles) -> Imported {
    let mut imported = Imported {
        checkpoints: old.checkpoints.len(),
        ..Imported::default()
    };
    if let Some(text) = &old.config {
        let config = config(text, &mut imported.warnings);
        imported.config = config;
    }
    // The tool's own state first: the shared one repeats it and may be older.
    for (name, text) in [
        (".sessions/state.json", &old.state),
        (".ccmp/state.json", &old.shared_state),
    ] {
        let Some(text) = text else { continue };
        match serde_json::from_str::<Json>(text) {
            Ok(json) => state(session_of(&json), &mut imported),
            Err(error) => imported.warnings.push(Warning::new(format!(
                "{name} was passed over: it is not valid JSON ({error})"
            ))),
        }
    }
    handoffs(&old.checkpoints, &mut imported);
    imported
}

/// The shared state keeps each plugin's part under its name, at the top or, in later versions, under `plugins`.
fn session_of(json: &Json) -> &Json {
    let name = "session-management";
    json.pointer(&format!("/plugins/{name}"))
        .or_else(|| json.get(name))
        .unwrap_or(json)
}

fn state(state: &Json, imported: &mut Imported) {
    let text = |key: &str| state.get(key).and_then(Json::as_str).map(one_line);
    imported.branch = imported.branch.take().or_else(|| text("branch"));
    imported.started_at = imported.started_at.take().or_else(|| text("started_at"));
    if text("mode").as_deref() == Some("tdd") {
        imported.mode = Mode::Tdd;
    }
    for (key, list) in [
        ("objectives", &mut imported.objectives),
        ("blockers", &mut imported.blockers),
    ] {
        for item in array(state, key).iter().filter_map(item) {
            if !list.iter().any(|known| known.text == item.text) {
                list.push(item);
            }
        }
    }
    for decision in array(state, "decisions").iter().filter_map(decision) {
        add(decision, &mut imported.decisions);
    }
}

fn array<'j>(state: &'j Json, key: &str) -> &'j [Json] {
    state
        .get(key)
        .and_then(Json::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Plain text in what the tool wrote itself; an object in what its handoff generator also understood.
fn item(json: &Json) -> Option<ImportedItem> {
    let flag = |key: &str| json.get(key).and_then(Json::as_bool).unwrap_or(false);
    let status = json.get("status").and_then(Json::as_str).unwrap_or("");
    let done = flag("completed")
        || flag("resolved")
        || matches!(status, "completed" | "complete" | "done" | "resolved");
    Some(ImportedItem {
        text: words(json, &["text", "description"])?,
        done,
    })
}

fn decision(json: &Json) -> Option<ImportedDecision> {
    let alternatives = match json.get("alternatives") {
        Some(Json::Array(list)) => list
            .iter()
            .filter_map(|item| words(item, &["text"]))
            .collect(),
        Some(single) => words(single, &["text"]).into_iter().collect(),
        None => Vec::new(),
    };
    Some(ImportedDecision {
        text: words(json, &["text", "decision"])?,
        rationale: json
            .get("rationale")
            .and_then(|rationale| words(rationale, &[])),
        alternatives,
    })
}

/// The text itself, or that of the first of these keys which has some, on one line.
fn words(json: &Json, keys: &[&str]) -> Option<String> {
    json.as_str()
        .or_else(|| keys.iter().find_map(|key| json.get(key)?.as_str()))
        .map(one_line)
        .filter(|text| !text.is_empty())
}

fn add(decision: ImportedDecision, decisions: &mut Vec<ImportedDecision>) {
    if !decisions.iter().any(|known| known.text == decision.text) {
        decisions.push(decision);
    }
}

/// A handoff's notes are paragraphs that begin with a name in bold. Their file names begin with the time.
fn handoffs(checkpoints: &[(String, String)], imported: &mut Imported) {
    let mut handoffs: Vec<_> = checkpoints
        .iter()
        .filter(|(name, _)| name.ends_with("-HANDOFF.md"))
        .collect();
    handoffs.sort();
    for (_, text) in handoffs {
        if let Some(text) = paragraph(text, "**Decisions**:") {
            let decision = ImportedDecision {
                text,
                rationale: None,
                alternatives: Vec::new(),
            };
            add(decision, &mut imported.decisions);
        }
        imported.remember = paragraph(text, "**Remember**:").or(imported.remember.take());
    }
}

fn paragraph(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("\n{name}"))? + 1 + name.len();
    let end = text[start..]
        .find("\n\n")
        .map_or(text.len(), |length| start + length);
    let words = one_line(&text[start..end]);
    (!words.is_empty()).then_some(words)
}

/// The template with the old file's values in it. Each value is tried alone, so that one that we cannot take costs
/// a warning and not the others.
fn config(text: &str, warnings: &mut Vec<Warning>) -> Option<String> {
    let name = ".sessions/config.yaml";
    let root = match tree::parse(text) {
        Ok(root) => root?,
        Err(error) => {
            warnings.push(Warning::new(format!(
                "{name}:{}: the old configuration was passed over: {}",
                error.position, error.message
            )));
            return None;
        }
    };
    let mut lines: Vec<String> = TEMPLATE.lines().map(String::from).collect();
    for section in entries(&root) {
        for entry in entries(&section.value) {
            if let Err(reason) = carry(&mut lines, &section.key, entry) {
                warnings.push(Warning::new(format!(
                    "{name}:{}: {}.{} was not taken over: {reason}",
                    entry.key_position,
                    section.key.escape_debug(),
                    entry.key.escape_debug()
                )));
            }
        }
    }
    Some(lines.join("\n") + "\n")
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Mapping(entries) => entries,
        _ => &[],
    }
}

/// Puts one value into its line of the template, if it is one that we accept.
fn carry(lines: &mut [String], section: &str, entry: &Entry) -> Result<(), String> {
    let at = template_line(lines, section, &entry.key).ok_or("there is no such key")?;
    let plain = rendered(&entry.value).ok_or("expected a single value or a list of them")?;
    // The old tool read YAML 1.1, in which these are truth values.
    let truth = match plain.as_str() {
        "yes" | "Yes" | "on" | "On" => Some("true".to_owned()),
        "no" | "No" | "off" | "Off" => Some("false".to_owned()),
        _ => None,
    };
    let mut reason = String::new();
    for value in [Some(plain), truth].into_iter().flatten() {
        let trial = format!("{section}:\n  {}: {value}\n", entry.key);
        match Config::parse(&trial, "") {
            Ok(_) => {
                lines[at] = format!("  {}: {value}", entry.key).trim_end().to_owned();
                return Ok(());
            }
            Err(error) => reason = error.message,
        }
    }
    Err(reason.split_once(": expected ").map_or_else(
        || reason.clone(),
        |(_, expected)| format!("expected {expected}"),
    ))
}

fn template_line(lines: &[String], section: &str, key: &str) -> Option<usize> {
    let start = lines
        .iter()
        .position(|line| *line == format!("{section}:"))?;
    let wanted = format!("  {key}:");
    lines[start + 1..]
        .iter()
        .take_while(|line| line.is_empty() || line.starts_with(' '))
        .position(|line| line.starts_with(&wanted))
        .map(|below| start + 1 + below)
}

/// The value on one line. Text goes in double quotes unless it was written without and can be again.
fn rendered(node: &Node) -> Option<String> {
    match &node.value {
        Value::Scalar(scalar) => Some(rendered_scalar(scalar)),
        Value::List(items) => {
            let items: Option<Vec<_>> = items
                .iter()
                .map(|item| match &item.value {
                    Value::Scalar(scalar) => Some(rendered_scalar(scalar)),
                    Value::List(_) | Value::Mapping(_) => None,
                })
                .collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Mapping(_) => None,
    }
}

fn rendered_scalar(scalar: &Scalar) -> String {
    let simple = scalar
        .text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte));
    if scalar.plain && simple {
        scalar.text.clone()
    } else {
        // JSON's strings are YAML's double-quoted ones.
        Json::String(scalar.text.clone()).to_string()
    }
}

#[cfg(test)]
mod tests;
