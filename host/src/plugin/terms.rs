//! What a user agrees to about a plugin, and how a request differs from it. It must not keep anything, nor decide what
//! needs an agreement.

use serde::{Deserialize, Serialize};

use super::engine;
use super::raised::RaisedLimits;
use crate::config::{Allow, PluginConfig};

/// What a consent covers: all of this, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// sha256 of the component.
    pub component: String,
    pub allow: Allow,
    /// Where the configuration points a plugin that reaches the network or variables.
    pub target: Option<Target>,
    /// What an agreement from before this was kept is silent about, it has at its default.
    #[serde(default, skip_serializing_if = "RaisedLimits::is_empty")]
    pub limits: RaisedLimits,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub source: Option<String>,
    /// sha256 of the plugin's `config` as JSON.
    pub config: String,
}

/// One point in which a request differs from what was agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Component,
    Source,
    Configuration,
    Added {
        kind: &'static str,
        value: String,
    },
    Removed {
        kind: &'static str,
        value: String,
    },
    /// A limit above the default that was not agreed to.
    Raised(String),
}

impl Terms {
    /// What the configuration asks the user to agree to.
    pub fn of(component: &str, entry: &PluginConfig) -> Self {
        let reaches_out = !entry.allow.http.is_empty() || !entry.allow.env.is_empty();
        let sorted = |values: &[String]| {
            let mut values = values.to_vec();
            values.sort();
            values.dedup();
            values
        };
        Self {
            component: component.to_owned(),
            allow: Allow {
                read: sorted(&entry.allow.read),
                http: sorted(&entry.allow.http),
                env: sorted(&entry.allow.env),
            },
            target: reaches_out.then(|| Target {
                source: entry.source.clone(),
                config: engine::digest(entry.config.to_string().as_bytes()),
            }),
            limits: RaisedLimits::of(&entry.limits),
        }
    }

    /// How these differ from what was agreed. Nothing: they are covered.
    pub fn changes_since(&self, agreed: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.component != agreed.component {
            changes.push(Change::Component);
        }
        for (kind, now, before) in [
            ("read", &self.allow.read, &agreed.allow.read),
            ("http", &self.allow.http, &agreed.allow.http),
            ("env", &self.allow.env, &agreed.allow.env),
        ] {
            let added = now.iter().filter(|value| !before.contains(value)).cloned();
            changes.extend(added.map(|value| Change::Added { kind, value }));
            let removed = before.iter().filter(|value| !now.contains(value)).cloned();
            changes.extend(removed.map(|value| Change::Removed { kind, value }));
        }
        let raised = self.limits.beyond(&agreed.limits).map(Change::Raised);
        changes.extend(raised);
        // A target that comes or goes does so with a grant, which is named above.
        if let (Some(now), Some(before)) = (&self.target, &agreed.target) {
            if now.source != before.source {
                changes.push(Change::Source);
            }
            if now.config != before.config {
                changes.push(Change::Configuration);
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn entry(allow: Allow, config: &str) -> PluginConfig {
        PluginConfig {
            source: Some("tools/x.wasm".into()),
            allow,
            config: config.into(),
            ..PluginConfig::default()
        }
    }

    fn reading(globs: &[&str]) -> Allow {
        Allow {
            read: globs.iter().map(|&glob| glob.to_owned()).collect(),
            ..Allow::default()
        }
    }

    fn online() -> Allow {
        Allow {
            http: vec!["a.example".into()],
            ..Allow::default()
        }
    }

    #[test]
    fn any_difference_in_component_or_grants_is_not_covered() {
        let agreed = Terms::of("one", &entry(reading(&["a", "b"]), ""));
        let changes =
            |component, allow| Terms::of(component, &entry(allow, "")).changes_since(&agreed);
        assert_eq!(changes("one", reading(&["b", "a", "a"])), []);
        assert_eq!(changes("two", reading(&["a", "b"])), [Change::Component]);
        let [added, removed] = ["c", "b"].map(String::from);
        let kind = "read";
        assert_eq!(
            changes("one", reading(&["a", "c"])),
            [
                Change::Added { kind, value: added },
                Change::Removed {
                    kind,
                    value: removed
                }
            ]
        );
    }

    #[test]
    fn where_a_plugin_that_reaches_out_is_pointed_is_part_of_what_was_agreed() {
        let agreed = Terms::of("one", &entry(online(), "here"));
        let changed = Terms::of("one", &entry(online(), "there"));
        assert_eq!(changed.changes_since(&agreed), [Change::Configuration]);
        let mut moved = entry(online(), "here");
        moved.source = Some("tools/y.wasm".into());
        let moved = Terms::of("one", &moved);
        assert_eq!(moved.changes_since(&agreed), [Change::Source]);
        // One that only reads is free to be configured.
        let agreed = Terms::of("one", &entry(reading(&["a"]), "here"));
        let changed = Terms::of("one", &entry(reading(&["a"]), "there"));
        assert_eq!(changed.changes_since(&agreed), []);
    }

    #[test]
    fn a_limit_above_the_default_is_part_of_what_was_agreed() {
        let limited = |milliseconds| {
            let mut entry = entry(reading(&["a"]), "");
            entry.limits.time = Some(Duration::from_millis(milliseconds));
            Terms::of("one", &entry)
        };
        let plain = Terms::of("one", &entry(reading(&["a"]), ""));
        assert_eq!(limited(100).changes_since(&plain), []);
        for (now, before) in [(2_000, &plain), (2_001, &limited(2_000))] {
            let changes = limited(now).changes_since(before);
            assert!(matches!(&changes[..], [Change::Raised(_)]), "{changes:?}");
        }
        // Less than was agreed takes nothing from anybody.
        assert_eq!(limited(2_000).changes_since(&limited(10_000)), []);
        assert_eq!(plain.changes_since(&limited(10_000)), []);
        // What was agreed before limits were a part of it.
        let kept = serde_json::to_value(&plain).unwrap();
        assert!(kept.get("limits").is_none());
        let kept: Terms = serde_json::from_value(kept).unwrap();
        assert_eq!(plain.changes_since(&kept), []);
    }
}
