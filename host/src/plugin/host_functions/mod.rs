//! The contract's host interfaces: what a plugin can ask. Each answer is a copy of plain data; none of these functions
//! may write, start a process, or wait longer than the call's deadline.

mod facts;
mod repository;
mod work_tree;

use super::bindings::session::plugin::{log, state, types};
use super::host_data::{HostData, Scope};
use super::sandbox::Sandbox;

const MOST_PATHS: usize = 1_000;

impl Sandbox {
    /// Counts a call; one too many is a trap.
    fn count(&mut self) -> wasmtime::Result<()> {
        self.host_calls += 1;
        if self.host_calls > self.context.limits.host_calls {
            let most = self.context.limits.host_calls;
            return Err(wasmtime::Error::msg(format!(
                "more than {most} calls of host functions"
            )));
        }
        Ok(())
    }

    /// Epochs cannot interrupt a host function: one that takes long looks at the clock itself.
    fn stop_when_over(&self) -> wasmtime::Result<()> {
        if self.line.is_over_for_good() {
            return Err(wasmtime::Error::from(wasmtime::Trap::Interrupt));
        }
        Ok(())
    }

    fn ask<R: Send + 'static>(
        &mut self,
        question: impl FnOnce(&dyn HostData) -> R + Send + 'static,
    ) -> wasmtime::Result<R> {
        self.count()?;
        self.line.ask(question)
    }
}

impl types::Host for Sandbox {}

impl state::Host for Sandbox {
    fn get(&mut self, scope: String) -> wasmtime::Result<Option<Vec<u8>>> {
        let owner = self.context.state_owner.clone();
        self.ask(move |host| match scope.as_str() {
            "session" => host.state(&owner, Scope::Session),
            "repository" => host.state(&owner, Scope::Repository),
            _ => None,
        })
    }
}

impl log::Host for Sandbox {
    fn log(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        self.count()?;
        let line = format!("{level}: {message}");
        match self.log_left.checked_sub(line.len()) {
            Some(left) => {
                self.log_left = left;
                self.log.push(line);
            }
            None if !self.log_is_cut => {
                self.log_is_cut = true;
                let most = self.context.limits.log;
                let cut = format!(
                    "warn: more than {most} bytes were logged; what did not fit is left out"
                );
                self.log.push(cut);
            }
            None => {}
        }
        Ok(())
    }
}

fn failure(kind: &str, message: impl Into<String>) -> types::Failure {
    types::Failure {
        kind: kind.to_owned(),
        message: message.into(),
    }
}

fn too_large(what: &str, most: usize) -> types::Failure {
    failure("too-large", format!("more than {most} {what} in one call"))
}

fn trap(error: anyhow::Error) -> wasmtime::Error {
    wasmtime::Error::msg(format!("{error:#}"))
}

fn failed(error: anyhow::Error) -> types::Failure {
    failure("failed", format!("{error:#}"))
}
