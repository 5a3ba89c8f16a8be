//! Calling a plugin on a thread of its own, while this thread answers its questions and watches the clock. It must
//! come back soon after the deadline whatever the plugin does.
//!
//! There is no ticker: the calling thread waits for questions with a timeout, and advances the engine's epoch when the
//! deadline has passed, which interrupts the guest. A guest that sits in a host function (asleep, say) cannot be
//! interrupted: its thread is left behind, and the next plugin gets a new one.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use wasmtime::{Engine, Trap, WasmBacktrace};

use super::bindings::session::plugin::types::{Contribution, Request};
use super::component::Loaded;
use super::contribution::Hook;
use super::host_data::HostData;
use super::line::{Event, Line};
use super::sandbox::{CallContext, Sandbox};

/// How long an interrupted guest has to come back.
const GRACE: Duration = Duration::from_millis(50);

/// One call to make.
pub struct Call {
    pub loaded: Arc<Loaded>,
    pub context: Arc<CallContext>,
    pub hook: Hook,
    pub request: Request,
}

/// What came of it.
pub struct Outcome {
    pub result: Result<Contribution, Failure>,
    /// What the plugin logged, `level: message`.
    pub log: Vec<String>,
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

/// Makes calls, one after another.
pub struct Caller {
    engine: Engine,
    worker: Option<Worker>,
}

struct Worker {
    jobs: Sender<(Call, Instant)>,
    events: Receiver<Event<Outcome>>,
}

impl Caller {
    /// Starts the first thread right away: while plugins are loaded there is time for it, when they are called there
    /// is none. One that cannot be started is tried again, and reported, by the call.
    pub fn new(engine: Engine) -> Self {
        let worker = Worker::start(engine.clone()).ok();
        Self { engine, worker }
    }

    /// Runs one hook to its end, its trap or its deadline.
    pub fn call(&mut self, call: Call, host: &dyn HostData) -> Outcome {
        let limit = call.context.limits.time;
        let deadline = Instant::now() + limit;
        let worker = match self.worker.take() {
            Some(worker) => Ok(worker),
            None => Worker::start(self.engine.clone()),
        };
        let outcome = worker.map_err(|error| Failure::Trap(error.to_string()));
        let outcome = outcome.and_then(|worker| {
            let outcome = worker.run(call, deadline, &self.engine, host);
            let outcome = outcome.ok_or(Failure::Time(limit))?;
            // Only a thread that came back is used again.
            self.worker = Some(worker);
            Ok(outcome)
        });
        outcome.unwrap_or_else(|failure| Outcome {
            result: Err(failure),
            log: Vec::new(),
        })
    }
}

impl Worker {
    fn start(engine: Engine) -> std::io::Result<Self> {
        let (jobs, work) = channel::<(Call, Instant)>();
        let (report, events) = channel();
        std::thread::Builder::new()
            .name("plugin".into())
            .spawn(move || {
                for (call, deadline) in work {
                    let line = Line::new(report.clone(), deadline);
                    if report.send(Event::Done(run(&engine, call, line))).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Self { jobs, events })
    }

    /// None if the thread did not come back in time, or died.
    fn run(
        &self,
        call: Call,
        deadline: Instant,
        engine: &Engine,
        host: &dyn HostData,
    ) -> Option<Outcome> {
        self.jobs.send((call, deadline)).ok()?;
        let mut until = deadline;
        loop {
            if Instant::now() >= until {
                engine.increment_epoch();
                if until > deadline {
                    return None;
                }
                until = Instant::now() + GRACE;
            }
            match self
                .events
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(Event::Query(query)) => query(host),
                Ok(Event::Done(outcome)) => return Some(outcome),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// The whole of a call, on the plugin's thread.
fn run(engine: &Engine, call: Call, line: Line<Outcome>) -> Outcome {
    let limit = call.context.limits.time;
    let sandbox = Sandbox::new(Arc::clone(&call.context), line);
    let mut store = sandbox.into_store(engine);
    // The deadline may have passed before the store's epoch was noted; then no advance would come any more.
    let result = if store.data().line.is_over() {
        Err(Failure::Time(limit))
    } else {
        match call.loaded.call(call.hook, &mut store, &call.request) {
            Ok(Ok(contribution)) => Ok(contribution),
            Ok(Err(message)) => Err(Failure::Said(message)),
            Err(error) => Err(failure(&error, store.data())),
        }
    };
    Outcome {
        result,
        log: std::mem::take(&mut store.data_mut().log),
    }
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
    if stderr.len().max(sandbox.stdout.contents().len()) >= limits.output {
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
    match panic_text(&String::from_utf8_lossy(&stderr)) {
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
