//! What `session plugin list` shows. It must not compile or run a plugin.

use serde::Serialize;

use super::cache::Cache;
use super::contribution::Hook;
use super::manifest::Manifest;
use super::{engine, selection};
use crate::config::Config;
use crate::environment::Environment;

/// One plugin: bundled, or named in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginInfo {
    pub name: String,
    /// Of the component; None where there is none.
    pub version: Option<String>,
    /// `bundled`, the configured source, or `unavailable`.
    pub origin: String,
    pub enabled: bool,
    /// Why it is on or off: a phrase.
    pub why: String,
    pub hooks: Vec<Hook>,
    /// sha256 of the component, hexadecimal.
    pub digest: Option<String>,
    /// Bytes of the component.
    pub size: Option<u64>,
    pub cache: CacheState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheState {
    /// Compiled; the next command loads it.
    Ready,
    /// The next command that somebody types compiles it.
    Cold,
    /// The cache can't be used, for this reason: every command compiles it.
    Unusable(String),
    /// There is no component.
    Absent,
}

/// Bundled plugins first, then what the configuration names besides.
pub fn list(config: &Config, environment: &Environment) -> anyhow::Result<Vec<PluginInfo>> {
    let engine = engine::engine()?;
    let cache = Cache::open(environment.cache_dir.as_deref(), &engine);
    let selected = selection::select(config).into_iter();
    Ok(selected
        .map(|plugin| {
            let source = config.plugin(&plugin.name).and_then(|it| it.source.clone());
            let manifest = plugin.component.and_then(|it| Manifest::read(it.bytes));
            let digest = plugin.component.map(|it| it.digest.to_owned());
            PluginInfo {
                version: manifest.map(|manifest| manifest.version),
                origin: match (source, plugin.component) {
                    (Some(source), _) => source,
                    (None, Some(_)) => "bundled".to_owned(),
                    (None, None) => "unavailable".to_owned(),
                },
                name: plugin.name,
                enabled: plugin.enabled,
                why: plugin.why.to_owned(),
                hooks: plugin
                    .component
                    .map(|it| selection::stated_hooks(it.bytes))
                    .unwrap_or_default(),
                size: plugin.component.map(|it| it.bytes.len() as u64),
                cache: cache_state(&cache, digest.as_deref()),
                digest,
            }
        })
        .collect())
}

fn cache_state(cache: &Cache, digest: Option<&str>) -> CacheState {
    match (&cache.unusable, digest) {
        (_, None) => CacheState::Absent,
        (Some(reason), _) => CacheState::Unusable(reason.clone()),
        (None, Some(digest)) if cache.holds(digest) => CacheState::Ready,
        (None, Some(_)) => CacheState::Cold,
    }
}
