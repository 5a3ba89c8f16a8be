//! What a person is shown before they agree to a plugin, and agreeing. It must not ask or print.

use std::fmt;

use serde::Serialize;

use super::admission::needs_consent;
use super::components::Components;
use super::consent::{Agreement, Consent};
use super::grants::Grants;
use super::inspect::{Inspection, inspect};
use super::manifest::RequestedGrant;
use super::raised::RaisedLimits;
use super::selection::Selected;
use super::terms::Terms;
use super::third_party::{Checkout, Missing, Place};
use super::{candidate, warning};
use crate::config::{Allow, PluginConfig};
use crate::environment::{Environment, Timestamp};
use crate::error::user_error;

/// A plugin of this repository as it would be loaded now.
#[derive(Debug)]
pub struct Review {
    pub name: String,
    /// None: bundled.
    pub source: Option<String>,
    pub component: Inspection,
    pub grants: Grants,
    pub standing: Standing,
    /// What was agreed before, if anything was.
    pub before: Option<Before>,
    terms: Terms,
    bytes: Vec<u8>,
}

/// Whether the user's consent is needed, and there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "changes")]
pub enum Standing {
    NotNeeded,
    Agreed,
    /// What was agreed covers it no more: clauses.
    Changed(Vec<String>),
    NotAgreed,
    /// What was agreed cannot be read, for this reason.
    Unknown(String),
}

/// The agreement that a new one would replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Before {
    pub agreed_at: Timestamp,
    pub digest: String,
    pub version: Option<String>,
    /// What its manifest asked for then.
    pub asked: Vec<RequestedGrant>,
    pub allow: Allow,
}

/// Why there is nothing to review: a clause about the plugin.
#[derive(Debug)]
pub enum Obstacle {
    /// No component of this name, and no source.
    Unknown,
    Missing(Missing),
    /// What is there is no component.
    NoComponent(String),
    /// Nobody agreed to it, and with the others it has more than so many bytes.
    TooMuch(u64),
}

/// Looks at the component that the configuration names, and at what was agreed about it.
pub fn review(
    plugin: &Selected,
    entry: &PluginConfig,
    environment: &Environment,
    checkout: Checkout<'_>,
) -> Result<Review, Obstacle> {
    let bytes = match plugin.component {
        Some(bundled) => bundled.bytes.to_vec(),
        None if entry.source.is_none() => return Err(Obstacle::Unknown),
        None => Place::of(entry, checkout, environment)
            .and_then(|place| place.read())
            .map_err(Obstacle::Missing)?,
    };
    let component = inspect(&bytes).map_err(|error| Obstacle::NoComponent(error.to_string()))?;
    let asked = component.manifest.as_ref();
    let asked = asked.map_or(&[][..], |manifest| &manifest.grants);
    let terms = Terms::of(&component.digest, entry);
    let agreed = agreed(&plugin.name, environment, checkout);
    let standing = Standing::of(&terms, entry, &agreed);
    Ok(Review {
        name: plugin.name.clone(),
        source: entry.source.clone(),
        grants: Grants::of(&entry.allow, asked),
        component,
        standing,
        before: agreed.ok().flatten().map(Before::of),
        terms,
        bytes,
    })
}

impl Review {
    /// The limits that its configuration raises: a part of what is agreed to.
    pub fn raised_limits(&self) -> &RaisedLimits {
        &self.terms.limits
    }

    /// The user agrees to what this shows: the component is kept and compiled, then the consent is noted.
    pub fn agree(&self, environment: &Environment, checkout: Checkout<'_>) -> anyhow::Result<()> {
        let consent = Consent::of(environment.data_dir.as_deref(), checkout.common_dir)?;
        // There and then, so that no hook has to do without it.
        let digest = &self.component.digest;
        candidate::compile(digest, &self.bytes, environment).map_err(|error| {
            user_error(
                format!("plugin {} cannot be loaded: {error:#}", self.name),
                "`session plugin inspect` says what a component is; ask its author for a build that fits",
            )
        })?;
        if self.source.is_some() {
            Components::open(environment.data_dir.as_deref())?.put(&self.bytes)?;
        }
        consent.agree(
            &self.name,
            Agreement {
                terms: self.terms.clone(),
                manifest: self.component.manifest.clone(),
                agreed_at: environment.now,
            },
        )
    }
}

/// Withdraws what was agreed about a plugin; false if nothing was.
pub fn revoke(
    plugin: &str,
    environment: &Environment,
    checkout: Checkout<'_>,
) -> anyhow::Result<bool> {
    Consent::of(environment.data_dir.as_deref(), checkout.common_dir)?.revoke(plugin)
}

/// Whether the user agreed to a component as this entry has it, and what they agreed to last under its name.
pub fn standing(
    plugin: &str,
    digest: &str,
    entry: &PluginConfig,
    environment: &Environment,
    checkout: Checkout<'_>,
) -> (Standing, Option<Before>) {
    let agreed = agreed(plugin, environment, checkout);
    let standing = Standing::of(&Terms::of(digest, entry), entry, &agreed);
    (standing, agreed.ok().flatten().map(Before::of))
}

impl Standing {
    fn of(terms: &Terms, entry: &PluginConfig, agreed: &anyhow::Result<Option<Agreement>>) -> Self {
        match agreed {
            _ if !needs_consent(entry) => Self::NotNeeded,
            Err(cause) => Self::Unknown(format!("{cause:#}")),
            Ok(None) => Self::NotAgreed,
            Ok(Some(agreed)) => match &terms.changes_since(&agreed.terms)[..] {
                [] => Self::Agreed,
                changes => Self::Changed(changes.iter().map(warning::change).collect()),
            },
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => {
                f.write_str("this version does not have it, and its entry names no `source`")
            }
            Self::Missing(missing) => missing.fmt(f),
            Self::NoComponent(what) => write!(f, "its file {what}"),
            Self::TooMuch(most) => write!(
                f,
                "it was not looked into, as what nobody agreed to has more than {} MiB in all",
                most / 1024 / 1024
            ),
        }
    }
}

impl Before {
    fn of(agreed: Agreement) -> Self {
        let (version, asked) = match agreed.manifest {
            Some(manifest) => (Some(manifest.version), manifest.grants),
            None => (None, Vec::new()),
        };
        Self {
            agreed_at: agreed.agreed_at,
            digest: agreed.terms.component,
            version,
            asked,
            allow: agreed.terms.allow,
        }
    }
}

fn agreed(
    plugin: &str,
    environment: &Environment,
    checkout: Checkout<'_>,
) -> anyhow::Result<Option<Agreement>> {
    let consent = Consent::of(environment.data_dir.as_deref(), checkout.common_dir)?;
    Ok(consent.read()?.remove(plugin))
}
