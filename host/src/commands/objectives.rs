//! `session objectives`: what this session is to achieve.

use clap::Subcommand;

use crate::commands::lists::{self, Change};
use crate::environment::Environment;
use crate::error::user_error;
use crate::session::list::ListKind;
use crate::session::live::LiveSession;
use crate::ui::Ui;

const KIND: ListKind = ListKind::Objectives;

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

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::List => lists::show(ui, environment, KIND),
        Command::Add { texts } => lists::change(ui, environment, KIND, |session| {
            lists::add(&mut session.objectives, &texts, None, "an objective")
        }),
        Command::Complete { ids } => lists::change(ui, environment, KIND, |session| {
            lists::complete(&mut session.objectives, KIND, &ids, "done")
        }),
        Command::Current { id } => {
            lists::change(ui, environment, KIND, |session| current(session, &id))
        }
    }
}

fn current(session: &mut LiveSession, asked: &str) -> anyhow::Result<Vec<Change>> {
    session.objectives.assign_ids();
    let id = session
        .objectives
        .find(asked)
        .map_err(|error| lists::unknown_item(&error, KIND))?;
    if !session.objectives.open().any(|item| item.id == id) {
        return Err(user_error(
            format!("{id} is done"),
            "`session objectives list` shows which are open, and `session objectives add` adds the next one",
        ));
    }
    session.context.current_objective = Some(id.number);
    Ok(vec![Change {
        id: id.to_string(),
        said: "current".into(),
    }])
}
