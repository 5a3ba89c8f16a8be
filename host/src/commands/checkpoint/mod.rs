//! `session checkpoint`: a save point, and with `--commit` an enhanced commit.

mod commit;
mod drop;
mod edits;
mod list;
mod measured;
mod restore;
mod show;

use clap::Subcommand;
use serde::Serialize;

use crate::ask::{self, Asked};
use crate::commands::checkpointing::{self, CheckpointRequest, Made};
use crate::commands::{decisions, shown};
use crate::document::Document;
use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::facts::gather::{Options, gather};
use crate::git::ObjectId;
use crate::plugin::contribution::Hook;
use crate::plugin::{Network, Plugins, Question, WhenCold};
use crate::session::decision::Decision;
use crate::session::ids::CheckpointId;
use crate::session::live::{LiveSession, TddPhase};
use crate::session::record::{CheckpointReason, CheckpointRecord};
use crate::store::record::{self, Walked};
use crate::ui::{Prompt, Ui};
use crate::workspace::{Workspace, require_any, require_open};

/// Keep a save point: facts about the work, and a snapshot that can be restored
///
/// It touches neither HEAD, index, branch nor files. With --commit it also makes an enhanced commit, through your own
/// git hooks and signing: what is staged if something is, else all changes, which it lists.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub save: SaveArgs,
}

#[derive(Debug, Default, clap::Args)]
pub struct SaveArgs {
    /// A name for it
    #[arg(long, short, value_name = "LABEL")]
    pub label: Option<String>,
    /// What you want to remember of this moment
    #[arg(long, value_name = "TEXT")]
    pub notes: Option<String>,
    /// A decision to record with it
    #[arg(long, value_name = "TEXT")]
    pub decision: Option<String>,
    /// The phase of a TDD cycle; GREEN needs a passing run on this tree, or is shown as unverified
    #[arg(long, value_enum, ignore_case = true, value_name = "PHASE")]
    pub tdd_phase: Option<TddPhase>,
    /// Make an enhanced commit
    #[arg(long)]
    pub commit: bool,
    /// The commit's subject; implies --commit [default: derived from the change]
    #[arg(long, short, value_name = "SUBJECT")]
    pub message: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show this session's checkpoints, newest first
    List(list::Args),
    /// Show one checkpoint
    Show(show::Args),
    /// Bring files back as they were
    Restore(restore::Args),
    /// Remove a checkpoint's snapshot; its facts stay in the record
    Drop(drop::Args),
}

#[derive(Debug, Serialize)]
struct CheckpointView<'a> {
    session: &'a str,
    checkpoint: &'a CheckpointRecord,
    #[serde(flatten)]
    document: &'a Document,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    match args.command {
        None => save(ui, environment, args.save),
        Some(Command::List(args)) => list::run(ui, environment, &args),
        Some(Command::Show(args)) => show::run(ui, environment, &args),
        Some(Command::Restore(args)) => restore::run(ui, environment, &args),
        Some(Command::Drop(args)) => drop::run(ui, environment, &args),
    }
}

fn save(ui: &mut Ui, environment: &Environment, args: SaveArgs) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, Some(Options::snapshot().status))?;
    ui.configure(&workspace.config.display);
    let place = workspace.here()?;
    require_open(workspace.live(&place)?, &place)?;
    let plugins = Plugins::load(
        &workspace.config_for_plugins(),
        environment,
        workspace.checkout(),
        &[Hook::Checkpoint],
        WhenCold::Compile,
    );
    let facts = gather(&mut workspace, Options::snapshot())?;
    let request = complete(ui, args, facts.changes.is_empty())?;
    let question = request.question(&workspace);
    let asked = ask::ask(&workspace, plugins, facts, &question, Network::Asked);
    let decision = request
        .decision
        .as_deref()
        .map(|text| decide(&workspace, &asked, text))
        .transpose()?;
    let (asked, committed) = if request.commit {
        let committed = commit_and_gather(ui, &mut workspace, asked, &request);
        if committed.is_err() {
            // A refused commit leaves nothing recorded: the command can be run again as it is.
            workspace.begin()?.withdraw_decisions(decision.as_slice())?;
        }
        let (asked, commit) = committed?;
        (asked, Some(commit))
    } else {
        (asked, None)
    };
    if let Some(decision) = decision {
        ui.note(&format!("{} is in the decision log", decision.id));
    }
    let made = checkpointing::make(
        &workspace,
        &place,
        &asked,
        CheckpointRequest {
            reason: CheckpointReason::Asked,
            label: request.label,
            notes: request.notes,
            tdd_phase: request.tdd_phase,
            committed,
            park: false,
        },
    )?;
    show(ui, &asked, &made)?;
    edits::offer(ui, &workspace, &asked.contributions)
}

fn decide(workspace: &Workspace, asked: &Asked, text: &str) -> anyhow::Result<Decision> {
    let transaction = workspace.begin()?;
    let session = asked
        .facts
        .session
        .as_ref()
        .map(|session| session.context.id.clone());
    decisions::record(workspace, &transaction, session, text, None, Vec::new())
}

