//! Compiling a component, within a time: nobody can interrupt the compiler. It must not keep or load what it made.

use std::time::Duration;

use anyhow::bail;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::apart::{self, Failure};
use super::engine::into_anyhow;
use super::nesting;

/// The largest honest component, a Python one, takes some seconds: a slow machine has as many minutes, and nothing waits
/// for ever.
pub const LIMIT: Duration = Duration::from_secs(5 * 60);

pub fn compile(engine: &Engine, bytes: &[u8], limit: Duration) -> anyhow::Result<Component> {
    nesting::excess(bytes).map_err(anyhow::Error::msg)?;
    let (engine, bytes) = (engine.clone(), bytes.to_vec());
    match apart::work(limit, move || Component::new(&engine, bytes))? {
        Ok(component) => component.map_err(into_anyhow),
        Err(Failure::Late(limit)) => {
            bail!("compiling it took longer than {} seconds", limit.as_secs())
        }
        Err(Failure::BrokeDown) => bail!("the compiler broke down over it"),
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
