//! What a configuration file may hold, and what is said about one that is wrong. It must not test single kinds of
//! values: those have their tests beside them.

use std::time::Duration;

use super::*;
use crate::config::reference::with_example;

fn error(text: &str) -> String {
    let error = Config::parse(text, "config.yaml").unwrap_err();
    assert!(error.hint.is_some(), "{error}");
    error.message
}

fn warning(text: &str) -> (String, String) {
    let loaded = Config::parse(text, "config.yaml").unwrap();
    let [warning] = &loaded.warnings[..] else {
        panic!("{:?}", loaded.warnings);
    };
    (warning.message.clone(), warning.hint.clone().unwrap())
}

#[test]
fn every_key_arrives_where_it_belongs() {
    let text = r#"
session: { auto_track: false, auto_checkpoint: true, checkpoint_interval: 1h, handoff_on_end: false, archive_after_days: 7, mode: tdd }
context: { architecture: hexagonal, patterns: [a], conventions: [b] }
tracking: { watch_patterns: ["src/**"], ignore_patterns: [target], annotations: [XXX] }
quality: { coverage_threshold: 70.5, new_code_coverage_threshold: 71, require_tests: false, block_merge_on_quality: false }
display: { color: false, verbose: debug, emoji: false, date_format: "%d" }
commit: { metadata: trailers }
brief: { max_bytes: 4000 }
snapshots: { keep: 5d, max_file: 1MiB }
"#;
    let loaded = Config::parse(text, "config.yaml").unwrap();
    assert_eq!(loaded.warnings, []);
    let expected = Config {
        session: crate::config::SessionConfig {
            auto_track: false,
            auto_checkpoint: true,
            checkpoint_interval: Duration::from_secs(3600),
            handoff_on_end: false,
            archive_after_days: 7,
            mode: Mode::Tdd,
        },
        context: crate::config::ContextConfig {
            architecture: Some("hexagonal".into()),
            patterns: vec!["a".into()],
            conventions: vec!["b".into()],
        },
        tracking: crate::config::TrackingConfig {
            watch_patterns: vec!["src/**".into()],
            ignore_patterns: vec!["target".into()],
            annotations: vec!["XXX".into()],
        },
        quality: crate::config::QualityConfig {
            coverage_threshold: 70.5,
            new_code_coverage_threshold: 71.0,
            require_tests: false,
            block_merge_on_quality: false,
        },
        display: crate::config::DisplayConfig {
            color: false,
            verbose: Verbosity::Debug,
            emoji: false,
            date_format: "%d".into(),
        },
        commit: crate::config::CommitConfig {
            metadata: CommitMetadata::Trailers,
        },
        brief: crate::config::BriefConfig { max_bytes: 4000 },
        snapshots: crate::config::SnapshotsConfig {
            keep: Duration::from_secs(5 * 24 * 3600),
            max_file: 1 << 20,
        },
        plugins: Vec::new(),
    };
    assert_eq!(loaded.config, expected);
}

#[test]
fn the_plugin_example_of_the_template_arrives_too() {
    let config = Config::parse(&with_example(), "config.yaml")
        .unwrap()
        .config;
    let plugin = config.plugin("acme-jira").unwrap();
    assert!(plugin.enabled);
    assert_eq!(plugin.allow.read, ["docs/**"]);
    assert_eq!(plugin.allow.http, ["acme.atlassian.net"]);
    assert_eq!(plugin.allow.env, ["JIRA_TOKEN"]);
    assert_eq!(plugin.limits.time, Some(Duration::from_millis(500)));
    assert_eq!(plugin.limits.memory, Some(64 << 20));
    assert_eq!(plugin.config, serde_json::json!({ "project": "ACME" }));
}

