//! One component, loaded and linked: which hooks it exports, and calling one of them. It must not decide what a failure
//! means to the user.

use anyhow::Context as _;
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};

use super::bindings::exports::session::plugin as hooks;
use super::bindings::session::plugin::types::{Contribution, Request};
use super::contribution::Hook;
use super::engine::into_anyhow;
use super::sandbox::Sandbox;

/// Ready to be instantiated, as often as it is asked.
pub struct Loaded {
    pre: InstancePre<Sandbox>,
}

impl Loaded {
    /// Links a component. An import that the host does not provide is an error that names it.
    pub fn new(linker: &Linker<Sandbox>, component: &Component) -> anyhow::Result<Self> {
        let pre = linker.instantiate_pre(component).map_err(into_anyhow)?;
        Ok(Self { pre })
    }

    /// Looked up by interface: a component built for `0.1.0` is found by a host that asks for `0.1.7`.
    pub fn exports(&self, hook: Hook) -> bool {
        let interface = format!("session:plugin/{}@{}", hook.name(), super::CONTRACT);
        let component = self.pre.component();
        component.get_export_index(None, &interface).is_some()
    }

    /// Whether what it calls a hook has the contract's function.
    pub fn check_hooks(&self) -> anyhow::Result<()> {
        let pre = &self.pre;
        macro_rules! check {
            ($($hook:ident $interface:ident),*) => {$(
                if self.exports(Hook::$hook) {
                    hooks::$interface::GuestIndices::new(pre)
                        .map_err(into_anyhow)
                        .context(concat!("its hook ", stringify!($interface), " is none"))?;
                }
            )*};
        }
        check!(Brief brief, Checkpoint checkpoint, Handoff handoff, Status status, Analyze analyze);
        Ok(())
    }

    /// Runs one hook in a fresh instance. The outer error is a trap, the inner one the plugin's own.
    pub fn call(
        &self,
        hook: Hook,
        store: &mut Store<Sandbox>,
        request: &Request,
    ) -> wasmtime::Result<Result<Contribution, String>> {
        let instance = self.pre.instantiate(&mut *store)?;
        let pre = &self.pre;
        // Five interfaces with one shape: the bindings make five types of it.
        macro_rules! contribute {
            ($interface:ident) => {
                hooks::$interface::GuestIndices::new(pre)?
                    .load(&mut *store, &instance)?
                    .call_contribute(&mut *store, request)
            };
        }
        match hook {
            Hook::Brief => contribute!(brief),
            Hook::Checkpoint => contribute!(checkpoint),
            Hook::Handoff => contribute!(handoff),
            Hook::Status => contribute!(status),
            Hook::Analyze => contribute!(analyze),
        }
    }
}
