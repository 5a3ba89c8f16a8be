//! When plugins are called: in their order on one thread; one that takes long goes on there while the next begins on
//! another. It must come back soon after the deadlines whatever the plugins do.
//!
//! There is no ticker: the host's thread answers the plugins' questions, and waits for them with a timeout. When a
//! deadline has passed it advances the engine's epoch, at which each guest looks at its own deadline. A guest that sits
//! in a host function (asleep, say) cannot be interrupted: its thread is left behind, and never used again.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use wasmtime::Engine;

use super::call::{self, Call, Failure, Outcome};
use super::deadline::Deadline;
use super::host_data::HostData;
use super::line::{self, Event, Line, Report};

/// How long the next plugin waits for the one before it. Most are done long before, and then one thread is the fastest.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long an interrupted guest has to come back.
const GRACE: Duration = Duration::from_millis(50);
/// Between two advances of the epoch while a guest that is over its time has not come back: one that was looking at the
/// clock at that very moment may have missed the first.
const AGAIN: Duration = Duration::from_millis(5);

/// Makes calls, and keeps the threads that came back.
pub struct Caller {
    engine: Engine,
    idle: Vec<Worker>,
    reports: Sender<Report<Outcome>>,
    events: Receiver<Report<Outcome>>,
    calls_made: u64,
}

/// A thread that calls plugins.
struct Worker {
    jobs: Sender<Job>,
}

struct Job {
    call: Call,
    line: Line<Outcome>,
}

/// A call that has not come back yet.
struct Running {
    /// The call's place among those that were asked for together.
    index: usize,
    number: u64,
    worker: Worker,
    limit: Duration,
    deadline: Deadline,
    /// When the epoch is to be advanced on its behalf.
    interrupt: Instant,
}

/// The calls of one question, and what came of them.
struct Round<'a> {
    caller: &'a mut Caller,
    /// Those that wait for the one before.
    queue: VecDeque<(usize, Call)>,
    running: Vec<Running>,
    /// The call that the queue waits for, and until when.
    ahead: Option<(u64, Instant)>,
    outcomes: Vec<Option<Outcome>>,
}

impl Caller {
    /// Starts the first thread right away: while plugins are loaded there is time for it, when they are called there
    /// is none. One that cannot be started is tried again, and reported, by the call.
    pub fn new(engine: Engine) -> Self {
        let (reports, events) = channel();
        Self {
            idle: Worker::start(&engine).into_iter().collect(),
            engine,
            reports,
            events,
            calls_made: 0,
        }
    }

    /// Runs each to its end, its trap or its own deadline. The outcomes are in the order of the calls.
    pub fn call_all(&mut self, calls: Vec<Call>, host: &dyn HostData) -> Vec<Outcome> {
        let outcomes = calls.iter().map(|_| None).collect();
        let numbered = calls.into_iter().enumerate();
        let (alone, queue): (VecDeque<_>, VecDeque<_>) = numbered.partition(|(_, call)| call.alone);
        let mut round = Round {
            caller: self,
            queue,
            running: Vec::new(),
            ahead: None,
            outcomes,
        };
        for (index, call) in alone {
            round.start(index, call);
        }
        while round.proceed() {
            round.wait(host);
            round.watch_the_clock();
        }
        round.outcomes.into_iter().flatten().collect()
    }
}

