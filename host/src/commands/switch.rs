//! `session switch`: saves this session, moves to another branch, and shows where that one stands.

use anyhow::Context as _;

use crate::ask;
use crate::commands::brief;
use crate::commands::checkpointing::{self, CheckpointRequest};
use crate::commands::opening::{self, Opening, Target};
use crate::commands::parking;
use crate::document::changes::work_tree_text;
use crate::document::count::count;
use crate::environment::Environment;
use crate::error::{UserError, Warning, user_error};
use crate::facts::gather::{Options, gather};
use crate::git::status::Status;
use crate::path::RepoPath;
use crate::plugin::WhenCold;
use crate::plugin::contribution::Hook;
use crate::session::ids::CheckpointId;
use crate::session::record::CheckpointReason;
use crate::store::snapshot;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace};

/// A switch's brief is short: bytes of Markdown.
const SHORT_BRIEF: u32 = 3000;

/// Save this session, move to another branch, and show its brief
///
/// Uncommitted changes are parked (kept in a checkpoint, taken out, put back on return) or carried along.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The branch to go to
    #[arg(value_name = "BRANCH")]
    pub branch: String,
    /// Keep uncommitted changes here: in a checkpoint, put back on return
    #[arg(long, conflicts_with = "carry")]
    pub park: bool,
    /// Take uncommitted changes along
    #[arg(long)]
    pub carry: bool,
    /// Create the branch from the default branch, and open a session on it
    #[arg(long)]
    pub create: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changes {
    None,
    Park,
    Carry,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, Some(Options::snapshot().status))?;
    ui.configure(&workspace.config.display);
    let here = workspace.here()?;
    if here.branch.as_deref() == Some(args.branch.as_str()) {
        return Err(user_error(
            format!("{} is checked out already", args.branch),
            "`session resume` shows its brief",
        ));
    }
    let target = target(ui, &workspace, args)?;
    let mut asked = ask::gather_and_ask(
        &mut workspace,
        Hook::Checkpoint,
        Options::snapshot(),
        WhenCold::Compile,
    )?;
    let changes = what_with_changes(ui, &workspace, &asked.facts.changes, args)?;
    if changes == Changes::Park && asked.facts.session.is_none() {
        return Err(user_error(
            "there is no open session here to park the changes in",
            "run `session start` first, commit the changes, or take them along with --carry",
        ));
    }
    if changes == Changes::Park
        && let Some(session) = &asked.facts.session
        && parking::outstanding(&workspace, session)?.is_some()
    {
        // A switch that was killed left some of them out: they are put back, and parked with the others. What cannot be
        // put back is for the user to settle.
        put_back(ui, &mut workspace, &here)?;
        let facts = gather(&mut workspace, Options::snapshot())?;
        if let Some(session) = &facts.session {
            parking::refuse_parked(&workspace, session)?;
        }
        asked = asked.with_facts(facts);
    }
    if asked.facts.session.is_some() {
        leave(ui, &mut workspace, &here, asked, changes)?;
    }
    if let Err(error) = opening::go_to(ui, &workspace.repository, &target) {
        workspace.come_back(&here, |_| {})?;
        if changes == Changes::Park {
            put_back(ui, &mut workspace, &here)?;
        }
        return Err(stayed(error, changes));
    }
    arrive(ui, environment, &target)
}

/// Saves the session that is left; when parking, the work tree is clean afterwards.
fn leave(
    ui: &mut Ui,
    workspace: &mut Workspace,
    here: &Place,
    asked: ask::Asked,
    changes: Changes,
) -> anyhow::Result<()> {
    workspace.repository.refuse_locked_index()?;
    let parked = changes == Changes::Park;
    let made = checkpointing::make(
        workspace,
        here,
        &asked,
        CheckpointRequest {
            reason: CheckpointReason::Switch,
            park: parked,
            ..CheckpointRequest::default()
        },
    )?;
    ui.note(&format!("this session is kept as {}", made.record.id));
    if !parked {
        return Ok(());
    }
    let status = asked.facts.status().without_repositories();
    let (left, error) = match snapshot::take_out(&workspace.repository, &made.snapshot, &status) {
        Ok(out) if out.left.is_empty() => return Ok(()),
        Ok(out) => {
            let error = changed_meanwhile(&out.left, made.record.id);
            (out.left, error)
        }
        Err(error) => (Vec::new(), error),
    };
    let status = workspace.fresh_status(Options::snapshot().status)?;
    parking::undo_parking(&workspace.repository, &made.snapshot, &left, status)
        .with_context(|| format!("{error:#}; what was parked is in {}", made.record.id))?;
    workspace.come_back(here, |session| session.context.parked = None)?;
    Err(error)
}

/// Who chose what to do with the changes is not told to choose it.
fn stayed(error: anyhow::Error, changes: Changes) -> anyhow::Error {
    match error.downcast::<UserError>() {
        Ok(error) if changes != Changes::None => {
            let hint = match changes {
                Changes::Carry => {
                    "you stay here with your changes; settle what git names, or use --park"
                }
                _ => {
                    "you stay here with your changes; settle what git names, then run the command again"
                }
            };
            error.hint(hint).into()
        }
        Ok(error) => error.into(),
        Err(error) => error,
    }
}

