//! `session plugin list`: what is on and why, where it comes from, what it may reach. It must not change anything.

use serde::Serialize;

use super::grants;
use super::installed::shown;
use crate::document::count;
use crate::document::{Document, Section};
use crate::environment::{Environment, Timestamp};
use crate::plugin::{CacheState, PluginInfo, Standing, last_run, list};
use crate::ui::Ui;
use crate::workspace::Workspace;

#[derive(Debug, Serialize)]
pub struct PluginsView {
    pub plugins: Vec<PluginInfo>,
}

pub fn run(ui: &mut Ui, environment: &Environment) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let mut plugins = list(
        &workspace.config_for_plugins(),
        &workspace.environment,
        workspace.checkout(),
    )?;
    let mut last_runs = last_run::read(&workspace.layout.index());
    for plugin in &mut plugins {
        plugin.origin = shown(&plugin.origin);
        let last = last_runs.remove(&plugin.name);
        plugin.last_run = last.filter(|last| last.is_of(plugin.digest.as_deref()));
    }
    if ui.wants_json() {
        return ui.json("plugin-list", &PluginsView { plugins });
    }
    let mut document = Document::new("Plugins");
    for plugin in &plugins {
        document.push(section(plugin, environment.now));
    }
    ui.document(&document);
    Ok(())
}

fn section(plugin: &PluginInfo, now: Timestamp) -> Section {
    let state = if plugin.enabled { "on" } else { "off" };
    let mut section = Section::new("plugin", plugin.name.clone());
    section.pair("State", format!("{state} ({})", plugin.why));
    section.pair("From", plugin.origin.clone());
    if let Some(problem) = &plugin.problem {
        section.pair("Problem", problem.clone());
    }
    if let Some(version) = &plugin.version {
        section.pair("Version", version.clone());
    }
    section.pair("Hooks", hooks(plugin));
    for (name, values) in access(plugin) {
        section.pair(name, values.join("; "));
    }
    if let Some(consent) = &plugin.consent {
        section.pair("Agreed", agreed(&plugin.name, consent));
    }
    if let Some(size) = plugin.size {
        section.pair("Size", count::size(size));
    }
    if let Some(digest) = &plugin.digest {
        section.pair("sha256", digest.clone());
    }
    section.pair("Compiled", compiled(plugin));
    if let Some(last) = &plugin.last_run {
        section.pair("Last run", last.told(now));
    }
    section
}

/// What is done about one that is not, if anything is.
fn compiled(plugin: &PluginInfo) -> String {
    let agreed = matches!(plugin.consent, Some(Standing::NotNeeded | Standing::Agreed));
    match &plugin.cache {
        CacheState::Ready => "yes".to_owned(),
        CacheState::Absent => "there is no component".to_owned(),
        _ if plugin.problem.is_some() && plugin.digest.is_some() => {
            "no; it cannot be loaded".to_owned()
        }
        CacheState::Unusable(why) => format!("for each command: {why}"),
        CacheState::Cold if !agreed => {
            format!("not yet; `session plugin trust {}` does it", plugin.name)
        }
        CacheState::Cold if !plugin.enabled => "not yet; it is off".to_owned(),
        CacheState::Cold => {
            "not yet; the next command that asks it does it, but no hook".to_owned()
        }
    }
}

fn hooks(plugin: &PluginInfo) -> String {
    let names: Vec<&str> = plugin.hooks.iter().map(|hook| hook.name()).collect();
    match &names[..] {
        [] => "none".into(),
        names => names.join(", "),
    }
}

/// What it asks for, what it gets, and what it gets not; only what there is.
fn access(plugin: &PluginInfo) -> Vec<(&'static str, Vec<String>)> {
    let Some(all) = &plugin.grants else {
        return Vec::new();
    };
    let asked = all.asked.iter().map(grants::what).collect();
    let named = |allow| {
        let values = grants::values(allow);
        values
            .map(|(kind, value)| format!("{kind} {value}"))
            .collect()
    };
    let mut given: Vec<String> = named(&all.given);
    let mut not_asked: Vec<String> = named(&all.not_asked);
    if plugin.origin == "bundled" {
        given.insert(0, "read the work tree".to_owned());
        not_asked.retain(|value| !value.starts_with("read "));
    }
    let not_allowed = all.not_allowed.iter().map(grants::what).collect();
    let has_it = matches!(plugin.consent, Some(Standing::NotNeeded | Standing::Agreed));
    let all = [
        ("Asks for", asked),
        (if has_it { "Gets" } else { "Would get" }, given),
        ("Asks for, not allowed in .session/config.yaml", not_allowed),
        ("Allowed, but does not ask for", not_asked),
    ];
    all.into_iter()
        .filter(|(_, values)| !values.is_empty())
        .collect()
}

fn agreed(name: &str, standing: &Standing) -> String {
    let review = format!("`session plugin trust {name}` shows it");
    match standing {
        Standing::NotNeeded => "not needed".into(),
        Standing::Agreed => "yes".into(),
        Standing::NotAgreed => format!("no; {review}"),
        Standing::Changed(changes) => format!("no longer: {}; {review}", changes.join(", ")),
        Standing::Unknown(why) => format!("not known: {why}"),
    }
}
