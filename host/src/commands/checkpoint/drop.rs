//! `session checkpoint drop`: the snapshot goes; what was observed stays in the record.

use serde::Serialize;

use crate::environment::Environment;
use crate::error::user_error;
use crate::ui::Ui;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// cp-1, or just 1, or a label
    #[arg(value_name = "ID")]
    pub id: String,
}

#[derive(Debug, Serialize)]
struct DropView {
    session: String,
    dropped: String,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let (session, _, record) = super::find(&workspace, &args.id)?;
    if session.context.parked == Some(record.id) {
        return Err(user_error(
            format!("{} holds parked changes that are not back yet", record.id),
            "run `session resume` on this branch to put them back first",
        ));
    }
    let dropped = workspace
        .begin()?
        .drop_snapshot(&session.context.id, record.id)?;
    if !dropped {
        return Err(user_error(
            format!("{} has no snapshot in this clone", record.id),
            "`session checkpoint list` shows the others",
        ));
    }
    if ui.wants_json() {
        return ui.json(
            "checkpoint-drop",
            &DropView {
                session: session.context.id.to_string(),
                dropped: record.id.to_string(),
            },
        );
    }
    ui.line(&format!(
        "{}: its snapshot is gone; its facts stay in the record",
        record.id
    ));
    Ok(())
}
