//! Finding the cases of a component, running them, and comparing. It must not print.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Map, Value as Json};

use super::super::pack;
use super::report::{CaseReport, Outcome, Report};
use crate::environment::Environment;
use crate::error::user_error;
use crate::git::text_diff::text_diff;
use crate::plugin::case::{self, Answered, Candidate, Case, expected_path};
use crate::plugin::contribution::Hook;
use crate::plugin::{Manifest, inspect};
use crate::store::durable;
use crate::ui::Ui;

/// How far above the component the project's root may be: `target/wasm32-wasip2/release` is three.
const MOST_LEVELS: usize = 5;

/// `cases/*.json` of the nearest directory that has any: the component's own, or one above it in the same repository;
/// else those of the current directory, as a tool may put the component anywhere.
pub fn find(component: &Path, current_dir: &Path) -> Vec<PathBuf> {
    let found = find_above(component);
    match found.is_empty() {
        true => in_directory(&current_dir.join("cases")),
        false => found,
    }
}

fn find_above(component: &Path) -> Vec<PathBuf> {
    for directory in component.ancestors().skip(1).take(MOST_LEVELS) {
        let found = in_directory(&directory.join("cases"));
        if !found.is_empty() || directory.join(".git").exists() {
            return found;
        }
    }
    Vec::new()
}

fn in_directory(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_case = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| name.ends_with(".json") && !name.ends_with(".expected.json"))
    };
    let mut cases: Vec<PathBuf> = paths.filter(is_case).collect();
    cases.sort();
    cases
}

/// Runs the component on each case, or on the built-in one where there is none.
pub fn run(
    ui: &Ui,
    environment: &Environment,
    file: &Path,
    cases: &[PathBuf],
    update: bool,
) -> anyhow::Result<Report> {
    if update && cases.is_empty() {
        return Err(user_error(
            "there is no case to write down what is expected of",
            "`session plugin test FILE --record cases/NAME.json` writes one of the repository you are in",
        ));
    }
    let bytes = pack::read(file, pack::BUILD_FIRST)?;
    let component = inspect(&bytes).map_err(|error| {
        user_error(
            format!("{} {error:#}", file.display()),
            "docs/plugins.md says how each language builds a component",
        )
    })?;
    let hooks = component.hooks;
    if hooks.is_empty() {
        return Err(user_error(
            format!("{} exports no hook, so it is no plugin", file.display()),
            "a hook has to be exported, not only written: docs/plugins.md shows how",
        ));
    }
    if let Some(problem) = &component.problem {
        return Err(user_error(
            format!("{} cannot be loaded: {problem}", file.display()),
            "docs/plugins.md says how each language builds a component",
        ));
    }
    let manifest = component.manifest;
    let stem = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let name = manifest.as_ref().map(|manifest| manifest.name.clone());
    let name = name.or(stem).context("a file has a name")?;
    let candidate = Candidate {
        name: &name,
        bytes: &bytes,
        cache_dir: environment.cache_dir.as_deref(),
    };
    let progress = ui.progress(&format!("running {name}"));
    let shown = |path: &Path| {
        let below = path.strip_prefix(&environment.current_dir);
        below.unwrap_or(path).to_owned()
    };
    let cases = match cases {
        [] => vec![built_in(candidate, &hooks)?],
        _ => {
            let reports = cases.iter();
            let reports = reports.map(|path| {
                let report = compare(candidate, path, &hooks, update)?;
                let case = Some(shown(path));
                Ok(CaseReport { case, ..report })
            });
            reports.collect::<anyhow::Result<_>>()?
        }
    };
    drop(progress);
    Ok(Report {
        file: file.to_owned(),
        size: bytes.len() as u64,
        notes: notes(manifest.as_ref(), &hooks),
        version: manifest.map(|manifest| manifest.version),
        contract: component.contract,
        exports: hooks.iter().map(|hook| hook.name().to_owned()).collect(),
        name,
        cases,
    })
}

