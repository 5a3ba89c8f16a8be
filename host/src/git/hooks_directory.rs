//! Where git looks for this repository's hooks. It must not know what is in them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::repository::Repository;

/// A directory of hooks, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksDirectory {
    pub path: PathBuf,
    pub whose: Whose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// In the git directory: of this clone, and of nobody else.
    Clone,
    /// In the work tree: what is committed there is the team's.
    WorkTree,
    /// Anywhere else: other repositories may use it, too.
    Elsewhere,
}

impl Repository {
    /// As `core.hooksPath` says it, from whatever configuration.
    pub fn hooks_directory(&self) -> anyhow::Result<HooksDirectory> {
        let arguments = ["rev-parse", "--path-format=absolute", "--git-path", "hooks"];
        let output = self.git().args(arguments).output()?;
        let printed = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
        Ok(self.directory_of_hooks(PathBuf::from(OsStr::from_bytes(printed))))
    }

    /// Where they are without `core.hooksPath`.
    pub fn usual_hooks_directory(&self) -> HooksDirectory {
        self.directory_of_hooks(self.common_dir().join("hooks"))
    }

    fn directory_of_hooks(&self, path: PathBuf) -> HooksDirectory {
        let real = real(&path);
        let is_below = |directory: &Path| {
            directory
                .canonicalize()
                .is_ok_and(|directory| real.starts_with(directory))
        };
        let whose = if is_below(self.common_dir()) {
            Whose::Clone
        } else if is_below(self.work_tree()) {
            Whose::WorkTree
        } else {
            Whose::Elsewhere
        };
        HooksDirectory { path, whose }
    }
}

/// Symbolic links followed as far as the path exists.
fn real(path: &Path) -> PathBuf {
    let Ok(real_path) = path.canonicalize() else {
        return match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => real(parent).join(name),
            _ => path.to_owned(),
        };
    };
    real_path
}
