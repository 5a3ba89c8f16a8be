//! `session blockers`: what stands in the way.

use clap::Subcommand;

use crate::commands::lists;
use crate::environment::Environment;
use crate::session::list::ListKind;
use crate::ui::Ui;

const KIND: ListKind = ListKind::Blockers;

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

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::List => lists::show(ui, environment, KIND),
        Command::Add { texts, issue } => lists::change(ui, environment, KIND, |session| {
            lists::add(&mut session.blockers, &texts, issue.as_deref(), "a blocker")
        }),
        Command::Resolve { ids } => lists::change(ui, environment, KIND, |session| {
            lists::complete(&mut session.blockers, KIND, &ids, "resolved")
        }),
    }
}
