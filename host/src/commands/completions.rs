//! `session completions`: a completion script for a shell.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::error::user_error;
use crate::ui::Ui;

/// Print a completion script for your shell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell that is to read it
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

pub fn run(ui: &mut Ui, args: &Args) -> anyhow::Result<()> {
    if ui.wants_json() {
        return Err(user_error(
            "a completion script is for a shell, and has no JSON form",
            "run `session completions SHELL` without --json",
        ));
    }
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "session", &mut script);
    ui.data(&String::from_utf8_lossy(&script));
    Ok(())
}
