//! `session plugin inspect`: what a component is, without running it. It must not need a repository.

use std::path::PathBuf;

use serde::Serialize;

use super::grants;
use crate::document::{Document, Item, Section};
use crate::environment::Environment;
use crate::error::user_error;
use crate::fetch::Source;
use crate::plugin::{Inspection, components, inspect};
use crate::ui::Ui;

/// Show what a component is: what it imports and exports, its contract, size and sha256, and what it asks for
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A .wasm file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Serialize)]
struct InspectionView {
    file: String,
    #[serde(flatten)]
    inspection: Inspection,
    loadable: bool,
}

pub fn run(ui: &Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let file = args.file.display().to_string();
    refuse_address(&file)?;
    let inspection = read(&environment.current_dir.join(&args.file))
        .and_then(|bytes| inspect(&bytes))
        .map_err(|error| {
            user_error(
                format!("{file} {error:#}"),
                "name a WebAssembly component: a .wasm file built for wasm32-wasip2, or by `componentize-py` or `jco`",
            )
        })?;
    if ui.wants_json() {
        let view = InspectionView {
            file,
            loadable: inspection.problem.is_none(),
            inspection,
        };
        return ui.json("plugin-inspect", &view);
    }
    ui.document(&document(&file, &inspection));
    Ok(())
}

/// What an address holds behind its `?` may be a secret, so it is not repeated.
fn refuse_address(file: &str) -> anyhow::Result<()> {
    if !file.contains("://") {
        return Ok(());
    }
    let shown = Source::parse(file).map_or_else(|_| "that".to_owned(), |it| it.shown());
    Err(user_error(
        format!("{shown} is an address, and `inspect` looks at files only"),
        "download it first; `session plugin install` fetches, pins and shows it, and does not run it",
    ))
}

/// Errors: a clause about the file.
fn read(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    let said = |error: std::io::Error| anyhow::anyhow!("cannot be read: {error}");
    // Before it is opened: a pipe would wait for its writer.
    anyhow::ensure!(
        std::fs::metadata(path).map_err(said)?.is_file(),
        "is no file"
    );
    components::bounded(std::fs::File::open(path).map_err(said)?)
}

fn document(file: &str, inspection: &Inspection) -> Document {
    let mut document = Document::new(format!("Component {file}"));
    let mut component = Section::new("component", "What it is");
    let manifest = inspection.manifest.as_ref();
    component.pair(
        "Manifest",
        match manifest {
            Some(manifest) => format!("{} {}", manifest.name, manifest.version),
            None => "none that can be read".to_owned(),
        },
    );
    component.pair("Size", format!("{} bytes", inspection.size));
    component.pair("sha256", inspection.digest.clone());
    let contract = inspection.contract.as_deref();
    component.pair("Contract", contract.unwrap_or("none").to_owned());
    let hooks: Vec<&str> = inspection.hooks.iter().map(|hook| hook.name()).collect();
    component.pair(
        "Hooks",
        if hooks.is_empty() {
            "none".into()
        } else {
            hooks.join(", ")
        },
    );
    component.pair(
        "Can be loaded",
        match &inspection.problem {
            None => "yes".to_owned(),
            Some(problem) => format!("no: {problem}"),
        },
    );
    document.push(component);
    if let Some(manifest) = manifest {
        document.push(grants::asked(&manifest.name, &manifest.grants));
    }
    for (name, title, names) in [
        ("exports", "Exports", &inspection.exports),
        ("imports", "Imports", &inspection.imports),
    ] {
        let lines = names.iter().map(|name| Item::line(name.clone()));
        document.push(Section::new(name, title).items(lines));
    }
    document
}
