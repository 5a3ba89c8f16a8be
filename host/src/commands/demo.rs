//! `session demo`: the whole life of a session in a scratch repository, each step run as a user would run it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::environment::Environment;
use crate::error::user_error;
use crate::ui::Ui;

/// Walk through the whole life of a session in a scratch repository, and leave it for you to look at
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to make the repository; it must not exist yet [default: a new directory for temporary files]
    #[arg(value_name = "DIRECTORY")]
    pub directory: Option<PathBuf>,
}

/// One thing a user does.
enum Step {
    /// A heading in the output.
    Say(&'static str),
    /// `session …`, with its output shown.
    Session(&'static [&'static str]),
    /// `git …`, quietly.
    Git(&'static [&'static str]),
    Write(&'static str, &'static str),
}

use Step::{Git, Say, Session, Write};

/// History that a brief has something to say about.
const HISTORY: &[Step] = &[
    Git(&["init", "--quiet", "--initial-branch=main"]),
    Git(&["config", "user.name", "Demo"]),
    Git(&["config", "user.email", "demo@example.com"]),
    Git(&["config", "commit.gpgsign", "false"]),
    Write("README.md", "# Shop\n\nA small web shop.\n"),
    Write(
        "src/auth/mod.rs",
        "//! Signing in.\n\npub fn sign_in() {}\n",
    ),
    Write(
        "src/auth/CLAUDE.md",
        "# Authentication\n\nSigns users in.\n\n## Patterns\n\n- Tokens never leave this module.\n\n## Gotchas\n\n- The clock of the provider may be ahead.\n",
    ),
    Write(
        "src/pay.rs",
        "//! Payments.\n\n// TODO: retry when the bank is slow\npub fn pay(cents: u64) -> u64 { cents }\n",
    ),
    Git(&["add", "."]),
    Git(&["commit", "--quiet", "-m", "feat: sign in and pay"]),
    Write("src/auth/token.rs", "//! Tokens.\n\npub struct Token;\n"),
    Git(&["add", "."]),
    Git(&["commit", "--quiet", "-m", "feat(auth): add tokens"]),
    Write(
        "src/auth/session.rs",
        "//! Web sessions.\n\npub struct WebSession;\n",
    ),
    Git(&["add", "."]),
    Git(&["commit", "--quiet", "-m", "feat(auth): add web sessions"]),
];

const LIFE: &[Step] = &[
    Say("Set the repository up, and commit what is shared"),
    Session(&["init"]),
    Git(&["add", "."]),
    Git(&["commit", "--quiet", "-m", "chore: set up sessions"]),
    Say("Start a session on a new branch: report, then brief"),
    Session(&[
        "start",
        "feature/oauth",
        "--objective",
        "OAuth provider interface",
        "--objective",
        "Google OAuth",
    ]),
    Say("Work, and say what was decided"),
    Write(
        "src/auth/oauth.rs",
        "//! OAuth providers.\n\npub trait Provider { fn name(&self) -> &str; }\n",
    ),
    Session(&[
        "decisions",
        "add",
        "Use PKCE for every flow",
        "--rationale",
        "Codes can be intercepted",
        "--alternatives",
        "Implicit flow: deprecated",
    ]),
    Session(&["objectives", "complete", "obj-1"]),
    Session(&[
        "blockers",
        "add",
        "Waiting for the API keys",
        "--issue",
        "SHOP-12",
    ]),
    Say("A save point: HEAD, index and files are not touched"),
    Session(&["checkpoint", "--label", "provider-interface"]),
    Say("An enhanced commit"),
    Session(&[
        "checkpoint",
        "--label",
        "oauth-provider",
        "--notes",
        "The interface is tested by hand.",
        "--commit",
    ]),
    Git(&["log", "-1", "--format=%B"]),
    Say("An urgent bug: park the work, fix, merge, and come back"),
    Write(
        "src/auth/oauth.rs",
        "//! OAuth providers.\n\npub trait Provider { fn name(&self) -> &str; }\n\npub struct Google;\n",
    ),
    Session(&["switch", "hotfix/double-payment", "--create", "--park"]),
    Write(
        "src/pay.rs",
        "//! Payments.\n\n// TODO: retry when the bank is slow\npub fn pay(cents: u64) -> u64 { cents.max(1) }\n",
    ),
    Session(&["checkpoint", "--message", "fix: never pay nothing"]),
    Session(&[
        "end",
        "--merge-to",
        "main",
        "--accomplished",
        "No payment of zero any more",
    ]),
    Session(&["switch", "feature/oauth"]),
    Say("The end of the day: a handoff that keeps claims and facts apart"),
    Session(&[
        "end",
        "--accomplished",
        "Provider interface",
        "--remember",
        "The Google client has no tests yet",
        "--summary",
    ]),
    Say("The next morning"),
    Session(&["resume"]),
    Session(&["history"]),
];

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let directory = make_directory(args)?;
    let program = std::env::current_exe().context("the program's own path is unknown")?;
    ui.line(&format!(
        "The scratch repository is {}",
        directory.display()
    ));
    for step in HISTORY.iter().chain(LIFE) {
        run_step(ui, environment, &program, &directory, step)?;
    }
    ui.line("");
    ui.line(&format!(
        "Look around in {}: `session status`, `session checkpoint list`, `git log --all`.",
        directory.display()
    ));
    Ok(())
}

fn make_directory(args: &Args) -> anyhow::Result<PathBuf> {
    match &args.directory {
        Some(directory) => {
            std::fs::create_dir(directory).map_err(|error| {
                user_error(
                    format!("{} cannot be made: {error}", directory.display()),
                    "name a directory that does not exist yet",
                )
            })?;
            directory
                .canonicalize()
                .context("the new directory has no path")
        }
        None => {
            let directory = tempfile::Builder::new()
                .prefix("session-demo-")
                .tempdir()
                .context("no temporary directory could be made")?;
            Ok(directory.keep())
        }
    }
}

fn run_step(
    ui: &Ui,
    environment: &Environment,
    program: &Path,
    directory: &Path,
    step: &Step,
) -> anyhow::Result<()> {
    let (program, arguments, shown): (&Path, &[&str], bool) = match step {
        Say(text) => {
            ui.line("");
            ui.line(&format!("── {text}"));
            return Ok(());
        }
        Write(path, text) => {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().unwrap_or(directory))
                .and_then(|()| std::fs::write(&path, text))?;
            return Ok(());
        }
        Session(arguments) => (program, arguments, true),
        Git(arguments) => (
            Path::new("git"),
            arguments,
            arguments.first() == Some(&"log"),
        ),
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory);
    if matches!(step, Session(_)) {
        command.arg("--no-input");
    }
    // A demo started from inside a git hook must not touch that repository.
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_PREFIX",
        "SESSION_CONFIG",
    ] {
        command.env_remove(name);
    }
    let words: Vec<String> = arguments
        .iter()
        .map(|word| {
            if word.contains(' ') {
                format!("{word:?}")
            } else {
                (*word).to_owned()
            }
        })
        .collect();
    if shown {
        let name = if matches!(step, Session(_)) {
            "session"
        } else {
            "git"
        };
        ui.line("");
        ui.line(&format!("$ {name} {}", words.join(" ")));
    }
    let _ = environment;
    let output = command
        .output()
        .with_context(|| format!("{} could not be started", program.display()))?;
    if shown {
        ui.line(String::from_utf8_lossy(&output.stdout).trim_end());
    }
    if output.status.success() {
        return Ok(());
    }
    Err(user_error(
        format!(
            "the step `{}` failed: {}",
            words.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        ),
        format!("the scratch repository is in {}", directory.display()),
    ))
}
