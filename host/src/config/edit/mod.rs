//! Changing one plugin's entry in the text of a configuration. Every other byte stays, and it must not write anything
//! that the reader of the configuration would not take, or would take for something else than was meant.

mod change;
mod scalar;
mod splice;
#[cfg(test)]
mod tests;

use super::{Allow, Config, PluginConfig, tree};
use crate::error::UserError;
use change::{New, Where};

/// Where a plugin's component comes from, as the configuration is to name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    pub source: String,
    /// Hexadecimal.
    pub sha256: String,
    /// What the repository is to ask for on the plugin's behalf; None leaves the entry's `allow` as it is.
    pub allow: Option<Allow>,
}

/// The text with `plugins.<name>.enabled` set. Errors: the text is no valid configuration, or is written in a way that
/// cannot be changed without touching the rest; then nothing but a person should. So it is with all edits.
pub fn set_plugin_enabled(
    text: &str,
    file: &str,
    name: &str,
    enabled: bool,
) -> Result<String, UserError> {
    let edit = Edit::new(
        file,
        format!("set plugins.{name}.enabled: {enabled} in it by hand"),
    );
    let mut expected = Config::parse(text, file)?.config;
    entry_of(&mut expected, name).enabled = enabled;
    let value = New::Scalar(enabled.to_string());
    let changed = change::set(text, &["plugins", name, "enabled"], &value, Where::First);
    edit.checked(changed, &expected)
}

/// The text with a plugin's source, digest and, if given, requests set.
pub fn pin_plugin(text: &str, file: &str, name: &str, pin: &Pin) -> Result<String, UserError> {
    let edit = Edit::new(
        file,
        format!(
            "set source and sha256 ({}) of plugins.{name} in it by hand",
            pin.sha256
        ),
    );
    let mut expected = Config::parse(text, file)?.config;
    let is_new = expected.plugin(name).is_none();
    let entry = entry_of(&mut expected, name);
    entry.source = Some(pin.source.clone());
    entry.sha256 = Some(pin.sha256.clone());
    if let Some(allow) = &pin.allow {
        entry.allow = allow.clone();
    }
    edit.checked(pinned(text, name, pin, is_new), &expected)
}

/// The text without a plugin's entry.
pub fn remove_plugin(text: &str, file: &str, name: &str) -> Result<String, UserError> {
    let edit = Edit::new(file, format!("remove plugins.{name} from it by hand"));
    let mut expected = Config::parse(text, file)?.config;
    expected.plugins.retain(|(known, _)| known != name);
    edit.checked(change::remove(text, "plugins", name), &expected)
}

fn pinned(text: &str, name: &str, pin: &Pin, is_new: bool) -> Option<String> {
    let source = New::Scalar(scalar::text(&pin.source)?);
    let sha256 = New::Scalar(scalar::text(&pin.sha256)?);
    let allow = match &pin.allow {
        Some(allow) => Some(requests(allow)?),
        None => None,
    };
    if is_new {
        let mut keys = vec![("source", source), ("sha256", sha256)];
        keys.extend(allow.into_iter().map(|allow| ("allow", allow)));
        return change::set(text, &["plugins", name], &New::Mapping(keys), Where::Last);
    }
    // From the last to the first, since a key that is missing goes before the others.
    let mut text = text.to_owned();
    if let Some(allow) = allow {
        text = change::set(&text, &["plugins", name, "allow"], &allow, Where::Last)?;
    }
    for (key, value) in [("sha256", sha256), ("source", source)] {
        text = change::set(&text, &["plugins", name, key], &value, Where::First)?;
    }
    Some(text)
}

/// `{ read: ["docs/**"], env: [TOKEN] }`, on one line.
fn requests(allow: &Allow) -> Option<New<'static>> {
    let mut parts = Vec::new();
    for (key, values) in [
        ("read", &allow.read),
        ("http", &allow.http),
        ("env", &allow.env),
    ] {
        if !values.is_empty() {
            let values: Option<Vec<String>> =
                values.iter().map(|value| scalar::text(value)).collect();
            parts.push(format!("{key}: [{}]", values?.join(", ")));
        }
    }
    Some(New::Scalar(if parts.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", parts.join(", "))
    }))
}

fn entry_of<'c>(config: &'c mut Config, name: &str) -> &'c mut PluginConfig {
    let known = config.plugins.iter().position(|(known, _)| known == name);
    let at = known.unwrap_or_else(|| {
        let entry = (name.to_owned(), PluginConfig::default());
        config.plugins.push(entry);
        config.plugins.len() - 1
    });
    &mut config.plugins[at].1
}

/// One edit of one file: its name, and what a person does who has to make it instead.
struct Edit<'f> {
    file: &'f str,
    by_hand: String,
}

impl<'f> Edit<'f> {
    fn new(file: &'f str, by_hand: String) -> Self {
        Self { file, by_hand }
    }

    /// The changed text, if the reader of the configuration takes it for what is expected.
    fn checked(&self, changed: Option<String>, expected: &Config) -> Result<String, UserError> {
        let sorted = |config: &Config| {
            let mut config = config.clone();
            config.plugins.sort_by(|one, two| one.0.cmp(&two.0));
            config
        };
        changed
            .filter(|changed| {
                let after = Config::parse(changed, self.file);
                after.is_ok_and(|after| sorted(&after.config) == sorted(expected))
            })
            .ok_or_else(|| {
                UserError::new(format!(
                    "{} is written in a way that this cannot change without touching the rest",
                    self.file
                ))
                .hint(self.by_hand.clone())
            })
    }
}
