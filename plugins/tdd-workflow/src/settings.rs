//! The plugin's configuration. It must not ask for it.

use serde::Deserialize;

use crate::files::Classes;
use crate::glob::Glob;

/// `plugins.tdd-workflow.config`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Globs of files that are tests, instead of the customs of their languages.
    tests: Vec<String>,
    /// Globs of files that want tests, instead of everything that is code and no test.
    source: Vec<String>,
    /// Parts of commands that run the tests, besides those that the host knows.
    commands: Vec<String>,
}

impl Settings {
    /// From JSON; `null` is the default. An error is a sentence.
    pub fn read(json: &str) -> Result<Self, String> {
        let settings: Option<Self> = serde_json::from_str(json)
            .map_err(|error| format!("its config is not right: {error}"))?;
        Ok(settings.unwrap_or_default())
    }

    pub fn classes(&self) -> Classes {
        let globs =
            |patterns: &[String]| patterns.iter().map(|pattern| Glob::new(pattern)).collect();
        Classes {
            tests: globs(&self.tests),
            sources: globs(&self.source),
        }
    }

    /// Whether the configuration says that it runs tests.
    pub fn names(&self, command: &str) -> bool {
        self.commands
            .iter()
            .any(|part| command.contains(part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_commands_by_their_parts() {
        let settings = Settings::read(r#"{"commands": ["make verify"]}"#).unwrap();
        assert!(settings.names("make verify"));
        assert!(!settings.names("make test"));
        assert!(
            Settings::read(r#"{"test": []}"#)
                .unwrap_err()
                .contains("unknown field `test`")
        );
        assert_eq!(Settings::read("null").unwrap(), Settings::default());
    }
}
