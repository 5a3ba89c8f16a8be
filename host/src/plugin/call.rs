//! One call of a plugin, on the plugin's thread, and what came of it. It must not decide when it is made, nor what a
//! failure means to the user.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::{Engine, Trap, WasmBacktrace};

use super::bindings::session::plugin::types::{Contribution, Request};
use super::component::Loaded;
use super::contribution::Hook;
use super::http::Refusal;
use super::line::Line;
use super::sandbox::{CallContext, Sandbox};
use super::secrets::Secrets;

/// One call to make.
pub struct Call {
    pub loaded: Arc<Loaded>,
    pub context: Arc<CallContext>,
    pub hook: Hook,
    pub request: Request,
    /// On a thread of its own from the start: it is known to take long.
    pub alone: bool,
}

/// What came of it.
pub struct Outcome {
    pub result: Result<Contribution, Failure>,
    /// What the plugin logged, `level: message`.
    pub log: Vec<String>,
    /// What it was refused on the network.
    pub refusals: Vec<Refusal>,
    /// How long the call took.
    pub took: Duration,
}

impl Outcome {
    /// Nothing else is known of it.
    pub fn failed(failure: Failure, took: Duration) -> Self {
        Self {
            result: Err(failure),
            log: Vec::new(),
            refusals: Vec::new(),
            took,
        }
    }
}

/// Why there is no contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It ran for longer than this.
    Time(Duration),
    /// It would have had `asked` bytes where `limit` is allowed.
    Memory { asked: usize, limit: usize },
    /// It printed more than this many bytes.
    Output(usize),
    /// It recursed without end.
    Stack,
    /// It handed over more than this many bytes.
    Returned(usize),
    /// It panicked, with this text.
    Panic(String),
    /// It said so itself.
    Said(String),
    /// Something else went wrong in the sandbox.
    Trap(String),
}

/// The whole of a call.
pub fn run(engine: &Engine, call: &Call, mut line: Line<Outcome>) -> Outcome {
    let started = Instant::now();
    line.begin();
    let limit = call.context.limits.time;
    let sandbox = Sandbox::new(Arc::clone(&call.context), line);
    let mut store = sandbox.into_store(engine);
    // The deadline may have passed before the store's epoch was noted; then no advance might come any more.
    let result = if store.data().line.is_over_for_good() {
        Err(Failure::Time(limit))
    } else {
        match call.loaded.call(call.hook, &mut store, &call.request) {
            Ok(_) if store.data().printed_too_much() => {
                Err(Failure::Output(call.context.limits.output))
            }
            Ok(Ok(contribution)) => Ok(contribution),
            // What a guest complains of then is that its requests ended with its time.
            Ok(Err(_)) if store.data().line.is_over() => Err(Failure::Time(limit)),
            Ok(Err(message)) => Err(Failure::Said(message)),
            Err(error) => Err(failure(&error, store.data())),
        }
    };
    let mut outcome = Outcome {
        result,
        log: std::mem::take(&mut store.data_mut().log),
        refusals: store.data().http.refusals(),
        took: started.elapsed(),
    };
    Secrets::of(&call.context.access).mask_outcome(&mut outcome);
    outcome
}

/// What a trap was about. The limits first: a guest that was denied something usually panics over it.
fn failure(error: &wasmtime::Error, sandbox: &Sandbox) -> Failure {
    let limits = &sandbox.context.limits;
    let stderr = sandbox.stderr.contents();
    if let Some(asked) = sandbox.memory.denied() {
        return Failure::Memory {
            asked,
            limit: limits.memory,
        };
    }
    if sandbox.printed_too_much() {
        return Failure::Output(limits.output);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => return Failure::Time(limits.time),
        Some(Trap::StackOverflow) => return Failure::Stack,
        // A Rust guest keeps part of its stack in linear memory, and usually runs out of that first.
        Some(Trap::MemoryOutOfBounds) if is_recursion(error) => return Failure::Stack,
        _ => {}
    }
    // The outer layers of the error are the guest's backtrace.
    let text = error.root_cause().to_string();
    if text.contains("fuel") {
        return Failure::Returned(limits.returned);
    }
    let mut printed = String::from_utf8_lossy(&stderr).into_owned();
    // Before its lines are joined: a value of several lines is not found in one.
    Secrets::of(&sandbox.context.access).mask(&mut printed);
    match panic_text(&printed) {
        Some(text) => Failure::Panic(text),
        None => Failure::Trap(text),
    }
}

/// Whether the innermost frames are all the same few functions.
fn is_recursion(error: &wasmtime::Error) -> bool {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return false;
    };
    let frames = backtrace.frames();
    let mut functions: Vec<u32> = frames.iter().map(|frame| frame.func_index()).collect();
    functions.sort_unstable();
    functions.dedup();
    frames.len() >= 16 && functions.len() <= frames.len() / 4
}

/// The message of a Rust panic, or else the last thing printed on standard error.
fn panic_text(stderr: &str) -> Option<String> {
    let mut lines = stderr
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let message = match lines.by_ref().find(|line| line.contains("panicked at")) {
        Some(_) => lines
            .take_while(|line| !line.starts_with("note: "))
            .collect::<Vec<_>>()
            .join(" "),
        None => stderr
            .lines()
            .rfind(|line| !line.trim().is_empty())?
            .to_owned(),
    };
    (!message.is_empty()).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::panic_text;

    #[test]
    fn the_message_of_a_panic_is_found_among_what_rust_prints() {
        let stderr = "x\n\nthread '<unnamed>' (1) panicked at src/lib.rs:1:2:\nno such\nthing\nnote: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(panic_text(stderr).as_deref(), Some("no such thing"));
        assert_eq!(
            panic_text("Traceback\nValueError: x\n").as_deref(),
            Some("ValueError: x")
        );
        assert_eq!(panic_text(""), None);
    }
}
