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

/// Output that was not passed on, and why. That our reader has closed a pipe is no such thing: it wants no more.
#[derive(Debug)]
pub struct Lost {
    pub stream: Stream,
    pub error: std::io::Error,
}

struct Copier {
    from: Arc<File>,
    to: File,
    stream: Stream,
    progress: Arc<Progress>,
    phase: Arc<Phase>,
}

/// Where a copier is, for the one who waits for it. It must not keep the command's stream open.
struct Progress {
    from: Weak<File>,
    /// Bytes may have been taken from the stream that are not passed on.
    holds: AtomicBool,
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
        let from = Arc::new(from);
        let progress = Arc::new(Progress {
            from: Arc::downgrade(&from),
            holds: AtomicBool::new(false),
            is_even: AtomicBool::new(false),
            lost: Mutex::default(),
        });
        self.progress.push(progress.clone());
        self.waiting.push(Copier {
            from,
            to,
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
                let progress = copier.progress.clone();
                copier.copy(&watcher, &said);
                progress.holds.store(false, Ordering::SeqCst);
                // The other side may have stopped listening.
                let _ = said.send(Said::Ended);
            });
        }
    }

    /// Waits until everything that the ended command wrote was passed on, however slow its reader is; what a process that
    /// it left behind writes is only passed on for a moment. Returns what could not be.
    pub fn finish(&mut self) -> Option<Lost> {
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
        self.progress.iter().find_map(lost)
    }
}

impl Progress {
    /// Something of the command's was not passed on, as when our own reader is slow. To be asked when it has ended.
    fn is_behind(&self) -> bool {
        if self.is_even.load(Ordering::SeqCst) {
            return false;
        }
        // In this order: a copier says that it holds something before it takes it out of the stream.
        let waits = self.from.upgrade().is_some_and(|from| left_in(&from) > 0);
        let is_behind = waits || self.holds.load(Ordering::SeqCst);
        if !is_behind {
            self.is_even.store(true, Ordering::SeqCst);
        }
        is_behind
    }
}

/// Bytes that were written and not read.
fn left_in(stream: &File) -> u64 {
    rustix::io::ioctl_fionread(stream).unwrap_or(0)
}

impl Copier {
    fn copy(mut self, watcher: &Mutex<dyn Watcher>, said: &Sender<Said>) {
        let mut buffer = vec![0; CHUNK];
        let mut last = Instant::now();
        let mut owed = None;
        let mut is_lost = false;
        while let Some(length) = self.read(&mut buffer) {
            let bytes = &buffer[..length];
            if !is_lost && let Err(error) = write(&mut self.to, bytes) {
                self.lose(error);
                // Closing our end of a pipe tells the command, as it would have been told without us. A pseudo-terminal
                // has no such end: it would wait for us for ever.
                if !rustix::termios::isatty(&*self.from) {
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

    /// None at the end of the stream, and where nobody waits for more of it.
    fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        self.progress.holds.store(false, Ordering::SeqCst);
        loop {
            // Taken only after it is said: until then it is seen in the stream.
            let _ = poll(&mut [PollFd::new(&*self.from, PollFlags::IN)], None);
            if self.phase.is_over.load(Ordering::SeqCst) {
                return None;
            }
            self.progress.holds.store(true, Ordering::SeqCst);
            match (&*self.from).read(buffer) {
                Ok(length @ 1..) => return Some(length),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A pseudo-terminal that nobody holds any more is an error on Linux, and an end elsewhere.
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// Once the command has ended, what is in the stream is the last that it can have written, and is counted down.
    fn settle(&self, owed: &mut Option<u64>, length: usize) {
        if !self.phase.has_ended.load(Ordering::SeqCst) {
            return;
        }
        let left = match owed {
            None => left_in(&self.from),
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

/// As `write_all`, also to a stream that somebody else has set to non-blocking.
fn write(to: &mut File, mut bytes: &[u8]) -> std::io::Result<()> {
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
