//! Passing on what is typed while the command runs. It must not act on a key but the one that interrupts, which whoever
//! runs us has to hear of, and must not take a key that is typed after the command's end: that one is the shell's.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Pid;

use super::own_terminal;
use super::pseudo_terminal::PseudoTerminal;
use super::signals;

/// How often we look whether a shell has given the terminal back.
const BACKGROUND: Duration = Duration::from_millis(200);

/// How long a read of keys that has begun may take: they are there already.
const READING: Duration = Duration::from_millis(100);

/// Keys go to the command as long as this lives.
pub struct Forwarding {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    has_ended: AtomicBool,
    /// Held from the look at `has_ended` until the keys are read.
    reading: Mutex<()>,
}

impl Forwarding {
    /// In a thread of its own, which ends with the process.
    pub fn start(terminal: Arc<PseudoTerminal>, command: Pid) -> Self {
        let state = Arc::<State>::default();
        let forwarding = Self {
            state: state.clone(),
        };
        std::thread::spawn(move || forward(&terminal, command, &state));
        forwarding
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.state.has_ended.store(true, Ordering::SeqCst);
        // A read that has begun is of keys from before. Where another program took them from under us it may wait for the
        // next one, and is not waited for.
        let started = Instant::now();
        while self.state.reading.try_lock().is_err() && started.elapsed() < READING {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn forward(terminal: &PseudoTerminal, command: Pid, state: &State) {
    let mut buffer = [0; 4096];
    loop {
        // Waited for without the lock, and read, which then does not wait, with it: no key is read after the end.
        let input = std::io::stdin();
        let _ = poll(&mut [PollFd::new(&input, PollFlags::IN)], None);
        let read = {
            let _reading = state.reading.lock();
            if state.has_ended.load(Ordering::SeqCst) {
                return;
            }
            rustix::io::read(&input, &mut buffer)
        };
        let length = match read {
            Ok(0) => return,
            Ok(length) => length,
            Err(rustix::io::Errno::INTR) => continue,
            // In the background, nothing that is typed is for us.
            Err(_) if !own_terminal::is_ours() => {
                std::thread::sleep(BACKGROUND);
                continue;
            }
            Err(_) => return,
        };
        let keys = &buffer[..length];
        if keys.iter().any(|key| terminal.interrupts(*key, command)) {
            signals::note_interrupt();
        }
        let mut master = terminal.master();
        if master.write_all(keys).is_err() {
            return;
        }
    }
}