#[test]
fn a_wrong_value_is_pointed_at_with_what_was_expected() {
    for (text, message) in [
        (
            "session:\n  mode: fast\n",
            "config.yaml:2:9: session.mode: expected normal or tdd, found \"fast\"",
        ),
        (
            "session:\n  auto_track: yes\n",
            "config.yaml:2:15: session.auto_track: expected true or false, found \"yes\"",
        ),
        (
            "session:\n  auto_track:\n",
            "config.yaml:2:3: session.auto_track: expected true or false, found nothing",
        ),
        (
            "tracking:\n  watch_patterns:\n    - src/**\n    - 'src/[a'\n",
            "config.yaml:4:7: tracking.watch_patterns: expected a glob pattern such as \"src/**/*.rs\", with braces at most 8 deep, found the text \"src/[a\"",
        ),
        (
            "tracking:\n  annotations: TODO\n",
            "config.yaml:2:16: tracking.annotations: expected a list, each item a marker of up to 40 characters such as TODO:, found \"TODO\"",
        ),
        (
            "context: { conventions: [80] }",
            "config.yaml:1:26: context.conventions: expected text, found the number 80",
        ),
        (
            "display: { date_format: [\"%Y\"] }",
            "config.yaml:1:25: display.date_format: expected a date format of strftime items such as \"%Y-%m-%d %H:%M\", found a list",
        ),
        (
            "tracking: { watch_patterns: [\"{{{{{{{{{a}}}}}}}}}\"] }",
            "config.yaml:1:30: tracking.watch_patterns: expected a glob pattern such as \"src/**/*.rs\", with braces at most 8 deep, found the text \"{{{{{{{{{a}}}}}}}}}\"",
        ),
        (
            "brief: { max_bytes: 10 }",
            "config.yaml:1:21: brief.max_bytes: expected a whole number from 1000 to 1000000, found the number 10",
        ),
        (
            "quality: { coverage_threshold: 101 }",
            "config.yaml:1:32: quality.coverage_threshold: expected a percentage from 0 to 100, found the number 101",
        ),
        (
            "snapshots: { max_file: 10MB }",
            "config.yaml:1:24: snapshots.max_file: expected a size from 1KiB to 1GiB, with its unit (B, KiB, MiB or GiB), found \"10MB\"",
        ),
        (
            "session: on\n",
            "config.yaml:1:10: expected keys below `session:`, found \"on\"",
        ),
        (
            "- session\n",
            "config.yaml:1:1: expected keys such as `session:`, found a list",
        ),
        (
            "brief: { max_bytes: 2000 }\nbrief: { max_bytes: 3000 }\n",
            "config.yaml:2:1: the key \"brief\" stands here for the second time; the first is at line 1",
        ),
    ] {
        assert_eq!(error(text), message);
    }
}

#[test]
fn globs_that_would_take_much_memory_together_are_refused() {
    let glob = "?".repeat(900);
    for (lists, key) in [
        ("tracking: { ignore_patterns", "tracking.ignore_patterns"),
        ("plugins: { x: { allow: { read", "plugins.x.allow.read"),
    ] {
        let text = |count: usize| {
            let globs = vec![glob.as_str(); count].join(", ");
            let ends = "}".repeat(lists.matches('{').count());
            format!("{lists}: [{globs}] {ends}")
        };
        assert!(Config::parse(&text(36), "config.yaml").is_ok());
        let expected =
            format!("{key}: expected globs of at most 32768 bytes together, found a list");
        let message = error(&text(37));
        assert!(message.ends_with(&expected), "{message}");
    }
}

