//! `session plugin test`: runs a component on recorded cases, under the host's real limits, and compares what it says
//! with what is expected. Running and comparing are in `plugin::case`.

mod cases;
mod record;
mod report;
mod watch;

use std::path::PathBuf;

use crate::document::count::count;
use crate::environment::Environment;
use crate::error::user_error;
use crate::ui::Ui;
use report::Report;

/// Run a component on recorded cases, with the limits on, and show what it says
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The component: as the language's tool made it, or packed
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A case to run it on [default: cases/*.json in the component's project, or else in the current directory; without any, a small built-in case]
    #[arg(long = "case", value_name = "FILE")]
    pub cases: Vec<PathBuf>,
    /// Write what it says beside each case, as what is expected from now on
    #[arg(long)]
    pub update: bool,
    /// Run again whenever the component or a case changes, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// Write the facts of this repository as a case, and run nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cases", "update", "watch"])]
    pub record: Option<PathBuf>,
}

pub fn run(ui: &Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let file = environment.current_dir.join(&args.file);
    if let Some(case) = &args.record {
        return record::record(ui, environment, &file, &environment.current_dir.join(case));
    }
    let cases = args.cases.iter();
    let named: Vec<PathBuf> = cases
        .map(|case| environment.current_dir.join(case))
        .collect();
    let once = || {
        let cases = match named.is_empty() {
            true => cases::find(&file, &environment.current_dir),
            false => named.clone(),
        };
        cases::run(ui, environment, &file, &cases, args.update)
    };
    if args.watch {
        if ui.wants_json() {
            return Err(user_error(
                "--watch answers again and again, and --json is one answer",
                "leave one of them out",
            ));
        }
        let find = || match named.is_empty() {
            true => cases::find(&file, &environment.current_dir),
            false => named.clone(),
        };
        return watch::watch(ui, &file, &find(), || match once() {
            Ok(report) => report.show(ui),
            Err(error) => {
                ui.error(&error);
            }
        });
    }
    let report = once()?;
    report.show(ui);
    ui.json("plugin-test", &report)?;
    verdict(&report)
}

/// What scripts go by.
fn verdict(report: &Report) -> anyhow::Result<()> {
    let wrong = report.cases.iter().filter(|case| case.is_wrong()).count();
    if wrong == 0 {
        return Ok(());
    }
    let all = count(report.cases.len(), "case", "cases");
    Err(user_error(
        format!("{wrong} of {all} not as expected"),
        "if it is right as it is now, run it again with --update",
    ))
}
