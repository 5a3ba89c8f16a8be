//! `session plugin enable` and `disable`: one edit of the configuration. It must not trust or install anything.

use super::CONFIG;
use super::list::PluginsView;
use crate::config::{Config, edit, shared};
use crate::environment::Environment;
use crate::error::user_error;
use crate::plugin::list;
use crate::store::durable;
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
        let config = Config::parse(&changed, CONFIG)?.config;
        let plugins = list(&config, &workspace.environment, workspace.checkout())?;
        return ui.json("plugin", &PluginsView { plugins });
    }
    ui.line(&format!(
        "{name} is {} in {CONFIG}",
        if enabled { "on" } else { "off" }
    ));
    Ok(())
}
