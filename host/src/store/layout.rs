//! Where things are kept below the repository's common directory. It must not read or write any of it.
//!
//! ```text
//! <common>/sessions/
//!   <branch>/{objectives.md,blockers.md,context.json}   the live session; a branch's slashes are directories
//!   .store/lock                                         held while anything of ours is written
//!   .store/index/                                       caches: can be removed at any time
//!   .store/plugins/<session id>/<owner>                 what a plugin left for itself in a session
//!   .store/plugins/repository/<owner>                   … for all sessions; `plugin/state_owner.rs` says whose it is
//!   .store/contributions/<plugin>/                      what a plugin that uses the network said last
//!   .store/kept/                                        damaged files, kept aside
//! ```
//!
//! No component of a branch name can begin with a dot, so `.store` is nobody's branch.

use std::path::{Path, PathBuf};

use crate::session::ids::SessionId;

/// The files of a live session. A branch component of the same name is written with its first character encoded.
const LIVE_FILES: [&str; 3] = ["objectives.md", "blockers.md", "context.json"];

#[derive(Debug, Clone)]
pub struct Layout {
    common_dir: PathBuf,
    sessions: PathBuf,
}

/// Which live session: a branch's, or that of one work tree with a detached HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveKey(String);

impl LiveKey {
    pub fn branch(name: &str) -> Self {
        Self(
            name.split('/')
                .map(encode_component)
                .collect::<Vec<_>>()
                .join("/"),
        )
    }

    /// Git allows no branch called `HEAD`, so the name is free. `worktree` is the linked work tree's name.
    pub fn detached(worktree: Option<&str>) -> Self {
        match worktree {
            Some(name) => Self(format!("HEAD@{}", encode_component(name))),
            None => Self("HEAD".into()),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Percent-encodes what a directory name cannot or must not be. Most branch names are themselves.
fn encode_component(component: &str) -> String {
    let mut out = String::with_capacity(component.len());
    let reserved = LIVE_FILES.contains(&component);
    for (index, character) in component.chars().enumerate() {
        let awkward = matches!(
            character,
            '%' | '\\' | ':' | '"' | '<' | '>' | '|' | '/' | '\u{fffd}'
        ) || character.is_control()
            || (index == 0 && (reserved || character == '.'));
        if awkward {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

impl Layout {
    pub fn new(common_dir: &Path) -> Self {
        Self {
            common_dir: common_dir.to_owned(),
            sessions: common_dir.join("sessions"),
        }
    }

    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    pub fn sessions(&self) -> &Path {
        &self.sessions
    }

    pub fn live_dir(&self, key: &LiveKey) -> PathBuf {
        self.sessions.join(&key.0)
    }

    fn store(&self) -> PathBuf {
        self.sessions.join(".store")
    }

    pub fn lock(&self) -> PathBuf {
        self.store().join("lock")
    }

    /// Locked while files are written into a work tree.
    pub fn writing(&self) -> PathBuf {
        self.store().join("writing")
    }

    pub fn index(&self) -> PathBuf {
        self.store().join("index")
    }

    /// What plugins left for themselves: a directory for each session, and one for all.
    pub fn plugin_states(&self) -> PathBuf {
        self.store().join("plugins")
    }

    /// What a plugin left for itself in a session. An owner is lower-case letters, digits, dashes and an `@`.
    pub fn plugin_state(&self, session: &SessionId, owner: &str) -> PathBuf {
        self.plugin_states().join(session.as_str()).join(owner)
    }

    /// What a plugin left for itself for all sessions. No session's id is this word: an id has a date.
    pub fn repository_state(&self, owner: &str) -> PathBuf {
        self.plugin_states().join("repository").join(owner)
    }

    /// A name that no other clone has, given when the user first agrees to something in this one.
    pub fn clone_name(&self) -> PathBuf {
        self.store().join("clone")
    }

    /// What plugins that use the network said last: a cache.
    pub fn contributions(&self) -> PathBuf {
        self.store().join("contributions")
    }

    /// Damaged files, kept aside under their own name and the time.
    pub fn kept(&self) -> PathBuf {
        self.store().join("kept")
    }

    /// Work trees that a merge needs for a moment.
    pub fn scratch(&self) -> PathBuf {
        self.store().join("scratch")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_branches_are_their_own_directory() {
        for name in ["feature/a/b", "naïve-ü", "v1.2"] {
            assert_eq!(LiveKey::branch(name).as_str(), name);
        }
    }

    #[test]
    fn no_two_keys_meet_and_none_is_a_live_file() {
        let keys: Vec<_> = [
            "a/objectives.md",
            "a/%6Fbjectives.md",
            "a",
            "a/context.json",
            "HEAD%",
        ]
        .iter()
        .map(|name| LiveKey::branch(name).0)
        .chain([LiveKey::detached(None).0, LiveKey::detached(Some("wt")).0])
        .collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{key} twice");
            assert!(
                !LIVE_FILES.contains(&key.rsplit('/').next().unwrap()),
                "{key}"
            );
        }
    }
}
