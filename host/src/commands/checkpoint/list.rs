//! `session checkpoint list`. It only reads.

use serde::Serialize;

use crate::document::checkpoint::totals;
use crate::document::time_text::ago_at;
use crate::document::{Document, Section};
use crate::environment::Environment;
use crate::session::phase::PhaseStanding;
use crate::session::record::CheckpointRecord;
use crate::store::record;
use crate::ui::Ui;
use crate::workspace::{Workspace, require_any};

#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Debug, Serialize)]
struct ListView {
    session: String,
    checkpoints: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    record: CheckpointRecord,
    /// This clone can restore it.
    restorable: bool,
}

pub fn run(ui: &mut Ui, environment: &Environment, _: &Args) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let place = workspace.here()?;
    let (session, mut warnings) = require_any(workspace.live(&place)?, &place)?;
    let all = record::checkpoints(&workspace.repository, &session.context.id)?;
    warnings.extend(all.damage.filter(|damage| !warnings.contains(damage)));
    warnings.iter().for_each(|warning| ui.warning(warning));
    let checkpoints = all
        .found
        .into_iter()
        .map(|(_, record)| {
            let snapshot = record.id.snapshot_ref(&session.context.id);
            let restorable = workspace.repository.read_ref(&snapshot)?.is_some();
            Ok(Listed { record, restorable })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut section = Section::new("checkpoints", "Newest first")
        .importance(100)
        .more("session checkpoint show ID");
    for Listed {
        record: checkpoint,
        restorable,
    } in &checkpoints
    {
        let snapshot = if *restorable {
            ""
        } else {
            ", no snapshot in this clone"
        };
        let label = checkpoint
            .label
            .as_ref()
            .map(|label| format!(": {label}"))
            .unwrap_or_default();
        let claimed = checkpoint.phase_standing() == Some(PhaseStanding::Claimed);
        let standing = if claimed { " unverified" } else { "" };
        let phase = checkpoint.phase();
        let phase = phase.map(|phase| format!(", {}{standing}", phase.name()));
        section.line(format!(
            "{}{label} ({}, {}{}{snapshot})",
            checkpoint.id,
            ago_at(environment.now, checkpoint.time),
            totals(&checkpoint.files),
            phase.unwrap_or_default()
        ));
    }
    if checkpoints.is_empty() {
        section.line("none yet; `session checkpoint` makes one");
    }
    if ui.wants_json() {
        let session = session.context.id.to_string();
        return ui.json(
            "checkpoint-list",
            &ListView {
                session,
                checkpoints,
            },
        );
    }
    let mut document = Document::new("Checkpoints");
    document.push(section);
    ui.document(&document);
    Ok(())
}
