//! `session plugin trust`: shows what a plugin is, asks for and had before, and notes the user's agreement. It must not
//! let anybody agree who was only shown a line to run.

use serde::Serialize;

use super::CONFIG;
use super::grants;
use super::installed::shown;
use super::named::{self, NamedGrant};
use crate::config::PluginConfig;
use crate::document::count::size;
use crate::document::{Document, Item, Section, text};
use crate::environment::Environment;
use crate::error::user_error;
use crate::plugin::{self, Before, Grants, Inspection, Obstacle, RaisedLimits, Review, Standing};
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Review a plugin and what it asks for, and agree that it runs in this repository
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As `session plugin list` names it
    #[arg(value_name = "NAME")]
    name: String,
    /// Agree without a terminal, if this is the component's sha256: for automation
    #[arg(long, value_name = "DIGEST", value_parser = super::digest, conflicts_with = "revoke")]
    sha256: Option<String>,
    /// With --sha256: something that the plugin is to get, such as `read:docs/**`, `http:api.example.com`, `env:API_TOKEN`,
    /// `limit:time=10s` or `config:JSON`; repeated until all of it is named
    #[arg(long = "grant", value_name = "KIND:VALUE", value_parser = named::grant, requires = "sha256")]
    grants: Vec<NamedGrant>,
    /// Withdraw what was agreed
    #[arg(long)]
    revoke: bool,
}

#[derive(Debug, Serialize)]
struct TrustView<'a> {
    name: &'a str,
    /// Whether it may run from now on.
    trusted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<ReviewView<'a>>,
}

#[derive(Debug, Serialize)]
struct ReviewView<'a> {
    origin: String,
    component: &'a Inspection,
    grants: &'a Grants,
    /// Above the defaults.
    raised_limits: &'a RaisedLimits,
    /// As it was before this command.
    consent: &'a Standing,
    before: &'a Option<Before>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    if args.revoke {
        return revoke(ui, &workspace, &args.name);
    }
    let plugin = super::known(&workspace.config, &args.name)?;
    let entry = workspace.config.plugin(&args.name);
    let entry = entry.cloned().unwrap_or_default();
    let review = plugin::review(&plugin, &entry, environment, workspace.checkout())
        .map_err(|obstacle| refused(&args.name, &obstacle))?;
    if let Some(problem) = &review.component.problem {
        return Err(user_error(
            format!("plugin {} cannot be loaded: {problem}", args.name),
            "ask its author for a build that fits, or use a version of `session` that does",
        ));
    }
    if review.standing == Standing::NotNeeded {
        return unneeded(ui, &review);
    }
    if let Standing::Unknown(why) = &review.standing {
        return Err(user_error(
            format!("what you agreed to before cannot be read: {why}"),
            match environment.data_dir {
                Some(_) => "see to that file, then run this command again",
                None => "set HOME or SESSION_DATA_DIR, then run this command again",
            },
        ));
    }
    if !agrees(ui, args, &review, &entry)? {
        ui.status("nothing was agreed; the plugin stays out");
        return Ok(());
    }
    {
        let _progress = ui.progress(&format!("compiling {}", args.name));
        review.agree(environment, workspace.checkout())?;
    }
    ui.line(&format!(
        "{} may run in this repository, as it is now",
        args.name
    ));
    ui.json("plugin-trust", &view(&review, true))
}

fn revoke(ui: &Ui, workspace: &Workspace, name: &str) -> anyhow::Result<()> {
    // Also for a plugin that the configuration no longer names.
    let there_was = plugin::revoke(name, &workspace.environment, workspace.checkout())?;
    super::forget(workspace, name)?;
    ui.line(&match there_was {
        true => format!("what you agreed to about {name} is withdrawn"),
        false => format!("nothing was agreed about {name}"),
    });
    ui.json(
        "plugin-trust",
        &TrustView {
            name,
            trusted: false,
            review: None,
        },
    )
}

fn unneeded(ui: &Ui, review: &Review) -> anyhow::Result<()> {
    ui.line(&format!(
        "{} needs no consent: it is part of this program, and {CONFIG} allows it no hosts and no variables",
        review.name
    ));
    ui.json("plugin-trust", &view(review, true))
}

