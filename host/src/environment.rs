//! What the process was given: directory, variables, clock, randomness, terminal. Read once; nothing else asks the system.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, FixedOffset, Local, Utc};

use crate::error::user_error;

/// A point in time; stored and sent as RFC 3339.
pub type Timestamp = DateTime<Utc>;

/// Set for every git that `session` starts.
pub const INSIDE: &str = "SESSION_INSIDE";

const TEST_VARIABLES: [&str; 7] = [
    "GNUMAKEFLAGS",
    "GOFLAGS",
    "MAKEFLAGS",
    "NEXTEST_PROFILE",
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "TOXENV",
];

#[derive(Debug, Clone)]
pub struct Environment {
    /// The directory the command was started in.
    pub current_dir: PathBuf,
    /// One instant for the whole command: every rule and every document sees the same time.
    pub now: Timestamp,
    /// `SESSION_TIMESTAMP` is set: time stands still.
    pub clock_stands: bool,
    /// How local time differs from UTC, for people.
    pub offset: FixedOffset,
    pub stdin_is_terminal: bool,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `SESSION_CONFIG`: a configuration file to use instead of `.session/config.yaml`.
    pub config: Option<PathBuf>,
    /// `SESSION_VERBOSE`.
    pub verbose: Option<String>,
    /// Where compiled plugins and other things that can be made again are kept: `SESSION_CACHE_DIR`, if it is absolute,
    /// else `$XDG_CACHE_HOME/session`, else `~/.cache/session`. None without a home.
    pub cache_dir: Option<PathBuf>,
    /// Where the user's consent is kept: `SESSION_DATA_DIR`, else `$XDG_DATA_HOME/session`, else `~/.local/share/session`.
    pub data_dir: Option<PathBuf>,
    /// `SESSION_OFFLINE` is set, and neither empty nor 0: nothing is fetched.
    pub offline: bool,
    /// `SESSION_INSIDE` is set: another `session` has started the git whose hook this is.
    pub inside_session: bool,
    /// Where `docker login` keeps logins to registries: `DOCKER_CONFIG`, else `~/.docker`.
    pub docker_config: Option<PathBuf>,
    /// The variables that test runners take for more words of their command, with their values: `GOFLAGS=-short`.
    pub test_variables: Vec<String>,
}

impl Environment {
    /// For reporting that the process could not be read: no directory, no variables, no terminal.
    pub fn unknown() -> Self {
        Self {
            current_dir: PathBuf::new(),
            now: Timestamp::default(),
            clock_stands: true,
            offset: chrono::Offset::fix(&Utc),
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            no_color: true,
            config: None,
            verbose: None,
            cache_dir: None,
            data_dir: None,
            offline: false,
            inside_session: false,
            docker_config: None,
            test_variables: Vec::new(),
        }
    }

    /// For a command that waited for another one: from here on it is so much later.
    pub fn advance(&mut self, milliseconds: u64) {
        let took = i64::try_from(milliseconds).ok();
        let took = took.and_then(chrono::TimeDelta::try_milliseconds);
        if let Some(took) = took.filter(|_| !self.clock_stands) {
            self.now += took;
        }
    }

