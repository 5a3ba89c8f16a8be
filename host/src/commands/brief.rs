//! `session brief`: the brief alone, again. It only reads.

use clap::ValueEnum;
use serde::Serialize;

use crate::ask::{self, Asked};
use crate::document::budget::fit;
use crate::document::markdown::to_markdown;
use crate::document::view::StandView;
use crate::document::{Document, brief::brief};
use crate::environment::Environment;
use crate::facts::Facts;
use crate::facts::gather::Options;
use crate::facts::since::SinceYouLeft;
use crate::git::StatusProcess;
use crate::plugin::WhenCold;
use crate::plugin::contribution::{Contribution, Hook};
use crate::session::decision::Decision;
use crate::session::next_actions::next_actions;
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Show the brief: what puts you back into the work, most important first
///
/// On a branch without a session this is the project's brief.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// At most this many bytes of Markdown [default: brief.max_bytes of the configuration, 9500]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(256..))]
    pub max_bytes: Option<u32>,
    /// Answer as this agent's start hook wants it
    #[arg(long = "for", value_name = "AGENT")]
    pub agent: Option<Agent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Agent {
    /// A SessionStart hook of Claude Code
    ClaudeCode,
}

/// `begun` is the status that git was asked for before.
pub fn run(
    ui: &mut Ui,
    environment: &Environment,
    begun: Option<StatusProcess>,
    args: &Args,
) -> anyhow::Result<()> {
    let opened = Workspace::open_with(environment, begun, Options::common().status);
    if let Some(agent) = args.agent {
        return for_agent(ui, opened, args, agent);
    }
    let mut workspace = opened?;
    ui.configure(&workspace.config.display);
    let asked = ask::gather_and_ask(
        &mut workspace,
        Hook::Brief,
        Options::common(),
        WhenCold::Compile,
    )?;
    show(ui, "brief", &asked, None, args.max_bytes)
}

/// A hook must not keep an agent from starting: what goes wrong is told in the brief's place, with exit code 0.
fn for_agent(
    ui: &mut Ui,
    opened: anyhow::Result<Workspace>,
    args: &Args,
    agent: Agent,
) -> anyhow::Result<()> {
    let made = opened.and_then(|mut workspace| {
        let asked = ask::gather_and_ask(
            &mut workspace,
            Hook::Brief,
            Options::common(),
            WhenCold::Skip,
        )?;
        let most = max_bytes(&asked.facts, args.max_bytes);
        Ok(to_markdown(&fit(
            brief(&asked.facts, &asked.contributions, None),
            most,
        )))
    });
    let text = match made {
        Ok(text) => text,
        Err(error) => format!(
            "session has no brief to give: {}\n",
            crate::document::text::line(&format!("{error:#}"))
        ),
    };
    match agent {
        Agent::ClaudeCode => {
            let reply = serde_json::json!({
                "hookSpecificOutput": { "hookEventName": "SessionStart", "additionalContext": text }
            });
            ui.data(&format!("{reply}\n"));
        }
    }
    Ok(())
}

fn max_bytes(facts: &Facts, asked: Option<u32>) -> usize {
    asked.map_or(facts.config.brief.max_bytes, |bytes| bytes as usize)
}

/// What `--json` says of a brief.
#[derive(Debug, Serialize)]
pub struct BriefView<'a> {
    #[serde(flatten)]
    pub stand: StandView<'a>,
    pub decisions: &'a [Decision],
    pub next_actions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_you_left: Option<&'a SinceYouLeft>,
    pub contributions: &'a [Contribution],
    #[serde(flatten)]
    pub document: &'a Document,
}

/// Shows a brief, for the verbs that end with one.
pub fn show(
    ui: &mut Ui,
    command: &str,
    asked: &Asked,
    since: Option<&SinceYouLeft>,
    most: Option<u32>,
) -> anyhow::Result<()> {
    asked.show_log(ui);
    let facts = &asked.facts;
    let document = fit(
        brief(facts, &asked.contributions, since),
        max_bytes(facts, most),
    );
    if !ui.wants_json() {
        ui.document(&document);
        return Ok(());
    }
    let recent = &facts.decisions[..facts.decisions.len().min(20)];
    ui.json(
        command,
        &BriefView {
            stand: StandView::new(facts, &asked.contributions),
            decisions: recent,
            next_actions: next_actions(facts, &asked.contributions),
            since_you_left: since,
            contributions: &asked.contributions,
            document: &document,
        },
    )
}
