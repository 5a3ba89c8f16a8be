//! `session objectives`: what this session is to achieve.

use clap::Subcommand;
use serde::Serialize;

use crate::commands::shown;
use crate::document::view::{self, ItemView};
use crate::document::{Document, sections};
use crate::environment::Environment;
use crate::error::user_error;
use crate::session::list::{ListKind, UnknownItem};
use crate::session::live::LiveSession;
use crate::ui::Ui;
use crate::workspace::{Workspace, require_open};

/// Say what to achieve, and mark it as done
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add objectives
    Add {
        /// What to achieve, one objective for each argument
        #[arg(required = true, value_name = "TEXT")]
        texts: Vec<String>,
    },
    /// Mark objectives as done
    Complete {
        /// obj-1, or just 1
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Say which objective is being worked on
    Current {
        /// obj-1, or just 1
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Show them
    List,
}

#[derive(Debug, Serialize)]
struct ObjectivesView {
    objectives: Vec<ItemView>,
    /// The ids that this command added or changed.
    changed: Vec<String>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let place = workspace.here()?;
    let (session, said) = match args.command {
        Command::List => {
            let (session, warnings) = require_open(workspace.live(&place)?, &place)?;
            warnings.iter().for_each(|warning| ui.warning(warning));
            return show(ui, &session, Vec::new());
        }
        command => {
            let ((session, said), warnings) = workspace.change_session(&place, |_, session| {
                let said = change(session, command)?;
                Ok((session.clone(), said))
            })?;
            warnings.iter().for_each(|warning| ui.warning(warning));
            (session, said)
        }
    };
    if ui.wants_json() {
        return show(ui, &session, said.into_iter().map(|(id, _)| id).collect());
    }
    for (id, text) in said {
        ui.line(&format!("{id}: {text}"));
    }
    Ok(())
}

/// Returns the ids that were changed, each with what to say of it.
fn change(session: &mut LiveSession, command: Command) -> anyhow::Result<Vec<(String, String)>> {
    let unknown = |error: UnknownItem| unknown_item(&error, ListKind::Objectives);
    match command {
        Command::Add { texts } => texts
            .iter()
            .map(|text| {
                let text = shown::typed(text, "an objective")?;
                Ok((session.objectives.add(&text, None).to_string(), text))
            })
            .collect(),
        Command::Complete { ids } => ids
            .iter()
            .map(|asked| {
                let (id, changed) = session.objectives.complete(asked).map_err(unknown)?;
                Ok((
                    id.to_string(),
                    if changed {
                        "done".into()
                    } else {
                        "was done before".into()
                    },
                ))
            })
            .collect(),
        Command::Current { id } => {
            session.objectives.assign_ids();
            let id = session.objectives.find(&id).map_err(unknown)?;
            session.context.current_objective = Some(id.number);
            Ok(vec![(id.to_string(), "current".into())])
        }
        Command::List => Ok(Vec::new()),
    }
}

/// An unknown id lists the known ones.
pub fn unknown_item(error: &UnknownItem, kind: ListKind) -> anyhow::Error {
    let known: Vec<String> = error.known.iter().map(ToString::to_string).collect();
    let list = match kind {
        ListKind::Objectives => "session objectives list",
        ListKind::Blockers => "session blockers list",
    };
    let known = if known.is_empty() {
        format!("there is no {} yet", kind.noun())
    } else {
        format!("known: {}", known.join(", "))
    };
    user_error(
        format!("there is no {} {:?}; {known}", kind.noun(), error.asked),
        format!("`{list}` shows them"),
    )
}

fn show(ui: &mut Ui, session: &LiveSession, changed: Vec<String>) -> anyhow::Result<()> {
    if ui.wants_json() {
        let objectives = view::objectives(session);
        return ui.json(
            "objectives",
            &ObjectivesView {
                objectives,
                changed,
            },
        );
    }
    let mut document = Document::new("Objectives");
    document.push(sections::objectives(session));
    if document.sections.is_empty() {
        ui.line("no objectives yet; `session objectives add \"…\"` adds one");
        return Ok(());
    }
    ui.document(&document);
    Ok(())
}
