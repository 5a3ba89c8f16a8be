//! `session handoff`: the last handoff of this branch, or that of a named session. It only reads.

use serde::Serialize;

use crate::environment::Environment;
use crate::error::user_error;
use crate::facts::gather::last_handoff;
use crate::session::ids::SessionId;
use crate::session::record::EndRecord;
use crate::store::{history, record};
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Show the last handoff of this branch, or of a session
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A session's id [default: the last one of this branch that left a handoff]
    #[arg(value_name = "SESSION")]
    pub session: Option<String>,
}

#[derive(Debug, Serialize)]
struct HandoffView<'a> {
    #[serde(flatten)]
    end: &'a EndRecord,
    markdown: &'a str,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let id = match &args.session {
        Some(asked) => find(&workspace, asked)?,
        None => of_this_branch(&workspace)?,
    };
    let Some((end, markdown)) = record::end(&workspace.repository, &id)? else {
        return Err(user_error(
            format!("session {id} has not ended, so it has left no handoff"),
            "run `session end` on its branch",
        ));
    };
    if !end.handoff {
        return Err(user_error(
            format!("session {id} was ended without a handoff"),
            "`session history` lists the others",
        ));
    }
    if ui.wants_json() {
        return ui.json(
            "handoff",
            &HandoffView {
                end: &end,
                markdown: &markdown,
            },
        );
    }
    ui.line(markdown.trim_end());
    Ok(())
}

fn of_this_branch(workspace: &Workspace) -> anyhow::Result<SessionId> {
    let place = workspace.here()?;
    let name = place.name();
    let none = || {
        user_error(
            format!("no session on {name} has left a handoff"),
            "`session history` lists sessions, and `session handoff SESSION` shows one's handoff",
        )
    };
    let (session, _) = workspace.live(&place)?.ok_or_else(none)?;
    Ok(last_handoff(workspace, &session)?.ok_or_else(none)?.session)
}

/// A session by its id, or by the beginning of one.
pub fn find(workspace: &Workspace, asked: &str) -> anyhow::Result<SessionId> {
    let known = history::known_ids(&workspace.repository)?;
    let matching: Vec<&SessionId> = known
        .iter()
        .filter(|id| id.as_str().starts_with(asked))
        .collect();
    if let Some(id) = known.iter().find(|id| id.as_str() == asked) {
        return Ok(id.clone());
    }
    if let [id] = matching[..] {
        return Ok(id.clone());
    }
    let list = if matching.is_empty() {
        known.iter().rev().take(10).collect()
    } else {
        matching
    };
    let list: Vec<&str> = list.iter().map(|id| id.as_str()).collect();
    let list = if list.is_empty() {
        "there is none yet".to_owned()
    } else {
        format!("known: {}", list.join(", "))
    };
    Err(user_error(
        format!("there is no session {asked:?}; {list}"),
        "`session history` lists them",
    ))
}
