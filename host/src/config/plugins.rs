//! The `plugins` section. Consent hangs on every word of it, so nothing is passed over with a warning.
//! It must not load a component or decide whether one may run.

use serde_json::{Map, Number, Value as Json};

use super::fields::{Fields, Reading, Unknown};
use super::source::plugin_source;
use super::tree::{Meaning, Node, Position, Scalar, Value};
use super::values::{
    boolean, contained_glob, duration, host, integer, is_plugin_name, sha256, size, variable,
};
use super::{Limits, PluginConfig};
use crate::error::UserError;

/// More entries than anybody wants would cost every command.
const MOST: usize = 200;

/// The entries in the order of the file.
pub(super) fn read(
    reading: &Reading<'_>,
    node: Option<&Node>,
) -> Result<Vec<(String, PluginConfig)>, UserError> {
    let entries = match node {
        Some(Node {
            value: Value::Mapping(entries),
            ..
        }) => entries,
        // Whatever else it is, `Fields` finds the words for it.
        other => {
            Fields::new(reading, "plugins", other)?;
            return Ok(Vec::new());
        }
    };
    if let Some(beyond) = entries.get(MOST) {
        let message = format!("expected at most {MOST} plugins, found {}", entries.len());
        return Err(reading.error(beyond.key_position, message));
    }
    let mut plugins = Vec::with_capacity(entries.len());
    for entry in entries {
        if !is_plugin_name(&entry.key) {
            let message = format!(
                "expected a plugin's name in lower-case words joined by hyphens, found {:?}",
                entry.key
            );
            return Err(reading.error(entry.key_position, message));
        }
        let path = format!("plugins.{}", entry.key);
        let fields = Fields::new(reading, &path, Some(&entry.value))?;
        let plugin = plugin(reading, entry.key_position, &path, fields)?;
        plugins.push((entry.key.clone(), plugin));
    }
    Ok(plugins)
}

/// Whether a list of `allow` takes a value: `read`, `http` or `env`.
pub fn can_allow(list: &str, value: &str) -> bool {
    let value = Scalar {
        text: value.to_owned(),
        plain: false,
    };
    match list {
        "read" => (contained_glob().read)(&value).is_some(),
        "http" => (host().read)(&value).is_some(),
        "env" => (variable().read)(&value).is_some(),
        _ => false,
    }
}

fn plugin(
    reading: &Reading<'_>,
    at: Position,
    path: &str,
    mut fields: Fields<'_, '_>,
) -> Result<PluginConfig, UserError> {
    let mut plugin = PluginConfig::default();
    fields.value("enabled", boolean(), &mut plugin.enabled)?;
    fields.optional("source", plugin_source(), &mut plugin.source)?;
    fields.optional("sha256", sha256(), &mut plugin.sha256)?;

    let mut allow = fields.below("allow")?;
    allow.globs("read", contained_glob(), &mut plugin.allow.read)?;
    allow.list("http", host(), &mut plugin.allow.http)?;
    allow.list("env", variable(), &mut plugin.allow.env)?;
    allow.finish(Unknown::Refuse)?;

    let mut limits = fields.below("limits")?;
    self::limits(&mut limits, &mut plugin.limits)?;
    limits.finish(Unknown::Refuse)?;

    fields.any("config", "any value; the plugin receives it as JSON");
    if let Some(node) = fields.node("config") {
        plugin.config = json(node);
    }
    fields.finish(Unknown::Refuse)?;
    pinned(reading, at, path, &plugin)?;
    Ok(plugin)
}

/// The bounds are ceilings that no configuration can raise: `plugin/limits.rs` holds to them as well.
fn limits(fields: &mut Fields<'_, '_>, limits: &mut Limits) -> Result<(), UserError> {
    fields.optional("time", duration("1ms", "10s"), &mut limits.time)?;
    fields.optional("memory", size("1MiB", "512MiB"), &mut limits.memory)?;
    fields.optional("output", size("1KiB", "1MiB"), &mut limits.output)?;
    fields.optional("log", size("1KiB", "1MiB"), &mut limits.log)?;
    fields.optional("returned", size("1KiB", "4MiB"), &mut limits.returned)?;
    fields.optional("host_calls", integer(1..=100_000), &mut limits.host_calls)
}

/// What comes over the network is the component that was reviewed, or nothing.
fn pinned(
    reading: &Reading<'_>,
    at: Position,
    path: &str,
    plugin: &PluginConfig,
) -> Result<(), UserError> {
    let message = match (&plugin.source, &plugin.sha256) {
        (Some(source), None) if source.contains("://") => {
            format!("{path}: expected `sha256`, since `source` is not a file of this repository")
        }
        (None, Some(_)) => {
            format!("{path}: expected `source` beside `sha256`; a bundled plugin needs neither")
        }
        _ => return Ok(()),
    };
    Err(reading.error(at, message))
}

/// The value as JSON. The tree's depth is bounded, and with it this recursion.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Mapping(entries) => Json::Object(
            entries
                .iter()
                .map(|entry| (entry.key.clone(), json(&entry.value)))
                .collect::<Map<_, _>>(),
        ),
        Value::Scalar(scalar) => match scalar.meaning() {
            Meaning::Nothing => Json::Null,
            Meaning::Boolean(value) => Json::Bool(value),
            Meaning::Integer(value) => Json::Number(value.into()),
            Meaning::Number(value) => Number::from_f64(value).map_or(Json::Null, Json::Number),
            Meaning::Text => Json::String(scalar.text.clone()),
        },
    }
}
