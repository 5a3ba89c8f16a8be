//! `session plugin update`: what the sources have now, pinned in place of what they had. It must not carry over trust: a
//! new component is agreed to anew.

use serde::Serialize;

use super::acquire::{self, Acquired, acquire};
use super::configuration::Configuration;
use super::install;
use super::installed::shown;
use super::{CONFIG, grants};
use crate::document::{Document, Section};
use crate::environment::Environment;
use crate::fetch::Source;
use crate::plugin::candidate::Candidate;
use crate::plugin::{self, RequestedGrant, Standing};
use crate::ui::Ui;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// As the configuration names them; left out, all that have a source
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Only tell what is new
    #[arg(long)]
    pub check: bool,
    /// Fetch nothing: only files are looked at
    #[arg(long)]
    pub offline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    UpToDate,
    /// There is a new one, and `--check` left it at that.
    Available,
    Updated,
}

#[derive(Debug, Serialize)]
struct Updated {
    name: String,
    source: String,
    outcome: Outcome,
    /// The user agreed to the component that the source has now, with all that it gets: it is not asked about again.
    agreed: bool,
    /// It is one that the user agreed to, and what it gets, or its configuration, changed since: clauses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_since_agreed: Vec<String>,
    /// What the configuration pins; where it pins none, what the user agreed to last.
    from: Side,
    to: Side,
    /// What the new one asks for and the old one did not; all that it asks for, where the old one is not on this machine.
    newly_asks_for: Vec<RequestedGrant>,
}

/// One of the two components, as far as it is known.
#[derive(Debug, Serialize)]
struct Side {
    version: Option<String>,
    digest: Option<String>,
}

#[derive(Debug, Serialize)]
struct UpdateView<'a> {
    plugins: &'a [Updated],
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let workspace = &Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let configuration = Configuration::read(workspace)?;
    let known = |given: &&String| !configuration.third_party().any(|(name, ..)| name == *given);
    if let Some(unknown) = args.names.iter().find(known) {
        return Err(configuration.unknown(unknown));
    }
    let (mut plugins, mut failures) = (Vec::new(), Vec::new());
    for (name, source, pinned) in configuration.third_party() {
        if !args.names.is_empty() && !args.names.iter().any(|given| given == name) {
            continue;
        }
        match update(ui, workspace, &configuration, args, (name, source, pinned)) {
            Ok(updated) => plugins.push(updated),
            Err(error) => failures.push(error),
        }
    }
    if failures.is_empty() || !plugins.is_empty() {
        show(ui, &plugins)?;
    }
    super::all_of(ui, failures)
}

fn update(
    ui: &Ui,
    workspace: &Workspace,
    configuration: &Configuration,
    args: &Args,
    (name, text, pinned): (&str, &str, Option<&str>),
) -> anyhow::Result<Updated> {
    let source = Source::parse(text)?;
    let acquired = acquire(ui, workspace, &source, None, args.offline)?;
    let new = &acquired.candidate;
    let outcome = match pinned == Some(&*new.digest) {
        true => Outcome::UpToDate,
        false if args.check => Outcome::Available,
        false => {
            acquire::keep(ui, workspace, &source, &acquired)?;
            install::pin(workspace, name, text, &acquired, None)?;
            Outcome::Updated
        }
    };
    let entry = configuration.config.plugin(name);
    let entry = entry.cloned().unwrap_or_default();
    let (environment, checkout) = (&workspace.environment, workspace.checkout());
    // A consent that cannot be read is none, and `trust` says why.
    let (standing, agreed) = plugin::standing(name, &new.digest, &entry, environment, checkout);
    let agreed = agreed.map(|before| before.digest);
    let knows_component = agreed.as_ref() == Some(&new.digest);
    let is_agreed = matches!(standing, Standing::Agreed | Standing::NotNeeded);
    let changed_since_agreed = match standing {
        Standing::Changed(changes) if knows_component => changes,
        _ => Vec::new(),
    };
    let from = pinned.map(str::to_owned).or(agreed);
    let old = from.as_deref().and_then(|digest| before(workspace, digest));
    Ok(Updated {
        name: name.to_owned(),
        source: shown(text),
        outcome,
        agreed: is_agreed,
        changed_since_agreed,
        newly_asks_for: newly_asked(old.as_ref(), &acquired),
        from: Side {
            version: old.and_then(|old| old.version),
            digest: from,
        },
        to: Side {
            version: new.version.clone(),
            digest: Some(new.digest.clone()),
        },
    })
}

