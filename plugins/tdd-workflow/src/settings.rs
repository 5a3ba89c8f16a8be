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
    /// Parts of commands that run the tests, besides those that are known by their runner or their words.
    commands: Vec<String>,
}

/// Words of a command or a label that say that tests are run, where the runner is not known.
const WORDS: [&str; 16] = [
    "test",
    "tests",
    "testing",
    "unittest",
    "spec",
    "specs",
    "rspec",
    "pytest",
    "jest",
    "vitest",
    "mocha",
    "phpunit",
    "ctest",
    "nextest",
    "tox",
    "gotestsum",
];

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

    /// Whether a command of which no runner is known ran tests.
    pub fn runs_tests(&self, command: &str, label: Option<&str>) -> bool {
        let named = |text: &str| {
            let mut words = text.split(|c: char| !c.is_alphanumeric());
            words.any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
        };
        self.names(command) || named(command) || label.is_some_and(named)
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
    fn a_test_run_is_known_by_its_words_or_the_configuration() {
        let settings = Settings::read(r#"{"commands": ["make verify"]}"#).unwrap();
        for (command, label, expected) in [
            ("npm run test:unit", None, true),
            ("./run_tests.sh", None, true),
            ("make", Some("Unit tests"), true),
            ("make verify", None, true),
            ("make latest", None, false),
            ("cargo fmt", Some("style"), false),
        ] {
            assert_eq!(settings.runs_tests(command, label), expected, "{command}");
        }
        assert!(
            Settings::read(r#"{"test": []}"#)
                .unwrap_err()
                .contains("unknown field `test`")
        );
        assert_eq!(Settings::read("null").unwrap(), Settings::default());
    }
}
