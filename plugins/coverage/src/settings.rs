//! The plugin's configuration, and where reports are looked for without one. It must not look itself.

use serde::Deserialize;

use crate::report::Format;

/// `plugins.coverage.config`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// From the repository's root; several are taken together.
    #[serde(deserialize_with = "one_or_more")]
    pub report: Vec<String>,
    /// What the report has to be; told by its content without it.
    pub format: Option<String>,
    /// Percent of all lines.
    pub threshold: f64,
    /// Percent of the changed lines.
    pub new_code_threshold: f64,
    /// Whether too little coverage holds up a merge.
    pub block: bool,
    /// Whether a changed source file that no report knows holds up a merge, too.
    pub block_unmeasured: bool,
    /// MiB of reports that a checkpoint reads; of XML half as many, of JSON a third. What can be read in time depends on
    /// the machine and on the plugin's `limits.time`.
    pub largest: u32,
}

/// Which of them somebody wrote.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OwnThresholds {
    threshold: Option<f64>,
    new_code_threshold: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            report: Vec::new(),
            format: None,
            threshold: 85.0,
            new_code_threshold: 90.0,
            block: true,
            block_unmeasured: false,
            largest: 32,
        }
    }
}

/// Where tools write their report if nobody tells them otherwise, or where everybody tells them to.
pub const USUAL_PLACES: [&str; 30] = [
    "target/lcov.info",
    "lcov.info",
    "coverage/lcov.info",
    "target/coverage/lcov.info",
    "target/llvm-cov/lcov.info",
    "coverage.info",
    "coverage.lcov",
    "build/coverage.info",
    "coverage/lcov/lcov.info",
    "coverage.xml",
    "cobertura.xml",
    "cobertura-coverage.xml",
    "coverage/cobertura-coverage.xml",
    "coverage/coverage.xml",
    "coverage/cobertura.xml",
    "target/cobertura.xml",
    "target/site/cobertura/coverage.xml",
    "build/reports/cobertura/coverage.xml",
    "target/site/jacoco/jacoco.xml",
    "target/site/jacoco-aggregate/jacoco.xml",
    "build/reports/jacoco/test/jacocoTestReport.xml",
    "build/reports/kover/report.xml",
    "jacoco.xml",
    "coverage.json",
    "coverage/coverage.json",
    "target/llvm-cov/coverage.json",
    "cover.out",
    "coverage.out",
    "c.out",
    "coverage.txt",
];

impl Settings {
    /// From JSON; `null` is the default. An error is a sentence.
    pub fn read(json: &str) -> Result<Self, String> {
        let settings: Option<Self> = serde_json::from_slice(json.as_bytes())
            .map_err(|error| format!("its config is not right: {error}"))?;
        let settings = settings.unwrap_or_default();
        settings.expected()?;
        for (key, value) in [
            ("threshold", settings.threshold),
            ("new_code_threshold", settings.new_code_threshold),
        ] {
            if !(0.0..=100.0).contains(&value) {
                return Err(format!(
                    "config.{key}: expected a percentage from 0 to 100, found {value}"
                ));
            }
        }
        Ok(settings)
    }

    /// Takes the repository's own thresholds, by name, where the plugin's configuration has none.
    pub fn with_thresholds<'a>(
        mut self,
        json: &str,
        told: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let own: Option<OwnThresholds> = serde_json::from_str(json).unwrap_or_default();
        let own = own.unwrap_or_default();
        for (name, percent) in told {
            let Some(percent) = percent
                .parse()
                .ok()
                .filter(|percent| (0.0..=100.0).contains(percent))
            else {
                continue;
            };
            match name {
                "coverage-threshold" if own.threshold.is_none() => self.threshold = percent,
                "new-code-coverage-threshold" if own.new_code_threshold.is_none() => {
                    self.new_code_threshold = percent;
                }
                _ => {}
            }
        }
        self
    }

    /// The format that the report has to have.
    pub fn expected(&self) -> Result<Option<Format>, String> {
        let Some(name) = &self.format else {
            return Ok(None);
        };
        let format = Format::ALL.into_iter().find(|format| format.name() == name);
        let names = Format::ALL.map(Format::name).join(", ");
        format
            .map(Some)
            .ok_or_else(|| format!("config.format: expected one of {names}; found {name:?}"))
    }
}

fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a path or a list of paths in `report`")]
    enum OneOrMore {
        One(String),
        More(Vec<String>),
    }
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(path) => vec![path],
        OneOrMore::More(paths) => paths,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repositorys_thresholds_count_unless_the_plugin_has_its_own() {
        let told = [
            ("label", "50"),
            ("coverage-threshold", "70.5"),
            ("new-code-coverage-threshold", "60"),
        ];
        let read = |json: &str, told: &[(&'static str, &'static str)]| {
            let settings = Settings::read(json).unwrap();
            let settings = settings.with_thresholds(json, told.iter().copied());
            (settings.threshold, settings.new_code_threshold)
        };
        assert_eq!(read("null", &told), (70.5, 60.0));
        assert_eq!(
            read(r#"{"threshold": 85, "block": false}"#, &told),
            (85.0, 60.0)
        );
        assert_eq!(read(r#"{"new_code_threshold": 1}"#, &told), (70.5, 1.0));
        let wrong = [
            ("coverage-threshold", "much"),
            ("new-code-coverage-threshold", "101"),
        ];
        assert_eq!(read("{}", &wrong), (85.0, 90.0));
    }

    #[test]
    fn every_key_has_a_default_and_a_wrong_one_is_named() {
        assert_eq!(Settings::read("null").unwrap(), Settings::default());
        assert_eq!(Settings::read("{}").unwrap(), Settings::default());
        let settings = Settings::read(
            r#"{"report": "a.xml", "format": "jacoco", "block": false, "threshold": 50}"#,
        )
        .unwrap();
        assert_eq!(
            (settings.report, settings.threshold, settings.block),
            (vec!["a.xml".to_owned()], 50.0, false)
        );
        for (json, part) in [
            (r#"{"reprot": "a"}"#, "unknown field `reprot`"),
            (r#"{"report": 1}"#, "a path or a list of paths"),
            (r#"{"format": "clover"}"#, "expected one of lcov, cobertura"),
            (
                r#"{"threshold": 101}"#,
                "config.threshold: expected a percentage",
            ),
        ] {
            let error = Settings::read(json).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
