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
    /// `GIT_CONFIG_GLOBAL`: read in place of all of the user's own configuration.
    pub config_global: Option<PathBuf>,
    /// `GIT_CONFIG_SYSTEM`, or nothing at all with `GIT_CONFIG_NOSYSTEM`.
    pub config_system: Option<PathBuf>,
    /// `GIT_CEILING_DIRECTORIES`.
    pub ceiling: Vec<PathBuf>,
    /// `GIT_DISCOVERY_ACROSS_FILESYSTEM`.
    pub across_filesystems: bool,
}

impl GitVariables {
    /// Reads them from the process.
    pub fn from_process(environment: &Environment) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_true =
            |name: &str| variable(name).is_some_and(|value| value != "0" && value != "false");
        let absolute = |name: &str| {
            variable(name).map(|value| environment.current_dir.join(PathBuf::from(value)))
        };
        Self {
            current_dir: environment.current_dir.clone(),
            git_dir: absolute("GIT_DIR"),
            work_tree: absolute("GIT_WORK_TREE"),
            common_dir: absolute("GIT_COMMON_DIR"),
            index_file: variable("GIT_INDEX_FILE"),
            config_global: absolute("GIT_CONFIG_GLOBAL"),
            config_system: if is_true("GIT_CONFIG_NOSYSTEM") {
                Some(PathBuf::from("/dev/null"))
            } else {
                absolute("GIT_CONFIG_SYSTEM")
            },
            ceiling: variable("GIT_CEILING_DIRECTORIES")
                .map(|value| {
                    std::env::split_paths(&value)
                        .filter(|p| p.is_absolute())
                        .collect()
                })
                .unwrap_or_default(),
            across_filesystems: is_true("GIT_DISCOVERY_ACROSS_FILESYSTEM"),
        }
    }
}
