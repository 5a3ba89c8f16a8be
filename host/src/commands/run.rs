//! `session run`: runs a command as if it were typed alone, and records what was seen of it. It must not change what the
//! command does, nor fail it because something could not be recorded.

mod changed;
mod project;
mod recording;
mod setup;
mod shown;

use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use crate::commands::shown::typed;
use crate::environment::Environment;
use crate::error::{EXIT_USER, user_error};
use crate::evidence::Collector;
use crate::git::StatusProcess;
use crate::process::{self, NOT_FOUND, Options, Ran};
use crate::ui::Ui;
use recording::{Observation, Recorder};

/// Run a command, and record what was seen of it as evidence
///
/// The command's output, terminal, signals and exit code are its own: 127 when it was not found, 126 when it cannot be
/// executed, 128 + n when signal n ended it; 1 when it succeeded and its output could not be written (a full disk). What
/// is recorded: command, exit code, time, the work tree it ran on, and
/// what the usual test runners say they counted. Without a session, or outside of a repository, it only runs. With
/// --json, what the command writes to standard output goes to standard error.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A name for what is run; `test` says that it runs the tests
    #[arg(long, short, value_name = "LABEL")]
    pub label: Option<String>,
    /// The command with its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// Gives the command's own exit code; 1 where it had succeeded and its output could not be passed on.
/// `begun` is the status that git was asked for before.
pub fn run(
    ui: &mut Ui,
    environment: &Environment,
    begun: Option<StatusProcess>,
    args: &Args,
) -> anyhow::Result<u8> {
    let label = args
        .label
        .as_deref()
        .map(|label| typed(label, "a label"))
        .transpose()?;
    let (recorder, before) = match Recorder::open(ui, environment, begun) {
        Ok((recorder, before)) => (Ok(recorder), Some(before)),
        Err(why) => (Err(why), None),
    };
    if let Err(why) = &recorder {
        shown::not_recorded(ui, environment, why);
    }
    let collector = Arc::new(Mutex::new(Collector::default()));
    let options = Options {
        output_to_error: ui.wants_json(),
    };
    let ran = process::run(&args.command, options, collector.clone())?;
    if let Some(problem) = &ran.problem {
        report(ui, args, &ran, problem);
    }
    if let Some(lost) = &ran.lost {
        shown::lost(ui, lost);
    }
    let mut collector = collector.lock().unwrap_or_else(PoisonError::into_inner);
    let (counted, refused) = (collector.finish(), collector.refused());
    drop(collector);
    let recorded = match (recorder, before) {
        (Ok(recorder), Some(before)) => {
            let observation = Observation {
                label,
                command: &args.command,
                ran: &ran,
                counted,
                refused,
                before,
            };
            let recorded = recorder.record(ui, observation);
            if let Err(error) = &recorded {
                shown::could_not_record(ui, error);
            }
            recorded.ok()
        }
        _ => None,
    };
    let code = exit_code(&ran);
    shown::evidence(ui, environment, &ran, code, recorded.as_ref())?;
    if ran.was_interrupted() {
        ui.finish(code);
        ran.end_alike();
    }
    Ok(code)
}

/// A signal's number and the shell's own codes fit; a foreign one is cut off as the system does. Who asks only for
/// success must not take half an output for a whole one: without us, the command itself would have failed.
fn exit_code(ran: &Ran) -> u8 {
    match u8::try_from(ran.exit_code & 0xff) {
        Ok(0) if ran.lost.is_some() => EXIT_USER,
        Ok(code) => code,
        Err(_) => EXIT_USER,
    }
}

fn report(ui: &Ui, args: &Args, ran: &Ran, problem: &std::io::Error) {
    if ui.wants_json() {
        return;
    }
    let program = args
        .command
        .first()
        .map(|program| program.to_string_lossy());
    let program = program.unwrap_or_default();
    let error = match ran.exit_code {
        NOT_FOUND => user_error(
            format!("{program} was not found"),
            "is it spelled like this, and installed?",
        ),
        _ => user_error(
            format!("{program} cannot be executed: {problem}"),
            "a file that is to be run needs to be executable",
        ),
    };
    ui.error(&error);
}
