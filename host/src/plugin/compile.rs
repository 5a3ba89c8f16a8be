//! Compiling a component, within a time: nobody can interrupt the compiler. It must not keep or load what it made.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, bail};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::into_anyhow;

/// The largest honest component, a Python one, takes some seconds: a slow machine has as many minutes, and nothing waits
/// for ever.
pub const LIMIT: Duration = Duration::from_secs(5 * 60);

/// As much as the main thread has.
const STACK: usize = 8 * 1024 * 1024;

/// Compiles on a thread of its own, which is left behind when its time is over: it ends with the process.
pub fn compile(engine: &Engine, bytes: &[u8], limit: Duration) -> anyhow::Result<Component> {
    let (done, compiled) = channel();
    let (engine, bytes) = (engine.clone(), bytes.to_vec());
    std::thread::Builder::new()
        .name("compiler".to_owned())
        .stack_size(STACK)
        .spawn(move || done.send(Component::new(&engine, bytes)))
        .context("failed to start the compiler")?;
    match compiled.recv_timeout(limit) {
        Ok(component) => component.map_err(into_anyhow),
        Err(RecvTimeoutError::Timeout) => {
            bail!("compiling it took longer than {} seconds", limit.as_secs())
        }
        Err(RecvTimeoutError::Disconnected) => bail!("the compiler broke down over it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::engine;

    #[test]
    fn what_takes_too_long_to_compile_is_given_up() {
        let engine = engine::engine().unwrap();
        let said = |limit| match compile(&engine, session_guests::MISBEHAVING, limit) {
            Ok(_) => "compiled".to_owned(),
            Err(error) => error.to_string(),
        };
        let late = "compiling it took longer than 0 seconds";
        assert_eq!(said(Duration::ZERO), late);
        assert_eq!(said(LIMIT), "compiled");
    }
}
