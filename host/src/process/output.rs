//! Passing on what the command writes: at once, byte for byte, with bounded memory. It must not change a byte.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};

use super::{Stream, Watcher};

const CHUNK: usize = 64 * 1024;

/// After the command's end, how long a process that it left behind may be silent before we stop listening to it. The
/// shell would not wait for that process at all.
const SILENCE: Duration = Duration::from_millis(50);

/// How long we listen to one that is never silent.
const LONGEST: Duration = Duration::from_millis(250);

/// What a stream takes without making us wait once it is said to take something, in bytes.
const WITHOUT_WAITING: usize = 4096;

/// How long a command that was stopped may keep us from stopping with what it wrote before.
const DRAINING: Duration = Duration::from_millis(200);

/// Output that was not passed on, and why. That our reader has closed a pipe is no such thing: it wants no more.
#[derive(Debug)]
pub struct Lost {
    pub stream: Stream,
    pub error: std::io::Error,
}

/// A stream of the command's, and where it goes.
pub struct Ends {
    pub from: File,
    pub to: File,
}

/// What is known of the output when the command has ended.
pub struct Finished {
    pub lost: Option<Lost>,
    /// Streams that a process which it left behind still holds. Nobody reads them any more.
    pub left: Vec<Arc<Ends>>,
}

struct Copier {
    ends: Arc<Ends>,
    stream: Stream,
    progress: Arc<Progress>,
    phase: Arc<Phase>,
}

/// Where a copier is, for the one who waits for it. It must not keep the command's stream open.
struct Progress {
    ends: Weak<Ends>,
    /// Held while bytes may have been taken from the stream that are not passed on.
    holds: Mutex<()>,
    /// All that was in the stream when the command had ended was passed on. What else comes is not the command's.
    is_even: AtomicBool,
    lost: Mutex<Option<Lost>>,
}

/// What all copiers are told.
#[derive(Default)]
struct Phase {
    has_ended: AtomicBool,
    is_over: AtomicBool,
}

/// One thread for each pipe or pseudo-terminal.
pub struct Copiers {
    watcher: Arc<Mutex<dyn Watcher>>,
    waiting: Vec<Copier>,
    progress: Vec<Arc<Progress>>,
    phase: Arc<Phase>,
    running: usize,
    said: Sender<Said>,
    heard: Receiver<Said>,
}

enum Said {
    Copied,
    Ended,
}

impl Copiers {
    pub fn new(watcher: Arc<Mutex<dyn Watcher>>) -> Self {
        let (said, heard) = channel();
        Self {
            watcher,
            waiting: Vec::new(),
            progress: Vec::new(),
            phase: Arc::default(),
            running: 0,
            said,
            heard,
        }
    }

    pub fn add(&mut self, from: File, to: File, stream: Stream) {
        let ends = Arc::new(Ends { from, to });
        let progress = Arc::new(Progress {
            ends: Arc::downgrade(&ends),
            holds: Mutex::default(),
            is_even: AtomicBool::new(false),
            lost: Mutex::default(),
        });
        self.progress.push(progress.clone());
        self.waiting.push(Copier {
            ends,
            stream,
            progress,
            phase: self.phase.clone(),
        });
    }

    pub fn start(&mut self) {
        for copier in self.waiting.drain(..) {
            let (watcher, said) = (self.watcher.clone(), self.said.clone());
            self.running += 1;
            std::thread::spawn(move || {
                copier.copy(&watcher, &said);
                // The other side may have stopped listening.
                let _ = said.send(Said::Ended);
            });
        }
    }

    /// Waits a moment for what the stopped command wrote before: stopped ourselves, we pass nothing on.
    pub fn drain(&self) {
        let started = Instant::now();
        while self.progress.iter().any(|progress| progress.has_more())
            && started.elapsed() < DRAINING
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until everything that the ended command wrote was passed on, however slow its reader is; what a process that
    /// it left behind writes is only watched for a moment, and is then somebody else's to pass on.
    pub fn finish(&mut self) -> Finished {
        self.phase.has_ended.store(true, Ordering::SeqCst);
        let mut even_since = None;
        while self.running > 0 {
            let heard = self.heard.recv_timeout(SILENCE);
            if let Ok(Said::Ended) = heard {
                self.running -= 1;
            }
            if self.progress.iter().any(|progress| progress.is_behind()) {
                continue;
            }
            let even_since = *even_since.get_or_insert_with(Instant::now);
            if heard.is_err() || even_since.elapsed() > LONGEST {
                break;
            }
        }
        self.phase.is_over.store(true, Ordering::SeqCst);
        let lost = |progress: &Arc<Progress>| {
            let mut lost = progress.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.take()
        };
        Finished {
            left: self
                .progress
                .iter()
                .filter_map(|one| one.hand_over())
                .collect(),
            lost: self.progress.iter().find_map(lost),
        }
    }
}

impl Progress {
    /// Something of the command's was not passed on, as when our own reader is slow. To be asked when it has ended.
    fn is_behind(&self) -> bool {
        if self.is_even.load(Ordering::SeqCst) {
            return false;
        }
        let is_behind = self.has_more();
        if !is_behind {
            self.is_even.store(true, Ordering::SeqCst);
        }
        is_behind
    }

