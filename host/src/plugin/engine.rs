//! The one way this program configures wasmtime. It must not depend on a plugin: all share one engine.

use anyhow::{Context as _, anyhow};
use sha2::{Digest as _, Sha256};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, OptLevel};

use super::bindings::session::plugin as contract;
use super::compatibility;
use super::sandbox::Sandbox;

/// Bytes. Deep enough for honest recursion, small enough for the worker's own stack of 2 MiB.
const GUEST_STACK: usize = 512 * 1024;

/// wasmtime has an error type of its own. This is the only place where one becomes an `anyhow::Error`.
pub fn into_anyhow(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}

/// An engine whose calls can be interrupted by advancing its epoch.
pub fn engine() -> anyhow::Result<Engine> {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(GUEST_STACK)
        .cranelift_opt_level(OptLevel::SpeedAndSize)
        // Every byte of an artifact is hashed before each use; nobody debugs these components natively.
        .generate_address_map(false)
        .native_unwind_info(false)
        // An image that later instances would share costs more than it saves the only instance of a process.
        .memory_init_cow(false);
    Engine::new(&config)
        .map_err(into_anyhow)
        .context("failed to start the WASM engine")
}

/// Everything that a plugin without the network can import: the contract, and WASI 0.2, which [`Sandbox`] gives nothing
/// to reach.
pub fn linker(engine: &Engine) -> anyhow::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    link(&mut linker)
        .map_err(into_anyhow)
        .context("failed to link the plugin interfaces")?;
    Ok(linker)
}

fn link(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    use wasmtime::component::HasSelf;
    wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    contract::types::add_to_linker::<_, HasSelf<_>>(linker, |sandbox| sandbox)?;
    contract::facts::add_to_linker::<_, HasSelf<_>>(linker, |sandbox| sandbox)?;
    contract::repository::add_to_linker::<_, HasSelf<_>>(linker, |sandbox| sandbox)?;
    contract::work_tree::add_to_linker::<_, HasSelf<_>>(linker, |sandbox| sandbox)?;
    contract::state::add_to_linker::<_, HasSelf<_>>(linker, |sandbox| sandbox)?;
    contract::log::add_to_linker::<_, HasSelf<_>>(linker, |sandbox| sandbox)
}

/// What this one component can import.
pub fn linker_of(engine: &Engine, component: &Component) -> anyhow::Result<Linker<Sandbox>> {
    let linker = linker(engine)?;
    if imports_http(engine, component) {
        linker_with_http(&linker)
    } else {
        Ok(linker)
    }
}

/// As [`linker`], and WASI HTTP, which [`Sandbox`] opens for granted hosts only.
pub fn linker_with_http(linker: &Linker<Sandbox>) -> anyhow::Result<Linker<Sandbox>> {
    let mut linker = linker.clone();
    wasmtime_wasi_http::p2::add_only_http_to_linker_sync(&mut linker)
        .map_err(into_anyhow)
        .context("failed to link WASI HTTP")?;
    Ok(linker)
}

/// Whether a component has requests to make. Only then WASI HTTP is linked: it costs each plugin's load something.
pub fn imports_http(engine: &Engine, component: &Component) -> bool {
    let all = component.component_type();
    let mut imports = all.imports(engine);
    imports.any(|(name, _)| name.starts_with("wasi:http/"))
}

/// Refuses a component that was built for a contract which this host does not serve.
pub fn check_contract(engine: &Engine, component: &Component) -> anyhow::Result<()> {
    let ty = component.component_type();
    let imports = ty.imports(engine).map(|(name, _)| name);
    let names: Vec<&str> = imports
        .chain(ty.exports(engine).map(|(name, _)| name))
        .collect();
    compatibility::check(names)
}

/// What tells this engine's compiled code from any other's: wasmtime's version, the processor and the settings above.
pub fn compatibility(engine: &Engine) -> String {
    struct Hasher(Sha256);
    impl std::hash::Hasher for Hasher {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Hasher(Sha256::new());
    std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut hasher);
    hex(&hasher.0.finalize())
}

/// The digest by which a component is known.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// As [`digest`], of what can be read, a piece at a time: pages that are not touched cost nothing.
pub fn digest_of(mut source: impl std::io::Read) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match source.read(&mut piece)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&piece[..read]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
