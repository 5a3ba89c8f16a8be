//! `session status`: where we stand. It only reads.

use serde::Serialize;

use crate::ask;
use crate::config::Verbosity;
use crate::document::view::{ChangeView, PathView, StandView};
use crate::document::{Document, Section, sections, status::status};
use crate::environment::Environment;
use crate::facts::gather::Options;
use crate::git::StatusProcess;
use crate::plugin::WhenCold;
use crate::plugin::contribution::{Contribution, Hook, Metric};
use crate::session::next_actions::next_actions;
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Show where we stand: objectives, blockers, changes, time, metrics, next actions
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also show where things are kept and which plugins ran
    #[arg(long, short)]
    pub verbose: bool,
    /// Only the objectives
    #[arg(long)]
    pub objectives: bool,
    /// Only the blockers
    #[arg(long)]
    pub blockers: bool,
    /// Bring the indexes of history and work items wholly up to date first, and ask plugins that use the network
    #[arg(long)]
    pub refresh: bool,
}

#[derive(Debug, Serialize)]
struct StatusView<'a> {
    #[serde(flatten)]
    stand: StandView<'a>,
    changes: Vec<ChangeView<'a>>,
    metrics: Vec<MetricView<'a>>,
    next_actions: Vec<String>,
    contributions: &'a [Contribution],
    #[serde(flatten)]
    document: &'a Document,
}

#[derive(Debug, Serialize)]
struct MetricView<'a> {
    plugin: &'a str,
    #[serde(flatten)]
    metric: &'a Metric,
}

/// `begun` is the status that git was asked for before.
pub fn run(
    ui: &mut Ui,
    environment: &Environment,
    begun: Option<StatusProcess>,
    args: &Args,
) -> anyhow::Result<()> {
    let mut workspace = Workspace::open_with(environment, begun, Options::common().status)?;
    ui.configure(&workspace.config.display);
    let options = if args.refresh {
        Options::full()
    } else {
        Options::common()
    };
    let progress = args.refresh.then(|| ui.progress("reading the repository"));
    let asked = if args.refresh {
        ask::gather_and_refresh(&mut workspace, Hook::Status, options)?
    } else {
        ask::gather_and_ask(&mut workspace, Hook::Status, options, WhenCold::Compile)?
    };
    drop(progress);
    asked.show_log(ui);
    let facts = &asked.facts;
    let mut document = status(facts, &asked.contributions);
    if args.objectives || args.blockers {
        document.sections.retain(|section| {
            (args.objectives && section.name == "objectives")
                || (args.blockers && section.name == "blockers")
        });
    }
    if args.verbose || workspace.config.display.verbose != Verbosity::Normal {
        document.push(whereabouts(&workspace, &asked.contributions));
        let mut all = sections::decisions(&facts.decisions, 20);
        "Decisions".clone_into(&mut all.title);
        document.push(all);
    }
    if !ui.wants_json() {
        ui.document(&document);
        return Ok(());
    }
    let metrics = asked
        .contributions
        .iter()
        .flat_map(|from| {
            from.metrics.iter().map(|metric| MetricView {
                plugin: &from.plugin,
                metric,
            })
        })
        .collect();
    ui.json(
        "status",
        &StatusView {
            stand: StandView::new(facts, &asked.contributions),
            changes: facts
                .changes
                .iter()
                .map(|change| ChangeView {
                    path: PathView::new(&change.path),
                    status: change.kind(),
                })
                .collect(),
            metrics,
            next_actions: next_actions(facts, &asked.contributions),
            contributions: &asked.contributions,
            document: &document,
        },
    )
}

fn whereabouts(workspace: &Workspace, contributions: &[Contribution]) -> Section {
    let mut section = Section::new("whereabouts", "Where things are").importance(20);
    section.pair(
        "Work tree",
        workspace.repository.work_tree().display().to_string(),
    );
    section.pair(
        "Local store",
        workspace.layout.sessions().display().to_string(),
    );
    section.pair("Record", "refs/sessions/ (git log refs/sessions/ID)");
    let cache = workspace.environment.cache_dir.as_ref();
    section.pair(
        "Cache",
        cache.map_or("none: no home directory".into(), |path| {
            path.display().to_string()
        }),
    );
    let names: Vec<&str> = contributions
        .iter()
        .map(|from| from.plugin.as_str())
        .collect();
    section.pair(
        "Plugins that answered",
        if names.is_empty() {
            "none".into()
        } else {
            names.join(", ")
        },
    );
    section
}
