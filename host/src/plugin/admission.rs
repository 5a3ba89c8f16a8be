//! Which component of a selected plugin is loaded, and what it may reach. It must not let in what needs the user's
//! consent and does not have it.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::access::Access;
use super::bundled::Bundled;
use super::consent::{Agreement, Agreements, Consent};
use super::contribution::Hook;
use super::grants::Grants;
use super::manifest::Manifest;
use super::selection::Selected;
use super::terms::Terms;
use super::third_party::{Checkout, Place};
use super::work_tree::ReadGrant;
use super::{Component, Source, warning};
use crate::config::{Config, PluginConfig};
use crate::environment::{self, Environment};
use crate::error::Warning;

/// Decides for one command. Nothing is read before a plugin needs it.
pub struct Admission<'a> {
    config: &'a Config,
    environment: &'a Environment,
    checkout: Checkout<'a>,
    agreements: OnceCell<Result<Agreements, String>>,
}

impl<'a> Admission<'a> {
    pub fn new(config: &'a Config, environment: &'a Environment, checkout: Checkout<'a>) -> Self {
        Self {
            config,
            environment,
            checkout,
            agreements: OnceCell::new(),
        }
    }

    /// What to load for a plugin that is on, or why it is left out.
    pub fn admit(&self, plugin: &Selected) -> Result<Source<'static>, Warning> {
        let name = &plugin.name;
        let settings = self.config.plugin(name).cloned().unwrap_or_default();
        match plugin.component {
            Some(bundled) if !needs_consent(&settings) => {
                Ok(of_bundled(bundled, Access::bundled(), settings))
            }
            Some(bundled) => self.bundled_with_grants(bundled, settings),
            None if settings.source.is_some() => self.third_party(name, settings),
            None => Err(warning::unavailable(name)),
        }
    }

    fn bundled_with_grants(
        &self,
        bundled: &'static Bundled,
        settings: PluginConfig,
    ) -> Result<Source<'static>, Warning> {
        let name = bundled.name;
        let terms = Terms::of(bundled.digest, &settings);
        let agreed = self.agreement(name)?;
        let agreed = agreed.ok_or_else(|| warning::reaches_out(name))?;
        covered(name, &terms, agreed)?;
        let access = Access {
            read: ReadGrant::WorkTree,
            ..access(&settings, Manifest::read(bundled.bytes).as_ref())
                .map_err(|error| warning::unusable(name, &error))?
        };
        Ok(of_bundled(bundled, access, settings))
    }

    /// What was agreed stands beside the component's digest, with its manifest: a component that is compiled is not
    /// opened at all.
    fn third_party(&self, name: &str, settings: PluginConfig) -> Result<Source<'static>, Warning> {
        let missing = |missing| warning::missing(name, &missing);
        let Some(agreed) = self.agreement(name)? else {
            // A configuration may name a large file many times: nothing of it is read before somebody agreed.
            Place::is_there(&settings, self.checkout, self.environment).map_err(missing)?;
            return Err(warning::untrusted(name));
        };
        let place = Place::of(&settings, self.checkout, self.environment).map_err(missing)?;
        let covered = covered(name, &Terms::of(&place.digest, &settings), agreed);
        if let Err(changed) = covered {
            place.find().map_err(missing)?;
            return Err(changed);
        }
        let manifest = agreed.manifest.as_ref();
        let access =
            access(&settings, manifest).map_err(|error| warning::unusable(name, &error))?;
        Ok(Source {
            name: name.to_owned(),
            digest: Cow::Owned(place.digest.clone()),
            component: Component::Elsewhere {
                hooks: manifest.map_or_else(|| Hook::ALL.to_vec(), Manifest::known_hooks),
                place,
            },
            access,
            settings,
        })
    }

    fn agreement(&self, name: &str) -> Result<Option<&Agreement>, Warning> {
        let agreements = self.agreements.get_or_init(|| {
            let data_dir = self.environment.data_dir.as_deref();
            Consent::of(data_dir, self.checkout.common_dir)
                .and_then(|consent| consent.read())
                .map_err(|error| format!("{error:#}"))
        });
        match agreements {
            Ok(agreements) => Ok(agreements.get(name)),
            Err(cause) => Err(warning::consent_unreadable(name, cause)),
        }
    }
}

/// The network and variables are the user's to give, also to a component that is part of this program.
pub fn needs_consent(settings: &PluginConfig) -> bool {
    let allow = &settings.allow;
    settings.source.is_some() || !allow.http.is_empty() || !allow.env.is_empty()
}

fn covered(name: &str, terms: &Terms, agreed: &Agreement) -> Result<(), Warning> {
    match &terms.changes_since(&agreed.terms)[..] {
        [] => Ok(()),
        changes => Err(warning::changed(name, changes)),
    }
}

/// What the plugin was given, as its sandbox is opened for it.
fn access(settings: &PluginConfig, manifest: Option<&Manifest>) -> anyhow::Result<Access> {
    let asked = manifest.map_or(&[][..], |manifest| &manifest.grants);
    let grants = Grants::of(&settings.allow, asked);
    let (mut env, mut env_unset) = (Vec::new(), Vec::new());
    for name in &grants.given.env {
        match environment::granted_variable(name) {
            Some(value) => env.push((name.clone(), value)),
            None => env_unset.push(name.clone()),
        }
    }
    Ok(Access {
        read: grants.read()?,
        env,
        env_unset,
        http: grants.given.http,
    })
}

fn of_bundled(
    bundled: &'static Bundled,
    access: Access,
    settings: PluginConfig,
) -> Source<'static> {
    Source {
        name: bundled.name.to_owned(),
        component: Component::Here(Cow::Borrowed(bundled.bytes)),
        digest: Cow::Borrowed(bundled.digest),
        access,
        settings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::manifest::RequestedGrant;

    #[test]
    fn a_variable_is_handed_over_when_it_is_allowed_asked_for_and_set() {
        let [path, unset] = ["PATH", "A_VARIABLE_THAT_NOBODY_SETS"];
        let mut settings = PluginConfig::default();
        settings.allow.env = [path, "HOME", unset].map(str::to_owned).to_vec();
        let ask = |name: &str| RequestedGrant {
            kind: "env".to_owned(),
            value: Some(name.to_owned()),
            reason: String::new(),
        };
        let manifest = Manifest {
            grants: vec![ask(path), ask(unset)],
            ..Manifest::default()
        };
        let given = access(&settings, Some(&manifest)).unwrap();
        let value = std::env::var(path).unwrap();
        assert_eq!(given.env, [(path.to_owned(), value)]);
        assert_eq!(given.env_unset, [unset]);
        assert_eq!(access(&settings, None).unwrap().env, []);
    }
}