impl Round<'_> {
    /// Starts what nothing stands before. False when there is nothing left to wait for.
    fn proceed(&mut self) -> bool {
        while self.ahead.is_none()
            && let Some((index, call)) = self.queue.pop_front()
        {
            let number = self.start(index, call);
            self.ahead = number.map(|number| (number, Instant::now() + PATIENCE));
        }
        !self.running.is_empty()
    }

    /// None if there is no thread for it; then that is its outcome.
    fn start(&mut self, index: usize, call: Call) -> Option<u64> {
        self.caller.calls_made += 1;
        let number = self.caller.calls_made;
        let limit = call.context.limits.time;
        // A call that uses the network mostly waits: its limit is how long people wait for it.
        let deadline = match call.alone {
            true => Deadline::after(limit).strict(),
            false => Deadline::after(limit),
        };
        let line = Line::new(self.caller.reports.clone(), number, deadline.clone());
        match self.caller.hand_over(Job { call, line }) {
            Ok(worker) => {
                self.running.push(Running {
                    index,
                    number,
                    worker,
                    limit,
                    interrupt: deadline.instant(),
                    deadline,
                });
                Some(number)
            }
            Err(error) => {
                let failure = Failure::Trap(error.to_string());
                self.outcomes[index] = Some(Outcome::failed(failure, Duration::ZERO));
                None
            }
        }
    }

    /// Waits for the next thing to do, and does what a plugin asks for.
    fn wait(&mut self, host: &dyn HostData) {
        let interrupts = self.running.iter().map(|running| running.interrupt);
        let patience = self.ahead.map(|(_, until)| until);
        let waiting = patience.filter(|_| !self.queue.is_empty());
        let Some(until) = interrupts.chain(waiting).min() else {
            return;
        };
        let left = until.saturating_duration_since(Instant::now());
        let Ok(report) = line::receive(&self.caller.events, left) else {
            return;
        };
        let is_it = |running: &Running| running.number == report.call;
        // One that was left behind is no concern of ours any more.
        let Some(position) = self.running.iter().position(is_it) else {
            return;
        };
        match report.event {
            Event::Query(query) => {
                let begun = Instant::now();
                host.until(self.running[position].deadline.instant());
                query(host);
                self.put_off_others(position, begun.elapsed());
            }
            Event::Done(outcome) => {
                let running = self.end(position, outcome);
                // Only a thread that came back is used again.
                self.caller.idle.push(running.worker);
            }
        }
    }

    /// While the host worked for one, it could answer nobody else.
    fn put_off_others(&mut self, position: usize, by: Duration) {
        for (other, running) in self.running.iter_mut().enumerate() {
            if other != position {
                running.deadline.put_off(by);
                running.interrupt += by;
            }
        }
    }

    /// Interrupts what is over its time, leaves behind what does not heed that, and lets the next one begin.
    fn watch_the_clock(&mut self) {
        let now = Instant::now();
        let mut interrupt = false;
        for running in &mut self.running {
            if running.interrupt > now {
                continue;
            }
            let deadline = running.deadline.instant();
            if deadline > now {
                // The call put it off itself: it could not have the processor.
                running.interrupt = deadline;
            } else {
                running.interrupt = now + AGAIN;
                interrupt = true;
            }
        }
        if interrupt {
            self.caller.engine.increment_epoch();
        }
        let is_lost = |running: &Running| now >= running.deadline.instant() + GRACE;
        while let Some(position) = self.running.iter().position(is_lost) {
            let limit = self.running[position].limit;
            self.end(
                position,
                Outcome::failed(Failure::Time(limit), limit + GRACE),
            );
        }
        if self.ahead.is_some_and(|(_, until)| now >= until) {
            self.ahead = None;
        }
    }

    fn end(&mut self, position: usize, outcome: Outcome) -> Running {
        let running = self.running.swap_remove(position);
        self.outcomes[running.index] = Some(outcome);
        if self.ahead.is_some_and(|(ahead, _)| ahead == running.number) {
            self.ahead = None;
        }
        running
    }
}

impl Caller {
    /// To a thread that is idle, or a new one.
    fn hand_over(&mut self, job: Job) -> std::io::Result<Worker> {
        let worker = match self.idle.pop() {
            Some(worker) => worker,
            None => Worker::start(&self.engine)?,
        };
        match worker.jobs.send(job) {
            Ok(()) => Ok(worker),
            // The thread died; it took nothing with it.
            Err(refused) => {
                let worker = Worker::start(&self.engine)?;
                worker.jobs.send(refused.0).map_err(std::io::Error::other)?;
                Ok(worker)
            }
        }
    }
}

impl Worker {
    fn start(engine: &Engine) -> std::io::Result<Self> {
        let engine = engine.clone();
        let (jobs, work) = channel::<Job>();
        std::thread::Builder::new()
            .name("plugin".into())
            .spawn(move || {
                for Job { call, line } in work {
                    let done = line.reporter();
                    if !done.send(Event::Done(call::run(&engine, &call, line))) {
                        break;
                    }
                }
            })?;
        Ok(Self { jobs })
    }
}