fn changed_meanwhile(left: &[RepoPath], kept: CheckpointId) -> anyhow::Error {
    let names: Vec<String> = left.iter().take(5).map(RepoPath::to_text).collect();
    user_error(
        format!(
            "{} changed while they were being parked: {}",
            count(left.len(), "file", "files"),
            names.join(", ")
        ),
        format!("everything is back as it was, and {kept} holds it too; run the command again"),
    )
}

/// Opens a session on a branch that was made for it, puts parked changes back, and shows the short brief.
fn arrive(ui: &mut Ui, environment: &Environment, target: &Target) -> anyhow::Result<()> {
    let mut workspace = Workspace::open(environment, Some(Options::common().status))?;
    let place = workspace.here()?;
    // A branch that was deleted and made again may have a session that is open still: the work goes on in it.
    let open = workspace
        .live(&place)?
        .is_some_and(|(session, _)| session.context.is_open());
    if matches!(target, Target::New { .. }) && !open {
        let opening = Opening {
            base: workspace.repository.default_branch(),
            mode: workspace.config.session.mode,
            objectives: Vec::new(),
            go_on_from: None,
        };
        let opened = opening::open(&workspace, &place, opening)?;
        ui.note(&format!(
            "session {} is open on {}",
            opened.context.id,
            target.name()
        ));
    } else {
        let warnings = workspace.come_back(&place, |_| {})?;
        warnings.iter().for_each(|warning| ui.warning(warning));
        put_back(ui, &mut workspace, &place)?;
    }
    let asked = ask::gather_and_ask(
        &mut workspace,
        Hook::Brief,
        Options::common(),
        WhenCold::Compile,
    )?;
    brief::show(ui, "switch", &asked, None, Some(SHORT_BRIEF))
}

fn target(ui: &mut Ui, workspace: &Workspace, args: &Args) -> anyhow::Result<Target> {
    let repository = &workspace.repository;
    let name = &args.branch;
    if repository.branch_exists(name) || (!args.create && repository.remote_branch_exists(name)?) {
        return Ok(Target::Existing(name.clone()));
    }
    if !repository.is_valid_branch_name(name) {
        return Err(user_error(
            format!("{name:?} is no valid branch name"),
            "see `git help check-ref-format` for what git allows",
        ));
    }
    let from = repository.default_branch();
    let base = from.as_deref().unwrap_or("HEAD");
    let wanted = args.create
        || match ui.prompt() {
            Some(prompt) => prompt.confirm(
                &format!("There is no branch {name}. Create it from {base}?"),
                true,
            )?,
            None => false,
        };
    if !wanted {
        return Err(user_error(
            format!("there is no branch {name}"),
            format!("run `session switch {name} --create` to create it from {base}"),
        ));
    }
    Ok(Target::New {
        name: name.clone(),
        from,
    })
}

fn what_with_changes(
    ui: &mut Ui,
    workspace: &Workspace,
    changes: &[crate::git::status::Change],
    args: &Args,
) -> anyhow::Result<Changes> {
    // Git leaves repositories inside this one where they are, and so does parking.
    let changes: Vec<_> = changes
        .iter()
        .filter(|change| !change.is_repository())
        .collect();
    if changes.is_empty() {
        return Ok(Changes::None);
    }
    if let Some(operation) = workspace.repository.operation() {
        return Err(user_error(
            format!("a {operation} is under way; leaving the branch now would lose its place"),
            format!("finish the {operation} or abort it, then switch"),
        ));
    }
    match (args.park, args.carry) {
        (true, _) => return Ok(Changes::Park),
        (_, true) => return Ok(Changes::Carry),
        _ => {}
    }
    let what = work_tree_text(changes.iter().copied());
    let Some(prompt) = ui.prompt() else {
        return Err(user_error(
            format!("there are uncommitted changes: {what}"),
            format!(
                "run `session switch {} --park` to keep what is changed here, or `--carry` to take it along",
                args.branch
            ),
        ));
    };
    let options = [
        "park: keep them here in a checkpoint, put back on return",
        "carry: take them along",
        "stay here",
    ];
    match prompt.select(
        &format!("What to do with the uncommitted changes ({what})?"),
        &options.map(String::from),
        0,
    )? {
        0 => Ok(Changes::Park),
        1 => Ok(Changes::Carry),
        _ => Err(user_error(
            "you stay here; nothing was changed",
            format!("`session switch {}` asks again", args.branch),
        )),
    }
}

/// Puts back what `--park` took out, if the work tree is clean; else says where it is.
pub fn put_back(ui: &mut Ui, workspace: &mut Workspace, place: &Place) -> anyhow::Result<()> {
    let Some((session, _)) = workspace.live(place)? else {
        return Ok(());
    };
    let Some(parked) = session.context.parked else {
        return Ok(());
    };
    let status: Status = workspace.fresh_status(Options::snapshot().status)?;
    let restored = parking::restore_parked(workspace, &session, parked, status)?;
    if let Some(why) = restored.refused {
        ui.warning(
            &Warning::new(format!(
                "the changes parked in {parked} were not put back: {why}"
            ))
            .hint(format!(
                "`session checkpoint restore {parked}` brings them back when you want them"
            )),
        );
        return Ok(());
    }
    let warnings = workspace.come_back(place, |session| session.context.parked = None)?;
    warnings.iter().for_each(|warning| ui.warning(warning));
    ui.note(&format!(
        "{} parked in {parked} {} back",
        count(restored.files, "file", "files"),
        if restored.files == 1 { "is" } else { "are" }
    ));
    Ok(())
}
