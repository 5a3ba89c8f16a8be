//! When each plugin last ran in this clone, and what came of it: for `session plugin list`. A cache: it must not cost a
//! command more than a look at one small file, and must not fail one.
//!
//! On disk: `<index>/plugin-runs.json`, by the plugin's name.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cache::write_whole;
use super::call::Outcome;
use super::components::bounded;
use super::contribution::Hook;
use super::{Ready, private, warning};
use crate::document::time_text::ago_at;
use crate::environment::Timestamp;

const FORMAT: u32 = 1;
const FILE: &str = "plugin-runs.json";
/// As long as the outcome is the same, the time need not be exact.
const WORTH_NOTING: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// One call, as it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub plugin: String,
    /// sha256 of the component that was called.
    pub digest: String,
    pub hook: Hook,
    pub took: Duration,
    /// What went wrong, as the warning says it.
    pub failure: Option<String>,
}

/// The last call of one plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// sha256 of the component that was called; empty where an earlier version noted it.
    #[serde(default)]
    digest: String,
    /// To the minute, where nothing else changed.
    pub at: Timestamp,
    pub hook: Hook,
    pub milliseconds: u64,
    /// None: it answered.
    pub failure: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Runs {
    format: u32,
    plugins: BTreeMap<String, LastRun>,
}

impl Run {
    pub(super) fn of(plugin: &Ready, hook: Hook, outcome: &Outcome) -> Self {
        let failure = outcome.result.as_ref().err();
        Self {
            plugin: plugin.name.clone(),
            digest: plugin.digest.clone(),
            hook,
            took: outcome.took,
            failure: failure.map(warning::cause),
        }
    }
}

impl LastRun {
    /// What a component of the same name did that stood in its place says nothing of this one.
    pub fn is_of(&self, digest: Option<&str>) -> bool {
        digest == Some(&*self.digest)
    }

    /// `3 hours ago (brief), 12 ms: answered`.
    pub fn told(&self, now: Timestamp) -> String {
        format!(
            "{} ({}), {} ms: {}",
            ago_at(now, self.at),
            self.hook.name(),
            self.milliseconds,
            self.failure.as_deref().unwrap_or("answered")
        )
    }
}

/// By the plugin's name.
pub fn read(index: &Path) -> BTreeMap<String, LastRun> {
    let bytes = private::open(&index.join(FILE)).and_then(bounded);
    let runs = bytes
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let runs: Option<Runs> = runs.filter(|runs: &Runs| runs.format == FORMAT);
    runs.unwrap_or_default().plugins
}

/// Writes only what is worth it: an outcome that changed, or a time that is older than a minute.
pub fn note(index: &Path, now: Timestamp, runs: &[Run]) {
    if runs.is_empty() {
        return;
    }
    let mut plugins = read(index);
    let mut changed = false;
    for run in runs {
        let is_news = plugins.get(&run.plugin).is_none_or(|last| {
            last.failure != run.failure
                || !last.is_of(Some(&run.digest))
                || now - last.at >= WORTH_NOTING
                || now < last.at
        });
        if is_news {
            changed = true;
            let last = LastRun {
                digest: run.digest.clone(),
                at: now,
                hook: run.hook,
                milliseconds: u64::try_from(run.took.as_millis()).unwrap_or(u64::MAX),
                failure: run.failure.clone(),
            };
            plugins.insert(run.plugin.clone(), last);
        }
    }
    if changed {
        let runs = Runs {
            format: FORMAT,
            plugins,
        };
        // A repository that cannot be written to has no last runs.
        let _ = serde_json::to_vec(&runs)
            .map_err(anyhow::Error::from)
            .and_then(|bytes| write_whole(&index.join(FILE), &bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(failure: Option<&str>) -> Run {
        Run {
            plugin: "p".to_owned(),
            digest: "one".to_owned(),
            hook: Hook::Brief,
            took: Duration::from_millis(3),
            failure: failure.map(str::to_owned),
        }
    }

    #[test]
    fn a_run_is_noted_when_the_outcome_changed_or_a_minute_has_passed() {
        let index = tempfile::tempdir().unwrap();
        let at = |second: u32| -> Timestamp {
            format!("2026-11-22T10:{:02}:{:02}Z", second / 60, second % 60)
                .parse()
                .unwrap()
        };
        for (second, failure, noted) in [
            (0, None, 0),
            (30, None, 0),
            (40, Some("took longer"), 40),
            (50, Some("took longer"), 40),
            (100, Some("took longer"), 100),
            // The clock was set back.
            (20, Some("took longer"), 20),
        ] {
            note(index.path(), at(second), &[run(failure)]);
            let last = &read(index.path())["p"];
            assert_eq!(last.at, at(noted), "{second}");
            assert_eq!(last.failure.as_deref(), failure);
        }
    }

    #[test]
    fn a_run_is_the_components_and_not_the_names() {
        let index = tempfile::tempdir().unwrap();
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        note(index.path(), at, &[run(None)]);
        let last = || read(index.path()).remove("p").unwrap();
        assert!(last().is_of(Some("one")));
        assert!(!last().is_of(Some("two")) && !last().is_of(None));
        // In the same minute, and with the same outcome.
        let digest = "two".to_owned();
        let other = Run {
            digest,
            ..run(None)
        };
        note(index.path(), at, &[other]);
        assert!(last().is_of(Some("two")));
        // As an earlier version wrote it.
        let old = r#"{"format":1,"plugins":{"p":{"at":"2026-11-22T10:00:00Z","hook":"brief","milliseconds":1,"failure":null}}}"#;
        std::fs::write(index.path().join(FILE), old).unwrap();
        assert!(!last().is_of(Some("one")));
    }

    #[test]
    fn a_damaged_file_is_written_anew() {
        let index = tempfile::tempdir().unwrap();
        std::fs::write(index.path().join(FILE), "{").unwrap();
        note(
            index.path(),
            "2026-11-22T10:00:00Z".parse().unwrap(),
            &[run(None)],
        );
        assert_eq!(read(index.path()).len(), 1);
    }
}
