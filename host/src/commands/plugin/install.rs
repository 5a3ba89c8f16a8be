//! `session plugin install`: a component from a file, a web server or a registry, pinned in the configuration. It must not
//! trust it: that is `session plugin trust`.

use std::path::PathBuf;

use super::acquire::{self, Acquired, acquire};
use super::configuration::Configuration;
use super::installed::{Installed, show, shown};
use super::{CONFIG, grants};
use crate::config::edit::{self, Pin};
use crate::config::source::normalised;
use crate::config::{Allow, is_plugin_name};
use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::fetch::{Source, path_from_root};
use crate::plugin::candidate::{self, Candidate};
use crate::ui::Ui;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file of the repository, an https:// address, oci://REGISTRY/REPOSITORY:TAG, or a plugin that the configuration
    /// names; left out, all that it names and this machine lacks
    #[arg(value_name = "SOURCE")]
    pub source: Option<String>,
    /// Call it this, instead of what it calls itself; needed where that is the name of a plugin that comes with session
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub name: Option<String>,
    /// Install it only if it has this digest
    #[arg(long, value_name = "DIGEST", value_parser = super::digest)]
    pub sha256: Option<String>,
    /// Write what it asks for into `allow` of the configuration, without asking
    #[arg(long)]
    pub allow: bool,
    /// Fetch nothing: use what was installed before, or a file
    #[arg(long)]
    pub offline: bool,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let workspace = &Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let configuration = Configuration::read(workspace)?;
    let named = |given: &str| configuration.third_party().any(|(name, ..)| name == given);
    match &args.source {
        Some(given) if !named(given) => {
            let installed = from_source(ui, workspace, &configuration, args, given)?;
            show(ui, vec![installed])
        }
        _ if args.name.is_some() => Err(user_error(
            "--name is for a plugin that the configuration does not name yet",
            "give the file or address to install from, or leave out --name",
        )),
        given => from_configuration(ui, workspace, &configuration, args, given.as_deref()),
    }
}

/// What somebody wants the configuration to name.
fn from_source(
    ui: &Ui,
    workspace: &Workspace,
    configuration: &Configuration,
    args: &Args,
    given: &str,
) -> anyhow::Result<Installed> {
    let work_tree = workspace.repository.work_tree();
    let current = &workspace.environment.current_dir;
    let text = match given.contains("://") {
        // With the blanks that a paste brings along.
        true => given.trim().to_owned(),
        false if is_plugin_name(given) && !current.join(given).exists() => {
            return Err(configuration.unknown(given));
        }
        false => {
            // Without the `./` that it was given with.
            let file: PathBuf = current.join(given).components().collect();
            path_from_root(work_tree, &file)?
        }
    };
    // Before anything is fetched: what the configuration could not hold.
    let text = normalised(&text)?;
    let source = Source::parse(&text)?;
    if source.may_hold_a_secret() {
        ui.warning(&Warning::new(format!(
            "the address of {} has what could be a secret behind its `?`, and {CONFIG} is the whole team's",
            source.shown()
        ))
        .hint("give the address without it, if it is to be had without; or install from a file"));
    }
    if let Some(name) = &args.name {
        check_name(configuration, name, &text, None)?;
    }
    // Of a file, what it holds now: the configuration is not to pin what only this machine's store has.
    let digest = args.sha256.as_deref();
    let known = digest.filter(|_| source.is_remote());
    let acquired = acquire(ui, workspace, &source, known, args.offline)?;
    acquire::check(&source.shown(), &acquired.candidate.digest, digest)?;
    let name = name_of(args, &acquired.candidate)?;
    check_name(
        configuration,
        &name,
        &text,
        Some(&acquired.candidate.digest),
    )?;
    if args.name.is_none() && is_new(configuration, &name) && candidate::is_bundled(&name) {
        may_replace(ui, &name)?;
    }
    let entry = configuration.config.plugin(&name);
    let now = entry.map(|entry| entry.allow.clone()).unwrap_or_default();
    let allow = requests(ui, args, &name, &now, &acquired)?;
    acquire::keep(ui, workspace, &source, &acquired)?;
    pin(workspace, &name, &text, &acquired, allow.clone())?;
    let allow = allow.unwrap_or(now);
    Ok(Installed::new(&name, &text, acquired.candidate, &allow))
}

/// What the configuration names already: the component with its digest, or none.
fn from_configuration(
    ui: &Ui,
    workspace: &Workspace,
    configuration: &Configuration,
    args: &Args,
    given: Option<&str>,
) -> anyhow::Result<()> {
    let components = acquire::open(workspace)?;
    let (mut plugins, mut failures) = (Vec::new(), Vec::new());
    for (name, source, pinned) in configuration.third_party() {
        let is_wanted = match given {
            Some(given) => name == given,
            None => pinned.is_some_and(|pinned| components.read(pinned).is_err()),
        };
        if !is_wanted {
            continue;
        }
        match pinned_one(ui, workspace, configuration, args, (name, source, pinned)) {
            Ok(installed) => plugins.push(installed),
            Err(error) => failures.push(error),
        }
    }
    if failures.is_empty() || !plugins.is_empty() {
        show(ui, plugins)?;
    }
    super::all_of(ui, failures)
}

