//! `session plugin install`: a component from a file, a web server or a registry, pinned in the configuration. It must not
//! trust it: that is `session plugin trust`.

use serde::Serialize;

use super::acquire::{self, Acquired, acquire};
use super::configuration::{Configuration, FILE};
use crate::config::edit::{self, Pin};
use crate::config::{Allow, is_plugin_name};
use crate::document::{Document, Item, Section};
use crate::error::user_error;
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
    /// Call it this, instead of what it calls itself
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub name: Option<String>,
    /// Install it only if it has this digest
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub sha256: Option<String>,
    /// Write what it asks for into `allow` of the configuration, without asking
    #[arg(long)]
    pub allow: bool,
    /// Fetch nothing: use what was installed before, or a file
    #[arg(long)]
    pub offline: bool,
}

/// A plugin that is in the store and in the configuration.
#[derive(Debug, Serialize)]
struct Installed {
    name: String,
    source: String,
    #[serde(flatten)]
    component: Candidate,
    /// The name is that of a plugin that comes with the program, which does not run any more.
    replaces_bundled: bool,
}

#[derive(Debug, Serialize)]
struct InstallView {
    plugins: Vec<Installed>,
    next_steps: Vec<String>,
}

pub fn run(ui: &Ui, workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
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
        true => given.to_owned(),
        false if is_plugin_name(given) && !current.join(given).exists() => {
            return Err(configuration.unknown(given));
        }
        false => path_from_root(work_tree, &current.join(given))?,
    };
    let source = Source::parse(&text)?;
    if let Some(name) = &args.name {
        check_edit(configuration, name, &text)?;
    }
    let acquired = acquire(ui, workspace, &source, args.sha256.as_deref(), args.offline)?;
    let name = name_of(args, &acquired.candidate)?;
    check_edit(configuration, &name, &text)?;
    let now = configuration.config.plugin(&name).map(|entry| &entry.allow);
    let allow = requests(ui, args, &name, now.unwrap_or(&Allow::default()), &acquired)?;
    acquire::keep(ui, workspace, &source, &acquired)?;
    pin(workspace, &name, &text, &acquired, allow)?;
    Ok(installed(&name, &text, acquired))
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
    let mut plugins = Vec::new();
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
            Err(error) if plugins.is_empty() => return Err(error),
            // Those before it are there, and are shown.
            Err(error) => {
                show(ui, plugins)?;
                return Err(error);
            }
        }
    }
    show(ui, plugins)
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
            format!("{FILE} pins {name} to another component than {asked}"),
            "`session plugin update` takes what its source has now",
        ));
    }
    let source = Source::parse(text)?;
    let acquired = acquire(ui, workspace, &source, pinned.or(asked), args.offline)?;
    let entry = configuration.config.plugin(name);
    let allow = match entry {
        Some(entry) if args.allow => requests(ui, args, name, &entry.allow, &acquired)?,
        _ => None,
    };
    acquire::keep(ui, workspace, &source, &acquired)?;
    pin(workspace, name, text, &acquired, allow)?;
    Ok(installed(name, text, acquired))
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
fn check_edit(configuration: &Configuration, name: &str, source: &str) -> anyhow::Result<()> {
    let pin = Pin {
        source: source.to_owned(),
        sha256: "0".repeat(64),
        allow: None,
    };
    edit::pin_plugin(&configuration.text, FILE, name, &pin)?;
    Ok(())
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
        ui.status(&format!("  {}", acquire::asks_for(grant)));
    }
    let question =
        "Write that into the configuration? Nobody gives it before they trust the plugin";
    Ok(prompt.confirm(question, true)?.then_some(wanted))
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
    Configuration::change(workspace, |text| edit::pin_plugin(text, FILE, name, &pin))
}

fn installed(name: &str, source: &str, acquired: Acquired) -> Installed {
    Installed {
        name: name.to_owned(),
        source: source.to_owned(),
        replaces_bundled: candidate::is_bundled(name),
        component: acquired.candidate,
    }
}

fn show(ui: &Ui, plugins: Vec<Installed>) -> anyhow::Result<()> {
    let next_steps: Vec<String> = plugins
        .iter()
        .map(|plugin| format!("session plugin trust {}", plugin.name))
        .collect();
    if ui.wants_json() {
        let view = InstallView {
            plugins,
            next_steps,
        };
        return ui.json("plugin-install", &view);
    }
    if plugins.is_empty() {
        ui.line(&format!("Everything that {FILE} names is installed"));
        return Ok(());
    }
    let mut document = Document::new("Installed");
    for plugin in &plugins {
        document.push(section(plugin));
    }
    let mut next = Section::new("next_steps", "Next");
    for step in &next_steps {
        next.line(format!("Review it, then agree: {step}"));
    }
    next.line(format!("Commit {FILE}, so that the team has it too"));
    document.push(next);
    ui.document(&document);
    Ok(())
}

fn section(plugin: &Installed) -> Section {
    let component = &plugin.component;
    let mut section = Section::new("plugin", plugin.name.clone());
    if plugin.replaces_bundled {
        section.line("It replaces the bundled plugin of this name");
    }
    if let Some(version) = &component.version {
        section.pair("Version", version.clone());
    }
    section.pair("From", shown(&plugin.source));
    section.pair("sha256", component.digest.clone());
    section.pair("Size", format!("{} kB", component.size.div_ceil(1000)));
    let hooks: Vec<&str> = component.hooks.iter().map(|hook| hook.name()).collect();
    section.pair("Hooks", hooks.join(", "));
    let asked = component.asks_for.iter().map(acquire::asks_for);
    match component.asks_for.is_empty() {
        true => section.pair("Asks for", "nothing"),
        false => section = section.items(asked.map(|asked| Item::pair("Asks for", asked))),
    }
    section
}

/// A source as a message has it.
pub fn shown(source: &str) -> String {
    Source::parse(source).map_or_else(|_| source.to_owned(), |source| source.shown())
}

fn name(text: &str) -> Result<String, String> {
    let valid = is_plugin_name(text).then(|| text.to_owned());
    valid.ok_or_else(|| "expected lower-case words joined by hyphens".to_owned())
}

fn digest(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let valid = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = valid.then(|| digits.to_ascii_lowercase());
    digits.ok_or_else(|| "expected 64 hexadecimal digits".to_owned())
}