/// The component of a digest that was pinned or agreed to so far, if this machine has it.
fn before(workspace: &Workspace, digest: &str) -> Option<Candidate> {
    let bytes = acquire::open(workspace).ok()?.read(digest).ok()?;
    Candidate::of(&bytes).ok()
}

fn newly_asked(old: Option<&Candidate>, new: &Acquired) -> Vec<RequestedGrant> {
    let had = |grant: &&RequestedGrant| {
        let mut before = old.iter().flat_map(|old| &old.asks_for);
        before.any(|known| known.kind == grant.kind && known.value == grant.value)
    };
    let asked = new.candidate.asks_for.iter();
    asked.filter(|grant| !had(grant)).cloned().collect()
}

fn show(ui: &Ui, plugins: &[Updated]) -> anyhow::Result<()> {
    if ui.wants_json() {
        return ui.json("plugin-update", &UpdateView { plugins });
    }
    if plugins.is_empty() {
        ui.line(&format!("{CONFIG} names no plugin with a source"));
        return Ok(());
    }
    let mut document = Document::new("Plugins");
    for plugin in plugins {
        document.push(section(plugin));
    }
    ui.document(&document);
    Ok(())
}

fn section(plugin: &Updated) -> Section {
    let name = &plugin.name;
    let mut section = Section::new("plugin", name.clone());
    section.pair("From", plugin.source.clone());
    let versions = [&plugin.from, &plugin.to].map(|side| side.version.as_deref().unwrap_or("?"));
    let digests = [&plugin.from, &plugin.to].map(|side| side.digest.as_deref().unwrap_or("none"));
    if plugin.outcome == Outcome::UpToDate {
        section.line(format!("Up to date: version {}", versions[1]));
        if !plugin.changed_since_agreed.is_empty() {
            section.line(terms_changed(plugin));
        }
        return section;
    }
    let is_the_same = plugin.from.digest == plugin.to.digest;
    if is_the_same {
        section.pair("Version", versions[1]);
        section.pair("sha256", digests[1]);
    } else {
        section.pair("Version", format!("{} → {}", versions[0], versions[1]));
        section.pair("sha256", format!("{} → {}", digests[0], digests[1]));
    }
    for grant in &plugin.newly_asks_for {
        section.pair("Newly asks for", grants::in_its_words(grant));
    }
    section.line(match plugin.outcome {
        Outcome::Updated if !plugin.changed_since_agreed.is_empty() => terms_changed(plugin),
        Outcome::Updated if is_the_same => {
            format!("It is pinned now, and what you agreed to: {CONFIG} named no sha256")
        }
        Outcome::Updated if plugin.agreed => "You have agreed to this component already".to_owned(),
        Outcome::Updated => format!(
            "It runs again once you agree to the new component: session plugin trust {name}"
        ),
        _ if is_the_same => {
            format!("Nothing is new, but {CONFIG} names no sha256; to pin it: session plugin update {name}")
        }
        _ => format!("To take it: session plugin update {name}"),
    });
    section
}

fn terms_changed(plugin: &Updated) -> String {
    format!(
        "You have agreed to this component, but since then {}; it runs again once you agree: session plugin trust {}",
        plugin.changed_since_agreed.join(", "),
        plugin.name
    )
}
