//! Whether the branch asks less of itself than the branch it is merged into asks of what comes in: said, and left to who
//! looks at the change. It must not hold anything up: the gates are those of the work tree.

use crate::config::{Config, QualityConfig, shared};
use crate::document::text;
use crate::git::Repository;
use crate::path::RepoPath;
use crate::session::gates::percent;

/// Of a configuration, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Sentences, where some gate of the target's own is stricter or may be. What cannot be read there says nothing.
pub fn than_target(repository: &Repository, target: &str, here: &Config) -> Vec<String> {
    let Some(there) = config_of(repository, target) else {
        return Vec::new();
    };
    let mut said = Vec::new();
    let stricter = differences(&there.quality, &here.quality);
    if !stricter.is_empty() {
        said.push(format!(
            "the gates of {target} itself are stricter than those of this branch: {}",
            stricter.join(", ")
        ));
    }
    let others = other_plugins(&there, here);
    if !others.is_empty() {
        said.push(format!(
            "{target} configures plugins otherwise than this branch, and they may hold up a merge: {}",
            others.join(", ")
        ));
    }
    said
}

/// A plugin may be a gate, and what it is told decides what it says.
fn other_plugins(there: &Config, here: &Config) -> Vec<String> {
    let others = there.plugins.iter();
    let others = others.filter(|(name, entry)| here.plugin(name) != Some(entry));
    others.map(|(name, _)| text::line(name)).collect()
}

fn config_of(repository: &Repository, branch: &str) -> Option<Config> {
    let commit = repository
        .read_ref(&format!("refs/heads/{branch}"))
        .ok()??;
    let path = RepoPath::from(format!(".session/{}", shared::CONFIG).as_str());
    let file = repository.read_file_at(commit, &path, LARGEST).ok()??;
    let text = String::from_utf8(file.as_bytes()?.to_vec()).ok()?;
    Some(Config::parse(&text, shared::CONFIG).ok()?.config)
}

fn differences(there: &QualityConfig, here: &QualityConfig) -> Vec<String> {
    let mut found = Vec::new();
    for (key, there, here) in [
        (
            "coverage_threshold",
            there.coverage_threshold,
            here.coverage_threshold,
        ),
        (
            "new_code_coverage_threshold",
            there.new_code_coverage_threshold,
            here.new_code_coverage_threshold,
        ),
    ] {
        if there > here {
            found.push(format!(
                "{key} is {} (here {})",
                percent(there),
                percent(here)
            ));
        }
    }
    for (key, there, here) in [
        ("require_tests", there.require_tests, here.require_tests),
        (
            "block_merge_on_quality",
            there.block_merge_on_quality,
            here.block_merge_on_quality,
        ),
    ] {
        if there && !here {
            found.push(format!("{key} is true (here false)"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stricter_there_is_told() {
        let usual = Config::default().quality;
        assert!(differences(&usual, &usual).is_empty());
        let lax = QualityConfig {
            coverage_threshold: 50.0,
            require_tests: false,
            ..usual.clone()
        };
        assert!(differences(&lax, &usual).is_empty());
        let strict = QualityConfig {
            coverage_threshold: 80.0,
            require_tests: true,
            ..usual
        };
        let told = [
            "coverage_threshold is 80% (here 50%)",
            "require_tests is true (here false)",
        ];
        assert_eq!(differences(&strict, &lax), told);
    }

    #[test]
    fn a_plugin_that_is_off_or_told_otherwise_here_is_named() {
        let read = |plugins: &str| {
            let text = format!("plugins:\n  coverage: {plugins}\n");
            Config::parse(&text, shared::CONFIG).unwrap().config
        };
        let there = read("{ config: { threshold: 80 } }");
        assert!(other_plugins(&there, &there).is_empty());
        for here in ["{ enabled: false }", "{ config: { block: false } }"] {
            assert_eq!(other_plugins(&there, &read(here)), ["coverage"], "{here}");
        }
        assert_eq!(other_plugins(&there, &Config::default()), ["coverage"]);
        assert!(other_plugins(&Config::default(), &there).is_empty());
    }
}
