//! The index on disk: `session annotations 1\n`, then one postcard value. It is a cache: whatever cannot be read, and
//! whatever was built with other rules, is built again.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{Annotations, Item};
use crate::config::TrackingConfig;
use crate::git::ObjectId;
use crate::path::RepoPath;

const FILE_NAME: &str = "annotations";
const HEADER: &[u8] = b"session annotations 1\n";

/// What decides the content of the index, besides the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rules {
    pub(super) annotations: Vec<String>,
    pub(super) watch: Vec<String>,
    pub(super) ignore: Vec<String>,
}

impl From<&TrackingConfig> for Rules {
    fn from(config: &TrackingConfig) -> Self {
        Self {
            annotations: config.annotations.clone(),
            watch: config.watch_patterns.clone(),
            ignore: config.ignore_patterns.clone(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    rules: Rules,
    tree: Option<Vec<u8>>,
    complete: bool,
    files: Vec<(Vec<u8>, Vec<Item>)>,
}

impl Annotations {
    /// The index kept in `directory`; None when there is none that can be used.
    pub fn load(directory: &Path) -> Option<Self> {
        let bytes = std::fs::read(directory.join(FILE_NAME)).ok()?;
        let stored: Stored = postcard::from_bytes(bytes.strip_prefix(HEADER)?).ok()?;
        let tree = stored
            .tree
            .map(|id| ObjectId::from_bytes(&id))
            .transpose()
            .ok()?;
        let files = stored
            .files
            .into_iter()
            .map(|(path, items)| (RepoPath::new(path), items));
        Some(Self {
            rules: stored.rules,
            tree,
            complete: stored.complete,
            files: files.collect(),
            ..Self::default()
        })
    }

    /// Keeps it in `directory`, by a temporary file and a rename.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn save(&self, directory: &Path) -> anyhow::Result<()> {
        let stored = Stored {
            rules: self.rules.clone(),
            tree: self.tree.map(|id| id.as_bytes().to_vec()),
            complete: self.complete,
            files: self
                .files
                .iter()
                .map(|(path, items)| (path.as_bytes().to_vec(), items.clone()))
                .collect(),
        };
        let bytes = postcard::to_extend(&stored, HEADER.to_vec())
            .context("failed to encode the work items")?;
        crate::facts::path_history::replace(directory, FILE_NAME, &bytes)
    }
}
