//! What `session plugin install` says when it is done. It must not install anything.

use serde::Serialize;

use super::{CONFIG, acquire, grants};
use crate::config::Allow;
use crate::document::count::size;
use crate::document::{Document, Item, Section};
use crate::fetch::Source;
use crate::plugin::RequestedGrant;
use crate::plugin::candidate::{self, Candidate};
use crate::plugin::contribution::Hook;
use crate::ui::Ui;

/// A plugin that is in the store and in the configuration.
#[derive(Debug, Serialize)]
pub struct Installed {
    /// In the configuration, whatever the component calls itself.
    name: String,
    source: String,
    version: Option<String>,
    digest: String,
    size: u64,
    contract: Option<String>,
    hooks: Vec<Hook>,
    asks_for: Vec<RequestedGrant>,
    /// The name is that of a plugin that comes with the program, which does not run any more.
    replaces_bundled: bool,
    /// It asks for more than `allow` of the configuration names, and `install --allow` would write it there.
    #[serde(skip)]
    wants_more: bool,
}

impl Installed {
    pub fn new(name: &str, source: &str, component: Candidate, allow: &Allow) -> Self {
        let wants_more = acquire::wanted(allow, &component.asks_for).is_some();
        Self {
            name: name.to_owned(),
            source: shown(source),
            version: component.version,
            digest: component.digest,
            size: component.size,
            contract: component.contract,
            hooks: component.hooks,
            asks_for: component.asks_for,
            replaces_bundled: candidate::is_bundled(name),
            wants_more,
        }
    }
}

#[derive(Debug, Serialize)]
struct InstallView {
    plugins: Vec<Installed>,
    next_steps: Vec<String>,
}

pub fn show(ui: &Ui, plugins: Vec<Installed>) -> anyhow::Result<()> {
    let next_steps: Vec<String> = plugins
        .iter()
        .map(|plugin| format!("session plugin trust {}", plugin.name))
        .collect();
    if ui.wants_json() {
        let view = InstallView {
            plugins,
            next_steps,
        };
        return ui.json("plugin-install", &view);
    }
    if plugins.is_empty() {
        ui.line(&format!("Everything that {CONFIG} names is installed"));
        return Ok(());
    }
    let mut document = Document::new("Installed");
    for plugin in &plugins {
        document.push(section(plugin));
    }
    let mut next = Section::new("next_steps", "Next");
    for plugin in plugins.iter().filter(|plugin| plugin.wants_more) {
        let name = &plugin.name;
        next.line(format!(
            "{CONFIG} does not allow all that it asks for; to allow it: session plugin install --allow {name}"
        ));
    }
    for step in &next_steps {
        next.line(format!("Review it, then agree: {step}"));
    }
    let files = plugins
        .iter()
        .filter_map(|plugin| plugin.source.strip_prefix("./"));
    let files: Vec<&str> = std::iter::once(CONFIG).chain(files).collect();
    next.line(format!(
        "Commit {}, so that the team has it too",
        files.join(" and ")
    ));
    document.push(next);
    ui.document(&document);
    Ok(())
}

fn section(plugin: &Installed) -> Section {
    let mut section = Section::new("plugin", plugin.name.clone());
    if plugin.replaces_bundled {
        section.line("It replaces the bundled plugin of this name");
    }
    if let Some(version) = &plugin.version {
        section.pair("Version", version.clone());
    }
    section.pair("From", plugin.source.clone());
    section.pair("sha256", plugin.digest.clone());
    section.pair("Size", size(plugin.size));
    let hooks: Vec<&str> = plugin.hooks.iter().map(|hook| hook.name()).collect();
    section.pair("Hooks", hooks.join(", "));
    if plugin.asks_for.is_empty() {
        section.pair("Asks for", "nothing");
    }
    let asked = plugin.asks_for.iter().map(grants::in_its_words);
    section.items(asked.map(|asked| Item::pair("Asks for", asked)))
}

/// A source as a message has it.
pub fn shown(source: &str) -> String {
    Source::parse(source).map_or_else(|_| source.to_owned(), |source| source.shown())
}