fn built_in(candidate: Candidate<'_>, hooks: &[Hook]) -> anyhow::Result<CaseReport> {
    let hooks = case::run(candidate, &Case::built_in(), hooks)?;
    let failed = hooks.iter().any(|answered| !answered.warnings.is_empty());
    Ok(CaseReport {
        case: None,
        outcome: match failed {
            true => Outcome::Failed,
            false => Outcome::Shown,
        },
        hooks,
        diff: None,
    })
}

fn compare(
    candidate: Candidate<'_>,
    path: &Path,
    exported: &[Hook],
    update: bool,
) -> anyhow::Result<CaseReport> {
    let case = Case::read(path)?;
    let hooks = match case.hook {
        Some(hook) if !exported.contains(&hook) => {
            return Err(user_error(
                format!(
                    "{} is about the hook {}, which the component does not export",
                    path.display(),
                    hook.name()
                ),
                "export it, or change the case's `hook`",
            ));
        }
        Some(hook) => vec![hook],
        None => exported.to_vec(),
    };
    let hooks = case::run(candidate, &case, &hooks)?;
    let said = snapshot(&hooks)?;
    let beside = expected_path(path);
    let expected = case::expected_text(&beside)?;
    let (outcome, diff) = match expected {
        Some(expected) if is_same(&expected, &said) => (Outcome::AsExpected, None),
        _ if update => {
            let way_out = "move it away, or copy the case to a directory that you can write to";
            durable::write_where_named(&beside, said.as_bytes(), way_out)?;
            (Outcome::Written, None)
        }
        Some(expected) => (
            Outcome::Differs,
            Some(text_diff(&expected, &said)?.join("\n")),
        ),
        None => (Outcome::Unknown, None),
    };
    Ok(CaseReport {
        case: Some(path.to_owned()),
        outcome,
        hooks,
        diff,
    })
}

/// The text of an expected-file: what each hook said, by its name.
fn snapshot(hooks: &[Answered]) -> anyhow::Result<String> {
    let said = hooks.iter();
    let said = said.map(|answered| (answered.hook.name().to_owned(), answered.said.clone()));
    let said = Json::Object(said.collect::<Map<_, _>>());
    Ok(serde_json::to_string_pretty(&said)? + "\n")
}

/// The same JSON, however it is laid out.
fn is_same(expected: &str, said: &str) -> bool {
    let parse = |text| serde_json::from_str::<Json>(text).ok();
    parse(expected).is_some() && parse(expected) == parse(said)
}

/// What the host would do otherwise than the author may think.
fn notes(manifest: Option<&Manifest>, exported: &[Hook]) -> Vec<String> {
    let Some(manifest) = manifest else {
        return vec![
            "it has no manifest, so it cannot be installed; `session plugin pack` gives it one"
                .to_owned(),
        ];
    };
    let stated = manifest.known_hooks();
    let unnamed = exported.iter().filter(|hook| !stated.contains(hook));
    let unnamed = unnamed.map(|hook| {
        let hook = hook.name();
        format!("it exports {hook}, but its manifest does not name it: {hook} is never called")
    });
    let missing = stated.iter().filter(|hook| !exported.contains(hook));
    let missing = missing.map(|hook| {
        let hook = hook.name();
        format!("its manifest names {hook}, but it does not export it: {hook} is never called")
    });
    unnamed.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_of_the_project_are_found_from_where_the_tool_puts_the_component() {
        let project = tempfile::tempdir().unwrap();
        let release = project.path().join("target/wasm32-wasip2/release");
        std::fs::create_dir_all(&release).unwrap();
        std::fs::create_dir(project.path().join("cases")).unwrap();
        for name in ["b.json", "a.json", "a.expected.json", "notes.md"] {
            std::fs::write(project.path().join("cases").join(name), "").unwrap();
        }
        let component = release.join("a.wasm");
        let expected = ["a.json", "b.json"].map(|name| project.path().join("cases").join(name));
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(find(&component, elsewhere.path()), expected);
        // Another repository's cases are not this plugin's.
        std::fs::create_dir(project.path().join("target/.git")).unwrap();
        assert_eq!(find(&component, elsewhere.path()), [] as [PathBuf; 0]);
        // Those of where one stands are.
        assert_eq!(find(&component, project.path()), expected);
    }
}
