//! The older tool's files as it wrote them, and what becomes of them. It must not touch the file system.

use super::*;

fn item(text: &str, done: bool) -> ImportedItem {
    ImportedItem {
        text: text.into(),
        done,
    }
}

#[test]
fn values_move_into_the_commented_template() {
    let old = OldFiles {
        config: Some(
            "session:\n  checkpoint_interval: 1h\n  auto_track: no\ncontext:\n  architecture: hexagonal\n  patterns:\n    - ports-and-adapters\n    - \"say \\\"hi\\\"\"\ntracking:\n  watch_patterns:\n    - \"src/**/*.py\"\nquality:\n  coverage_threshold: 70\ndisplay:\n  date_format: \"%d.%m. %H:%M\"\n"
                .into(),
        ),
        ..OldFiles::default()
    };
    let imported = import(&old);
    assert_eq!(imported.warnings, []);
    let text = imported.config.unwrap();
    let config = Config::parse(&text, "config.yaml").unwrap().config;
    assert_eq!(config.session.checkpoint_interval.as_secs(), 3600);
    assert!(!config.session.auto_track);
    assert_eq!(config.context.architecture.as_deref(), Some("hexagonal"));
    assert_eq!(
        config.context.patterns,
        ["ports-and-adapters", "say \"hi\""]
    );
    assert_eq!(config.tracking.watch_patterns, ["src/**/*.py"]);
    assert!((config.quality.coverage_threshold - 70.0).abs() < 1e-9);
    assert_eq!(config.display.date_format, "%d.%m. %H:%M");
    assert_eq!(text.lines().count(), TEMPLATE.lines().count());
}

#[test]
fn a_value_that_we_cannot_take_costs_only_itself() {
    let old = OldFiles {
        config: Some("session:\n  checkpoint_interval: 30\n  archive_after_days: 7\n  theme: dark\n  keep: 1d\nquality: 3\n".into()),
        ..OldFiles::default()
    };
    let imported = import(&old);
    let config = Config::parse(&imported.config.unwrap(), "x")
        .unwrap()
        .config;
    assert_eq!(config.session.archive_after_days, 7);
    let messages: Vec<_> = imported
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            ".sessions/config.yaml:2:3: session.checkpoint_interval was not taken over: expected a duration from 1m to 7d, with its unit (ms, s, m, h or d), found the number 30",
            ".sessions/config.yaml:4:3: session.theme was not taken over: there is no such key",
            ".sessions/config.yaml:5:3: session.keep was not taken over: there is no such key",
        ]
    );
}

#[test]
fn both_state_files_are_read_and_nothing_comes_twice() {
    let old = OldFiles {
        state: Some(
            r#"{"branch": "feature/auth", "objectives": ["OAuth", {"text": "Tests", "completed": true}],
                "started_at": "2025-11-01T09:30:00.123456", "mode": "normal"}"#
                .into(),
        ),
        shared_state: Some(
            r#"{"version": "1.0.0", "plugins": {"session-management": {"active": true, "branch": "old", "mode": "tdd",
                "objectives": ["OAuth", "Docs"], "blockers": [{"description": "API keys", "status": "resolved"}],
                "decisions": [{"decision": "PKCE", "rationale": "safer", "alternatives": ["implicit"]}]}}}"#
                .into(),
        ),
        ..OldFiles::default()
    };
    let imported = import(&old);
    assert_eq!(imported.branch.as_deref(), Some("feature/auth"));
    assert_eq!(imported.mode, Mode::Tdd);
    assert_eq!(
        imported.started_at.as_deref(),
        Some("2025-11-01T09:30:00.123456")
    );
    assert_eq!(
        imported.objectives,
        [
            item("OAuth", false),
            item("Tests", true),
            item("Docs", false)
        ]
    );
    assert_eq!(imported.blockers, [item("API keys", true)]);
    assert_eq!(
        imported.decisions,
        [ImportedDecision {
            text: "PKCE".into(),
            rationale: Some("safer".into()),
            alternatives: vec!["implicit".into()],
        }]
    );
}

#[test]
fn the_shared_state_of_the_first_version_has_no_plugins_level() {
    let old = OldFiles {
        shared_state: Some(
            r#"{"session-management": {"branch": "main", "objectives": ["a"]}}"#.into(),
        ),
        ..OldFiles::default()
    };
    assert_eq!(import(&old).objectives, [item("a", false)]);
}

#[test]
fn a_damaged_state_costs_a_warning_and_nothing_else() {
    let old = OldFiles {
        state: Some("{".into()),
        shared_state: Some("[1, 2]".into()),
        config: Some("a: [".into()),
        ..OldFiles::default()
    };
    let imported = import(&old);
    assert_eq!(imported.warnings.len(), 2);
    assert_eq!(imported.config, None);
    assert_eq!(imported.objectives, []);
}

#[test]
fn handoffs_give_decisions_and_the_newest_says_what_to_remember() {
    let handoff = |decision: &str, remember: &str| {
        format!(
            "# Session Handoff: 2025-11-01\n\n## Session Summary\n\n**Accomplished**: a\n\n**Decisions**: {decision}\n\n**Remember**: {remember}\n\n\n## What Changed\n"
        )
    };
    let old = OldFiles {
        checkpoints: vec![
            (
                "2025-11-02T10-00-00-HANDOFF.md".into(),
                handoff("Use PKCE", "rotate keys"),
            ),
            (
                "2025-11-01T10-00-00-HANDOFF.md".into(),
                handoff("Use OAuth", "old"),
            ),
            ("2025-11-03T10-00-00-HANDOFF.md".into(), handoff("", "")),
            (
                "2025-11-01T09-00-00.md".into(),
                "# Checkpoint\n\n**Decisions**: no\n".into(),
            ),
        ],
        ..OldFiles::default()
    };
    let imported = import(&old);
    let decisions: Vec<_> = imported
        .decisions
        .iter()
        .map(|decision| decision.text.as_str())
        .collect();
    assert_eq!(decisions, ["Use OAuth", "Use PKCE"]);
    assert_eq!(imported.remember.as_deref(), Some("rotate keys"));
    assert_eq!(imported.checkpoints, 4);
}
