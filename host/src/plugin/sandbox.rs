//! What one call of a plugin lives in: its own store, WASI with nothing to reach, and its limits. It must not be used
//! for a second call: after a trap nothing in it can be relied on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Engine, Store, Trap, UpdateDeadline};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{
    Deterministic, HostMonotonicClock, HostWallClock, ResourceTable, WasiCtx, WasiCtxView, WasiView,
};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use super::access::Access;
use super::call::Outcome;
use super::http::Http;
use super::limits::{Limits, Memory};
use super::line::Line;
use crate::environment::Timestamp;

/// Handles that WASI keeps for one call: streams, requests, lists of headers. An honest plugin has some ten for each
/// request.
const MOST_RESOURCES: usize = 2_000;

/// What stays the same for all that one call asks.
#[derive(Debug)]
pub struct CallContext {
    pub state_owner: String,
    /// JSON.
    pub configuration: String,
    pub now: Timestamp,
    pub work_tree: PathBuf,
    pub access: Access,
    pub limits: Limits,
}

/// The data of a plugin's store. The functions that the plugin can call are in `host_functions`.
pub struct Sandbox {
    wasi: WasiCtx,
    table: ResourceTable,
    pub(super) context: Arc<CallContext>,
    pub(super) line: Line<Outcome>,
    pub(super) http: Http,
    pub(super) memory: Memory,
    pub(super) host_calls: u32,
    pub(super) log: Vec<String>,
    pub(super) log_left: usize,
    /// Said in the log, once.
    pub(super) log_is_cut: bool,
    pub(super) stdout: MemoryOutputPipe,
    pub(super) stderr: MemoryOutputPipe,
}

impl Sandbox {
    pub fn new(context: Arc<CallContext>, line: Line<Outcome>) -> Self {
        // A pipe that is full refuses to be looked at, too: the last byte that is allowed would be one too many.
        let [stdout, stderr] = [(); 2].map(|()| MemoryOutputPipe::new(context.limits.output + 1));
        let clock = StandingClock(context.now);
        let mut wasi = WasiCtx::builder();
        wasi.envs(&context.access.env)
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .wall_clock(clock)
            .monotonic_clock(clock)
            .secure_random(Deterministic::new(vec![0x5e]))
            .insecure_random(Deterministic::new(vec![0x5e]))
            .insecure_random_seed(0x5e)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        let mut table = ResourceTable::new();
        table.set_max_capacity(MOST_RESOURCES);
        Self {
            wasi: wasi.build(),
            table,
            http: Http::new(&context.access, line.deadline()),
            memory: Memory::new(context.limits.memory),
            host_calls: 0,
            log: Vec::new(),
            log_left: context.limits.log,
            log_is_cut: false,
            stdout,
            stderr,
            context,
            line,
        }
    }

    /// Whether it has printed more than it may.
    pub(super) fn printed_too_much(&self) -> bool {
        let printed = [&self.stdout, &self.stderr].map(|pipe| pipe.contents().len());
        printed
            .iter()
            .any(|length| *length > self.context.limits.output)
    }

    /// A store around it. At each epoch it looks at its own deadline: calls that run at the same time share the engine.
    pub fn into_store(self, engine: &Engine) -> Store<Self> {
        let returned = self.context.limits.returned;
        let mut store = Store::new(engine, self);
        store.limiter(|sandbox| &mut sandbox.memory);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| {
            if store.data().line.is_over_for_good() {
                Err(Trap::Interrupt.into())
            } else {
                Ok(UpdateDeadline::Continue(1))
            }
        });
        store.set_hostcall_fuel(returned);
        store
    }
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Sandbox {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.http.gate,
            table: &mut self.table,
            ctx: &mut self.http.context,
        }
    }
}

/// The facts' own instant, for ever: what a plugin says depends on nothing but the facts.
#[derive(Clone, Copy)]
struct StandingClock(Timestamp);

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.timestamp()).unwrap_or(0))
    }
}

impl HostMonotonicClock for StandingClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}