    /// Reads the process. `SESSION_TIMESTAMP` (RFC 3339) fixes the clock, for reproducible output.
    pub fn from_process() -> anyhow::Result<Self> {
        use std::io::IsTerminal as _;
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let (now, offset, clock_stands) = match std::env::var("SESSION_TIMESTAMP") {
            Ok(text) => {
                let fixed = DateTime::parse_from_rfc3339(&text).with_context(|| {
                    format!("SESSION_TIMESTAMP is not an RFC 3339 time: {text:?}")
                })?;
                (fixed.to_utc(), *fixed.offset(), true)
            }
            Err(_) => {
                let local = Local::now();
                (local.to_utc(), *local.offset(), false)
            }
        };
        Ok(Self {
            current_dir: std::env::current_dir().map_err(|error| {
                user_error(
                    format!("the current directory cannot be read: {error}"),
                    "it may have been removed: `cd` to a directory of the repository, then run the command again",
                )
            })?,
            now,
            clock_stands,
            offset,
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            no_color: variable("NO_COLOR").is_some(),
            config: variable("SESSION_CONFIG").map(PathBuf::from),
            verbose: std::env::var("SESSION_VERBOSE")
                .ok()
                .filter(|value| !value.is_empty()),
            cache_dir: of_user(&variable, "SESSION_CACHE_DIR", "XDG_CACHE_HOME", ".cache"),
            data_dir: of_user(&variable, "SESSION_DATA_DIR", "XDG_DATA_HOME", ".local/share"),
            offline: variable("SESSION_OFFLINE").is_some_and(|value| value != "0"),
            inside_session: variable("SESSION_INSIDE").is_some(),
            docker_config: variable("DOCKER_CONFIG")
                .map(PathBuf::from)
                .or_else(|| absolute(&variable, "HOME").map(|home| home.join(".docker"))),
            test_variables: TEST_VARIABLES
                .iter()
                .filter_map(|name| {
                    let value = variable(name)?;
                    Some(format!("{name}={}", value.to_string_lossy()))
                })
                .collect(),
        })
    }
}

/// The directory that a variable of ours names, or ours below the one that XDG's names, or below the home directory.
fn of_user(
    variable: &impl Fn(&str) -> Option<OsString>,
    own: &str,
    xdg: &str,
    home: &str,
) -> Option<PathBuf> {
    if let Some(own) = absolute(variable, own) {
        return Some(own);
    }
    let base = absolute(variable, xdg);
    let base = base.or_else(|| Some(absolute(variable, "HOME")?.join(home)));
    Some(base?.join("session"))
}

/// A relative path is ignored, as XDG's specification says: it would be another directory in every directory, and in a
/// repository one that others fill.
fn absolute(variable: &impl Fn(&str) -> Option<OsString>, name: &str) -> Option<PathBuf> {
    let path = variable(name).map(PathBuf::from);
    path.filter(|path| path.is_absolute())
}

/// A variable that the user lets a plugin have; None if it is not set, is no text, or is empty: that is how a shell or a CI
/// has one that it does not know.
pub fn granted_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// `length` characters of a–z and 2–7, from the system's randomness.
///
/// `SESSION_SEED` makes them reproducible: tests that compare whole outputs need it. `attempt` tells a second
/// draw from the first, for a caller that found the first one taken.
pub fn random_base32(length: usize, attempt: u32) -> anyhow::Result<String> {
    let mut bytes = vec![0_u8; length.div_ceil(8) * 5];
    match std::env::var("SESSION_SEED") {
        Ok(seed) => {
            use sha2::Digest as _;
            for (index, chunk) in bytes.chunks_mut(32).enumerate() {
                let digest = sha2::Sha256::digest(format!("{seed}/{attempt}/{index}"));
                chunk.copy_from_slice(&digest[..chunk.len()]);
            }
        }
        Err(_) => getrandom::fill(&mut bytes)
            .map_err(|error| anyhow::anyhow!("the system gave no random bytes: {error}"))?,
    }
    let mut text = data_encoding::BASE32_NOPAD
        .encode(&bytes)
        .to_ascii_lowercase();
    text.truncate(length);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_directory_of_the_users_is_ignored() {
        let of = |own: &'static str, xdg: &'static str, home: &'static str| {
            let variable = move |name: &str| match name {
                "SESSION_DATA_DIR" => Some(OsString::from(own)).filter(|own| !own.is_empty()),
                "XDG_DATA_HOME" => Some(OsString::from(xdg)),
                _ => Some(OsString::from(home)),
            };
            let [own, xdg] = ["SESSION_DATA_DIR", "XDG_DATA_HOME"];
            of_user(&variable, own, xdg, ".local/share")
        };
        assert_eq!(of("/own", "/data", "/h"), Some("/own".into()));
        assert_eq!(of("", "/data", "/h"), Some("/data/session".into()));
        assert_eq!(of("own", "/data", "/h"), Some("/data/session".into()));
        let home = "/h/.local/share/session";
        assert_eq!(of("./own", "data", "/h"), Some(home.into()));
        assert_eq!(of("own", ".", "home"), None);
    }
}
