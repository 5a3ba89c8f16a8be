//! `session checkpoint restore`: files come back; the present is checkpointed first.

use serde::Serialize;

use crate::ask::Asked;
use crate::commands::checkpointing::{self, CheckpointRequest};
use crate::document::{Document, Section};
use crate::environment::Environment;
use crate::error::user_error;
use crate::facts::gather::{Options, gather};
use crate::path::RepoPath;
use crate::session::record::CheckpointReason;
use crate::store::snapshot::{self, Restored};
use crate::ui::Ui;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// cp-1, or just 1, or a label
    #[arg(value_name = "ID")]
    pub id: String,
    /// Only these files or directories, from the current directory [default: everything]
    #[arg(value_name = "PATH")]
    pub paths: Vec<std::path::PathBuf>,
    /// Also remove files that were made since
    #[arg(long)]
    pub exact: bool,
    /// Also bring back what was staged
    #[arg(long)]
    pub index: bool,
}

#[derive(Debug, Serialize)]
struct RestoreView<'a> {
    session: &'a str,
    restored: String,
    /// The checkpoint that holds the present as it was before.
    before: String,
    written: &'a [RepoPath],
    deleted: &'a [RepoPath],
    kept_extra: &'a [RepoPath],
    left_alone: &'a [RepoPath],
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, Some(Options::snapshot().status))?;
    ui.configure(&workspace.config.display);
    let place = workspace.here()?;
    let (session, _, record) = super::find(&workspace, &args.id)?;
    let Some(commit) = workspace
        .repository
        .read_ref(&record.id.snapshot_ref(&session.context.id))?
    else {
        return Err(user_error(
            format!("{} has no snapshot in this clone", record.id),
            "it was dropped, has expired (snapshots.keep), or belongs to another clone",
        ));
    };
    let paths = args
        .paths
        .iter()
        .map(|path| repo_path(&workspace, path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let facts = gather(&mut workspace, Options::snapshot())?;
    let asked = Asked::nobody(facts);
    let request = CheckpointRequest {
        reason: CheckpointReason::BeforeRestore,
        label: Some(format!("before restoring {}", record.id)),
        ..CheckpointRequest::default()
    };
    let present = checkpointing::take(&workspace, &asked, &request)?;
    snapshot::require_known(&workspace.repository, commit, &present.snapshot, &paths)?;
    let before = checkpointing::keep(&workspace, &place, &asked, &request, present)?;
    let options = snapshot::Options {
        exact: args.exact,
        index: args.index,
    };
    let restored = snapshot::restore(
        &workspace.repository,
        commit,
        &before.snapshot,
        &paths,
        options,
    )?;
    // Brought back by hand: `switch` and `resume` must not put them back over what comes after.
    if paths.is_empty() && session.context.parked == Some(record.id) {
        workspace.change_session(&place, |_, session| {
            session.context.parked = None;
            Ok(())
        })?;
    }
    if ui.wants_json() {
        return ui.json(
            "checkpoint-restore",
            &RestoreView {
                session: session.context.id.as_str(),
                restored: record.id.to_string(),
                before: before.record.id.to_string(),
                written: &restored.written,
                deleted: &restored.deleted,
                kept_extra: &restored.kept_extra,
                left_alone: &restored.left_alone,
            },
        );
    }
    ui.document(&document(
        &record.id.to_string(),
        &before.record.id.to_string(),
        &restored,
    ));
    Ok(())
}

/// A path that was typed, from the root of the work tree.
fn repo_path(workspace: &Workspace, typed: &std::path::Path) -> anyhow::Result<RepoPath> {
    use std::os::unix::ffi::OsStrExt as _;
    let outside = || {
        user_error(
            format!("{} is outside the work tree", typed.display()),
            "name files or directories of this repository",
        )
    };
    let mut full = std::path::PathBuf::new();
    for component in workspace.environment.current_dir.join(typed).components() {
        match component {
            std::path::Component::ParentDir => {
                full.pop();
            }
            std::path::Component::CurDir => {}
            other => full.push(other),
        }
    }
    let relative = full
        .strip_prefix(workspace.repository.work_tree())
        .map_err(|_| outside())?;
    Ok(RepoPath::new(relative.as_os_str().as_bytes()))
}

fn document(id: &str, before: &str, restored: &Restored) -> Document {
    let mut document = Document::new(format!("Restored {id}"));
    let mut facts = Section::new("facts", "What was done").importance(100);
    facts.pair(
        "Before",
        format!("the present as it was is kept as {before}"),
    );
    facts.pair("Brought back", restored.written.len().to_string());
    facts.pair("Deleted again", restored.deleted.len().to_string());
    document.push(facts);
    for (name, title, paths) in [
        ("written", "Brought back", &restored.written),
        ("deleted", "Deleted again", &restored.deleted),
        (
            "kept_extra",
            "Made since, and kept (--exact removes them)",
            &restored.kept_extra,
        ),
        ("left_alone", "Left alone", &restored.left_alone),
    ] {
        let mut section = Section::new(name, title);
        for path in paths {
            section.line(path.to_text());
        }
        document.push(section);
    }
    document
}
