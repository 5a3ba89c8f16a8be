//! A hermetic world for end-to-end tests: its own home, git configuration, clock and randomness. It must not let
//! anything of the machine's own user through, and must not assert about `session` itself.

pub mod odd;
pub mod outcome;
pub mod photograph;
pub mod repository;
pub mod server;
pub mod terminal;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use outcome::Outcome;
use repository::Repository;
use server::Server;
use terminal::Terminal;

/// One test's world. It is removed when the value is dropped.
pub struct TestEnv {
    directory: tempfile::TempDir,
    /// The canonical path: what programs print when asked where they are.
    root: PathBuf,
    clock: Cell<DateTime<Utc>>,
    variables: RefCell<BTreeMap<OsString, OsString>>,
}

const GIT_CONFIG: &str = "\
[user]
\tname = Ada Example
\temail = ada@example.com
[init]
\tdefaultBranch = main
[commit]
\tgpgsign = false
[advice]
\tdetachedHead = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

impl TestEnv {
    /// The clock stands at 2026-11-22T10:00:00Z.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("home")).unwrap();
        std::fs::write(root.join("gitconfig"), GIT_CONFIG).unwrap();
        Self {
            directory,
            root,
            clock: Cell::new("2026-11-22T10:00:00Z".parse().unwrap()),
            variables: RefCell::default(),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The time of the next command, its commits included.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.get()
    }

    pub fn advance_minutes(&self, minutes: i64) {
        self.clock.set(self.now() + TimeDelta::minutes(minutes));
    }

    /// Sets a variable for all commands from now on.
    pub fn set(&self, name: &str, value: impl AsRef<OsStr>) {
        self.variables
            .borrow_mut()
            .insert(name.into(), value.as_ref().into());
    }

    /// The certificates of these servers, and no others, are the system's.
    pub fn trust(&self, servers: &[&Server]) {
        let file = self.root.join("certificates.pem");
        let certificates: Vec<_> = servers.iter().map(|server| server.certificate()).collect();
        std::fs::write(&file, certificates.concat()).unwrap();
        self.set("SSL_CERT_FILE", file);
    }

    /// A new, empty repository below the root.
    pub fn repository(&self, name: &str) -> Repository<'_> {
        Repository::new(self, self.root.join(name))
    }

    /// Everything that a program started here sees of the outside.
    pub fn variables(&self) -> BTreeMap<OsString, OsString> {
        let now = self.now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let path = |name: &str| self.root.join(name).into_os_string();
        let mut variables: BTreeMap<OsString, OsString> = [
            ("HOME", path("home")),
            ("XDG_CONFIG_HOME", path("home/.config")),
            ("XDG_CACHE_HOME", path("home/.cache")),
            ("XDG_DATA_HOME", path("home/.local/share")),
            ("TMPDIR", self.root.clone().into_os_string()),
            ("TZ", "UTC".into()),
            ("LC_ALL", "C".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CONFIG_GLOBAL", path("gitconfig")),
            // A repository that encloses the temporary directory is not found.
            (
                "GIT_CEILING_DIRECTORIES",
                self.root.clone().into_os_string(),
            ),
            ("GIT_TERMINAL_PROMPT", "0".into()),
            ("GIT_EDITOR", "false".into()),
            ("GIT_AUTHOR_DATE", now.clone().into()),
            ("GIT_COMMITTER_DATE", now.clone().into()),
            ("SESSION_TIMESTAMP", now.into()),
            ("SESSION_SEED", "test".into()),
            ("SESSION_DATA_DIR", path("data")),
            ("SESSION_CACHE_DIR", shared_cache().into_os_string()),
        ]
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
        if let Some(path) = std::env::var_os("PATH") {
            variables.insert("PATH".into(), path);
        }
        variables.extend(self.variables.borrow().clone());
        variables
    }

    pub fn command(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(directory)
            .env_clear()
            .envs(self.variables())
            .stdin(std::process::Stdio::null());
        command
    }

    /// Runs `session` without a terminal.
    pub fn session(&self, directory: &Path, arguments: &[&str]) -> Outcome {
        let mut command = self.command(session_program(), directory);
        self.outcome(command.args(arguments))
    }

    /// Runs a command to its end. The root is written `$ROOT` in what it printed.
    pub fn outcome(&self, command: &mut Command) -> Outcome {
        let output = command.output().unwrap();
        Outcome::new(&output).replace(&self.root.to_string_lossy(), "$ROOT")
    }

    /// Starts `session` on a terminal of its own.
    pub fn terminal(&self, directory: &Path, arguments: &[&str]) -> Terminal {
        Terminal::start(self, session_program(), directory, arguments)
    }

    /// Keeps the directory for a look, and says where it is.
    pub fn keep(self) -> PathBuf {
        self.directory.keep()
    }
}

/// The program under test, as cargo built it for this run.
pub fn session_program() -> &'static str {
    env!("CARGO_BIN_EXE_session")
}

/// Compiled components, shared by all tests of all runs: compiling one takes a development build seconds. It is
/// keyed by content, so that sharing it cannot carry anything from one test to another.
fn shared_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("session-cache")
}

/// The root of the source tree.
pub fn source_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is a directory of the workspace")
}
