//! What a plugin gives back, in the host's own types: the WIT bindings end at `plugin`. It must not act on anything.

use serde::{Deserialize, Serialize};

use crate::environment::Timestamp;
use crate::path::RepoPath;

/// Where in the life of a session a plugin is asked. Each is an exported interface of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    Brief,
    Checkpoint,
    Handoff,
    Status,
    Analyze,
}

impl Hook {
    pub const ALL: [Self; 5] = [
        Self::Brief,
        Self::Checkpoint,
        Self::Handoff,
        Self::Status,
        Self::Analyze,
    ];

    /// As the contract and the manifest name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brief => "brief",
            Self::Checkpoint => "checkpoint",
            Self::Handoff => "handoff",
            Self::Status => "status",
            Self::Analyze => "analyze",
        }
    }
}

/// Everything one plugin said in one call. All text in it is data: it is cleaned and marked with the plugin's name
/// before it reaches a document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    pub plugin: String,
    /// When it was said, of one that was kept; None: for this command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<Timestamp>,
    pub sections: Vec<PluginSection>,
    pub metrics: Vec<Metric>,
    pub findings: Vec<Finding>,
    /// Trailers for an enhanced commit: `Key: value`.
    pub trailers: Vec<(String, String)>,
    /// Imperative sentences, most important first.
    pub next_steps: Vec<String>,
    pub verdict: Option<Verdict>,
    pub edits: Vec<ProposedEdit>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PluginSection {
    pub title: String,
    /// Markdown.
    pub body: String,
    /// 0 (nice to know) to 100 (must be seen).
    pub importance: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Snake case, unique within the plugin.
    pub name: String,
    pub value: f64,
    /// `percent`, `count`, `seconds`, … or empty.
    pub unit: String,
    /// `up` or `down`: which way is better; empty when neither.
    pub better: String,
    pub threshold: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// `error`, `warning` or `info`; anything else counts as `info`.
    pub severity: String,
    pub message: String,
    pub path: Option<RepoPath>,
    /// 1-based.
    pub line: Option<u32>,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Allow,
    Block(String),
}

/// The whole new text of one file in the work tree, offered to the user; applied only if accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedEdit {
    pub path: RepoPath,
    /// Why, in one sentence.
    pub reason: String,
    /// The file's text the proposal was made from; None for a new file. If the file differs by now, the edit is stale.
    pub before: Option<String>,
    pub after: String,
}
