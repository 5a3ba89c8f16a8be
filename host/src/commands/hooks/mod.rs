//! `session hooks`: git's own hooks, so that a commit is activity and a checkpoint that is due is made. It must not touch
//! a hook that is not in this repository, nor one that it does not understand.

mod post_commit;
mod script;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use clap::Subcommand;
use serde::Serialize;

use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::git::hooks_directory::{HooksDirectory, Whose};
use crate::store::durable;
use crate::ui::Ui;
use crate::workspace::Workspace;
use script::Unfit;

/// The hooks that call `session`.
const HOOKS: [&str; 1] = ["post-commit"];

/// Let git call `session` after each commit
///
/// A commit then makes the checkpoint that is due (`session.auto_checkpoint`), and counts as time at work. The hook is in
/// this clone only, says nothing, never fails a commit, and does nothing where `session` is not on PATH.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put the call into git's post-commit hook; a shell script that is there stays, with a marked block at its top
    Install,
    /// Take it out again: what was there before is as it was
    Uninstall,
    /// What the hook calls
    #[command(hide = true)]
    Run {
        #[arg(value_name = "HOOK")]
        hook: String,
    },
}

/// What became of one hook.
#[derive(Debug, Serialize)]
struct Hook {
    name: &'static str,
    path: String,
    /// `installed`, `unchanged`, `removed`.
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct HooksView {
    hooks: Vec<Hook>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    match &args.command {
        Command::Install => install(ui, environment),
        Command::Uninstall => uninstall(ui, environment),
        Command::Run { hook } => {
            if hook == "post-commit"
                && let Err(error) = post_commit::run(ui, environment)
            {
                // For whoever runs it by hand: the hook itself throws it away.
                ui.warning(&Warning::new(format!("{error:#}")));
            }
            Ok(())
        }
    }
}

fn install(ui: &mut Ui, environment: &Environment) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let directory = workspace.repository.hooks_directory()?;
    let mut hooks = Vec::new();
    for name in HOOKS {
        if directory.whose == Whose::Elsewhere {
            return Err(elsewhere(&directory, name));
        }
        let path = directory.path.join(name);
        let existing = read(&path)?;
        let wanted = script::with_block(name, existing.as_deref())
            .map_err(|unfit| refused(&path, name, unfit))?;
        let is_new = existing.is_none();
        let state = match existing == Some(wanted.clone()) {
            true => "unchanged",
            false => {
                match is_new {
                    true => durable::write_program(&path, &wanted)?,
                    false => durable::write_keeping_mode(&path, &wanted)?,
                }
                "installed"
            }
        };
        hooks.push(Hook {
            name,
            path: path.display().to_string(),
            state,
        });
    }
    if directory.whose == Whose::WorkTree {
        ui.warning(&Warning::new(
            "git takes its hooks from the work tree here (core.hooksPath): committed, this one is everybody's",
        ));
    }
    if !workspace.config.session.auto_checkpoint {
        ui.note("no checkpoint is made by itself: `session.auto_checkpoint` is off in .session/config.yaml");
    }
    show(ui, "hooks-install", hooks)
}

fn uninstall(ui: &mut Ui, environment: &Environment) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let repository = &workspace.repository;
    // `core.hooksPath` may have been set since.
    let mut directories = vec![repository.hooks_directory()?];
    let usual = repository.usual_hooks_directory();
    if directories[0].path != usual.path {
        directories.push(usual);
    }
    directories.retain(|directory| directory.whose != Whose::Elsewhere);
    let mut hooks = Vec::new();
    for (directory, name) in directories
        .iter()
        .flat_map(|directory| HOOKS.map(|name| (directory, name)))
    {
        let path = directory.path.join(name);
        // What is no file of this repository was never ours.
        let Ok(Some(existing)) = read(&path) else {
            continue;
        };
        match script::without_block(&existing).map_err(|unfit| refused(&path, name, unfit))? {
            Some(bare) if bare == existing => continue,
            Some(bare) => durable::write_keeping_mode(&path, &bare)?,
            None => durable::remove(&path)?,
        }
        hooks.push(Hook {
            name,
            path: path.display().to_string(),
            state: "removed",
        });
    }
    show(ui, "hooks-uninstall", hooks)
}

/// None where there is none. A link leads to a file that others may use, and one that git does not run stays like that.
fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let Ok(found) = path.symlink_metadata() else {
        return Ok(None);
    };
    let problem = if found.is_symlink() {
        Some("is a symbolic link")
    } else if !found.is_file() {
        Some("is no file")
    } else if found.permissions().mode() & 0o111 == 0 {
        Some("is not executable, so git does not run it")
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(user_error(
            format!("{} {problem}, and is left alone", path.display()),
            format!(
                "put this line into the hook yourself: {}",
                script::line("post-commit")
            ),
        ));
    }
    let bytes =
        std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
    Ok(Some(bytes))
}

fn elsewhere(directory: &HooksDirectory, name: &str) -> anyhow::Error {
    let path = directory.path.display();
    user_error(
        format!(
            "git takes the hooks from {path}, which is outside of this repository (core.hooksPath): other repositories may use \
             them, too"
        ),
        format!(
            "put this line into its {name} hook yourself: {}",
            script::line(name)
        ),
    )
}

fn refused(path: &Path, name: &str, unfit: Unfit) -> anyhow::Error {
    match unfit {
        Unfit::NoShellScript => user_error(
            format!("{} is no shell script, and is left alone", path.display()),
            format!("let it run this yourself: {}", script::line(name)),
        ),
        Unfit::Damaged => user_error(
            format!(
                "the block of `session hooks` in {} has no end: somebody changed it",
                path.display()
            ),
            "take its lines out by hand, then run the command again",
        ),
    }
}

fn show(ui: &Ui, command: &str, hooks: Vec<Hook>) -> anyhow::Result<()> {
    for hook in &hooks {
        ui.line(&format!("{}: {} ({})", hook.name, hook.state, hook.path));
    }
    if hooks.is_empty() {
        ui.line("there is no hook of session here");
    }
    ui.json(command, &HooksView { hooks })
}
