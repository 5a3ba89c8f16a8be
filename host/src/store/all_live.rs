//! The live sessions of all branches in this clone, as their files say. It must not be needed by a command that only reads:
//! there is one for each branch.

use std::path::{Path, PathBuf};

use super::layout::Layout;
use crate::session::live::LiveContext;

/// The live sessions of all branches.
#[derive(Debug, Default)]
pub struct AllLive {
    /// Each with its directory.
    pub contexts: Vec<(PathBuf, LiveContext)>,
    /// A `context.json` could not be read, so nobody knows what it needs.
    pub unknown: bool,
}

impl AllLive {
    pub fn read(layout: &Layout) -> Self {
        let mut all = Self::default();
        all.read_below(layout.sessions());
        all
    }

    /// Branch names have slashes, so their directories nest.
    fn read_below(&mut self, directory: &Path) {
        let Ok(entries) = std::fs::read_dir(directory) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if hidden || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            self.read_below(&path);
            let file = path.join("context.json");
            if file.symlink_metadata().is_err() {
                continue;
            }
            let bytes = std::fs::read(file).unwrap_or_default();
            match serde_json::from_slice(&bytes) {
                Ok(context) => self.contexts.push((path, context)),
                Err(_) => self.unknown = true,
            }
        }
    }
}
