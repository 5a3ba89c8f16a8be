//! `session checkpoint show`. It only reads.

use serde::Serialize;

use crate::document::checkpoint::checkpoint;
use crate::environment::Environment;
use crate::session::record::CheckpointRecord;
use crate::ui::Ui;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// cp-1, or just 1, or a label
    #[arg(value_name = "ID")]
    pub id: String,
}

#[derive(Debug, Serialize)]
struct ShowView<'a> {
    session: String,
    /// The commit of the record that holds it.
    record: String,
    checkpoint: &'a CheckpointRecord,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let (session, commit, mut record) = super::find(&workspace, &args.id)?;
    // A dropped or expired snapshot, or one of another clone, cannot be restored.
    if workspace
        .repository
        .read_ref(&record.id.snapshot_ref(&session.context.id))?
        .is_none()
    {
        record.snapshot = None;
    }
    if ui.wants_json() {
        let view = ShowView {
            session: session.context.id.to_string(),
            record: commit.to_string(),
            checkpoint: &record,
        };
        return ui.json("checkpoint-show", &view);
    }
    ui.document(&checkpoint(&record, environment.now));
    Ok(())
}
