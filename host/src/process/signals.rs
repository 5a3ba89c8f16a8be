//! Signals sent to us are meant for the command: they are passed on, and we live on to record its end. It must not
//! decide what a signal means.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{
    SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::{Handle, Signals};

use super::job::Job;
use super::pseudo_terminal::PseudoTerminal;

/// What we would die of.
const PASSED_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// Reading or setting a terminal from the background is to fail, not to stop us.
const IGNORED: [i32; 2] = [SIGTTIN, SIGTTOU];

/// Somebody interrupted what was running: the command, and whoever ran us.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub fn note_interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

pub fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Ends this process as an interrupt does, and with `group` all that the shell started with it: where the key went to the
/// command's own terminal, they have not heard of it. It comes back only where the signal is blocked.
pub fn end_by_interrupt(group: bool) {
    // SAFETY: the default action takes the place of the handler; no code of ours runs then.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        if group {
            libc::kill(0, libc::SIGINT);
        }
        libc::raise(libc::SIGINT);
    }
}

pub struct Forwarding {
    signals: Option<Signals>,
    handle: Handle,
}

impl Forwarding {
    /// From here on no signal ends us. What comes before the command is started waits for it. A signal that we were
    /// started to ignore (`nohup`) stays ignored, by the command too.
    pub fn catch() -> anyhow::Result<Self> {
        let caught = PASSED_ON
            .into_iter()
            .filter(|signal| !is_ignored(*signal))
            .chain([SIGWINCH, SIGCONT]);
        let signals = Signals::new(caught).context("failed to catch signals")?;
        for signal in IGNORED {
            // SAFETY: no handler is involved.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
        let handle = signals.handle();
        Ok(Self {
            signals: Some(signals),
            handle,
        })
    }

    /// Passes them on, in a thread of its own. `terminal` is the command's.
    pub fn start(&mut self, job: Arc<Job>, command: Pid, terminal: Option<Arc<PseudoTerminal>>) {
        let Some(mut signals) = self.signals.take() else {
            return;
        };
        std::thread::spawn(move || {
            for signal in &mut signals {
                match (signal, &terminal) {
                    (SIGWINCH, Some(terminal)) => terminal.fit(),
                    (SIGWINCH, None) => {}
                    (SIGCONT, _) => job.go_on(),
                    _ => pass_on(signal, command, job.has_own_terminal()),
                }
            }
        });
    }

    pub fn stop(&self) {
        self.handle.close();
    }
}

fn pass_on(signal: i32, command: Pid, own_terminal: bool) {
    let Some(named) = Signal::from_named_raw(signal) else {
        return;
    };
    if signal == SIGINT {
        note_interrupt();
    }
    // It may have ended meanwhile.
    let _ = match own_terminal {
        true => kill_process_group(command, named),
        // Keys at a terminal that we share with the command have reached it, too.
        false if matches!(signal, SIGINT | SIGQUIT) && shares_a_terminal() => Ok(()),
        false => kill_process(command, named),
    };
}

/// Whether there is a terminal whose keys go to our group, and so to the command.
fn shares_a_terminal() -> bool {
    let group = rustix::process::getpgrp();
    std::fs::File::open("/dev/tty")
        .is_ok_and(|tty| rustix::termios::tcgetpgrp(tty).is_ok_and(|front| front == group))
}

fn is_ignored(signal: i32) -> bool {
    // SAFETY: asks only; a zeroed `sigaction` is a valid one to write to.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    }
}

/// In the new process: an ignored signal would stay ignored.
pub fn reset_in_child() {
    for signal in IGNORED {
        // SAFETY: safe between fork and exec.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// In the process that leads the command's session: of ours, nothing is its own. A terminal that goes away ends it, and
/// with it the command is told.
pub fn lead() {
    // SAFETY: safe between fork and exec.
    unsafe {
        for signal in PASSED_ON.into_iter().filter(|signal| !is_ignored(*signal)) {
            libc::signal(signal, libc::SIG_DFL);
        }
        for signal in [SIGWINCH, SIGCONT] {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
}

/// In a copy of this process that is to live on by itself: what ends the others, and nothing of ours, is not for it.
pub fn outlive() {
    let with_handlers = [SIGWINCH, SIGCONT];
    let ends = PASSED_ON.into_iter().chain(IGNORED);
    let ignored = ends.chain([libc::SIGPIPE, libc::SIGTSTP]);
    // SAFETY: safe between fork and exec.
    unsafe {
        for signal in ignored {
            libc::signal(signal, libc::SIG_IGN);
        }
        for signal in with_handlers {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
}
