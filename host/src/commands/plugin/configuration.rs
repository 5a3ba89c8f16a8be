//! The team's configuration as a `plugin` command finds and changes it. It must not decide what changes.

use std::path::Path;

use super::CONFIG;
use crate::config::{Config, shared};
use crate::error::{UserError, user_error};
use crate::plugin::candidate;
use crate::store::durable;
use crate::workspace::Workspace;

/// The file's text and what it means: of the file itself, also where `SESSION_CONFIG` names another one.
#[derive(Debug)]
pub struct Configuration {
    pub text: String,
    pub config: Config,
}

impl Configuration {
    pub fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        let work_tree = workspace.repository.work_tree();
        let text = shared::read(work_tree, shared::CONFIG)?.ok_or_else(|| {
            user_error(
                format!("there is no {CONFIG} to write to"),
                "run `session init` first",
            )
        })?;
        let config = Config::parse(&text, CONFIG)?.config;
        Ok(Self { text, config })
    }

    /// Changes the file as it is now, under the lock: a second command does not write over this one.
    pub fn change(
        workspace: &Workspace,
        edit: impl FnOnce(&str) -> Result<String, UserError>,
    ) -> anyhow::Result<()> {
        let _transaction = workspace.begin()?;
        let before = Self::read(workspace)?.text;
        let after = edit(&before)?;
        if after != before {
            let path = workspace.repository.work_tree().join(CONFIG);
            refuse_read_only(&path)?;
            durable::write_keeping_mode(&path, after.as_bytes())?;
        }
        Ok(())
    }

    /// The entries that say where their component comes from: name, source and digest.
    pub fn third_party(&self) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
        self.config.plugins.iter().filter_map(|(name, entry)| {
            let source = entry.source.as_deref()?;
            Some((name.as_str(), source, entry.sha256.as_deref()))
        })
    }

    /// That a name is none of them.
    pub fn unknown(&self, name: &str) -> anyhow::Error {
        let known: Vec<&str> = self.third_party().map(|(name, ..)| name).collect();
        let known = match &known[..] {
            [] => format!("{CONFIG} names none that can be installed"),
            known => format!("known: {}", known.join(", ")),
        };
        let message = format!("there is no plugin {name:?} with a source; {known}");
        let hint = match candidate::is_bundled(name) {
            true => {
                format!("{name} is part of session: `session plugin enable {name}` turns it on")
            }
            false => "`session plugin list` shows them all".to_owned(),
        };
        user_error(message, hint)
    }
}

/// Somebody said that the file is not to be changed. Replacing it would get round that, as the directory decides on it.
fn refuse_read_only(path: &Path) -> anyhow::Result<()> {
    if !path.metadata()?.permissions().readonly() {
        return Ok(());
    }
    Err(user_error(
        format!("{CONFIG} is read-only, so it is left as it is"),
        format!(
            "if it is yours to change, make it writable (`chmod u+w {CONFIG}`), then run the command again"
        ),
    ))
}
