//! `session plugin`: one file per verb. It must not do more than dispatch.

mod acquire;
mod configuration;
mod enable;
mod grants;
mod inspect;
mod install;
mod installed;
mod list;
mod named;
mod new;
mod pack;
mod refresh;
mod remove;
mod test;
mod trust;
mod update;

use clap::Subcommand;

use crate::config::Config;
use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::plugin::kept::Kept;
use crate::plugin::{self, Selected, select};
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Where plugins are turned on, and what they may reach is asked for.
const CONFIG: &str = ".session/config.yaml";

/// Show which plugins run, install and trust them, and write your own
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show them: what is on and why, which hooks it answers, where it comes from, what it may reach
    List,
    /// Turn a plugin on, in .session/config.yaml
    Enable(enable::Args),
    /// Turn a plugin off, in .session/config.yaml
    Disable(enable::Args),
    Trust(trust::Args),
    Inspect(inspect::Args),
    /// Fetch a plugin, compile it and pin it in .session/config.yaml; it runs once you trust it
    Install(install::Args),
    /// Take what the plugins' sources have now
    Update(update::Args),
    /// Take a plugin out of .session/config.yaml
    Remove(remove::Args),
    New(new::Args),
    Pack(pack::Args),
    Test(test::Args),
    Refresh(refresh::Args),
}

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    if args.command.changes_configuration() && environment.config.is_some() {
        ui.warning(&Warning::new(format!(
            "this is about {CONFIG}, which is not in use while SESSION_CONFIG is set"
        )));
    }
    let tidies = args.command.changes_store();
    match args.command {
        Command::List => list::run(ui, environment),
        Command::Enable(args) => enable::run(ui, environment, &args, true),
        Command::Disable(args) => enable::run(ui, environment, &args, false),
        Command::Trust(args) => trust::run(ui, environment, &args),
        Command::Inspect(args) => inspect::run(ui, environment, &args),
        Command::Install(args) => install::run(ui, environment, &args),
        Command::Update(args) => update::run(ui, environment, &args),
        Command::Remove(args) => remove::run(ui, environment, &args),
        // Who writes a plugin does not need to be in a repository.
        Command::New(args) => new::run(ui, environment, &args),
        Command::Pack(args) => pack::run(ui, environment, args),
        Command::Test(args) => test::run(ui, environment, &args),
        Command::Refresh(args) => refresh::run(ui, environment, &args),
    }?;
    if tidies {
        plugin::tidy(environment);
    }
    Ok(())
}

impl Command {
    /// Of the team: `SESSION_CONFIG` is one user's, and nobody pins a component for others in it.
    fn changes_configuration(&self) -> bool {
        use Command::{Disable, Enable, Install, Remove, Update};
        matches!(
            self,
            Enable(_) | Disable(_) | Install(_) | Update(_) | Remove(_)
        )
    }

    /// Puts a component into the user's store, or lets go of one.
    fn changes_store(&self) -> bool {
        use Command::{Install, Remove, Trust, Update};
        matches!(self, Install(_) | Update(_) | Remove(_) | Trust(_))
    }
}

/// Reports what failed of several things that do not depend on each other. The last one is the command's own failure.
fn all_of(ui: &Ui, mut failures: Vec<anyhow::Error>) -> anyhow::Result<()> {
    let last = failures.pop();
    for failure in &failures {
        ui.error(failure);
    }
    last.map_or(Ok(()), Err)
}

/// What a third-party plugin said and left for itself: it goes with the agreement to the plugin, or with its entry. What the
/// next one of this name finds is nothing.
fn forget(workspace: &Workspace, name: &str) -> anyhow::Result<()> {
    Kept::at(workspace.layout.contributions()).forget(name)?;
    workspace.begin()?.forget_plugin_state(name)
}

/// The plugin of this name, or the sentence that names those there are.
fn known(config: &Config, name: &str) -> anyhow::Result<Selected> {
    let mut plugins = select(config);
    if let Some(index) = plugins.iter().position(|plugin| plugin.name == name) {
        return Ok(plugins.swap_remove(index));
    }
    let known: Vec<&str> = plugins.iter().map(|plugin| &*plugin.name).collect();
    Err(user_error(
        format!("there is no plugin {name:?}; known: {}", known.join(", ")),
        "`session plugin list` shows them",
    ))
}

/// As `sha256sum` and the configuration write it, or as a registry does.
fn digest(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let valid = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = valid.then(|| digits.to_ascii_lowercase());
    digits.ok_or_else(|| "expected 64 hexadecimal digits".to_owned())
}
