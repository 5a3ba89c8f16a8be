//! `session init`: writes `.session/` and the local store, and shows what was done. It must not decide what becomes of a
//! file that is there: `store::shared_files` does.

use serde::Serialize;

use crate::commands::opening::{self, Opening};
use crate::commands::{decisions, shown};
use crate::document::count::count;
use crate::document::{Document, Section};
use crate::environment::Environment;
use crate::session::import::Imported;
use crate::store::layout::Layout;
use crate::store::shared_files::{Initialised, Options, initialise};
use crate::store::transaction::Transaction;
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Set this repository up for sessions: write .session/ with its configuration and templates.
///
/// Files that are there already are kept. Commit the directory: it is shared.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Write the files anew, after keeping a copy of each one beside it.
    #[arg(long)]
    pub force: bool,
    /// Take over what the Python skill left in .sessions/ and .ccmp/, which are only read.
    #[arg(long)]
    pub import: bool,
}

#[derive(Debug, Serialize)]
struct InitView<'a> {
    written: &'a [std::path::PathBuf],
    kept: &'a [std::path::PathBuf],
    backups: &'a [std::path::PathBuf],
    /// The session that was opened for what `--import` found.
    session: Option<String>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let repository = crate::git::Repository::open(environment)?;
    let options = Options {
        force: args.force,
        import: args.import,
        now: environment.now,
    };
    // The local store comes first: where it cannot be made, nothing is half done.
    let layout = Layout::new(repository.common_dir());
    drop(Transaction::begin(&repository, &layout, environment.now)?);
    let done = initialise(repository.work_tree(), options)?;
    // Only now: `--force` is the way out of a configuration that cannot be read.
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let session = match &done.imported {
        Some(imported) => take_over(ui, &workspace, imported)?,
        None => None,
    };
    if ui.wants_json() {
        return ui.json(
            "init",
            &InitView {
                written: &done.written,
                kept: &done.kept,
                backups: &done.backups,
                session,
            },
        );
    }
    ui.document(&document(&done, session));
    Ok(())
}

/// Stores what an older tool left: decisions in the log, objectives and blockers in a session, if this branch has none.
fn take_over(
    ui: &Ui,
    workspace: &Workspace,
    imported: &Imported,
) -> anyhow::Result<Option<String>> {
    imported
        .warnings
        .iter()
        .for_each(|warning| ui.warning(warning));
    {
        let known = decisions::read(workspace)?;
        let transaction = workspace.begin()?;
        for decision in &imported.decisions {
            let text = shown::typed(&decision.text, "a decision")?;
            if known.iter().any(|known| known.text == text) {
                continue;
            }
            decisions::record(
                workspace,
                &transaction,
                None,
                &text,
                decision.rationale.clone(),
                decision.alternatives.clone(),
            )?;
        }
    }
    let place = workspace.here()?;
    let elsewhere = imported.branch.is_some() && imported.branch != place.branch;
    if elsewhere
        || (imported.objectives.is_empty() && imported.blockers.is_empty())
        || workspace.live(&place)?.is_some()
    {
        return Ok(None);
    }
    let opened = opening::open(
        workspace,
        &place,
        Opening {
            base: workspace
                .repository
                .default_branch()
                .filter(|base| Some(base) != place.branch.as_ref()),
            mode: imported.mode,
            objectives: Vec::new(),
            go_on_from: None,
        },
    )?;
    workspace.change_session(&place, |_, session| {
        for item in &imported.objectives {
            let id = session
                .objectives
                .add(&shown::typed(&item.text, "an objective")?, None);
            if item.done {
                let _ = session.objectives.complete(&id.to_string());
            }
        }
        for item in &imported.blockers {
            let id = session
                .blockers
                .add(&shown::typed(&item.text, "a blocker")?, None);
            if item.done {
                let _ = session.blockers.complete(&id.to_string());
            }
        }
        Ok(())
    })?;
    Ok(Some(opened.context.id.to_string()))
}

fn document(done: &Initialised, session: Option<String>) -> Document {
    let mut document = Document::new("This repository is set up for sessions");
    for (name, title, paths) in [
        ("written", "Written", &done.written),
        (
            "kept",
            "There already, and kept (--force writes them anew, after keeping a copy)",
            &done.kept,
        ),
        ("backups", "Copies of what was replaced", &done.backups),
    ] {
        let mut section = Section::new(name, title);
        for path in paths {
            section.line(path.display().to_string());
        }
        document.push(section);
    }
    if let Some(imported) = &done.imported {
        let mut section = Section::new("imported", "Taken over");
        section.line(count(imported.decisions.len(), "decision", "decisions"));
        match session {
            Some(id) => section.line(format!(
                "{} and {}, in the session {id}",
                count(imported.objectives.len(), "objective", "objectives"),
                count(imported.blockers.len(), "blocker", "blockers")
            )),
            None => section.line(
                "no session was opened: there is one already, or nothing was open on this branch",
            ),
        }
        section.line(format!(
            "{} stay where they are, to be read",
            count(imported.checkpoints, "old checkpoint", "old checkpoints")
        ));
        if let Some(remember) = &imported.remember {
            section.push(crate::document::Item::quote(remember.clone()));
        }
        document.push(section);
    }
    let mut next = Section::new("next", "Next");
    next.line("commit .session/: it is shared with your team");
    next.line("`session start` begins a session on this branch, `session start feature/NAME` on a new one");
    document.push(next);
    document
}