/// Asks on a terminal. Elsewhere only somebody who knows the digest can agree: it is not said here, nor is the line that
/// would do it, since an agent that reads them must not agree in the user's place.
fn agrees(ui: &Ui, args: &Args, review: &Review, entry: &PluginConfig) -> anyhow::Result<bool> {
    if let Some(digest) = &args.sha256 {
        check_named(args, digest, review, entry)?;
        ui.document(&document(ui, review, entry));
        return Ok(true);
    }
    if review.standing == Standing::Agreed {
        ui.document(&document(ui, review, entry));
        ui.status("you agreed to exactly this before");
        return Ok(true);
    }
    let Some(prompt) = ui.prompt() else {
        return Err(user_error(
            format!(
                "plugin {} was not trusted: only the user can agree, at a terminal",
                args.name
            ),
            format!(
                "ask the user to run `session plugin trust {}` at a terminal and to review what it shows",
                args.name
            ),
        ));
    };
    ui.document_to_agree_to(&document(ui, review, entry));
    prompt.confirm(&format!("Let {} run in this repository?", args.name), false)
}

/// Agreeing beforehand is agreeing to one component and to what it gets, both named: a pull request changes either.
fn check_named(
    args: &Args,
    digest: &str,
    review: &Review,
    entry: &PluginConfig,
) -> anyhow::Result<()> {
    let name = &args.name;
    if digest != review.component.digest {
        return Err(user_error(
            format!("plugin {name} has another sha256; nothing was agreed"),
            "review the component that is there, with whoever gave you the digest",
        ));
    }
    match &named::unnamed(review, entry, &args.grants)[..] {
        [] => Ok(()),
        unnamed => Err(user_error(
            format!(
                "plugin {name} would get what no --grant names: {}; nothing was agreed",
                unnamed.join(", ")
            ),
            format!("review what {CONFIG} asks for, with whoever named the digest"),
        )),
    }
}

fn refused(name: &str, obstacle: &Obstacle) -> anyhow::Error {
    let hint = match obstacle {
        Obstacle::Missing(missing) if missing.is_install_needed() => {
            format!("run `session plugin install {name}` first")
        }
        _ => format!("put it right in {CONFIG}; `session plugin list` shows what is there"),
    };
    user_error(
        format!("plugin {name} cannot be reviewed: {obstacle}"),
        hint,
    )
}

fn view(review: &Review, trusted: bool) -> TrustView<'_> {
    TrustView {
        name: &review.name,
        trusted,
        review: Some(ReviewView {
            origin: origin(review),
            component: &review.component,
            grants: &review.grants,
            raised_limits: review.raised_limits(),
            consent: &review.standing,
            before: &review.before,
        }),
    }
}

fn origin(review: &Review) -> String {
    review.source.as_deref().map_or("bundled".to_owned(), shown)
}

fn document(ui: &Ui, review: &Review, entry: &PluginConfig) -> Document {
    let mut document = Document::new(format!("Plugin {}", review.name));
    let component = &review.component;
    let mut section = Section::new("component", "What it is");
    section.pair("From", origin(review));
    section.pair("sha256", component.digest.clone());
    section.pair("Version", version(review));
    section.pair("Size", size(component.size));
    let hooks = component.asked_hooks();
    let hooks: Vec<&str> = hooks.iter().map(|hook| hook.name()).collect();
    section.pair("Hooks", hooks.join(", "));
    if entry.config != serde_json::Value::Null {
        section.pair("Configuration", text::visible(&entry.config.to_string()));
    }
    document.push(section);
    document.push(grants::asked(&review.name, &review.grants.asked));
    let is_bundled = review.source.is_none();
    let mut given = grants::given("would get", &review.grants, is_bundled);
    for limit in review.raised_limits().shown() {
        given.line(format!("take more than others may: {limit}"));
    }
    document.push(given);
    if let Some(before) = &review.before {
        document.push(compared(ui, review, before));
    }
    document
}

/// The manifest's, so the plugin's own word.
fn version(review: &Review) -> String {
    match &review.component.manifest {
        Some(manifest) => format!("{} {}, as it says itself", manifest.name, manifest.version),
        None => "it has no manifest".to_owned(),
    }
}

fn compared(ui: &Ui, review: &Review, before: &Before) -> Section {
    let mut section = Section::new("before", "What you agreed to before");
    section.pair("When", ui.time(before.agreed_at));
    if before.digest != review.component.digest {
        section.pair("sha256", before.digest.clone());
        section.pair("Version", before.version.clone().unwrap_or_default());
    }
    let allowed = grants::values(&before.allow).map(|(kind, value)| format!("{kind} {value}"));
    let allowed: Vec<String> = allowed.collect();
    section.pair(
        "Allowed",
        if allowed.is_empty() {
            "nothing".into()
        } else {
            allowed.join("; ")
        },
    );
    let mut since: Vec<String> = match &review.standing {
        Standing::Changed(changes) => changes.clone(),
        _ => Vec::new(),
    };
    since.extend(grants::difference(&before.asked, &review.grants.asked));
    match since.is_empty() {
        true => section.item(Item::line("nothing changed since then")),
        false => section.items(
            since
                .iter()
                .map(|what| Item::line(format!("since then: {what}"))),
        ),
    }
}
