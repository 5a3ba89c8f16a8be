//! What `session plugin list` shows. It must not compile or run a plugin.

use serde::Serialize;

use super::cache::Cache;
use super::consent::Consent;
use super::contribution::Hook;
use super::grants::Grants;
use super::last_run::LastRun;
use super::review::{Obstacle, Review, Standing, review};
use super::selection::Selected;
use super::third_party::{Checkout, Place};
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
    /// None where there is no component.
    pub grants: Option<Grants>,
    pub consent: Option<Standing>,
    pub cache: CacheState,
    /// In this clone, as far as it is known; filled in by whoever knows the clone.
    pub last_run: Option<LastRun>,
    /// Why it cannot be loaded: a clause.
    pub problem: Option<String>,
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

/// Bytes of components that nobody agreed to and that are looked into all the same. A configuration may name large files
/// many times.
const MOST: u64 = 64 * 1024 * 1024;

/// Bundled plugins first, then what the configuration names besides.
pub fn list(
    config: &Config,
    environment: &Environment,
    checkout: Checkout<'_>,
) -> anyhow::Result<Vec<PluginInfo>> {
    let engine = engine::engine()?;
    let cache = Cache::open(environment.cache_dir.as_deref(), &engine);
    let selected = selection::select(config).into_iter();
    let agreed = Consent::of(environment.data_dir.as_deref(), checkout.common_dir)
        .and_then(|consent| consent.read())
        .unwrap_or_default();
    let mut left = MOST;
    Ok(selected
        .map(|plugin| {
            let entry = config.plugin(&plugin.name).cloned().unwrap_or_default();
            if entry.source.is_some() && !agreed.contains_key(&plugin.name) {
                let size = Place::size(&entry, checkout, environment).unwrap_or(0);
                match left.checked_sub(size) {
                    Some(rest) => left = rest,
                    None => return absent(plugin, entry.source, &Obstacle::TooMuch(MOST)),
                }
            }
            match review(&plugin, &entry, environment, checkout) {
                Ok(review) => present(plugin, review, &cache),
                Err(obstacle) => absent(plugin, entry.source, &obstacle),
            }
        })
        .collect())
}

fn present(plugin: Selected, review: Review, cache: &Cache) -> PluginInfo {
    let component = review.component;
    PluginInfo {
        hooks: component.asked_hooks(),
        name: plugin.name,
        version: component.manifest.map(|manifest| manifest.version),
        origin: review.source.unwrap_or_else(|| "bundled".to_owned()),
        enabled: plugin.enabled,
        why: plugin.why.to_owned(),
        size: Some(component.size),
        grants: Some(review.grants),
        consent: Some(review.standing),
        cache: cache_state(cache, &component.digest),
        last_run: None,
        digest: Some(component.digest),
        problem: component.problem,
    }
}

fn absent(plugin: Selected, source: Option<String>, obstacle: &Obstacle) -> PluginInfo {
    PluginInfo {
        name: plugin.name,
        version: None,
        origin: source.unwrap_or_else(|| "unavailable".to_owned()),
        enabled: plugin.enabled,
        why: plugin.why.to_owned(),
        hooks: Vec::new(),
        digest: None,
        size: None,
        grants: None,
        consent: None,
        cache: match obstacle {
            Obstacle::TooMuch(_) => CacheState::Cold,
            _ => CacheState::Absent,
        },
        last_run: None,
        problem: Some(obstacle.to_string()),
    }
}

fn cache_state(cache: &Cache, digest: &str) -> CacheState {
    match &cache.unusable {
        Some(reason) => CacheState::Unusable(reason.clone()),
        None if cache.holds(digest) => CacheState::Ready,
        None => CacheState::Cold,
    }
}
