//! A plugin that was found and loaded, as far as this command may: what it is, and what a call of it looks like. It must
//! not decide whether it is called.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::access::Access;
use super::bindings::session::plugin::types::{Argument, Request};
use super::call::Call;
use super::component::Loaded;
use super::contribution::Hook;
use super::host_data::HostData;
use super::kept::{Key, Place};
use super::limits::Limits;
use super::sandbox::CallContext;
use super::{Question, Source, http, state_owner};
use crate::config::PluginConfig;

/// One plugin of a command.
pub struct Ready {
    pub name: String,
    /// sha256 of the component.
    pub digest: String,
    /// Those that it is asked, as far as it exports them.
    stated_hooks: Vec<Hook>,
    /// None: it would have to be compiled, and this is no time for it. What it said last can still be shown.
    loaded: Option<Arc<Loaded>>,
    pub access: Access,
    pub settings: PluginConfig,
}

impl Ready {
    /// `loaded`: none where it would have to be compiled first.
    pub fn new(source: Source<'_>, stated_hooks: Vec<Hook>, loaded: Option<Loaded>) -> Self {
        Self {
            stated_hooks,
            loaded: loaded.map(Arc::new),
            name: source.name,
            digest: source.digest.into_owned(),
            access: source.access,
            settings: source.settings,
        }
    }

    /// What can be called, if it can.
    pub fn loaded(&self) -> Option<&Arc<Loaded>> {
        self.loaded.as_ref()
    }

    /// What its manifest does not name it is not asked. Of a component that is not compiled only that is known.
    pub fn answers(&self, hook: Hook) -> bool {
        let exports = |loaded: &Arc<Loaded>| loaded.exports(hook);
        self.stated_hooks.contains(&hook) && self.loaded.as_ref().is_none_or(exports)
    }

    pub fn call(
        &self,
        loaded: &Arc<Loaded>,
        hook: Hook,
        question: &Question,
        host: &dyn HostData,
    ) -> Call {
        let alone = self.access.reaches_network();
        let mut limits = Limits::of(hook, &self.settings.limits);
        if alone && self.settings.limits.time.is_none() {
            limits.time = http::DEADLINE;
        }
        let context = CallContext {
            state_owner: self.state_owner(),
            configuration: self.settings.config.to_string(),
            now: host.now(),
            work_tree: host.work_tree().to_owned(),
            access: self.access.clone(),
            limits,
        };
        let arguments = question.arguments.iter().cloned();
        Call {
            loaded: Arc::clone(loaded),
            context: Arc::new(context),
            hook,
            alone,
            request: Request {
                room: u32::try_from(question.room).unwrap_or(u32::MAX),
                arguments: arguments
                    .map(|(name, value)| Argument { name, value })
                    .collect(),
            },
        }
    }

    /// Whom the state belongs to that it finds and leaves.
    pub fn state_owner(&self) -> String {
        state_owner::of(&self.name, self.settings.source.as_deref())
    }

    /// What was asked for and what was granted. A variable's value may change without notice, as tokens are renewed, and
    /// it need not be set in every shell.
    fn grants(&self) -> Vec<String> {
        let asked = &self.settings.allow;
        let set = self.access.env.iter().map(|(name, _)| name);
        let variables: BTreeSet<String> = set.chain(&self.access.env_unset).cloned().collect();
        let granted = self.access.http.iter().cloned().chain(variables);
        let asked = [&asked.read, &asked.http, &asked.env];
        let asked = asked.into_iter().flat_map(|list| list.iter().cloned());
        granted
            .chain(["asked for".to_owned()])
            .chain(asked)
            .collect()
    }

    /// What an earlier answer has to agree with to be this plugin's still.
    pub fn key(&self, hook: Hook, host: &dyn HostData) -> Key {
        Key {
            plugin: self.name.clone(),
            hook,
            digest: self.digest.clone(),
            grants: self.grants(),
            configuration: self.settings.config.to_string(),
            place: Place::of(host),
        }
    }
}
