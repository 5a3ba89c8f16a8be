//! What a command met where it was called, beside its own words: what decides which tests it ran, or that there were none to
//! run. It must not look at anything: whoever ran it did.

use serde::{Deserialize, Serialize};

/// A runner said, or it is plain to see, that there was nothing to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NothingRan {
    /// It needs this file where it is called, and there is none: `Cargo.toml`.
    NoProject(String),
    /// What it was pointed at is not there: a file, a package, a target.
    NotThere,
    /// It does not know an option, say.
    CalledWrongly,
}

impl NothingRan {
    /// A clause.
    pub(super) fn text(&self) -> String {
        match self {
            Self::NoProject(name) => format!("there is no {name} there"),
            Self::NotThere => "what it names is not there".to_owned(),
            Self::CalledWrongly => "it was called wrongly".to_owned(),
        }
    }
}

/// What decides besides the words of a command which tests it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Cargo ran the tests of all packages, as the directory is a workspace's root and no package itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_packages: bool,
    /// Cargo's workspace here is the one whose root is the root of the work tree.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_root_workspace: bool,
    /// Configuration or code of the project's leaves tests out where none is named.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chooses: bool,
    /// Where pytest looks for tests when it is not pointed at any, from the root of the work tree; none: everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test_paths: Vec<String>,
}

impl Setup {
    pub(super) fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
