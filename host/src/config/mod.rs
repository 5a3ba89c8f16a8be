//! `.session/config.yaml` as values, with defaults. It must not read files from anywhere but the path it is given.

pub mod edit;
mod fields;
mod plugins;
mod read;
pub mod reference;
pub mod shared;
pub mod source;
pub mod tree;
mod values;

use std::time::Duration;

pub use plugins::can_allow;
pub use read::{Loaded, verbosity};
pub use values::is_plugin_name;

use crate::session::live::Mode;

#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub session: SessionConfig,
    pub context: ContextConfig,
    pub tracking: TrackingConfig,
    pub quality: QualityConfig,
    pub display: DisplayConfig,
    pub commit: CommitConfig,
    pub brief: BriefConfig,
    pub snapshots: SnapshotsConfig,
    /// By the plugin's name, in the order of the file.
    pub plugins: Vec<(String, PluginConfig)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SessionConfig {
    pub auto_track: bool,
    pub auto_checkpoint: bool,
    pub checkpoint_interval: Duration,
    pub handoff_on_end: bool,
    pub archive_after_days: u32,
    pub mode: Mode,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContextConfig {
    pub architecture: Option<String>,
    pub patterns: Vec<String>,
    pub conventions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TrackingConfig {
    /// Globs; empty means all tracked files.
    pub watch_patterns: Vec<String>,
    pub ignore_patterns: Vec<String>,
    pub annotations: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct QualityConfig {
    pub coverage_threshold: f64,
    pub new_code_coverage_threshold: f64,
    pub require_tests: bool,
    pub block_merge_on_quality: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    Normal,
    Verbose,
    Debug,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DisplayConfig {
    pub color: bool,
    pub verbose: Verbosity,
    pub emoji: bool,
    /// strftime.
    pub date_format: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitMetadata {
    Full,
    Trailers,
    None,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CommitConfig {
    pub metadata: CommitMetadata,
}

#[derive(Debug, Clone, PartialEq)]
pub struct BriefConfig {
    pub max_bytes: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotsConfig {
    pub keep: Duration,
    /// Bytes.
    pub max_file: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PluginConfig {
    pub enabled: bool,
    /// A path from the repository's root, an https URL or `oci://…`; None for a bundled plugin.
    pub source: Option<String>,
    pub sha256: Option<String>,
    pub allow: Allow,
    pub limits: Limits,
    /// Handed to the plugin as JSON.
    pub config: serde_json::Value,
}

/// What the repository asks for on behalf of the plugin. A request, never a grant.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Allow {
    pub read: Vec<String>,
    pub http: Vec<String>,
    pub env: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    pub time: Option<Duration>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Bytes.
    pub output: Option<u64>,
    /// Bytes.
    pub log: Option<u64>,
    /// Bytes.
    pub returned: Option<u64>,
    pub host_calls: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            session: SessionConfig {
                auto_track: true,
                auto_checkpoint: false,
                checkpoint_interval: Duration::from_secs(30 * 60),
                handoff_on_end: true,
                archive_after_days: 30,
                mode: Mode::Normal,
            },
            context: ContextConfig::default(),
            tracking: TrackingConfig {
                watch_patterns: Vec::new(),
                ignore_patterns: Vec::new(),
                annotations: ["TODO:", "FIXME:", "DECISION:", "BLOCKER:"]
                    .map(String::from)
                    .to_vec(),
            },
            quality: QualityConfig {
                coverage_threshold: 85.0,
                new_code_coverage_threshold: 90.0,
                require_tests: true,
                block_merge_on_quality: true,
            },
            display: DisplayConfig {
                color: true,
                verbose: Verbosity::Normal,
                emoji: true,
                date_format: "%Y-%m-%d %H:%M".into(),
            },
            commit: CommitConfig {
                metadata: CommitMetadata::Full,
            },
            brief: BriefConfig { max_bytes: 9500 },
            snapshots: SnapshotsConfig {
                keep: Duration::from_secs(30 * 24 * 60 * 60),
                max_file: 10 * 1024 * 1024,
            },
            plugins: Vec::new(),
        }
    }
}

impl Default for PluginConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            source: None,
            sha256: None,
            allow: Allow::default(),
            limits: Limits::default(),
            config: serde_json::Value::Null,
        }
    }
}

impl Config {
    /// The entry of a plugin, if the file has one.
    pub fn plugin(&self, name: &str) -> Option<&PluginConfig> {
        self.plugins
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, entry)| entry)
    }
}