fn pinned_one(
    ui: &Ui,
    workspace: &Workspace,
    configuration: &Configuration,
    args: &Args,
    (name, text, pinned): (&str, &str, Option<&str>),
) -> anyhow::Result<Installed> {
    let asked = args.sha256.as_deref();
    if let (Some(asked), Some(pinned)) = (asked, pinned)
        && asked != pinned
    {
        return Err(user_error(
            format!("{CONFIG} pins {name} to another component than {asked}"),
            "`session plugin update` takes what its source has now",
        ));
    }
    let source = Source::parse(text)?;
    let acquired = acquire(ui, workspace, &source, pinned.or(asked), args.offline)?;
    let entry = configuration.config.plugin(name);
    let now = entry.map(|entry| entry.allow.clone()).unwrap_or_default();
    let allow = match args.allow {
        true => requests(ui, args, name, &now, &acquired)?,
        false => None,
    };
    acquire::keep(ui, workspace, &source, &acquired)?;
    pin(workspace, name, text, &acquired, allow.clone())?;
    let allow = allow.unwrap_or(now);
    Ok(Installed::new(name, text, acquired.candidate, &allow))
}

fn name_of(args: &Args, candidate: &Candidate) -> anyhow::Result<String> {
    let stated = candidate.name.clone().filter(|name| is_plugin_name(name));
    args.name.clone().or(stated).ok_or_else(|| {
        user_error(
            "the component does not say what it is called, in lower-case words joined by hyphens",
            "run the command again with --name NAME",
        )
    })
}

/// Whether the configuration could be changed: better known before anything is fetched.
///
/// A component says itself what it is called, and an entry's `allow` was written for the one that the entry had: a name
/// that is taken is not taken over.
fn check_name(
    configuration: &Configuration,
    name: &str,
    source: &str,
    digest: Option<&str>,
) -> anyhow::Result<()> {
    let path = |source: &str| {
        let source = normalised(source).unwrap_or_else(|_| source.to_owned());
        source.strip_prefix("./").unwrap_or(&source).to_owned()
    };
    let entry = configuration.config.plugin(name);
    let (from, way_out) = match entry.map(|entry| entry.source.as_deref()) {
        Some(Some(other)) if path(other) != path(source) => (
            shown(other),
            format!("`session plugin update {name}` takes what that source has now; "),
        ),
        Some(None) if candidate::is_bundled(name) => ("part of session".to_owned(), String::new()),
        _ => return check_edit(configuration, name, source, digest),
    };
    Err(user_error(
        format!("{CONFIG} has another plugin {name} already: {from}"),
        format!(
            "{way_out}`session plugin remove {name}` takes it out; `--name OTHER` installs this one beside it"
        ),
    ))
}

fn is_new(configuration: &Configuration, name: &str) -> bool {
    !configuration.third_party().any(|(known, ..)| known == name)
}

/// What a component calls itself must not turn off a plugin that comes with the program: somebody says so.
fn may_replace(ui: &Ui, name: &str) -> anyhow::Result<()> {
    let said = format!("the component calls itself {name}, which is part of session");
    let question = format!("{said}. Run it in place of that one?");
    match ui.prompt() {
        Some(prompt) if prompt.confirm(&question, false)? => Ok(()),
        _ => Err(user_error(
            format!("{said}; nothing was changed"),
            format!(
                "`--name OTHER` installs it beside session's own, `--name {name}` in place of that"
            ),
        )),
    }
}

fn check_edit(
    configuration: &Configuration,
    name: &str,
    source: &str,
    digest: Option<&str>,
) -> anyhow::Result<()> {
    let unknown = "0".repeat(64);
    let pin = Pin {
        source: source.to_owned(),
        sha256: digest.unwrap_or(&unknown).to_owned(),
        allow: None,
    };
    match edit::pin_plugin(&configuration.text, CONFIG, name, &pin) {
        Ok(_) => Ok(()),
        Err(mut error) => {
            // A digest that nobody knows yet is none to set.
            let hint = error.hint.take();
            error.hint = hint.map(|hint| hint.replace(&format!(" ({unknown})"), ""));
            Err(error.into())
        }
    }
}

/// What to write into `allow`: what the plugin asks for, if somebody says so.
fn requests(
    ui: &Ui,
    args: &Args,
    name: &str,
    now: &Allow,
    acquired: &Acquired,
) -> anyhow::Result<Option<Allow>> {
    let asked = &acquired.candidate.asks_for;
    let Some(wanted) = acquire::wanted(now, asked) else {
        return Ok(None);
    };
    if args.allow {
        return Ok(Some(wanted));
    }
    let Some(prompt) = ui.prompt() else {
        return Ok(None);
    };
    ui.status(&format!("{name} asks for:"));
    for grant in asked {
        ui.status(&format!("  {}", grants::in_its_words(grant)));
    }
    let question = format!("Allow that in {CONFIG}? Nothing is given before you trust it");
    Ok(prompt.confirm(&question, true)?.then_some(wanted))
}

/// The last step: until now, nothing that anybody else has was changed.
pub fn pin(
    workspace: &Workspace,
    name: &str,
    source: &str,
    acquired: &Acquired,
    allow: Option<Allow>,
) -> anyhow::Result<()> {
    let pin = Pin {
        source: source.to_owned(),
        sha256: acquired.candidate.digest.clone(),
        allow,
    };
    Configuration::change(workspace, |text| edit::pin_plugin(text, CONFIG, name, &pin))
}

fn name(text: &str) -> Result<String, String> {
    let valid = is_plugin_name(text).then(|| text.to_owned());
    valid.ok_or_else(|| "expected lower-case words joined by hyphens".to_owned())
}
