//! `session completions`: a completion script for a shell.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::ui::Ui;

/// Print a completion script for your shell
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

pub fn run(ui: &mut Ui, args: &Args) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "session", &mut script);
    ui.data(&String::from_utf8_lossy(&script));
    Ok(())
}
