//! `session plugin test --record`: the facts of this repository as a case. It must not write anything but that file.

use std::path::Path;

use super::super::pack;
use crate::document::secrets;
use crate::environment::Environment;
use crate::error::user_error;
use crate::facts::gather::{Options, gather};
use crate::facts::plugin_view::PluginView;
use crate::plugin::Manifest;
use crate::plugin::case::{self, Case};
use crate::store::durable;
use crate::ui::Ui;
use crate::workspace::Workspace;

pub fn record(
    ui: &Ui,
    environment: &Environment,
    file: &Path,
    case_file: &Path,
) -> anyhow::Result<()> {
    if case_file.symlink_metadata().is_ok() {
        return Err(user_error(
            format!("{} is there already", case_file.display()),
            "name a file that does not exist yet",
        ));
    }
    let component = pack::read(file, pack::BUILD_FIRST)?;
    let mut workspace = Workspace::open(environment, None)?;
    let facts = gather(&mut workspace, Options::full())?;
    let view = PluginView::new(&facts, &workspace.repository, &workspace.layout);
    let manifest = Manifest::read(&component).unwrap_or_default();
    let reads = manifest.grants.into_iter();
    let reads = reads.filter(|grant| grant.kind == "read");
    let reads: Vec<String> = reads.filter_map(|grant| grant.value).collect();
    let mut case = case::record(&view, &reads)?;
    let entry = workspace.config.plugin(&manifest.name);
    case.configuration = entry.map(|entry| entry.config.clone()).unwrap_or_default();
    let mut case = serde_json::to_value(case)?;
    secrets::mask_json(&mut case);
    let text = serde_json::to_string_pretty(&case)? + "\n";
    let way_out = "name a file in a directory that you can write to";
    durable::write_where_named(case_file, text.as_bytes(), way_out)?;
    Case::read(case_file)?;
    ui.json(
        "plugin-test",
        &serde_json::json!({ "file": file, "recorded": case_file }),
    )?;
    ui.line(&format!("recorded {}", case_file.display()));
    ui.hint("look through it before you share it; --update writes what the plugin says about it");
    Ok(())
}
