//! The line between a plugin's thread and the thread that holds the host's data. It must not carry references: what
//! crosses it is owned, so that a call can be abandoned.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use super::deadline::Deadline;
use super::host_data::HostData;

/// How long a side looks for the other's word before it goes to sleep. Most questions are answered in a fraction of the
/// time that a sleeping thread takes to wake up, above all on a virtual machine.
const ATTENTION: Duration = Duration::from_micros(150);

/// A question of the plugin's, put to the host on the host's own thread.
pub type Query = Box<dyn FnOnce(&dyn HostData) + Send>;

/// What a plugin's thread sends.
pub enum Event<T> {
    Query(Query),
    Done(T),
}

/// An event, and the number of the call that it belongs to: several calls share the host's end.
pub struct Report<T> {
    pub call: u64,
    pub event: Event<T>,
}

/// The plugin's end of the line, for one call.
pub struct Line<T> {
    reporter: Reporter<T>,
    deadline: Deadline,
    /// How long the thread had been on a processor when the call began.
    before: Duration,
    /// How long the call waited for answers: that is its own time.
    waited: Duration,
}

/// Sends the events of one call.
pub struct Reporter<T> {
    reports: Sender<Report<T>>,
    call: u64,
}

impl<T> Reporter<T> {
    /// False when there is nobody who listens.
    pub fn send(&self, event: Event<T>) -> bool {
        let call = self.call;
        self.reports.send(Report { call, event }).is_ok()
    }
}

impl<T> Line<T> {
    pub fn new(reports: Sender<Report<T>>, call: u64, deadline: Deadline) -> Self {
        Self {
            reporter: Reporter { reports, call },
            deadline,
            before: Duration::ZERO,
            waited: Duration::ZERO,
        }
    }

    /// The call begins, on this thread.
    pub fn begin(&mut self) {
        self.before = on_the_processor();
    }

    /// What outlives the line: the end of a call is told when nothing of it is left.
    pub fn reporter(&self) -> Reporter<T> {
        let Reporter { reports, call } = &self.reporter;
        Reporter {
            reports: reports.clone(),
            call: *call,
        }
    }

    /// Waits for the answer, at most until the call's deadline: epochs do not interrupt host functions.
    pub fn ask<R: Send + 'static>(
        &mut self,
        question: impl FnOnce(&dyn HostData) -> R + Send + 'static,
    ) -> wasmtime::Result<R> {
        // One that had no time to ask in is waited for. While it waits, time passes for it as for people.
        self.is_over_for_good();
        let (reply, answer) = channel();
        let query: Query = Box::new(move |host| {
            // A plugin that has given up waiting is no concern of the host's.
            let _gone = reply.send(question(host));
        });
        if !self.reporter.send(Event::Query(query)) {
            return Err(wasmtime::Error::from(wasmtime::Trap::Interrupt));
        }
        let begun = Instant::now();
        loop {
            let until = self.deadline.instant();
            match receive(&answer, until.saturating_duration_since(Instant::now())) {
                Ok(answer) => {
                    self.waited += begun.elapsed();
                    return Ok(answer);
                }
                // It was put off meanwhile.
                Err(RecvTimeoutError::Timeout) if !self.is_over() => {}
                Err(RecvTimeoutError::Timeout) => return Err(wasmtime::Trap::Interrupt.into()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(wasmtime::Error::msg("the host has gone away"));
                }
            }
        }
    }

    pub fn deadline(&self) -> Instant {
        self.deadline.instant()
    }

    pub fn is_over(&self) -> bool {
        self.deadline.is_over()
    }

    /// As [`Line::is_over`], but not while the call lacks time on the processor: for its own thread.
    pub fn is_over_for_good(&self) -> bool {
        if !self.is_over() {
            return false;
        }
        let computed = on_the_processor().saturating_sub(self.before);
        self.deadline.is_over_after(computed + self.waited)
    }
}

/// How long this thread has been.
fn on_the_processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// As `recv_timeout`, awake at first. Whoever else has work to do on this processor gets it meanwhile.
pub fn receive<T>(from: &Receiver<T>, patience: Duration) -> Result<T, RecvTimeoutError> {
    let begun = Instant::now();
    while begun.elapsed() < patience.min(ATTENTION) {
        match from.try_recv() {
            Ok(word) => return Ok(word),
            Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) => std::thread::yield_now(),
        }
    }
    from.recv_timeout(patience.saturating_sub(begun.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question that is put while the host works for somebody else, until after the call's first deadline.
    fn asked(put_off: Duration) -> Option<u32> {
        let limit = Duration::from_millis(20);
        let deadline = Deadline::after(limit);
        let (reports, events) = channel();
        let mut line: Line<()> = Line::new(reports, 1, deadline.clone());
        std::thread::scope(|scope| {
            let host = scope.spawn(move || {
                let over = deadline.instant() + limit;
                deadline.put_off(put_off);
                while Instant::now() < over {
                    std::thread::yield_now();
                }
                let Ok(Report {
                    event: Event::Query(query),
                    ..
                }) = events.recv()
                else {
                    panic!("a question");
                };
                query(&crate::plugin::tests::FixedHost::new(&std::env::temp_dir()));
            });
            let answer = line.ask(|_| 7).ok();
            host.join().unwrap();
            answer
        })
    }

    #[test]
    fn what_the_host_did_for_another_plugin_does_not_count() {
        assert_eq!(asked(Duration::from_secs(60)), Some(7));
        assert_eq!(asked(Duration::ZERO), None);
    }
}
