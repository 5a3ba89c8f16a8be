//! Git's own variables, read once: where the user (or the hook we run in) says the repository is.
//! It must not look for a repository.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::environment::Environment;

/// The variables that decide which repository, work tree and index a command is about.
#[derive(Debug, Clone, Default)]
pub struct GitVariables {
    pub current_dir: PathBuf,
    /// `GIT_DIR`, made absolute.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`, made absolute.
    pub work_tree: Option<PathBuf>,
    /// `GIT_COMMON_DIR`, made absolute.
    pub common_dir: Option<PathBuf>,
    /// `GIT_INDEX_FILE` as it is: git reads a relative one from the root of the work tree.
    pub index_file: Option<OsString>,
    /// `GIT_CEILING_DIRECTORIES`.
    pub ceiling: Vec<PathBuf>,
    /// `GIT_DISCOVERY_ACROSS_FILESYSTEM`.
    pub across_filesystems: bool,
}

impl GitVariables {
    /// Reads them from the process.
    pub fn from_process(environment: &Environment) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let absolute = |name: &str| {
            variable(name).map(|value| environment.current_dir.join(PathBuf::from(value)))
        };
        Self {
            current_dir: environment.current_dir.clone(),
            git_dir: absolute("GIT_DIR"),
            work_tree: absolute("GIT_WORK_TREE"),
            common_dir: absolute("GIT_COMMON_DIR"),
            index_file: variable("GIT_INDEX_FILE"),
            ceiling: variable("GIT_CEILING_DIRECTORIES")
                .map(|value| {
                    std::env::split_paths(&value)
                        .filter(|p| p.is_absolute())
                        .collect()
                })
                .unwrap_or_default(),
            across_filesystems: variable("GIT_DISCOVERY_ACROSS_FILESYSTEM")
                .is_some_and(|value| value != "0" && value != "false"),
        }
    }
}
