//! `session blockers`: what stands in the way.

use clap::Subcommand;
use serde::Serialize;

use crate::commands::objectives::unknown_item;
use crate::commands::shown;
use crate::document::view::{self, ItemView};
use crate::document::{Document, Item, Mark, Section};
use crate::environment::Environment;
use crate::session::list::ListKind;
use crate::session::live::LiveSession;
use crate::ui::Ui;
use crate::workspace::{Workspace, require_open};

/// Say what stands in the way, and when it no longer does
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add blockers
    Add {
        /// What stands in the way, one blocker for each argument
        #[arg(required = true, value_name = "TEXT")]
        texts: Vec<String>,
        /// The ticket it is tracked in
        #[arg(long, value_name = "KEY")]
        issue: Option<String>,
    },
    /// Mark blockers as resolved
    Resolve {
        /// blk-1, or just 1
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Show them
    List,
}

#[derive(Debug, Serialize)]
struct BlockersView {
    blockers: Vec<ItemView>,
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
    match command {
        Command::Add { texts, issue } => texts
            .iter()
            .map(|text| {
                let text = shown::typed(text, "a blocker")?;
                Ok((session.blockers.add(&text, issue.clone()).to_string(), text))
            })
            .collect(),
        Command::Resolve { ids } => ids
            .iter()
            .map(|asked| {
                let (id, changed) = session
                    .blockers
                    .complete(asked)
                    .map_err(|error| unknown_item(&error, ListKind::Blockers))?;
                Ok((
                    id.to_string(),
                    if changed {
                        "resolved".into()
                    } else {
                        "was resolved before".into()
                    },
                ))
            })
            .collect(),
        Command::List => Ok(Vec::new()),
    }
}

fn show(ui: &mut Ui, session: &LiveSession, changed: Vec<String>) -> anyhow::Result<()> {
    if ui.wants_json() {
        let blockers = view::blockers(session);
        return ui.json("blockers", &BlockersView { blockers, changed });
    }
    let mut section = Section::new("blockers", "All").importance(100);
    for item in session.blockers.items() {
        let issue = item
            .issue
            .as_ref()
            .map(|key| format!(" ({key})"))
            .unwrap_or_default();
        section.push(Item::Check {
            mark: if item.done { Mark::Done } else { Mark::Open },
            text: format!("{}: {}{issue}", item.id, item.text),
        });
    }
    let mut document = Document::new("Blockers");
    document.push(section);
    if document.sections.is_empty() {
        ui.line("no blockers; `session blockers add \"…\"` adds one");
        return Ok(());
    }
    ui.document(&document);
    Ok(())
}
