//! The command line: what can be typed, and which verb it is. It must not contain a rule.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands;
use crate::environment::Environment;
use crate::error::{EXIT_DONE, EXIT_USAGE, UserError, user_error};
use crate::facts::gather::Options;
use crate::git::StatusProcess;
use crate::ui::{Ui, UiOptions, install_panic_hook};

/// A work session for every git branch.
///
/// Objectives, blockers, decisions, checkpoints and handoffs, kept in git; and a brief that puts you, or an AI coding
/// agent, back into the work in seconds.
#[derive(Debug, Parser)]
#[command(
    name = "session",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// The options of every command stand below its own.
const EVERYWHERE: &str = "Everywhere";

#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// Answer with one JSON object on standard output
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// Never ask; what flags leave out takes its default
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub no_input: bool,
    /// Say only what was asked for, and errors
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Init(commands::init::Args),
    Start(commands::start::Args),
    Resume(commands::resume::Args),
    Switch(commands::switch::Args),
    Checkpoint(commands::checkpoint::Args),
    End(commands::end::Args),
    Status(commands::status::Args),
    Brief(commands::brief::Args),
    Handoff(commands::handoff::Args),
    Objectives(commands::objectives::Args),
    Blockers(commands::blockers::Args),
    Decisions(commands::decisions::Args),
    History(commands::history::Args),
    Run(commands::run::Args),
    Plugin(commands::plugin::Args),
    Hooks(commands::hooks::Args),
    Demo(commands::demo::Args),
    Completions(commands::completions::Args),
}

/// Parses, runs, and turns the outcome into an exit code.
pub fn main() -> ExitCode {
    install_panic_hook();
    let environment = Environment::from_process();
    let begun = environment.as_ref().ok().and_then(begin);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(error),
    };
    let environment = match environment {
        Ok(environment) => environment,
        Err(error) => {
            // The clock or the directory could not be read: there is nothing to configure a `Ui` with.
            let ui = Ui::new(&Environment::unknown(), UiOptions::default());
            return ExitCode::from(ui.finish(ui.error(&error)));
        }
    };
    let mut ui = Ui::new(
        &environment,
        UiOptions {
            json: cli.global.json,
            quiet: cli.global.quiet,
            no_input: cli.global.no_input,
        },
    );
    let done = match cli.command {
        Command::Run(args) => commands::run::run(&mut ui, &environment, begun, &args),
        command => run(&mut ui, &environment, begun, command).map(|()| EXIT_DONE),
    };
    let code = done.unwrap_or_else(|error| ui.error(&error));
    ExitCode::from(ui.finish(code))
}

/// Git takes longer than all that we do, so for what is run most often it is started before the command line is even
/// parsed. Whether that was for nothing, as with `--help`, shows later.
fn begin(environment: &Environment) -> Option<StatusProcess> {
    let verb = std::env::args_os().nth(1)?;
    let options = match verb.to_str()? {
        "brief" | "status" => Options::common(),
        "run" => Options::snapshot(),
        _ => return None,
    };
    StatusProcess::spawn(environment, options.status).ok()
}

fn run(
    ui: &mut Ui,
    environment: &Environment,
    begun: Option<StatusProcess>,
    command: Command,
) -> anyhow::Result<()> {
    match command {
        Command::Init(args) => commands::init::run(ui, environment, &args),
        Command::Start(args) => commands::start::run(ui, environment, args),
        Command::Resume(args) => commands::resume::run(ui, environment, &args),
        Command::Switch(args) => commands::switch::run(ui, environment, &args),
        Command::Checkpoint(args) => commands::checkpoint::run(ui, environment, args),
        Command::End(args) => commands::end::run(ui, environment, args),
        Command::Status(args) => commands::status::run(ui, environment, begun, &args),
        Command::Brief(args) => commands::brief::run(ui, environment, begun, &args),
        Command::Handoff(args) => commands::handoff::run(ui, environment, &args),
        Command::Objectives(args) => commands::objectives::run(ui, environment, args),
        Command::Blockers(args) => commands::blockers::run(ui, environment, args),
        Command::Decisions(args) => commands::decisions::run(ui, environment, args),
        Command::History(args) => commands::history::run(ui, environment, &args),
        Command::Plugin(args) => commands::plugin::run(ui, environment, args),
        Command::Hooks(args) => commands::hooks::run(ui, environment, &args),
        // It has an exit code of its own.
        Command::Run(args) => commands::run::run(ui, environment, begun, &args).map(drop),
        Command::Demo(args) => commands::demo::run(ui, environment, &args),
        Command::Completions(args) => commands::completions::run(ui, &args),
    }
}

/// `--help` and `--version` are no errors; everything else that clap refuses is a usage error. Clap would repeat what
/// was typed as it is, escape sequences included, so its sentence goes the way of all others.
fn usage(error: clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let environment = Environment::from_process().unwrap_or_else(|_| Environment::unknown());
    // The command line could not be parsed, so the flag is looked for as it stands.
    let json = std::env::args_os().any(|argument| argument == "--json");
    let options = UiOptions {
        json,
        ..UiOptions::default()
    };
    let ui = Ui::new(&environment, options);
    if is_missing_subcommand(&error) {
        if json {
            ui.error(&missing_subcommand());
        } else {
            ui.status(error.render().to_string().trim_end());
        }
        return ExitCode::from(ui.finish(EXIT_USAGE));
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    ui.error(&UserError::new(text.trim_end()).into());
    ExitCode::from(ui.finish(EXIT_USAGE))
}

/// Clap shows the help of a command that lacks its subcommand, which is an answer rather than an error; where another
/// argument stands in the subcommand's place, it says what is missing.
fn is_missing_subcommand(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
    )
}

/// The same as a sentence, for who reads JSON.
fn missing_subcommand() -> anyhow::Error {
    let root = Cli::command();
    let mut command = &root;
    let mut typed = vec![root.get_name()];
    for argument in std::env::args_os().skip(1) {
        if let Some(below) = command.find_subcommand(&argument) {
            command = below;
            typed.push(below.get_name());
        }
    }
    let typed = typed.join(" ");
    let known: Vec<&str> = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    user_error(
        format!("`{typed}` needs one of: {}", known.join(", ")),
        format!("`{typed} --help` says what each does"),
    )
}
