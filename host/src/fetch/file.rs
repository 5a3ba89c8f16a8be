//! A component that is a file of the repository. It must not read one that only this machine has: the team could not
//! find it.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;

use super::too_large;
use crate::error::user_error;
use crate::git::dot_git::Protection;
use crate::plugin::components::{self, LARGEST};

/// The path by which everybody finds a file of the work tree: `./tools/x.wasm`. Errors: it is none of the work tree's.
pub fn path_from_root(work_tree: &Path, file: &Path) -> anyhow::Result<String> {
    let shown = file.display();
    let found = file.canonicalize().map_err(|error| {
        user_error(
            format!("{shown} cannot be read: {error}"),
            "give the path of a component, or an https:// or oci:// address",
        )
    })?;
    let root = work_tree.canonicalize()?;
    let below = found.strip_prefix(&root).ok().map(|path| path.to_str());
    match below {
        Some(Some(path)) if !Protection::FULL.forbids(path.as_bytes()) => Ok(format!("./{path}")),
        Some(Some(_)) => Err(user_error(
            format!(
                "{shown} is in git's own directory, where the rest of the team does not have it"
            ),
            "copy it into the work tree and install the copy",
        )),
        Some(None) => Err(user_error(
            format!("{shown} has a name that is not UTF-8, which the configuration cannot hold"),
            "rename it, then install it",
        )),
        None => Err(user_error(
            format!(
                "{shown} is outside of the work tree, where the rest of the team does not find it"
            ),
            "copy it into the work tree and install the copy, or install it from an https:// or oci:// address",
        )),
    }
}

/// All of a file of the work tree.
pub fn read(work_tree: &Path, path: &str) -> anyhow::Result<Vec<u8>> {
    let file = path_from_root(work_tree, &work_tree.join(path))?;
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits())
        .expect("open flags fit the type that open takes");
    // Without it, a named pipe in the file's place would hold the command for ever.
    let opened = File::options()
        .read(true)
        .custom_flags(nonblock)
        .open(work_tree.join(&file))
        .with_context(|| format!("failed to open {file}"))?;
    let metadata = opened.metadata()?;
    anyhow::ensure!(metadata.is_file(), "it is not a file");
    if metadata.len() > LARGEST {
        return Err(too_large());
    }
    components::bounded(opened)
}
