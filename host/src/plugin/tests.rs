//! What a plugin can do to the host: each misdeed costs one warning and nothing else. Real components, the real
//! engine; one cache directory for all tests, since compiling takes a second in a debug build.

mod cache;
mod context_manager;
mod contract;
mod coverage;
mod host;
mod kept;
mod misdeeds;
mod network;
#[expect(dead_code, reason = "whom the system trusts is tested end to end")]
#[path = "../../../tests/common/server.rs"]
mod server;
mod tdd_workflow;
mod together;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::host_data::HostData as _;
use super::*;
pub use host::FixedHost;

/// Below the target directory, shared by all runs: the test binary is in `<target>/<profile>/deps`.
fn cache_dir() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    let target = executable.ancestors().nth(3).unwrap();
    target.join("plugin-test-cache")
}

/// The misbehaving component, told what to do. Its time limit is generous, for machines that are busy.
fn doing(deed: &str) -> Source<'static> {
    let mut settings = PluginConfig {
        config: serde_json::Value::String(deed.to_owned()),
        ..PluginConfig::default()
    };
    settings.limits.time = Some(Duration::from_secs(10));
    Source {
        name: deed.to_owned(),
        component: Component::Here(Cow::Borrowed(session_guests::MISBEHAVING)),
        digest: Cow::Owned(engine::digest(session_guests::MISBEHAVING)),
        access: Access::bundled(),
        settings,
    }
}

fn within(limit: Duration, mut source: Source<'static>) -> Source<'static> {
    source.settings.limits.time = Some(limit);
    source
}

fn brief() -> Question {
    Question {
        hook: Hook::Brief,
        arguments: Vec::new(),
        room: 9_500,
    }
}

fn ask(sources: Vec<Source<'_>>) -> Answers {
    ask_about(sources, &FixedHost::new(&std::env::temp_dir()))
}

fn ask_about(sources: Vec<Source<'_>>, host: &FixedHost) -> Answers {
    let cache_dir = cache_dir();
    let mut plugins =
        Plugins::from_sources(sources, Some(&cache_dir), &[Hook::Brief], WhenCold::Compile);
    plugins.ask(&brief(), host)
}

/// Asks one bundled plugin, and no other. It has to answer without a warning.
fn ask_bundled(
    name: &str,
    question: Question,
    host: &FixedHost,
    config: serde_json::Value,
) -> Answers {
    let mut settings = PluginConfig {
        config,
        ..PluginConfig::default()
    };
    // The machine that runs tests is busy.
    settings.limits.time = Some(Duration::from_secs(10));
    let mut all = Config::default();
    all.plugins.push((name.to_owned(), settings));
    let off = PluginConfig {
        enabled: false,
        ..PluginConfig::default()
    };
    all.plugins.push(("context-manager".into(), off));
    let environment = Environment {
        cache_dir: Some(cache_dir()),
        ..Environment::from_process().unwrap()
    };
    let nowhere = Checkout {
        work_tree: host.work_tree(),
        common_dir: host.work_tree(),
    };
    let hooks = [question.hook];
    let mut plugins = Plugins::load(&all, &environment, nowhere, &hooks, WhenCold::Compile);
    let answers = plugins.ask(&question, host);
    assert_eq!(answers.warnings, []);
    answers
}
