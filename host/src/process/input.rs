//! Passing on what is typed while the command runs. It must not act on a key but those that suspend and interrupt, which
//! our own shell has to hear of, and must not take a key that is typed after the command's end: that one is the shell's.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process_group};

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
        let suspend = keys.iter().any(|key| terminal.suspends(*key, command));
        let mut master = terminal.master();
        if master.write_all(keys).is_err() {
            return;
        }
        if suspend {
            stop(terminal, command);
        }
    }
}

/// Ctrl-Z: the command is stopped, then we are, with everything that the shell started with us; the shell sees a
/// stopped job. The command's own group has no shell in its session, so that the terminal's signal alone does nothing.
fn stop(terminal: &PseudoTerminal, command: Pid) {
    own_terminal::restore();
    let _ = kill_process_group(command, Signal::STOP);
    stop_our_group();
    go_on(terminal, command);
}

/// Comes back when we are continued, or at once where there is nobody to stop us for.
fn stop_our_group() {
    // SAFETY: no handler is involved, and both signals are ones that may be sent to us at any time.
    unsafe {
        // The others first. Were this one for us, too, another thread might stop us at any later moment, also when we
        // have been continued.
        let ours = libc::signal(libc::SIGTSTP, libc::SIG_IGN);
        libc::kill(0, libc::SIGTSTP);
        libc::signal(libc::SIGTSTP, ours);
        // To this very thread, which is stopped before it comes back from here.
        libc::raise(libc::SIGTSTP);
    }
}

/// After we were stopped: the terminal may have been changed and resized meanwhile.
pub fn go_on(terminal: &PseudoTerminal, command: Pid) {
    own_terminal::make_raw();
    terminal.fit();
    let _ = kill_process_group(command, Signal::CONT);
}
