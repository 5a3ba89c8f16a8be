//! The embedded context-manager, through the sandbox, on files of a real directory.

use std::fs;

use super::*;
use crate::plugin::host_data::HostData as _;
use crate::plugin::host_data::{ChangedFile, SessionView};

const CONTEXT: &str = "# Auth\n\nIssues tokens.\n\n## Gotchas\n- Clocks skew\n";

fn environment() -> Environment {
    Environment {
        cache_dir: Some(cache_dir()),
        ..Environment::from_process().unwrap()
    }
}

/// `src/auth` with a context file that has missed six commits, a file with a header, and a change.
fn tree() -> (tempfile::TempDir, FixedHost) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("src/auth/oauth")).unwrap();
    let files = [
        ("src/auth/CLAUDE.md", CONTEXT),
        ("src/auth/token.rs", "//! Issues and checks tokens. More.\n"),
        ("src/auth/oauth/mod.rs", ""),
    ];
    let mut host = FixedHost::new(root.path());
    for (path, text) in files {
        fs::write(root.path().join(path), text).unwrap();
        host.tracked.push(path.into());
    }
    host.commits_since = 6;
    host.session = SessionView {
        branch: Some("feature/login".into()),
        ..SessionView::default()
    };
    host.changed = vec![ChangedFile {
        path: "src/auth/token.rs".into(),
        status: "modified".into(),
    }];
    (root, host)
}

fn ask_context_manager(config: &Config, hook: Hook, host: &FixedHost) -> Answers {
    let mut config = config.clone();
    if config.plugins.is_empty() {
        // A second of time: the machine that runs tests is busy.
        let mut settings = PluginConfig::default();
        settings.limits.time = Some(Duration::from_secs(10));
        config.plugins.push(("context-manager".into(), settings));
    }
    let checkout = Checkout {
        work_tree: host.work_tree(),
        common_dir: host.work_tree(),
    };
    let environment = environment();
    let mut plugins = Plugins::load(&config, &environment, checkout, &[hook], WhenCold::Compile);
    let question = Question { hook, ..brief() };
    plugins.ask(&question, host)
}

#[test]
fn a_brief_quotes_the_context_file_beside_the_change() {
    let (_root, host) = tree();
    let answers = ask_context_manager(&Config::default(), Hook::Brief, &host);
    assert_eq!(answers.warnings, []);
    let contribution = &answers.contributions[0];
    assert_eq!(contribution.plugin, "context-manager");
    assert_eq!(contribution.sections[0].title, "src/auth/CLAUDE.md");
    assert_eq!(
        contribution.sections[0].body,
        "Issues tokens.\nGotchas:\n- Clocks skew\nMay be out of date: 6 commits (6 files) behind.\n"
    );
}

#[test]
fn a_checkpoint_offers_an_update_that_keeps_what_was_written_by_hand() {
    let (_root, host) = tree();
    let answers = ask_context_manager(&Config::default(), Hook::Checkpoint, &host);
    assert_eq!(answers.warnings, []);
    let [edit] = answers.contributions[0].edits.as_slice() else {
        panic!("not one edit: {:?}", answers.contributions);
    };
    assert_eq!(edit.path, "src/auth/CLAUDE.md".into());
    assert_eq!(edit.before.as_deref(), Some(CONTEXT));
    let block = edit.after.strip_prefix(CONTEXT).unwrap();
    for line in [
        "- `token.rs`: Issues and checks tokens.",
        "- `oauth/`: 1 file",
        "- `token.rs` (1 commit): Rotate refresh tokens",
    ] {
        assert!(block.lines().any(|it| it == line), "{line}: {block}");
    }
}

#[test]
fn a_handoff_and_the_status_measure_health() {
    let (_root, host) = tree();
    for hook in [Hook::Handoff, Hook::Status] {
        let answers = ask_context_manager(&Config::default(), hook, &host);
        assert_eq!(answers.warnings, []);
        let metric = &answers.contributions[0].metrics[0];
        assert_eq!(
            (metric.name.as_str(), metric.value),
            ("context_health", 40.0)
        );
    }
}

#[test]
fn a_plugin_that_is_turned_off_is_not_asked() {
    let (_root, host) = tree();
    let mut config = Config::default();
    let off = PluginConfig {
        enabled: false,
        ..PluginConfig::default()
    };
    config.plugins.push(("context-manager".into(), off));
    assert_eq!(
        ask_context_manager(&config, Hook::Brief, &host),
        Answers::default()
    );
}

#[test]
fn a_plugin_that_this_version_does_not_have_costs_a_warning() {
    let (_root, host) = tree();
    let mut config = Config::default();
    config
        .plugins
        .push(("no-such".into(), PluginConfig::default()));
    let foreign = PluginConfig {
        source: Some("./x.wasm".into()),
        ..PluginConfig::default()
    };
    config.plugins.push(("context-manager".into(), foreign));
    let answers = ask_context_manager(&config, Hook::Brief, &host);
    assert_eq!(answers.contributions, []);
    let messages: Vec<_> = answers
        .warnings
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "plugin context-manager was skipped: x.wasm is not there",
            "plugin no-such is not available in this version"
        ]
    );
}

#[test]
fn the_list_says_what_is_on_and_why() {
    let mut config = Config::default();
    config
        .plugins
        .push(("no-such".into(), PluginConfig::default()));
    let nowhere = tempfile::tempdir().unwrap();
    let checkout = Checkout {
        work_tree: nowhere.path(),
        common_dir: nowhere.path(),
    };
    let plugins = list(&config, &environment(), checkout).unwrap();
    let known = &plugins[0];
    assert_eq!(known.name, "context-manager");
    assert_eq!((known.enabled, known.why.as_str()), (true, "by default"));
    assert_eq!(known.origin, "bundled");
    assert_eq!(known.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(
        known.hooks,
        [Hook::Brief, Hook::Checkpoint, Hook::Handoff, Hook::Status]
    );
    assert_eq!(known.digest.as_ref().map(String::len), Some(64));
    let unknown = plugins.last().unwrap();
    assert_eq!(unknown.name, "no-such");
    assert_eq!(unknown.origin, "unavailable");
    assert_eq!(unknown.cache, CacheState::Absent);
}
