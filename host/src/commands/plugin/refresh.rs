//! `session plugin refresh`: asks the plugins that use the network what a brief and a status are to show. It must not ask
//! any other: those are asked by each command.

use serde::Serialize;

use crate::ask;
use crate::document::{Document, Section};
use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::facts::gather::{Options, gather};
use crate::facts::plugin_view::PluginView;
use crate::plugin::contribution::Hook;
use crate::plugin::kept::{HOOKS, Kept};
use crate::plugin::last_run::{self, Run};
use crate::plugin::{Plugins, WhenCold};
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Ask plugins that use the network what a brief and a status are to show of them
///
/// A brief shows what they said last, with its age: it never waits for a network. `checkpoint`, `end` and
/// `status --refresh` ask them too.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these, as `session plugin list` names them [default: all that use the network]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

#[derive(Debug, Serialize)]
struct RefreshView<'a> {
    refreshed: Vec<RunView<'a>>,
    warnings: &'a [Warning],
}

#[derive(Debug, Serialize)]
struct RunView<'a> {
    plugin: &'a str,
    hook: Hook,
    milliseconds: u128,
    answered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, Some(Options::common().status))?;
    ui.configure(&workspace.config.display);
    let mut plugins = Plugins::load(
        &workspace.config_for_plugins(),
        environment,
        workspace.checkout(),
        &HOOKS,
        WhenCold::Compile,
    );
    refuse_others(&plugins, &args.names)?;
    let facts = gather(&mut workspace, Options::common())?;
    let question = ask::question(&workspace, Hook::Brief, Vec::new());
    let view = PluginView::new(&facts, &workspace.repository, &workspace.layout);
    let kept = Kept::at(workspace.layout.contributions());
    let progress = ui.progress("asking the plugins");
    let mut answers = plugins.refresh(&args.names, &question, &view, &kept);
    drop(progress);
    // Of what is asked here, a brief is to have it.
    answers.warnings.append(&mut answers.earlier_stand);
    last_run::note(&workspace.layout.index(), facts.now, &answers.runs);
    std::mem::forget(plugins);
    for (plugin, line) in &answers.log {
        ui.detail(&format!("{plugin}: {line}"));
    }
    if ui.wants_json() {
        let refreshed = answers.runs.iter().map(run_view).collect();
        let view = RefreshView {
            refreshed,
            warnings: &answers.warnings,
        };
        return ui.json("plugin-refresh", &view);
    }
    let mut document = Document::new("Plugins that use the network");
    let mut section = Section::new("refreshed", "Asked now");
    for run in &answers.runs {
        let name = format!("{} ({})", run.plugin, run.hook.name());
        section.pair(&name, said(run));
    }
    if answers.runs.is_empty() {
        section.line("none");
    }
    document.push(section);
    document.warnings = answers.warnings;
    ui.document(&document);
    Ok(())
}

fn run_view(run: &Run) -> RunView<'_> {
    RunView {
        plugin: &run.plugin,
        hook: run.hook,
        milliseconds: run.took.as_millis(),
        answered: run.failure.is_none(),
        failure: run.failure.as_deref(),
    }
}

fn said(run: &Run) -> String {
    match run.failure {
        None => format!("answered in {} ms", run.took.as_millis()),
        Some(_) => "gave no answer".to_owned(),
    }
}

fn refuse_others(plugins: &Plugins, names: &[String]) -> anyhow::Result<()> {
    let known: Vec<&str> = plugins.with_network().collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(user_error(
            format!("plugin {name} is not one that is on and uses the network"),
            "`session plugin list` shows what each may reach",
        )),
    }
}
