//! What `run` says beside the command's own output: on standard error, and little. It must not write to standard output
//! but for `--json`.

use serde::Serialize;

use crate::document::view::EvidenceView;
use crate::environment::Environment;
use crate::error::{OUT_OF_SPACE_HINT, UserError, Warning};
use crate::facts::standing::Held;
use crate::process::{Lost, Ran, Stream};
use crate::session::evidence::EvidenceRecord;
use crate::ui::Ui;

#[derive(Debug, Serialize)]
struct RunView<'a> {
    /// Ours; the command's own is the evidence's.
    exit_code: u8,
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

/// The command had written it and could not know.
pub fn lost(ui: &Ui, lost: &Lost) {
    let stream = match lost.stream {
        Stream::Output => "standard output",
        Stream::Error => "standard error",
    };
    let mut warning = Warning::new(format!(
        "output of the command is lost: {stream} cannot be written: {}",
        lost.error
    ));
    if lost.error.kind() == std::io::ErrorKind::StorageFull {
        warning.hint = Some(OUT_OF_SPACE_HINT.to_owned());
    }
    ui.warning(&warning);
}

pub fn evidence(
    ui: &Ui,
    environment: &Environment,
    ran: &Ran,
    exit_code: u8,
    recorded: Option<&EvidenceRecord>,
) -> anyhow::Result<()> {
    let held = recorded.cloned().map(Held::just_seen);
    if ui.wants_json() {
        return ui.json(
            "run",
            &RunView {
                exit_code,
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
