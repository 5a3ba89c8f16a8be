//! `session plugin`: what runs, and turning it on and off for this repository.

mod refresh;

use clap::Subcommand;
use serde::Serialize;

use crate::config::{edit, shared};
use crate::document::{Document, Section};
use crate::environment::Environment;
use crate::error::user_error;
use crate::plugin::{CacheState, PluginInfo, list};
use crate::store::durable;
use crate::ui::Ui;
use crate::workspace::Workspace;

const CONFIG: &str = ".session/config.yaml";

/// Show which plugins run, and turn them on and off for this repository
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show them: what is on and why, which hooks it answers, where it comes from
    List,
    /// Turn a plugin on, in .session/config.yaml
    Enable {
        /// As `session plugin list` names it
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Turn a plugin off, in .session/config.yaml
    Disable {
        /// As `session plugin list` names it
        #[arg(value_name = "NAME")]
        name: String,
    },
    Refresh(refresh::Args),
}

#[derive(Debug, Serialize)]
struct PluginsView {
    plugins: Vec<PluginInfo>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    match args.command {
        Command::List => show(ui, &workspace),
        Command::Enable { name } => set(ui, &workspace, &name, true),
        Command::Disable { name } => set(ui, &workspace, &name, false),
        Command::Refresh(args) => refresh::run(ui, &mut workspace, &args),
    }
}

fn show(ui: &Ui, workspace: &Workspace) -> anyhow::Result<()> {
    let plugins = list(&workspace.config, &workspace.environment)?;
    if ui.wants_json() {
        return ui.json("plugin-list", &PluginsView { plugins });
    }
    let mut document = Document::new("Plugins");
    for plugin in &plugins {
        let state = if plugin.enabled { "on" } else { "off" };
        let mut section = Section::new("plugin", plugin.name.clone());
        section.pair("State", format!("{state} ({})", plugin.why));
        section.pair("From", plugin.origin.clone());
        if let Some(version) = &plugin.version {
            section.pair("Version", version.clone());
        }
        let hooks: Vec<String> = plugin
            .hooks
            .iter()
            .map(|hook| format!("{hook:?}").to_lowercase())
            .collect();
        section.pair(
            "Hooks",
            if hooks.is_empty() {
                "none".into()
            } else {
                hooks.join(", ")
            },
        );
        if let Some(size) = plugin.size {
            section.pair("Size", format!("{} kB", size.div_ceil(1000)));
        }
        if let Some(digest) = &plugin.digest {
            section.pair("sha256", digest.clone());
        }
        section.pair(
            "Compiled",
            match &plugin.cache {
                CacheState::Ready => "yes".into(),
                CacheState::Cold => "not yet; the next command at a terminal does it".into(),
                CacheState::Unusable(why) => format!("for each command: {why}"),
                CacheState::Absent => "there is no component".into(),
            },
        );
        document.push(section);
    }
    ui.document(&document);
    Ok(())
}

fn set(ui: &Ui, workspace: &Workspace, name: &str, enabled: bool) -> anyhow::Result<()> {
    let plugins = list(&workspace.config, &workspace.environment)?;
    if !plugins.iter().any(|plugin| plugin.name == name) {
        let known: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        return Err(user_error(
            format!("there is no plugin {name:?}; known: {}", known.join(", ")),
            "`session plugin list` shows them",
        ));
    }
    let work_tree = workspace.repository.work_tree();
    let Some(text) = shared::read(work_tree, "config.yaml")? else {
        return Err(user_error(
            format!("there is no {CONFIG} to write to"),
            "run `session init` first",
        ));
    };
    let changed = edit::set_plugin_enabled(&text, CONFIG, name, enabled)?;
    // The lock keeps a second `plugin` command from writing over this one.
    let _transaction = workspace.begin()?;
    durable::write_keeping_mode(&work_tree.join(CONFIG), changed.as_bytes())?;
    if ui.wants_json() {
        let plugins = list(
            &crate::config::Config::parse(&changed, CONFIG)?.config,
            &workspace.environment,
        )?;
        return ui.json("plugin", &PluginsView { plugins });
    }
    ui.line(&format!(
        "{name} is {} in {CONFIG}",
        if enabled { "on" } else { "off" }
    ));
    Ok(())
}
