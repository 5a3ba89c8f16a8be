//! The plugin host: the only module that names wasmtime. It must not decide what a session does with an answer.

mod access;
mod admission;
mod answer;
mod apart;
mod asking;
mod bindings;
mod bundled;
mod cache;
mod call;
mod caller;
pub mod candidate;
pub mod case;
mod compatibility;
mod compile;
mod complaints;
mod component;
pub mod components;
mod connection;
mod consent;
pub mod contribution;
mod deadline;
mod effort;
mod engine;
mod grants;
pub mod host_data;
mod host_functions;
mod hosts;
mod housekeeping;
mod http;
mod imports;
mod inspect;
pub mod kept;
pub mod last_run;
mod limits;
mod line;
mod list;
mod manifest;
mod nesting;
pub mod pack;
mod private;
mod raised;
mod ready;
mod review;
mod sandbox;
mod secrets;
mod sections;
mod selection;
pub mod state_owner;
mod taking;
mod terms;
mod third_party;
mod warning;
mod weight;
mod work_tree;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::path::Path;

use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::config::{Config, PluginConfig};
use crate::environment::Environment;
use crate::error::Warning;

pub use access::Access;
use admission::Admission;
pub use asking::Network;
use cache::Cache;
use caller::Caller;
use component::Loaded;
use contribution::{Contribution, Hook};
use host_data::Scope;
use ready::Ready;
use sandbox::Sandbox;

pub use apart::stand_still;
pub use engine::digest;
pub use grants::Grants;
pub use housekeeping::tidy;
pub use inspect::{Inspection, inspect};
use last_run::Run;
pub use list::{CacheState, PluginInfo, list};
pub use manifest::{Manifest, RequestedGrant};
pub use raised::RaisedLimits;
pub use review::{Before, Obstacle, Review, Standing, review, revoke, standing};
pub use selection::{Selected, select};
pub use third_party::Checkout;
use third_party::Place;
pub use work_tree::ReadGrant;

/// The version of `wit/` that this host was built with.
pub const CONTRACT: &str = "0.1.4";

/// What to do about a component that has no compiled artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenCold {
    /// A command that somebody typed: compile, and keep the artifact.
    Compile,
    /// An agent's or git's hook: go on without the plugin, and say so.
    Skip,
}

/// A component to load, wherever it comes from.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    pub name: String,
    pub component: Component<'a>,
    /// Its sha256, hexadecimal: whoever has the bytes checks it, or knows it from its own build.
    pub digest: Cow<'a, str>,
    pub access: Access,
    pub settings: PluginConfig,
}

/// The component itself.
#[derive(Debug, Clone)]
pub enum Component<'a> {
    Here(Cow<'a, [u8]>),
    /// Its hooks are known, and its bytes are read only where it has to be compiled.
    Elsewhere {
        hooks: Vec<Hook>,
        place: Place,
    },
}

/// What the plugins are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub hook: Hook,
    /// The command's options that matter here, and thresholds of the configuration; `wit/types.wit` lists the names.
    pub arguments: Vec<(String, String)>,
    /// Bytes that there is room for in the document; a hint to the plugin.
    pub room: usize,
}

/// What they said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// In the plugins' order.
    pub contributions: Vec<Contribution>,
    pub warnings: Vec<Warning>,
    /// Answers that are for this command alone: earlier ones that knew more are shown after it. For a command that asks for
    /// the sake of later ones.
    pub earlier_stand: Vec<Warning>,
    /// Replace what the plugins left for themselves, once the host records the command.
    pub new_states: Vec<NewState>,
    /// By plugin: `level: message`, for verbose output.
    pub log: Vec<(String, String)>,
    /// Each call that was made.
    pub runs: Vec<Run>,
}

/// What a plugin wants to find again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewState {
    /// As [`state_owner::of`] names it.
    pub owner: String,
    pub scope: Scope,
    /// At most 64 KiB.
    pub bytes: Vec<u8>,
}

/// The plugins of one command, ready to be called.
pub struct Plugins {
    ready: Vec<Ready>,
    caller: Option<Caller>,
    /// What went wrong while loading; handed over with the first answers.
    warnings: Vec<Warning>,
}

impl Plugins {
    /// Loads the plugins that are on and have one of these hooks. This is the work that can go on while git runs.
    /// It can't fail: what does not load is a warning.
    pub fn load(
        config: &Config,
        environment: &Environment,
        checkout: Checkout<'_>,
        hooks: &[Hook],
        when_cold: WhenCold,
    ) -> Self {
        Self::load_those(config, environment, checkout, hooks, when_cold, |_| true)
    }

    /// As [`Plugins::load`], of this name only: for a question that one plugin answers, where asking all of them would
    /// cost a command that nobody waits for.
    pub fn load_one(
        name: &str,
        config: &Config,
        environment: &Environment,
        checkout: Checkout<'_>,
        hook: Hook,
    ) -> Self {
        let hooks = [hook];
        let when_cold = WhenCold::Skip;
        Self::load_those(config, environment, checkout, &hooks, when_cold, |plugin| {
            plugin.name == name
        })
    }

