//! What `run` says beside the command's own output: on standard error, and little. It must not write to standard output
//! but for `--json`.

use serde::Serialize;

use crate::document::view::EvidenceView;
use crate::environment::Environment;
use crate::error::{UserError, Warning};
use crate::facts::standing::Held;
use crate::process::Ran;
use crate::session::evidence::EvidenceRecord;
use crate::ui::Ui;

#[derive(Debug, Serialize)]
struct RunView<'a> {
    exit_code: i32,
    milliseconds: u64,
    /// None: nothing was recorded.
    evidence: Option<EvidenceView<'a>>,
}

/// Nothing is recorded, and that is no failure: said where somebody sees it or wants to know.
pub fn not_recorded(ui: &Ui, environment: &Environment, why: &anyhow::Error) {
    let text = format!("nothing is recorded: {why:#}");
    if environment.stderr_is_terminal {
        ui.note(&text);
    } else {
        ui.detail(&text);
    }
}

/// It ran, and should have been recorded.
pub fn could_not_record(ui: &Ui, error: &anyhow::Error) {
    let mut warning = Warning::new(format!("the evidence was not recorded: {error:#}"));
    if let Some(user) = error.downcast_ref::<UserError>() {
        warning.hint.clone_from(&user.hint);
    }
    ui.warning(&warning);
}

pub fn evidence(
    ui: &Ui,
    environment: &Environment,
    ran: &Ran,
    recorded: Option<&EvidenceRecord>,
) -> anyhow::Result<()> {
    let held = recorded.cloned().map(Held::just_seen);
    if ui.wants_json() {
        return ui.json(
            "run",
            &RunView {
                exit_code: ran.exit_code,
                milliseconds: ran.milliseconds,
                evidence: held.as_ref().map(EvidenceView::new),
            },
        );
    }
    if let Some(record) = recorded {
        let text = format!("{}: {}", record.id, record.outcome());
        if environment.stderr_is_terminal {
            ui.note(&text);
        } else {
            ui.detail(&text);
        }
    }
    Ok(())
}
