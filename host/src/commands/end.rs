//! `session end`: final checkpoint, handoff, optional push and merge. A refused end leaves the session open.

mod closing;
mod decided;
mod gates;
mod laxer;
mod log_commit;
mod merge;
mod pushing;
mod questions;
mod shown;

use crate::ask::{self, Asked};
use crate::commands::parking;
use crate::environment::Environment;
use crate::error::user_error;
use crate::facts::gather::Options;
use crate::plugin::contribution::Hook;
use crate::session::record::Claims;
use crate::sharing;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace, require_open};

/// End the session: final checkpoint, handoff, optional push and merge
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What was achieved; repeatable
    #[arg(long, value_name = "TEXT")]
    pub accomplished: Vec<String>,
    /// A decision that was made; repeatable; recorded in the decision log
    #[arg(long, value_name = "TEXT")]
    pub decisions: Vec<String>,
    /// What the next one must know; repeatable
    #[arg(long, value_name = "TEXT")]
    pub remember: Vec<String>,
    /// Write a handoff [default: session.handoff_on_end of the configuration]
    #[arg(long, overrides_with = "no_handoff")]
    pub handoff: bool,
    /// Write no handoff
    #[arg(long)]
    pub no_handoff: bool,
    /// Also print the session's metrics
    #[arg(long)]
    pub summary: bool,
    /// Push the branch and this session's record
    #[arg(long, overrides_with = "no_push")]
    pub push: bool,
    /// Do not push
    #[arg(long)]
    pub no_push: bool,
    /// Merge into this branch with --no-ff, without leaving this one
    #[arg(long, value_name = "BRANCH")]
    pub merge_to: Option<String>,
    /// Merge although a quality gate says no; the reason is recorded as a decision
    #[arg(long, value_name = "REASON", requires = "merge_to")]
    pub r#override: Option<String>,
}

/// The request, complete and cleaned.
#[derive(Debug)]
pub struct Request {
    claims: Claims,
    handoff: bool,
    push: bool,
    merge_to: Option<String>,
    r#override: Option<String>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, Some(Options::snapshot().status))?;
    ui.configure(&workspace.config.display);
    let place = workspace.here()?;
    let (session, _) = require_open(workspace.live(&place)?, &place)?;
    parking::refuse_parked(&workspace, &session)?;
    let asked = ask::gather_and_refresh(&mut workspace, Hook::Handoff, Options::snapshot())?;
    let warnings = asked.facts.warnings.clone();
    let ended = end(ui, workspace, &place, asked, args);
    if ended.is_err() {
        // A plugin that broke down may be a gate as well: whoever mends the one refusal is to know.
        warnings.iter().for_each(|warning| ui.warning(warning));
    }
    ended
}

fn end(
    ui: &Ui,
    mut workspace: Workspace,
    place: &Place,
    asked: Asked,
    args: Args,
) -> anyhow::Result<()> {
    let summary = args.summary;
    // What can refuse the end does so before anybody answers questions.
    if args.push {
        require_remote(&workspace, place)?;
    }
    let plan = match &args.merge_to {
        Some(target) => {
            let overridden = args.r#override.is_some();
            let plan = merge::plan(ui, &workspace, place, &asked, target, overridden)?;
            Some(plan)
        }
        None => None,
    };
    let request = questions::complete(ui, &workspace, &asked, args)?;
    let (asked, merged) = match &plan {
        None => {
            decided::record(&workspace, &asked, &request, &[])?;
            (asked, None)
        }
        Some(plan) => {
            let merged = merge::merge(ui, &mut workspace, plan, &asked, &request)?;
            // HEAD may have one commit more: the line is run again on fresh facts.
            workspace = Workspace::open(&workspace.environment, Some(Options::snapshot().status))?;
            let facts = crate::facts::gather::gather(&mut workspace, Options::snapshot())?;
            (asked.with_facts(facts), merged)
        }
    };
    let ended = closing::close(&workspace, place, &asked, &request, merged)?;
    let pushed_to = match request.push {
        true => Some(pushing::push(ui, &workspace, place, &ended.end)?),
        false => None,
    };
    shown::show(ui, &asked, &ended, pushed_to, summary)
}

fn require_remote(workspace: &Workspace, place: &Place) -> anyhow::Result<()> {
    if sharing::remote_of(workspace, place.branch.as_deref()).is_some() {
        return Ok(());
    }
    Err(user_error(
        "there is no remote to push to",
        "add one with `git remote add origin URL`, or end with --no-push; the session is still open",
    ))
}
