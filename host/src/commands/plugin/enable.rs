//! `session plugin enable` and `disable`: one edit of the configuration. It must not trust or install anything.

use super::CONFIG;
use super::configuration::Configuration;
use super::list::PluginsView;
use crate::config::edit;
use crate::environment::Environment;
use crate::plugin::list;
use crate::ui::Ui;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// As `session plugin list` names it
    #[arg(value_name = "NAME")]
    name: String,
}

pub fn run(
    ui: &mut Ui,
    environment: &Environment,
    args: &Args,
    enabled: bool,
) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let name = &args.name;
    super::known(&workspace.config, name)?;
    Configuration::change(&workspace, |text| {
        edit::set_plugin_enabled(text, CONFIG, name, enabled)
    })?;
    if ui.wants_json() {
        let config = Configuration::read(&workspace)?.config;
        let plugins = list(&config, &workspace.environment, workspace.checkout())?;
        return ui.json("plugin", &PluginsView { plugins });
    }
    ui.line(&format!(
        "{name} is {} in {CONFIG}",
        if enabled { "on" } else { "off" }
    ));
    Ok(())
}