/// Commits through git, then gathers again: HEAD has moved. The plugins' answers are kept, unless a hook of the user's made
/// another commit than they were asked about.
fn commit_and_gather(
    ui: &Ui,
    workspace: &mut Workspace,
    asked: Asked,
    request: &Request,
) -> anyhow::Result<(Asked, ObjectId)> {
    let (commit, measured) = commit::commit(ui, workspace, &asked, request)?;
    let open = || Workspace::open(&workspace.environment, Some(Options::snapshot().status));
    let mut fresh = open()?;
    let facts = gather(&mut fresh, Options::snapshot())?;
    if measured.holds(&fresh.repository, &facts)? {
        *workspace = fresh;
        return Ok((asked.with_facts(facts), commit));
    }
    match measured.take_back(&fresh.repository, asked.facts.head.commit) {
        Ok(()) => ui.note("a hook changed files meanwhile, so the commit does not say what was measured before it"),
        // The commit is made: it must not be lost for what its message says.
        Err(error) => ui.warning(
            &Warning::new(format!(
                "a hook changed files meanwhile, and {commit} still says what was measured before it: {error:#}"
            ))
            .hint("take the lines `Tests:` and `Coverage:` out of its message"),
        ),
    }
    *workspace = open()?;
    let commit = workspace.repository.head_commit()?.unwrap_or(commit);
    let question = request.question(workspace);
    let again = ask::gather_and_put(
        workspace,
        &question,
        Options::snapshot(),
        WhenCold::Compile,
        Network::Asked,
    )?;
    let Asked { facts, .. } = asked.with_facts(again.facts);
    Ok((Asked { facts, ..again }, commit))
}

/// The request, complete and cleaned.
#[derive(Debug)]
struct Request {
    label: Option<String>,
    notes: Option<String>,
    decision: Option<String>,
    tdd_phase: Option<TddPhase>,
    commit: bool,
    message: Option<String>,
}

impl Request {
    /// What plugins are told of it.
    fn question(&self, workspace: &Workspace) -> Question {
        let named = [
            ("label", self.label.clone()),
            ("notes", self.notes.clone()),
            (
                "tdd-phase",
                self.tdd_phase.map(|phase| phase.name().to_owned()),
            ),
        ];
        ask::question(
            workspace,
            Hook::Checkpoint,
            named
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect(),
        )
    }
}

/// On a terminal, asks for notes and a commit when no flag says anything of either.
fn complete(ui: &Ui, args: SaveArgs, clean: bool) -> anyhow::Result<Request> {
    let line =
        |text: Option<String>, what: &str| text.map(|text| shown::typed(&text, what)).transpose();
    let mut request = Request {
        label: line(args.label, "a label")?,
        notes: args
            .notes
            .as_deref()
            .map(shown::typed_block)
            .filter(|notes| !notes.trim().is_empty()),
        decision: line(args.decision, "a decision")?,
        tdd_phase: args.tdd_phase,
        commit: args.commit || args.message.is_some(),
        message: line(args.message, "a commit message")?,
    };
    let open = request.notes.is_none() && !request.commit;
    if let Some(prompt) = ui.prompt().filter(|_| open) {
        ask_what_to_add(&prompt, &mut request, clean)?;
    }
    Ok(request)
}

fn ask_what_to_add(prompt: &Prompt, request: &mut Request, clean: bool) -> anyhow::Result<()> {
    let mut options = vec!["save point only".to_owned(), "with notes".to_owned()];
    if !clean {
        options.extend([
            "with a commit".to_owned(),
            "with notes and a commit".to_owned(),
        ]);
    }
    let chosen = prompt.select("What should this checkpoint be?", &options, 0)?;
    if chosen == 1 || chosen == 3 {
        let notes = prompt.text("Notes (empty: none)")?;
        request.notes = Some(shown::typed_block(&notes)).filter(|notes| !notes.trim().is_empty());
    }
    if chosen >= 2 {
        request.commit = true;
        let subject = prompt.text("Commit subject (empty: derived from the change)")?;
        if !subject.trim().is_empty() {
            request.message = Some(shown::typed(&subject, "a commit message")?);
        }
    }
    Ok(())
}

fn show(ui: &Ui, asked: &Asked, made: &Made) -> anyhow::Result<()> {
    asked.show_log(ui);
    let mut document = made.document.clone();
    document.warnings.clone_from(&asked.facts.warnings);
    if ui.wants_json() {
        let session = made.session.context.id.as_str();
        return ui.json(
            "checkpoint",
            &CheckpointView {
                session,
                checkpoint: &made.record,
                document: &document,
            },
        );
    }
    if ui.is_quiet() {
        ui.line(&made.record.id.to_string());
        // They stand in the document, which is not shown.
        for warning in &document.warnings {
            ui.warning(warning);
        }
        return Ok(());
    }
    ui.document(&document);
    Ok(())
}

/// A checkpoint that somebody named, of the session of this branch, open or ended.
fn find(
    workspace: &Workspace,
    asked: &str,
) -> anyhow::Result<(LiveSession, ObjectId, CheckpointRecord)> {
    let place = workspace.here()?;
    let (session, _) = require_any(workspace.live(&place)?, &place)?;
    let Walked { found: all, damage } =
        record::checkpoints(&workspace.repository, &session.context.id)?;
    let wanted = CheckpointId::parse(asked);
    // A label is free text: it must not hide the id that somebody means.
    let by_id = all
        .iter()
        .find(|(_, checkpoint)| Some(checkpoint.id) == wanted);
    let by_label = || {
        all.iter()
            .find(|(_, checkpoint)| checkpoint.label.as_deref() == Some(asked))
    };
    match by_id.or_else(by_label) {
        Some((commit, checkpoint)) => Ok((session, *commit, checkpoint.clone())),
        None => {
            // One that cannot be read may be the one that was asked for.
            if let Some(damage) = damage {
                return Err(damage.into_error());
            }
            let known: Vec<String> = all
                .iter()
                .take(20)
                .map(|(_, checkpoint)| checkpoint.id.to_string())
                .collect();
            let known = if known.is_empty() {
                "there is none yet".into()
            } else {
                format!("known: {}", known.join(", "))
            };
            Err(user_error(
                format!(
                    "there is no checkpoint {asked:?} in {}; {known}",
                    session.context.id
                ),
                "`session checkpoint list` shows them",
            ))
        }
    }
}
