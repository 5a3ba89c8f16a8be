//! `docs/configuration.md`, made from the commented template and from what the reading code asks for.
//! It must not describe a key in words of its own.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::fields::Reading;
use super::read;

/// The commented template that `session init` writes: the defaults, their documentation and a fixture of the tests.
pub const TEMPLATE: &str = include_str!("../../../assets/config.yaml");

/// The name that the plugin has in the template's example.
const EXAMPLE_PLUGIN: &str = "acme-jira";

/// The template with its plugin example in force.
pub fn with_example() -> String {
    let mut in_example = false;
    let mut text = String::with_capacity(TEMPLATE.len());
    for line in TEMPLATE.lines() {
        if in_example {
            let uncommented = line.strip_prefix('#').unwrap_or(line);
            text.push_str(uncommented.strip_prefix(' ').unwrap_or(uncommented));
        } else if line == "plugins: {}" {
            in_example = true;
            text.push_str("plugins:");
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// The whole page.
pub fn page() -> Result<String> {
    let text = with_example();
    let reading = Reading::new("assets/config.yaml");
    read::read(&text, &reading)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut page = String::from(INTRODUCTION);
    let mut section = "";
    let asked = reading.asked.into_inner();
    for (key, expected) in &asked {
        let (top, name) = key
            .split_once('.')
            .context("every key is below a section")?;
        let (at, value) = find(&lines, key)?;
        if top != section {
            section = top;
            let (start, _) = find(&lines, top)?;
            let third = if top == "plugins" {
                "example"
            } else {
                "default"
            };
            write!(
                page,
                "\n## {top}\n\n{}\n\n| key | type | {third} | effect |\n|---|---|---|---|\n",
                comment_above(&lines, start)
            )?;
        }
        let name = name.replace(EXAMPLE_PLUGIN, "NAME");
        let value = if value.is_empty() {
            "(empty)".to_owned()
        } else {
            format!("`{value}`")
        };
        // As code: between plain quotes, Markdown would take the stars of a glob for emphasis.
        let expected = expected.replace('"', "`");
        let effect = comment_above(&lines, at);
        anyhow::ensure!(!effect.is_empty(), "{key} has no comment in the template");
        writeln!(page, "| `{name}` | {expected} | {value} | {effect} |")?;
    }
    Ok(page)
}

const INTRODUCTION: &str = "<!-- Made from assets/config.yaml and host/src/config. To make it again: UPDATE_DOCS=1 cargo test -p session --test it -->

# Configuration

`session init` writes `.session/config.yaml` with every key at its default. `SESSION_CONFIG` names another file to use
instead. A line that is left out keeps its default, and so does a section or a list without a value.

A wrong value is an error that names file, line and column. An unknown key is a warning with the nearest known name;
under `plugins` it is an error. Anchors, aliases and tags are refused.
";

/// The line of a key, counted from 0, and its value as it stands there.
fn find<'l>(lines: &[&'l str], path: &str) -> Result<(usize, &'l str)> {
    let mut at = 0;
    let mut value = "";
    for (depth, name) in path.split('.').enumerate() {
        let start = format!("{}{name}:", "  ".repeat(depth));
        let below = lines[at..]
            .iter()
            .position(|line| line.starts_with(&start))
            .with_context(|| format!("the template does not have {path}"))?;
        at += below;
        value = lines[at][start.len()..].trim();
    }
    Ok((at, value))
}

/// The comment lines right above a line, as one line of text.
fn comment_above(lines: &[&str], at: usize) -> String {
    let mut comment: Vec<&str> = lines[..at]
        .iter()
        .rev()
        .map_while(|line| line.trim_start().strip_prefix("# "))
        .collect();
    comment.reverse();
    comment.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_template_is_the_default() {
        let loaded = Config::parse(TEMPLATE, "config.yaml").unwrap();
        assert_eq!(loaded.config, Config::default());
        assert_eq!(loaded.warnings, []);
    }

    #[test]
    fn every_line_of_the_template_is_a_key_that_is_read() {
        let reading = Reading::new("config.yaml");
        read::read(&with_example(), &reading).unwrap();
        let asked = reading.asked.into_inner();
        let keys = with_example()
            .lines()
            .filter(|line| line.starts_with("  ") && !line.trim_start().starts_with('#'))
            .filter(|line| !line.ends_with(':') || line.contains("architecture"))
            .count();
        assert_eq!(asked.len(), keys);
    }
}
