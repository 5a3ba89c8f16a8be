//! Opening a session, for `start` and `resume`: going to the branch, and the first record. It must not decide which.

use crate::environment::random_base32;
use crate::error::{Warning, unwritable, user_error};
use crate::git::Repository;
use crate::session::ids::{DETACHED, SessionId};
use crate::session::lifecycle::{self, Beginning};
use crate::session::live::{LiveSession, Mode};
use crate::session::record::Entry;
use crate::store::record;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace};

/// Where to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Existing(String),
    New { name: String, from: Option<String> },
}

impl Target {
    pub fn name(&self) -> &str {
        match self {
            Self::Existing(name) | Self::New { name, .. } => name,
        }
    }
}

/// Moves HEAD through git, with the user's hooks and git's own judgement of uncommitted changes.
pub fn go_to(ui: &Ui, repository: &Repository, target: &Target) -> anyhow::Result<()> {
    let command = repository.git_with_hooks().arg("switch").arg("--quiet");
    let command = match target {
        Target::Existing(name) => command.arg(name),
        Target::New { name, from } => {
            let command = command.arg("--create").arg(name).arg("--no-track");
            match from {
                Some(from) => command.arg(from),
                None => command,
            }
        }
    };
    let Err(error) = command.output() else {
        return Ok(());
    };
    // A post-checkout hook runs when HEAD has moved; its failing takes nothing back, and git's exit code is the hook's.
    if repository.current_branch()?.as_deref() == Some(target.name()) {
        ui.warning(
            &Warning::new(format!(
                "you are on {}, but a hook did not agree: {error:#}",
                target.name()
            ))
            .hint("see the post-checkout hook"),
        );
        return Ok(());
    }
    let said = format!("{error:#}");
    if let Some(path) = repository.read_only_directory() {
        return Err(unwritable(&path, said));
    }
    // Where git speaks another language the second hint is true as well.
    let hint = if said.contains("would be overwritten") {
        format!(
            "commit your changes, or run `session switch {} --park` to keep them here; branch and files are as they were",
            target.name()
        )
    } else {
        "git's own words say what stands in the way; branch and files are as they were".to_owned()
    };
    Err(user_error(said, hint))
}

/// What to open.
#[derive(Debug)]
pub struct Opening {
    pub base: Option<String>,
    pub mode: Mode,
    pub objectives: Vec<String>,
    /// A session that ended, to go on from; None begins anew.
    pub go_on_from: Option<LiveSession>,
}

/// Opens a session on HEAD's branch, under the lock: of two that try at once, one is refused.
pub fn open(workspace: &Workspace, place: &Place, opening: Opening) -> anyhow::Result<LiveSession> {
    let environment = &workspace.environment;
    let transaction = workspace.begin()?;
    if let Some(old) = &place.renamed_from {
        transaction.rename_live(old, &place.key)?;
    }
    let previous = match transaction.live(&place.key, place.branch.as_deref())? {
        Some((session, _)) if session.context.is_open() => {
            return Err(already_open(workspace, &session, place));
        }
        Some((session, _)) => Some(session),
        // Put away long ago, or another clone's: the numbers go on from there all the same.
        None => place
            .branch
            .as_deref()
            .and_then(|branch| record::newest_session(&workspace.repository, branch)),
    };
    let local = environment
        .now
        .with_timezone(&environment.offset)
        .date_naive();
    let name = place.branch.as_deref().unwrap_or(DETACHED);
    let mut attempt = 0;
    let id = loop {
        let id = SessionId::new(name, local, &random_base32(4, attempt)?);
        if workspace.repository.read_ref(&id.record_ref())?.is_none() {
            break id;
        }
        attempt += 1;
    };
    let beginning = Beginning {
        id,
        branch: place.branch.clone(),
        touched: workspace.touched(place.branch.as_deref(), opening.base.as_deref())?,
        base: opening.base,
        mode: opening.mode,
        objectives: opening.objectives,
    };
    let mut session = match &opening.go_on_from {
        Some(ended) => lifecycle::go_on(beginning, ended),
        None => lifecycle::begin(beginning, previous.as_ref()),
    };
    if is_another_branch(workspace, place, previous.as_ref()) {
        session.context.follows = None;
    }
    let entry = Entry::Start(lifecycle::start_record(&session));
    let document = format!("# Session {}\n\nStarted on {name}.\n", session.context.id);
    transaction.append_entry(&session, &entry, Some(&document))?;
    transaction.write_live(&place.key, &mut session)?;
    Ok(session)
}

/// The branch of the session before was deleted since, and this one has but its name.
fn is_another_branch(workspace: &Workspace, place: &Place, previous: Option<&LiveSession>) -> bool {
    let ended = previous.and_then(|previous| previous.context.ended_at);
    let branch = place.branch.as_deref();
    let created = branch.and_then(|branch| workspace.repository.branch_created(branch));
    matches!((created, ended), (Some(created), Some(ended)) if created > ended)
}

pub fn already_open(workspace: &Workspace, session: &LiveSession, place: &Place) -> anyhow::Error {
    let name = place.name();
    let hint = match &place.branch {
        // Deleted while its session was open; or an unborn one, which HEAD names.
        Some(branch)
            if !workspace.repository.branch_exists(branch)
                && workspace
                    .repository
                    .current_branch()
                    .ok()
                    .flatten()
                    .as_ref()
                    != Some(branch) =>
        {
            format!(
                "the branch is gone; `session switch {branch} --create` makes it again and goes on with the session"
            )
        }
        Some(branch) => format!("run `session resume {branch}` to go on with it"),
        None => "run `session resume` to go on with it".into(),
    };
    user_error(
        format!("{name} has an open session already: {}", session.context.id),
        hint,
    )
}
