//! The line between a plugin's thread and the thread that holds the host's data. It must not carry references: what
//! crosses it is owned, so that a call can be abandoned.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Instant;

use super::host_data::HostData;

/// A question of the plugin's, put to the host on the host's own thread.
pub type Query = Box<dyn FnOnce(&dyn HostData) + Send>;

/// What a plugin's thread sends.
pub enum Event<T> {
    Query(Query),
    Done(T),
}

/// The plugin's end of the line, for one call.
pub struct Line<T> {
    events: Sender<Event<T>>,
    deadline: Instant,
}

impl<T> Line<T> {
    pub fn new(events: Sender<Event<T>>, deadline: Instant) -> Self {
        Self { events, deadline }
    }

    /// Waits for the answer, at most until the call's deadline: epochs do not interrupt host functions.
    pub fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn HostData) -> R + Send + 'static,
    ) -> wasmtime::Result<R> {
        let (reply, answer) = channel();
        let query: Query = Box::new(move |host| {
            // A plugin that has given up waiting is no concern of the host's.
            let _gone = reply.send(question(host));
        });
        if self.events.send(Event::Query(query)).is_err() {
            return Err(wasmtime::Error::from(wasmtime::Trap::Interrupt));
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        answer.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => wasmtime::Error::from(wasmtime::Trap::Interrupt),
            RecvTimeoutError::Disconnected => wasmtime::Error::msg("the host has gone away"),
        })
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }
}
