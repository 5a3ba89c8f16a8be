//! What a run of the cases comes to, for people and as JSON. It must not run anything.

use std::path::PathBuf;

use serde::Serialize;

use crate::document::count::size;
use crate::plugin::case::Answered;
use crate::ui::Ui;

#[derive(Debug, Serialize)]
pub struct Report {
    pub file: PathBuf,
    pub size: u64,
    pub name: String,
    /// As the manifest has it.
    pub version: Option<String>,
    pub contract: Option<String>,
    /// The hooks that the component exports.
    pub exports: Vec<String>,
    /// What is wrong with the component as it is, whatever it says.
    pub notes: Vec<String>,
    pub cases: Vec<CaseReport>,
}

#[derive(Debug, Serialize)]
pub struct CaseReport {
    /// None for the built-in case.
    pub case: Option<PathBuf>,
    pub outcome: Outcome,
    pub hooks: Vec<Answered>,
    /// From what was expected to what was said.
    pub diff: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    AsExpected,
    Differs,
    /// Nothing says what is expected.
    Unknown,
    Written,
    /// The built-in case: there is nothing to compare with.
    Shown,
    /// The same, and a hook failed.
    Failed,
}

impl CaseReport {
    pub fn is_wrong(&self) -> bool {
        use Outcome::{AsExpected, Shown, Written};
        !matches!(self.outcome, AsExpected | Shown | Written)
    }

    fn show(&self, ui: &Ui) {
        let name = match &self.case {
            Some(path) => path.display().to_string(),
            None => "the built-in case".to_owned(),
        };
        ui.line("");
        ui.line(&format!("{name}: {}", self.outcome.text()));
        for answered in &self.hooks {
            let hook = answered.hook.name();
            for line in &answered.log {
                ui.line(&format!("  {hook} logged {line}"));
            }
            for warning in &answered.warnings {
                ui.line(&format!("  warning: {}", warning.message));
            }
        }
        match (&self.diff, self.outcome) {
            (Some(diff), _) => ui.line(diff),
            (None, Outcome::AsExpected) => {}
            (None, _) => {
                for answered in &self.hooks {
                    ui.line(&format!("{}: {:#}", answered.hook.name(), answered.said));
                }
            }
        }
    }
}

impl Outcome {
    fn text(self) -> &'static str {
        match self {
            Self::AsExpected => "as expected",
            Self::Differs => "not as expected",
            Self::Unknown => "nothing says what is expected; --update writes it",
            Self::Written => "written as expected from now on",
            Self::Shown => "it says",
            Self::Failed => "it failed",
        }
    }
}

impl Report {
    pub fn show(&self, ui: &Ui) {
        if ui.wants_json() {
            return;
        }
        let version = self.version.as_deref().unwrap_or("without a version");
        let contract = self.contract.as_deref().unwrap_or("none");
        ui.line(&format!(
            "{} {version}, {}, contract {contract}",
            self.name,
            size(self.size)
        ));
        ui.line(&format!("exports {}", self.exports.join(", ")));
        for note in &self.notes {
            ui.line(&format!("note: {note}"));
        }
        for case in &self.cases {
            case.show(ui);
        }
    }
}
