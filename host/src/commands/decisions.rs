//! `session decisions`: what was chosen, and why. They are shared with the team through `.session/decision-log.md`.

use clap::Subcommand;
use serde::Serialize;

use crate::commands::{auto_checkpoint, shown};
use crate::config::shared;
use crate::document::{Document, Section};
use crate::environment::random_base32;
use crate::session::decision::{Decision, parse_log};
use crate::session::ids::SessionId;
use crate::store::transaction::Transaction;
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Record what was chosen and why, in .session/decision-log.md
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Record a decision
    Add {
        /// What was chosen
        #[arg(value_name = "TEXT")]
        text: String,
        /// Why
        #[arg(long, value_name = "WHY")]
        rationale: Option<String>,
        /// What else was considered, and why not; repeatable
        #[arg(long = "alternatives", value_name = "TEXT")]
        alternatives: Vec<String>,
    },
    /// Show them, newest first
    List,
}

#[derive(Debug, Serialize)]
struct DecisionsView<'a> {
    decisions: &'a [Decision],
}

pub fn run(
    ui: &mut Ui,
    environment: &crate::environment::Environment,
    args: Args,
) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    match args.command {
        Command::Add {
            text,
            rationale,
            alternatives,
        } => {
            let place = workspace.here()?;
            // A decision belongs to the project: it is recorded with or without a session.
            let session = workspace
                .live(&place)?
                .filter(|(session, _)| session.context.is_open());
            let session = session.map(|(session, _)| session.context.id);
            let transaction = workspace.begin()?;
            let decision = record(
                &workspace,
                &transaction,
                session,
                &text,
                rationale,
                alternatives,
            )?;
            drop(transaction);
            auto_checkpoint::if_due(ui, &workspace, &place);
            if ui.wants_json() {
                return ui.json(
                    "decisions",
                    &DecisionsView {
                        decisions: &[decision],
                    },
                );
            }
            ui.line(&format!("{}: {}", decision.id, decision.text));
            Ok(())
        }
        Command::List => {
            let mut decisions = read(&workspace)?;
            decisions.reverse();
            show(ui, &decisions)
        }
    }
}

pub fn read(workspace: &Workspace) -> anyhow::Result<Vec<Decision>> {
    let log = shared::read(workspace.repository.work_tree(), "decision-log.md")?;
    Ok(parse_log(&log.unwrap_or_default()))
}

/// Appends a decision under the lock, with an id that the log does not have yet.
pub fn record(
    workspace: &Workspace,
    transaction: &Transaction<'_>,
    session: Option<SessionId>,
    text: &str,
    rationale: Option<String>,
    alternatives: Vec<String>,
) -> anyhow::Result<Decision> {
    let now = workspace.environment.now;
    let known = read(workspace)?;
    let local = now.with_timezone(&workspace.environment.offset);
    let mut attempt = 0;
    let id = loop {
        let id = format!(
            "D-{}-{}",
            local.format("%Y-%m-%d"),
            random_base32(3, attempt)?
        );
        if known.iter().all(|decision| decision.id != id) {
            break id;
        }
        attempt += 1;
    };
    let typed = |text: String| shown::typed(&text, "a rationale or an alternative");
    let decision = Decision {
        id,
        text: shown::typed(text, "a decision")?,
        rationale: rationale.map(typed).transpose()?,
        alternatives: alternatives
            .into_iter()
            .map(typed)
            .collect::<anyhow::Result<_>>()?,
        time: now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        session,
        by: workspace.repository.identity().map(|person| person.name),
    };
    transaction.append_decision(&decision)?;
    Ok(decision)
}

fn show(ui: &mut Ui, decisions: &[Decision]) -> anyhow::Result<()> {
    if ui.wants_json() {
        return ui.json("decisions", &DecisionsView { decisions });
    }
    let mut document = Document::new("Decisions");
    for decision in decisions {
        let mut section = Section::new("decision", format!("{}: {}", decision.id, decision.text));
        if let Some(rationale) = &decision.rationale {
            section.pair("Why", rationale.clone());
        }
        for alternative in &decision.alternatives {
            section.pair("Instead of", alternative.clone());
        }
        section.pair("Time", decision.time.clone());
        if let Some(by) = &decision.by {
            section.pair("By", by.clone());
        }
        document.push(section);
    }
    if document.sections.is_empty() {
        ui.line("no decisions yet; `session decisions add \"…\"` records one");
        return Ok(());
    }
    ui.document(&document);
    Ok(())
}
