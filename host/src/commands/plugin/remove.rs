//! `session plugin remove`: a plugin's entry out of the configuration, and what it said and left for itself, with the user's
//! consent to it. It must not touch the component, which other clones of the user's may have pinned: that goes
//! with age.

use serde::Serialize;

use super::CONFIG;
use super::configuration::Configuration;
use crate::config::edit;
use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::plugin::{self, candidate};
use crate::ui::Ui;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// As the configuration names it
    #[arg(value_name = "NAME")]
    pub name: String,
}

#[derive(Debug, Serialize)]
struct RemoveView<'a> {
    removed: &'a str,
    /// Of the component that was pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// The user had agreed to it in this repository, and has not any more.
    consent_withdrawn: bool,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let workspace = &Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let configuration = Configuration::read(workspace)?;
    let name = &*args.name;
    let Some(entry) = configuration.config.plugin(name) else {
        return Err(unknown(&configuration, name));
    };
    let digest = entry.sha256.clone();
    Configuration::change(workspace, |text| edit::remove_plugin(text, CONFIG, name))?;
    super::forget(workspace, name)?;
    let consent_withdrawn = withdraw(ui, workspace, name);
    ui.line(&format!("{name} is removed from {CONFIG}"));
    if consent_withdrawn {
        ui.line("what you agreed to about it is withdrawn");
    }
    if candidate::is_bundled(name) {
        ui.note(
            "the bundled plugin of this name is back; `session plugin list` shows whether it is on",
        );
    }
    let view = RemoveView {
        removed: name,
        digest,
        consent_withdrawn,
    };
    ui.json("plugin-remove", &view)
}

/// A later entry of this name is another request. The entry is gone already: that a consent cannot be withdrawn does not
/// bring it back.
fn withdraw(ui: &Ui, workspace: &Workspace, name: &str) -> bool {
    let revoked = plugin::revoke(name, &workspace.environment, workspace.checkout());
    revoked.unwrap_or_else(|error| {
        let warning = Warning::new(format!(
            "what you agreed to about {name} could not be withdrawn: {error:#}"
        ));
        ui.warning(&warning.hint(format!("session plugin trust {name} --revoke")));
        false
    })
}

fn unknown(configuration: &Configuration, name: &str) -> anyhow::Error {
    if candidate::is_bundled(name) {
        return user_error(
            format!("{name} is part of session, and {CONFIG} has no entry of it to remove"),
            format!("`session plugin disable {name}` turns it off"),
        );
    }
    let plugins = configuration.config.plugins.iter();
    let known: Vec<&str> = plugins.map(|(name, _)| name.as_str()).collect();
    let known = match &known[..] {
        [] => "it names none".to_owned(),
        known => format!("known: {}", known.join(", ")),
    };
    user_error(
        format!("{CONFIG} names no plugin {name:?}; {known}"),
        "`session plugin list` shows them",
    )
}
