//! What `end` shows: the handoff, or only what was observed; with `--summary` the metrics. It must not change anything.

use serde::Serialize;

use super::closing::Ended;
use crate::ask::Asked;
use crate::document::markdown::to_markdown;
use crate::document::{Document, sections};
use crate::error::Warning;
use crate::session::record::EndRecord;
use crate::ui::Ui;

#[derive(Debug, Serialize)]
struct EndView<'a> {
    #[serde(flatten)]
    end: &'a EndRecord,
    pushed_to: Option<String>,
    markdown: String,
    warnings: &'a [Warning],
}

pub fn show(
    ui: &Ui,
    asked: &Asked,
    ended: &Ended,
    pushed_to: Option<String>,
    summary: bool,
) -> anyhow::Result<()> {
    asked.show_log(ui);
    let mut document = if ended.end.handoff {
        ended.document.clone()
    } else {
        let mut document = Document::new(format!("Ended: {}", ended.end.session));
        document.sections = ended
            .document
            .sections
            .iter()
            .filter(|section| section.name == "observed")
            .cloned()
            .collect();
        document
    };
    if summary {
        let mut metrics = sections::metrics(&asked.contributions, asked.facts.now);
        metrics.pair(
            "Time at work",
            sections::time_at_work(ended.end.active_seconds),
        );
        metrics.pair("Commits", ended.end.commits.len().to_string());
        metrics.pair("Checkpoints", ended.end.checkpoints.to_string());
        "Summary".clone_into(&mut metrics.title);
        document
            .sections
            .retain(|section| section.name != "metrics");
        document.push(metrics);
    }
    document.warnings.clone_from(&asked.facts.warnings);
    if asked
        .facts
        .session
        .as_ref()
        .is_some_and(|session| session.context.parked.is_some())
    {
        document.warnings.push(Warning::new(
            "changes parked in this session were never put back, and their snapshot is gone",
        ));
    }
    if ui.wants_json() {
        let markdown = to_markdown(&ended.document);
        return ui.json(
            "end",
            &EndView {
                end: &ended.end,
                pushed_to,
                markdown,
                warnings: &document.warnings,
            },
        );
    }
    ui.document(&document);
    Ok(())
}