#[test]
fn a_message_carries_no_escape_sequence_and_no_novel() {
    let text = format!("session:\n  mode: \"\\e[31m{}\"\n", "x".repeat(5_000));
    let message = error(&text);
    assert!(
        !message.contains('\u{1b}') && message.len() < 200,
        "{message}"
    );
    let (message, _) = warning("\"\\e[31mred\": 1\n");
    assert!(!message.contains('\u{1b}'), "{message}");
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_name() {
    assert_eq!(
        warning("session:\n  auto-trak: true\n"),
        (
            "config.yaml:2:3: unknown key \"session.auto-trak\" is ignored".into(),
            "did you mean `auto_track`?".into()
        )
    );
    assert_eq!(warning("commit: { x: 1 }\n").1, "known here: metadata");
    assert_eq!(
        warning("session: { auto_checkpoints: true }\n").1,
        "did you mean `auto_checkpoint`?"
    );
    assert_eq!(warning("plugin: {}\n").1, "did you mean `plugins`?");
}

#[test]
fn under_plugins_nothing_is_passed_over() {
    for (text, message) in [
        (
            "plugins:\n  coverage: { enable: false }\n",
            "config.yaml:2:15: unknown key \"plugins.coverage.enable\"; did you mean `enabled`?",
        ),
        (
            "plugins: { x: { allow: { files: [a] } } }",
            "config.yaml:1:26: unknown key \"plugins.x.allow.files\"; known here: read, http, env",
        ),
        (
            "plugins: { x: { limits: { cpu: 1s } } }",
            "config.yaml:1:27: unknown key \"plugins.x.limits.cpu\"; known here: time, memory, output, log, returned, host_calls",
        ),
        (
            "plugins: { Coverage: {} }",
            "config.yaml:1:12: expected a plugin's name in lower-case words joined by hyphens, found \"Coverage\"",
        ),
        (
            "plugins: [coverage]",
            "config.yaml:1:10: expected keys below `plugins:`, found a list",
        ),
        (
            "plugins: { x: { source: https://example.com/x.wasm } }",
            "config.yaml:1:12: plugins.x: expected `sha256`, since `source` is not a file of this repository",
        ),
        (
            "plugins: { x: { sha256: 1111111111111111111111111111111111111111111111111111111111111111 } }",
            "config.yaml:1:12: plugins.x: expected `source` beside `sha256`; a bundled plugin needs neither",
        ),
        (
            "plugins: { x: { config: { a: 1, a: 2 } } }",
            "config.yaml:1:33: the key \"a\" stands here for the second time; the first is at line 1",
        ),
    ] {
        assert_eq!(error(text), message);
    }
}

#[test]
fn more_plugins_than_anybody_wants_are_refused() {
    let named = |count: usize| {
        let entries = (0..count).map(|number| format!("  a{number}: {{}}\n"));
        format!("plugins:\n{}", entries.collect::<String>())
    };
    assert!(Config::parse(&named(200), "config.yaml").is_ok());
    let message = error(&named(201));
    assert!(
        message.contains("at most 200 plugins, found 201"),
        "{message}"
    );
}

#[test]
fn a_plugin_may_just_be_named_and_keeps_its_place() {
    let text = "plugins:\n  tdd-workflow:\n  coverage: { enabled: false }\n  ci-status:\n    config: [1, 2.5, null, yes, {a: true}]\n";
    let plugins = Config::parse(text, "config.yaml").unwrap().config.plugins;
    let names: Vec<_> = plugins.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["tdd-workflow", "coverage", "ci-status"]);
    assert!(plugins[0].1.enabled && !plugins[1].1.enabled);
    assert_eq!(
        plugins[2].1.config,
        serde_json::json!([1, 2.5, null, "yes", { "a": true }])
    );
}

#[test]
fn what_is_left_empty_keeps_its_default() {
    let text = "\u{feff}session:\r\ncontext:\r\n  architecture:\r\n  patterns:\r\n    # - one\r\ntracking:\r\n  annotations:\r\nplugins:\r\n";
    for text in [text, "", "---\n", "# nothing\n", "null\n"] {
        let loaded = Config::parse(text, "config.yaml").unwrap();
        assert_eq!(loaded.config, Config::default(), "{text:?}");
        assert_eq!(loaded.warnings, []);
    }
}

#[test]
fn a_file_that_was_named_has_to_be_there_and_one_of_the_work_tree_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.yaml");
    assert!(
        Config::load(&path)
            .unwrap_err()
            .to_string()
            .contains("does not exist")
    );
    assert_eq!(
        Config::of(directory.path(), None).unwrap().config,
        Config::default()
    );
    std::fs::write(&path, "brief: { max_bytes: 4000 }").unwrap();
    let loaded = Config::of(directory.path(), Some(&path)).unwrap();
    assert_eq!(loaded.config.brief.max_bytes, 4000);
    std::fs::create_dir(directory.path().join(".session")).unwrap();
    std::fs::write(
        directory.path().join(".session/config.yaml"),
        "brief: {max_bytes: 5000}",
    )
    .unwrap();
    let loaded = Config::of(directory.path(), None).unwrap();
    assert_eq!(loaded.config.brief.max_bytes, 5000);
}
