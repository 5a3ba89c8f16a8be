//! `session plugin new`: a project that builds as it stands. It must not run a tool of the language, nor leave half a
//! project behind.

mod templates;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Serialize;

use crate::config::is_plugin_name;
use crate::environment::Environment;
use crate::error::{unwritable_place, user_error};
use crate::plugin::candidate;
use crate::store::durable::TEMPORARY_PREFIX;
use crate::ui::Ui;

/// The crate that plugins in Rust are built with: cargo takes no package that depends on one of its own name.
const SDK: &str = "session-plugin";

/// Start a plugin of your own: a project that builds, with an example and its tests
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plugin's name: lower-case words joined by hyphens
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What to write it in
    #[arg(long, value_enum)]
    pub lang: Language,
    /// Where to make it; empty, or not there yet [default: ./NAME]
    #[arg(long, value_name = "DIRECTORY")]
    pub directory: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    Rust,
    Python,
    Javascript,
}

#[derive(Debug, Serialize)]
struct NewView<'a> {
    name: &'a str,
    language: Language,
    directory: &'a Path,
    files: Vec<String>,
}

pub fn run(ui: &Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    if !is_plugin_name(&args.name) {
        return Err(user_error(
            format!("{:?} is no name for a plugin", args.name),
            "a name is lower-case words joined by hyphens: `loose-ends`",
        ));
    }
    if args.name == SDK || candidate::is_bundled(&args.name) {
        return Err(user_error(
            format!("the name {} is session's own", args.name),
            "choose another one: it would stand in the way of session's, or build against itself",
        ));
    }
    let directory = args
        .directory
        .clone()
        .unwrap_or_else(|| args.name.clone().into());
    let directory = environment.current_dir.join(directory);
    let files = templates::project(args.lang, &args.name);
    write(&directory, &files)?;
    // Without the `..` that it was asked for with.
    let directory = directory.canonicalize()?;
    let view = NewView {
        name: &args.name,
        language: args.lang,
        directory: &directory,
        files: files.into_iter().map(|(path, _)| path.to_owned()).collect(),
    };
    ui.json("plugin-new", &view)?;
    ui.line(&format!("{} is in {}", args.name, directory.display()));
    ui.hint("its README.md has the commands that build it, test it and make it a plugin");
    Ok(())
}

/// All of the project or nothing: it is written beside its place, and moved there when it is whole.
fn write(directory: &Path, files: &[(&str, String)]) -> anyhow::Result<()> {
    refuse_what_is_there(directory)?;
    let parent = directory.parent().context("a new directory has a parent")?;
    let way_out = "name a place that you can write to with --directory";
    let fail = |error: std::io::Error| unwritable_place(directory, error, way_out);
    std::fs::create_dir_all(parent).map_err(fail)?;
    let whole = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        // As for any new directory, the umask decides.
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .tempdir_in(parent)
        .map_err(fail)?;
    for (path, text) in files {
        let path = whole.path().join(path);
        let above = path.parent().context("a file has a directory")?;
        std::fs::create_dir_all(above).map_err(fail)?;
        std::fs::write(&path, text).map_err(fail)?;
    }
    // An empty directory in its place is replaced; one that is not empty any more is an error.
    std::fs::rename(whole.path(), directory).map_err(fail)?;
    let _moved = whole.keep();
    Ok(())
}

fn refuse_what_is_there(directory: &Path) -> anyhow::Result<()> {
    let is_free = match directory.symlink_metadata() {
        Err(_) => true,
        Ok(metadata) if metadata.is_dir() => std::fs::read_dir(directory)?.next().is_none(),
        Ok(_) => false,
    };
    if is_free {
        return Ok(());
    }
    Err(user_error(
        format!("{} is there already, and not empty", directory.display()),
        "name another place with --directory",
    ))
}
