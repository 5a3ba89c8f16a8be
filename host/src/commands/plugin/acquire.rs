//! From a source to a component in the user's store, compiled: what `install` and `update` share. It must not change the
//! configuration, and must not trust anything.

use crate::config::{Allow, can_allow};
use crate::error::user_error;
use crate::fetch::{Patience, Source, Surroundings};
use crate::plugin::RequestedGrant;
use crate::plugin::candidate::Candidate;
use crate::plugin::components::Components;
use crate::ui::Ui;
use crate::workspace::Workspace;

/// A component that was looked at and not kept yet.
pub struct Acquired {
    pub candidate: Candidate,
    bytes: Vec<u8>,
}

/// The store's component if it has the pinned one, else what the source gives, checked. Nothing is fetched offline.
pub fn acquire(
    ui: &Ui,
    workspace: &Workspace,
    source: &Source,
    pinned: Option<&str>,
    offline: bool,
) -> anyhow::Result<Acquired> {
    let shown = source.shown();
    let stored = pinned.and_then(|digest| open(workspace).ok()?.read(digest).ok());
    let bytes = match stored {
        Some(bytes) => bytes,
        None if source.is_remote() && (offline || workspace.environment.offline) => {
            return Err(user_error(
                format!(
                    "{shown} would have to be fetched, and --offline or SESSION_OFFLINE forbids it"
                ),
                "run the command again without them",
            ));
        }
        None => fetch(ui, workspace, source, pinned)?,
    };
    check(&shown, &crate::plugin::digest(&bytes), pinned)?;
    let candidate = Candidate::of(&bytes).map_err(|cause| unusable(&shown, &cause))?;
    Ok(Acquired { candidate, bytes })
}

/// That it is the component that somebody named the digest of.
pub fn check(shown: &str, found: &str, pinned: Option<&str>) -> anyhow::Result<()> {
    match pinned.filter(|pinned| *pinned != found) {
        None => Ok(()),
        Some(pinned) => Err(user_error(
            format!(
                "{shown} is not the component that was expected: its sha256 is {found}, and not {pinned}"
            ),
            "nothing was changed; ask who publishes it before you take it; `session plugin update` takes what is there now",
        )),
    }
}

/// Puts it into the store and compiles it. One that cannot be compiled does not stay.
pub fn keep(
    ui: &Ui,
    workspace: &Workspace,
    source: &Source,
    acquired: &Acquired,
) -> anyhow::Result<()> {
    let components = open(workspace)?;
    let digest = &acquired.candidate.digest;
    let was_there = components.holds(digest);
    components.put(&acquired.bytes)?;
    let progress = ui.progress("compiling; this is done once");
    let compiled = acquired
        .candidate
        .compile(&workspace.environment, &acquired.bytes);
    drop(progress);
    compiled.map_err(|cause| {
        if !was_there {
            // It is only in the way; the error below is what counts.
            let _ = components.remove(digest);
        }
        unusable(&source.shown(), &cause)
    })
}

pub fn open(workspace: &Workspace) -> anyhow::Result<Components> {
    Components::open(workspace.environment.data_dir.as_deref())
}

/// What `allow` would hold with all that is asked for, where that is more than it holds now. What it cannot hold, a
/// pattern for hosts or a wish without a name, is left to the team.
pub fn wanted(now: &Allow, asked: &[RequestedGrant]) -> Option<Allow> {
    let mut allow = now.clone();
    for grant in asked {
        let Some(value) = grant.value.as_deref() else {
            continue;
        };
        let list = match &*grant.kind {
            "read" => &mut allow.read,
            "http" => &mut allow.http,
            "env" => &mut allow.env,
            _ => continue,
        };
        if can_allow(&grant.kind, value) && !list.iter().any(|known| known == value) {
            list.push(value.to_owned());
        }
    }
    (allow != *now).then_some(allow)
}

fn fetch(
    ui: &Ui,
    workspace: &Workspace,
    source: &Source,
    pinned: Option<&str>,
) -> anyhow::Result<Vec<u8>> {
    let progress = ui.progress(&format!("fetching {}", source.shown()));
    let around = Surroundings {
        work_tree: workspace.repository.work_tree(),
        docker_config: workspace.environment.docker_config.as_deref(),
        patience: Patience::default(),
        progress: &|done, total| progress.amount(done, total),
    };
    source.fetch(&around, pinned)
}

fn unusable(shown: &str, cause: &anyhow::Error) -> anyhow::Error {
    user_error(
        format!("{shown} cannot be installed: {cause:#}"),
        "nothing was changed; `session plugin inspect` says what a file is; its author can build one that fits",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_and_can_be_written_down_is_added_once() {
        let grant = |kind: &str, value: Option<&str>| RequestedGrant {
            kind: kind.into(),
            value: value.map(str::to_owned),
            reason: String::new(),
        };
        let now = Allow {
            read: vec!["docs/**".into()],
            ..Allow::default()
        };
        let asked = [
            grant("read", Some("docs/**")),
            grant("http", Some("*.example.com")),
            grant("env", None),
            grant("socket", Some("x")),
        ];
        assert_eq!(wanted(&now, &asked), None);
        let asked = [grant("env", Some("TOKEN")), grant("env", Some("TOKEN"))];
        let more = wanted(&now, &asked).unwrap();
        assert_eq!((more.read, more.env), (now.read, vec!["TOKEN".to_owned()]));
    }
}
