//! What a failure says and which exit code it has. It must not hide a cause.

use std::fmt;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::document::{json, text};
use crate::error::{EXIT_BUG, EXIT_USER, OUT_OF_SPACE_HINT, UserError, is_out_of_space};
use crate::plugin;
use crate::ui::Cancelled;

/// Something that cannot be, short of a mistake in this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bug(pub String);

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is a bug in session: {}", self.0)
    }
}

impl std::error::Error for Bug {}

pub(super) struct Failure {
    pub message: String,
    /// From the nearest to the first.
    pub causes: Vec<String>,
    pub hint: Option<String>,
    pub exit_code: u8,
}

pub(super) fn describe(error: &anyhow::Error) -> Failure {
    let mut causes = error.chain().map(ToString::to_string);
    Failure {
        message: causes.next().unwrap_or_default(),
        causes: causes.collect(),
        hint: find::<UserError>(error)
            .and_then(|user| user.hint.clone())
            .or_else(|| is_out_of_space(error).then(|| OUT_OF_SPACE_HINT.to_owned())),
        exit_code: if find::<Bug>(error).is_some() {
            EXIT_BUG
        } else {
            find::<Cancelled>(error).map_or(EXIT_USER, Cancelled::exit_code)
        },
    }
}

/// The error of this kind anywhere in the chain, under a context or as one.
fn find<E: std::error::Error + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&E> {
    error
        .downcast_ref::<E>()
        .or_else(|| error.chain().find_map(|cause| cause.downcast_ref::<E>()))
}

/// The panic hook has no `Ui`, and has to know all the same whether stdout is JSON.
static JSON: AtomicBool = AtomicBool::new(false);

pub(super) fn set_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// A panic says in one sentence that it is a bug, and ends the process with [`EXIT_BUG`]. It is done in the hook since
/// release builds abort right behind it.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        plugin::stand_still();
        let message = panic_message(panic);
        // Nobody is left to hear of a stream that cannot be written.
        if JSON.load(Ordering::Relaxed) {
            let failure = json::to_text(&json::failure(&message, None));
            let _ = writeln!(std::io::stdout(), "{failure}");
        } else {
            let _ = writeln!(std::io::stderr(), "error: {message}");
        }
        std::process::exit(EXIT_BUG.into());
    }));
}

fn panic_message(panic: &PanicHookInfo<'_>) -> String {
    let message = text::line(panic.payload_as_str().unwrap_or("it gave no message"));
    match panic.location() {
        Some(place) => format!("{} (at {}:{})", Bug(message), place.file(), place.line()),
        None => Bug(message).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use anyhow::Context as _;

    use super::*;
    use crate::error::user_error;

    #[test]
    fn the_hint_and_the_exit_code_are_found_below_contexts() {
        let error = Err::<(), _>(user_error("no such branch", "run `session start`"))
            .context("failed to resume")
            .unwrap_err();
        let failure = describe(&error);
        assert_eq!(failure.message, "failed to resume");
        assert_eq!(failure.causes, ["no such branch"]);
        assert_eq!(failure.hint.as_deref(), Some("run `session start`"));
        assert_eq!(failure.exit_code, EXIT_USER);

        let full = anyhow::anyhow!("failed to write: No space left on device");
        let full = describe(&full.context("failed to write a blob"));
        assert_eq!(full.hint.as_deref(), Some(OUT_OF_SPACE_HINT));

        let bug = anyhow::Error::new(Bug("x".into())).context("failed");
        assert_eq!(describe(&bug).exit_code, EXIT_BUG);
        // An error may carry another one as its context.
        let bug = anyhow::anyhow!("disk full").context(Bug("x".into()));
        assert_eq!(describe(&bug).exit_code, EXIT_BUG);
    }

    #[test]
    #[ignore = "the process that the test below starts: it ends itself"]
    fn panicking_process() {
        let Ok(mode) = std::env::var("PANIC_WITH") else {
            return;
        };
        set_json(mode == "json");
        install_panic_hook();
        panic!("a mistake\u{1b}[31m");
    }

    #[test]
    fn a_panic_is_one_sentence_and_exit_code_70() {
        let panicking = |mode: &str| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--ignored", "--exact", "--nocapture"])
                .arg("ui::failure::tests::panicking_process")
                .env("PANIC_WITH", mode)
                .output()
                .unwrap()
        };
        let output = panicking("text");
        assert_eq!(output.status.code(), Some(70));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let start = "error: this is a bug in session: a mistake (at host/src/ui/failure.rs:";
        assert!(stderr.starts_with(start), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");

        let output = panicking("json");
        assert_eq!(output.status.code(), Some(70));
        assert!(output.stderr.is_empty());
        let stdout = String::from_utf8(output.stdout).unwrap();
        let object =
            r#"{"schema":"session.error/1","message":"this is a bug in session: a mistake"#;
        assert!(stdout.contains(object), "{stdout}");
    }
}