    fn has_more(&self) -> bool {
        // In this order: a copier says that it holds something before it takes it out of the stream.
        let waits = self
            .ends
            .upgrade()
            .is_some_and(|ends| left_in(&ends.from) > 0);
        waits || self.holds.try_lock().is_err()
    }

    /// When all is over: what its copier holds is passed on first, and it takes nothing after that.
    fn hand_over(&self) -> Option<Arc<Ends>> {
        drop(self.holds.lock());
        self.ends.upgrade()
    }
}

/// Bytes that were written and not read. A pseudo-terminal counts only what it was asked for before.
fn left_in(stream: &File) -> u64 {
    match is_ready(stream, PollFlags::IN) {
        true => rustix::io::ioctl_fionread(stream).unwrap_or(0),
        false => 0,
    }
}

fn is_ready(stream: &File, flags: PollFlags) -> bool {
    let mut asked = [PollFd::new(stream, flags)];
    poll(&mut asked, Some(&rustix::time::Timespec::default())).is_ok()
        && asked[0].revents().contains(flags)
}

impl Copier {
    fn copy(self, watcher: &Mutex<dyn Watcher>, said: &Sender<Said>) {
        let mut buffer = vec![0; CHUNK];
        let mut last = Instant::now();
        let mut owed = None;
        let mut is_lost = false;
        loop {
            let room = self.wait();
            // Taken only after it is said: until then it is seen in the stream.
            let _holds = self.progress.holds.lock();
            if self.phase.is_over.load(Ordering::SeqCst) {
                return;
            }
            let Some(length) = read(&self.ends.from, &mut buffer[..room]) else {
                return;
            };
            let bytes = &buffer[..length];
            if !is_lost && let Err(error) = write(&self.ends.to, bytes) {
                self.lose(error);
                // Closing our end of a pipe tells the command, as it would have been told without us. A pseudo-terminal
                // has no such end: it would wait for us for ever.
                if !rustix::termios::isatty(&self.ends.from) {
                    return;
                }
                is_lost = true;
            }
            watcher
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .watch(self.stream, bytes);
            self.settle(&mut owed, length);
            // Only a sign of life: the queue must not grow with what is written.
            if last.elapsed() > SILENCE / 5 {
                last = Instant::now();
                let _ = said.send(Said::Copied);
            }
        }
    }

    /// Waits for something to read, and says how much of it may be taken at once: of what is not the command's any more,
    /// only what can be passed on without waiting, so that it can be handed over.
    fn wait(&self) -> usize {
        let _ = poll(&mut [PollFd::new(&self.ends.from, PollFlags::IN)], None);
        if !self.progress.is_even.load(Ordering::SeqCst) {
            return CHUNK;
        }
        let _ = poll(&mut [PollFd::new(&self.ends.to, PollFlags::OUT)], None);
        WITHOUT_WAITING
    }

    /// Once the command has ended, what is in the stream is the last that it can have written, and is counted down.
    fn settle(&self, owed: &mut Option<u64>, length: usize) {
        if !self.phase.has_ended.load(Ordering::SeqCst) {
            return;
        }
        let left = match owed {
            None => left_in(&self.ends.from),
            Some(owed) => owed.saturating_sub(length as u64),
        };
        *owed = Some(left);
        if left == 0 {
            self.progress.is_even.store(true, Ordering::SeqCst);
        }
    }

    fn lose(&self, error: std::io::Error) {
        if error.kind() != ErrorKind::BrokenPipe {
            let lost = &self.progress.lost;
            *lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(Lost {
                stream: self.stream,
                error,
            });
        }
    }
}

/// None at the end of the stream.
fn read(mut from: &File, buffer: &mut [u8]) -> Option<usize> {
    loop {
        match from.read(buffer) {
            Ok(length @ 1..) => return Some(length),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A pseudo-terminal that nobody holds any more is an error on Linux, and an end elsewhere.
            Ok(_) | Err(_) => return None,
        }
    }
}

/// As `write_all`, also to a stream that somebody else has set to non-blocking.
fn write(mut to: &File, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
