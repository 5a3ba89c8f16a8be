//! What a command can fail with, and the exit codes. It must not print: `ui` does.

use std::fmt;
use std::path::Path;

/// Everything went as asked.
pub const EXIT_DONE: u8 = 0;
/// The request, the repository or the configuration stands in the way; the message names the way out.
pub const EXIT_USER: u8 = 1;
/// The command line could not be understood.
pub const EXIT_USAGE: u8 = 2;
/// A bug of ours.
pub const EXIT_BUG: u8 = 70;
/// As a shell reports a process that Ctrl-C ended: 128 and the signal's number.
pub const EXIT_INTERRUPTED: u8 = 130;

/// All of them, for people.
pub const EXIT_CODES: [(u8, &str); 5] = [
    (EXIT_DONE, "done"),
    (
        EXIT_USER,
        "something that you can put right: the message says what is wrong, the hint what to do; also a question left with Esc",
    ),
    (EXIT_USAGE, "the command line was not understood"),
    (EXIT_BUG, "a bug in `session`"),
    (EXIT_INTERRUPTED, "a question left with Ctrl-C"),
];

/// Something the user can put right. `message` says what is wrong in one sentence;
/// `hint` names the command to run next, and never a destructive one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserError {
    pub message: String,
    pub hint: Option<String>,
}

impl UserError {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UserError {}

/// A user error as an `anyhow::Error`, for `return Err(...)`.
pub fn user_error(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    UserError::new(message).hint(hint).into()
}

/// A read-only repository is the user's to change, so it is said as such.
pub fn unwritable(path: &Path, cause: impl fmt::Display) -> anyhow::Error {
    unwritable_place(
        path,
        cause,
        "make the repository writable for this user, then run the command again; `session brief` and `session status` only read",
    )
}

/// As [`unwritable`], for a place outside of the repository, with the way out that there is.
pub fn unwritable_place(path: &Path, cause: impl fmt::Display, way_out: &str) -> anyhow::Error {
    user_error(
        format!("{} cannot be written: {cause}", path.display()),
        way_out,
    )
}

/// Whether the disk or a quota is full, somewhere below. libgit2 says so only in words.
pub fn is_out_of_space(error: &anyhow::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    error.chain().any(|cause| {
        let kind = cause.downcast_ref().map(std::io::Error::kind);
        let text = cause.to_string();
        matches!(kind, Some(StorageFull | QuotaExceeded))
            || text.contains("No space left on device")
            || text.contains("Disk quota exceeded")
    })
}

/// What to do then.
pub const OUT_OF_SPACE_HINT: &str =
    "free some space, then run the command again; what was recorded before is intact";

/// Something went wrong that the command survives: a damaged file kept aside, a plugin that failed.
/// Warnings are collected and shown once, on stderr, and in the brief where they matter.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    pub message: String,
    /// The command to run next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Warning {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    /// For a command that cannot survive it after all.
    pub fn into_error(self) -> anyhow::Error {
        UserError {
            message: self.message,
            hint: self.hint,
        }
        .into()
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