    /// Whether there is nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    fn load_those(
        config: &Config,
        environment: &Environment,
        checkout: Checkout<'_>,
        hooks: &[Hook],
        when_cold: WhenCold,
        wanted: impl Fn(&Selected) -> bool,
    ) -> Self {
        let admission = Admission::new(config, environment, checkout);
        let mut sources = Vec::new();
        let mut warnings = Vec::new();
        for plugin in selection::select(config) {
            if plugin.enabled && wanted(&plugin) {
                match admission.admit(&plugin) {
                    Ok(source) => sources.push(source),
                    Err(warning) => warnings.push(warning),
                }
            }
        }
        let cache_dir = environment.cache_dir.as_deref();
        let mut plugins = Self::from_sources(sources, cache_dir, hooks, when_cold);
        warnings.append(&mut plugins.warnings);
        plugins.warnings = warnings;
        plugins
    }

    /// Loads these components, in this order.
    pub fn from_sources(
        sources: Vec<Source<'_>>,
        cache_dir: Option<&Path>,
        hooks: &[Hook],
        when_cold: WhenCold,
    ) -> Self {
        let mut plugins = Self {
            ready: Vec::new(),
            caller: None,
            warnings: Vec::new(),
        };
        let wanted = sources.into_iter().filter_map(|source| {
            let stated = source.component.stated_hooks();
            let refreshed = source.access.reaches_network();
            let is_asked = stated
                .iter()
                .any(|hook| hooks.contains(hook) || (refreshed && kept::HOOKS.contains(hook)));
            is_asked.then_some((source, stated))
        });
        let wanted: Vec<(Source<'_>, Vec<Hook>)> = wanted.collect();
        if wanted.is_empty() {
            return plugins;
        }
        let loader = match Loader::new(cache_dir, when_cold) {
            Ok(loader) => loader,
            Err(error) => {
                plugins.warnings.push(warning::unusable("host", &error));
                return plugins;
            }
        };
        let unkept = loader.cache.unusable.as_deref().map(warning::unkept);
        plugins.warnings.extend(unkept);
        for (source, stated) in wanted {
            match loader.load(&source) {
                Ok(None) if !source.access.reaches_network() => {
                    plugins.warnings.push(warning::cold(&source.name));
                }
                Ok(loaded) => plugins.ready.push(Ready::new(source, stated, loaded)),
                Err(error) => plugins.warnings.push(match error.downcast_ref() {
                    Some(missing) => warning::missing(&source.name, missing),
                    None => warning::unusable(&source.name, &error),
                }),
            }
        }
        plugins.caller = Some(Caller::new(loader.engine));
        plugins
    }
}

impl Component<'_> {
    fn stated_hooks(&self) -> Vec<Hook> {
        match self {
            Self::Here(bytes) => selection::stated_hooks(bytes),
            Self::Elsewhere { hooks, .. } => hooks.clone(),
        }
    }

    fn bytes(&self) -> anyhow::Result<Cow<'_, [u8]>> {
        match self {
            Self::Here(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Elsewhere { place, .. } => Ok(Cow::Owned(place.read()?)),
        }
    }
}

/// What all components of one command share while they are loaded.
struct Loader {
    engine: Engine,
    linker: Linker<Sandbox>,
    /// Made for the first component that imports WASI HTTP.
    linker_with_http: OnceCell<Linker<Sandbox>>,
    cache: Cache,
    when_cold: WhenCold,
}

impl Loader {
    fn new(cache_dir: Option<&Path>, when_cold: WhenCold) -> anyhow::Result<Self> {
        let engine = engine::engine()?;
        Ok(Self {
            linker: engine::linker(&engine)?,
            linker_with_http: OnceCell::new(),
            cache: Cache::open(cache_dir, &engine),
            engine,
            when_cold,
        })
    }

    /// None: it would have to be compiled, and this is no time for it.
    fn load(&self, source: &Source<'_>) -> anyhow::Result<Option<Loaded>> {
        let digest = &source.digest;
        let component = match (self.cache.load(&self.engine, digest), self.when_cold) {
            (Some(component), _) => component,
            (None, WhenCold::Skip) => return Ok(None),
            (None, WhenCold::Compile) => {
                let bytes = source.component.bytes()?;
                self.cache.compile(&self.engine, digest, &bytes)?
            }
        };
        engine::check_contract(&self.engine, &component)?;
        Loaded::new(self.linker_for(&component)?, &component).map(Some)
    }

    fn linker_for(
        &self,
        component: &wasmtime::component::Component,
    ) -> anyhow::Result<&Linker<Sandbox>> {
        if !engine::imports_http(&self.engine, component) {
            return Ok(&self.linker);
        }
        if let Some(linker) = self.linker_with_http.get() {
            return Ok(linker);
        }
        let linker = engine::linker_with_http(&self.linker)?;
        Ok(self.linker_with_http.get_or_init(|| linker))
    }
}
