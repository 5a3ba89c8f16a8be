//! Turning a plugin on or off in the text of a configuration. Comments and order stay; it must not write anything the
//! reader of the configuration would not take.

use super::Config;
use super::tree::{self, Entry, Node, Value};
use crate::error::UserError;

/// The text with `plugins.<name>.enabled` set. Errors: the text is no valid configuration, or is written in a way that
/// cannot be changed without touching the rest; then nothing but a person should.
pub fn set_plugin_enabled(
    text: &str,
    file: &str,
    name: &str,
    enabled: bool,
) -> Result<String, UserError> {
    let before = Config::parse(text, file)?.config;
    let by_hand = || {
        UserError::new(format!(
            "{file} is written in a way that this cannot change without touching the rest"
        ))
        .hint(format!(
            "set plugins.{name}.enabled: {enabled} in it by hand"
        ))
    };
    let root = tree::parse(text).map_err(|_| by_hand())?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    place(&mut lines, root.as_ref(), name, enabled).ok_or_else(by_hand)?;
    let changed = lines.join("\n") + "\n";
    let after = Config::parse(&changed, file).map_err(|_| by_hand())?.config;
    let mut expected = before;
    match expected.plugins.iter_mut().find(|(known, _)| known == name) {
        Some((_, entry)) => entry.enabled = enabled,
        None => expected.plugins.push((
            name.to_owned(),
            super::PluginConfig {
                enabled,
                ..super::PluginConfig::default()
            },
        )),
    }
    let sorted = |mut config: Config| {
        config.plugins.sort_by(|one, two| one.0.cmp(&two.0));
        config
    };
    if sorted(after) == sorted(expected) {
        Ok(changed)
    } else {
        Err(by_hand())
    }
}

/// Finds the place and writes there; None where there is none. Positions count from 1.
fn place(lines: &mut Vec<String>, root: Option<&Node>, name: &str, enabled: bool) -> Option<()> {
    let Some(plugins) = entry(root, "plugins") else {
        lines.extend([
            String::new(),
            "plugins:".into(),
            format!("  {name}:"),
            format!("    enabled: {enabled}"),
        ]);
        return Some(());
    };
    let Some(plugin) = entry(Some(&plugins.value), name) else {
        return match first_block_entry(lines, &plugins.value) {
            Some(first) => {
                let indent = " ".repeat(first.key_position.column - 1);
                let at = first.key_position.line - 1;
                lines.splice(
                    at..at,
                    [
                        format!("{indent}{name}:"),
                        format!("{indent}  enabled: {enabled}"),
                    ],
                );
                Some(())
            }
            None if is_empty(&plugins.value) => {
                let at = plugins.key_position.line;
                *lines.get_mut(at - 1)? = without_value(lines.get(at - 1)?)?;
                lines.splice(
                    at..at,
                    [format!("  {name}:"), format!("    enabled: {enabled}")],
                );
                Some(())
            }
            None => None,
        };
    };
    if let Some(flag) = entry(Some(&plugin.value), "enabled") {
        let line = lines.get_mut(flag.value.position.line - 1)?;
        let Value::Scalar(scalar) = &flag.value.value else {
            return None;
        };
        let start = line.char_indices().nth(flag.value.position.column - 1)?.0;
        let rest = line
            .get(start..)?
            .strip_prefix(scalar.text.as_str())?
            .to_owned();
        *line = format!("{}{enabled}{rest}", line.get(..start)?);
        return Some(());
    }
    match first_block_entry(lines, &plugin.value) {
        Some(first) => {
            let at = first.key_position.line - 1;
            lines.insert(
                at,
                format!(
                    "{}enabled: {enabled}",
                    " ".repeat(first.key_position.column - 1)
                ),
            );
        }
        None if is_empty(&plugin.value) => {
            let at = plugin.key_position.line;
            *lines.get_mut(at - 1)? = without_value(lines.get(at - 1)?)?;
            lines.insert(
                at,
                format!(
                    "{}enabled: {enabled}",
                    " ".repeat(plugin.key_position.column + 1)
                ),
            );
        }
        None => {
            let line = lines.get_mut(plugin.value.position.line - 1)?;
            let brace = line.char_indices().nth(plugin.value.position.column - 1)?.0;
            let rest = line
                .get(brace..)?
                .strip_prefix('{')?
                .trim_start()
                .to_owned();
            *line = format!("{}{{ enabled: {enabled}, {rest}", line.get(..brace)?);
        }
    }
    Some(())
}

fn entry<'n>(node: Option<&'n Node>, key: &str) -> Option<&'n Entry> {
    match &node?.value {
        Value::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
        _ => None,
    }
}

/// The first entry of a mapping that is written over several lines.
fn first_block_entry<'n>(lines: &[String], node: &'n Node) -> Option<&'n Entry> {
    let Value::Mapping(entries) = &node.value else {
        return None;
    };
    let first = entries.first()?;
    let line = lines.get(first.key_position.line - 1)?;
    let before: String = line.chars().take(first.key_position.column - 1).collect();
    before.trim().is_empty().then_some(first)
}

fn is_empty(node: &Node) -> bool {
    node.is_nothing() || matches!(&node.value, Value::Mapping(entries) if entries.is_empty())
}

/// `plugins: {}  # why` as `plugins:  # why`.
fn without_value(line: &str) -> Option<String> {
    let (key, rest) = line.split_once(':')?;
    let rest = rest.trim_start();
    let rest = ["{}", "~", "null"]
        .iter()
        .find_map(|empty| rest.strip_prefix(empty))
        .unwrap_or(rest);
    let rest = rest.trim();
    (rest.is_empty() || rest.starts_with('#')).then(|| {
        if rest.is_empty() {
            format!("{key}:")
        } else {
            format!("{key}:  {rest}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, enabled: bool) -> String {
        set_plugin_enabled(text, "config.yaml", "context-manager", enabled).unwrap()
    }

    #[test]
    fn comments_and_order_stay_and_only_the_flag_changes() {
        let cases = [
            (
                "# mine\nbrief: { max_bytes: 4000 }\n",
                "# mine\nbrief: { max_bytes: 4000 }\n\nplugins:\n  context-manager:\n    enabled: false\n",
            ),
            (
                "plugins: {} # none\n",
                "plugins:  # none\n  context-manager:\n    enabled: false\n",
            ),
            (
                "plugins:\n    coverage:\n        enabled: true\n",
                "plugins:\n    context-manager:\n      enabled: false\n    coverage:\n        enabled: true\n",
            ),
            (
                "plugins:\n  context-manager:\n    # why\n    enabled: true # yes\n",
                "plugins:\n  context-manager:\n    # why\n    enabled: false # yes\n",
            ),
            (
                "plugins:\n  context-manager:\n    config: { a: 1 }\n",
                "plugins:\n  context-manager:\n    enabled: false\n    config: { a: 1 }\n",
            ),
            (
                "plugins:\n  context-manager:\n  coverage:\n",
                "plugins:\n  context-manager:\n    enabled: false\n  coverage:\n",
            ),
            (
                "plugins:\n  context-manager: { config: { a: 1 } }\n",
                "plugins:\n  context-manager: { enabled: false, config: { a: 1 } }\n",
            ),
        ];
        for (before, after) in cases {
            assert_eq!(set(before, false), after);
        }
    }

    #[test]
    fn what_cannot_be_changed_safely_is_left_to_a_person() {
        let error = set_plugin_enabled(
            "plugins: { coverage: {} }\n",
            "config.yaml",
            "context-manager",
            false,
        )
        .unwrap_err();
        assert!(error.hint.unwrap().contains("by hand"));
    }
}
