//! Which plugins are on, and why. It must not load anything: that is paid for only where a plugin is called.

use super::bundled::{self, Bundled};
use super::contribution::Hook;
use super::manifest::Manifest;
use crate::config::{Config, PluginConfig};
use crate::session::live::Mode;

/// A bundled plugin, or an entry of the configuration, and whether it is on.
#[derive(Debug, Clone)]
pub struct Selected {
    pub name: String,
    /// None: this version does not have it.
    pub component: Option<&'static Bundled>,
    pub enabled: bool,
    /// Why it is on or off: a phrase.
    pub why: &'static str,
}

/// All bundled plugins by name, then what the configuration names besides.
pub fn select(config: &Config) -> Vec<Selected> {
    let bundled = bundled::BUNDLED.iter().map(|bundled| {
        let (enabled, why) = standing(bundled.name, config);
        Selected {
            name: bundled.name.to_owned(),
            component: Some(bundled).filter(|_| !is_third_party(config.plugin(bundled.name))),
            enabled,
            why,
        }
    });
    let named = config.plugins.iter();
    let unknown = named.filter(|(name, _)| bundled::component(name).is_none());
    let unknown = unknown.map(|(name, entry)| Selected {
        name: name.clone(),
        component: None,
        enabled: entry.enabled,
        why: if entry.enabled {
            "named in the configuration"
        } else {
            "turned off in the configuration"
        },
    });
    bundled.chain(unknown).collect()
}

/// The hooks that the component's manifest names; all of them where it has none, so that its exports decide.
pub fn stated_hooks(component: &[u8]) -> Vec<Hook> {
    match Manifest::read(component) {
        Some(manifest) => manifest.known_hooks(),
        None => Hook::ALL.to_vec(),
    }
}

fn standing(name: &str, config: &Config) -> (bool, &'static str) {
    match (config.plugin(name), name) {
        (Some(entry), _) if !entry.enabled => (false, "turned off in the configuration"),
        (Some(_), _) => (true, "named in the configuration"),
        (None, "context-manager") => (true, "by default"),
        (None, "tdd-workflow") if config.session.mode == Mode::Tdd => (true, "on in a TDD session"),
        (None, _) => (false, "on when the configuration names it"),
    }
}

/// A bundled name with a `source` is somebody else's plugin.
fn is_third_party(entry: Option<&PluginConfig>) -> bool {
    entry.is_some_and(|entry| entry.source.is_some())
}
