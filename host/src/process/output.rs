//! Passing on what the command writes: at once, byte for byte, with bounded memory. It must not change a byte.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::{Stream, Watcher};

const CHUNK: usize = 64 * 1024;

/// After the command's end, how long a process that it left behind may be silent before we stop listening to it. The
/// shell would not wait for that process at all.
const SILENCE: Duration = Duration::from_millis(50);

struct Copier {
    from: Arc<File>,
    to: File,
    stream: Stream,
    passing_on: Arc<AtomicBool>,
}

/// What tells that a copier is not done. It must not keep the command's stream open.
struct Progress {
    from: Weak<File>,
    passing_on: Arc<AtomicBool>,
}

impl Progress {
    /// Something was written that has not been passed on, as when our own reader is slow.
    fn is_behind(&self) -> bool {
        let waits = |from: &Arc<File>| rustix::io::ioctl_fionread(from).is_ok_and(|left| left > 0);
        self.passing_on.load(Ordering::SeqCst) || self.from.upgrade().as_ref().is_some_and(waits)
    }
}

/// One thread for each pipe or pseudo-terminal.
pub struct Copiers {
    watcher: Arc<Mutex<dyn Watcher>>,
    waiting: Vec<Copier>,
    progress: Vec<Progress>,
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
            running: 0,
            said,
            heard,
        }
    }

    pub fn add(&mut self, from: File, to: File, stream: Stream) {
        let from = Arc::new(from);
        let passing_on = Arc::new(AtomicBool::new(false));
        self.progress.push(Progress {
            from: Arc::downgrade(&from),
            passing_on: passing_on.clone(),
        });
        self.waiting.push(Copier {
            from,
            to,
            stream,
            passing_on,
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

    /// Waits until everything that the ended command wrote was passed on, however slow its reader is.
    pub fn finish(&mut self) {
        while self.running > 0 {
            match self.heard.recv_timeout(SILENCE) {
                Ok(Said::Ended) => self.running -= 1,
                Ok(Said::Copied) => {}
                Err(RecvTimeoutError::Timeout) if self.progress.iter().any(Progress::is_behind) => {
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

impl Copier {
    fn copy(mut self, watcher: &Mutex<dyn Watcher>, said: &Sender<Said>) {
        let mut buffer = vec![0; CHUNK];
        let mut last = std::time::Instant::now();
        loop {
            self.passing_on.store(false, Ordering::SeqCst);
            let length = match (&*self.from).read(&mut buffer) {
                Ok(length @ 1..) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // A pseudo-terminal that nobody holds any more is an error on Linux, and an end elsewhere.
                Ok(_) | Err(_) => return,
            };
            self.passing_on.store(true, Ordering::SeqCst);
            let bytes = &buffer[..length];
            // The reader is gone: closing our end tells the command, as it would have been told without us.
            if write(&mut self.to, bytes).is_err() {
                self.passing_on.store(false, Ordering::SeqCst);
                return;
            }
            watcher
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .watch(self.stream, bytes);
            // Only a sign of life: the queue must not grow with what is written.
            if last.elapsed() > SILENCE / 5 {
                last = std::time::Instant::now();
                let _ = said.send(Said::Copied);
            }
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
