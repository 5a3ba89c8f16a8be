//! The work tree as evidence knows it: as ids. It must not know how they are made or compared.

use serde::{Deserialize, Serialize};

use crate::path::RepoPath;

/// The work tree at one moment, without `.session/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeState {
    /// The tree that a snapshot would have, with a stand-in for what a snapshot holds only by name. It is not stored.
    pub tree: String,
    /// The tree of HEAD, `.session/` included; None on an unborn branch.
    pub head_tree: Option<String>,
    /// What differed from that.
    pub changed: Vec<StateFile>,
    /// There was more than is listed: only `tree` tells this state from another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// The submodules and other repositories inside it that hold more than their commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<StateWithin>,
}

impl TreeState {
    /// The repositories inside it that were too much to look at.
    pub fn unseen(&self) -> impl Iterator<Item = &RepoPath> {
        let within = self.within.iter();
        within.filter_map(|inside| inside.contents.is_none().then_some(&inside.path))
    }
}

/// A repository of its own inside the work tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateWithin {
    #[serde(flatten, with = "crate::path::fields")]
    pub path: RepoPath,
    /// None: it was too much to look at, so that this state is comparable with no other.
    pub contents: Option<Contents>,
}

/// What its files hold beyond its commit, as ids that tell one state from another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// None where no tracked file differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<String>,
    /// None where there is no untracked file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untracked: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFile {
    #[serde(flatten, with = "crate::path::fields")]
    pub path: RepoPath,
    /// None where nothing stood any more.
    pub blob: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mode: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untracked: bool,
    /// Where it was too large to be read at every look, `blob` stands for its size and times, and this is its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

fn is_zero(mode: &u32) -> bool {
    *mode == 0
}
