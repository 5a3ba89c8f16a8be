//! `session demo`: the whole life of a session in a scratch repository, each step run as a user would run it. It must not
//! touch any other repository.

mod script;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use chrono::{SecondsFormat, TimeDelta};
use serde::Serialize;

use crate::environment::{Environment, Timestamp};
use crate::error::user_error;
use crate::ui::Ui;
use script::{HISTORY, LIFE, Step};

/// Walk through the whole life of a session, in a scratch repository that is left for you to look at
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to make the repository; it must not exist yet [default: a new directory for temporary files]
    #[arg(value_name = "DIRECTORY")]
    pub directory: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct DemoView {
    directory: PathBuf,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let directory = make_directory(args)?;
    let steps = || HISTORY.iter().chain(LIFE);
    let all: i64 = steps().map(minutes).sum();
    let mut stage = Stage {
        program: std::env::current_exe().context("the program's own path is unknown")?,
        // It ends now: nothing that it leaves lies in the future.
        clock: environment.now - TimeDelta::minutes(all),
        environment,
        directory,
    };
    ui.line(&format!(
        "A day with session, in the scratch repository {}",
        stage.directory.display()
    ));
    ui.line("Every command is really run; only the clock is moved on between them.");
    for step in steps() {
        stage.run(ui, step)?;
    }
    ui.line("");
    ui.line(&format!(
        "Look around in {}: `session status`, `session checkpoint list`, `git log --all`.",
        stage.directory.display()
    ));
    let directory = stage.directory;
    ui.json("demo", &DemoView { directory })
}

fn minutes(step: &Step) -> i64 {
    match step {
        Step::Wait(minutes) => (*minutes).into(),
        _ => 0,
    }
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

/// Where the demo plays, and when.
struct Stage<'e> {
    program: PathBuf,
    clock: Timestamp,
    environment: &'e Environment,
    directory: PathBuf,
}

impl Stage<'_> {
    fn run(&mut self, ui: &Ui, step: &Step) -> anyhow::Result<()> {
        let git = Path::new("git");
        match step {
            Step::Say(text) => {
                ui.line("");
                ui.line(&format!("── {text}"));
            }
            Step::Wait(minutes) => self.clock += TimeDelta::minutes((*minutes).into()),
            Step::Write(path, text) => {
                let path = self.directory.join(path);
                std::fs::create_dir_all(path.parent().unwrap_or(&self.directory))
                    .and_then(|()| std::fs::write(&path, text))
                    .with_context(|| format!("failed to write {}", path.display()))?;
            }
            Step::Git(arguments) => drop(self.output(git, arguments)?),
            Step::ShowGit(arguments) => {
                show_command(ui, "git", arguments);
                ui.line(self.output(git, arguments)?.trim_end());
            }
            Step::Session(arguments) => {
                show_command(ui, "session", arguments);
                ui.line(self.session(arguments)?.trim_end());
            }
            Step::Glance(arguments, sections) => {
                show_command(ui, "session", arguments);
                ui.line(glance(&self.session(arguments)?, sections).trim_end());
            }
        }
        Ok(())
    }

    fn session(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--no-input"]).collect();
        self.output(&self.program, &arguments)
    }

    /// What a command says, in the order it says it.
    fn output(&self, program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.directory);
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
        let local = self.clock.with_timezone(&self.environment.offset);
        let now = local.to_rfc3339_opts(SecondsFormat::Secs, true);
        for name in ["SESSION_TIMESTAMP", "GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
            command.env(name, &now);
        }
        let (mut reader, writer) = std::io::pipe().context("no pipe could be made")?;
        command.stdin(Stdio::null());
        command.stdout(writer.try_clone()?).stderr(writer);
        let mut child = command
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        // The reader sees the end only when nobody holds the other end.
        drop(command);
        let mut said = String::new();
        reader.read_to_string(&mut said)?;
        if child.wait()?.success() {
            return Ok(said);
        }
        Err(user_error(
            format!("the step `{}` failed: {}", quoted(arguments), said.trim()),
            format!("the scratch repository is in {}", self.directory.display()),
        ))
    }
}

fn show_command(ui: &Ui, name: &str, arguments: &[&str]) {
    ui.line("");
    ui.line(&format!("$ {name} {}", quoted(arguments)));
}

fn quoted(arguments: &[&str]) -> String {
    let words: Vec<String> = arguments
        .iter()
        .map(|word| match word.contains(' ') {
            true => format!("{word:?}"),
            false => (*word).to_owned(),
        })
        .collect();
    words.join(" ")
}

/// A page of ours with only these of its sections, and the number of the others.
fn glance(page: &str, sections: &[&str]) -> String {
    let mut shown = String::new();
    let mut is_shown = true;
    let mut others = 0;
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            is_shown = sections.iter().any(|section| title.starts_with(section));
            others += usize::from(!is_shown);
        } else if line.starts_with("# ") {
            is_shown = true;
        }
        if is_shown {
            shown.push_str(line);
            shown.push('\n');
        }
    }
    match others {
        0 => shown,
        1 => format!("{}\n\n… and 1 more section\n", shown.trim_end()),
        _ => format!("{}\n\n… and {others} more sections\n", shown.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::glance;

    #[test]
    fn a_glance_shows_the_sections_it_names_and_counts_the_others() {
        let page = "note\n# One\n\n## A — as claimed\n\n- a\n\n## B\n\n- b\n# Two\n\n## C\n\n- c\n";
        assert_eq!(
            glance(page, &["A"]),
            "note\n# One\n\n## A — as claimed\n\n- a\n\n# Two\n\n… and 2 more sections\n"
        );
        assert_eq!(glance("obj-1: done\n", &[]), "obj-1: done\n");
    }
}
