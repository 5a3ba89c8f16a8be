//! Our own terminal: raw while the command has one of its own, and as it was on every way out. It must not read keys.

use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, Once, PoisonError};

use rustix::process::Pid;
use rustix::termios::{self, OptionalActions, Termios};

use super::input;
use super::pseudo_terminal::PseudoTerminal;

/// The settings to go back to. Global, since the panic hook ends the process without unwinding.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Whether standard input is a terminal in whose foreground we are: one that we may set, and read from.
pub fn is_ours() -> bool {
    let input = std::io::stdin();
    let group = rustix::process::getpgrp();
    termios::isatty(&input) && termios::tcgetpgrp(&input).is_ok_and(|front| front == group)
}

/// While it lives, every key goes to the command.
pub struct RawTerminal {
    keys: Option<input::Forwarding>,
}

impl RawTerminal {
    pub fn enter(terminal: &Arc<PseudoTerminal>, command: Pid) -> anyhow::Result<Self> {
        let settings = termios::tcgetattr(std::io::stdin())?;
        *before() = Some(settings);
        restore_on_panic();
        make_raw();
        let keys = input::Forwarding::start(terminal.clone(), command);
        Ok(Self { keys: Some(keys) })
    }
}

impl RawTerminal {
    /// The command has ended: what is typed from here on is for whoever reads the terminal next.
    pub fn leave_keys(&mut self) {
        self.keys = None;
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        self.leave_keys();
        restore();
        *before() = None;
    }
}

/// Raw, if it is ours to set. In the background it is the shell's.
pub fn make_raw() {
    let Some(mut settings) = before().clone() else {
        return;
    };
    if is_ours() {
        settings.make_raw();
        let input = std::io::stdin();
        let _ = termios::tcsetattr(input.as_fd(), OptionalActions::Now, &settings);
    }
}

/// As it was before.
pub fn restore() {
    if let Some(settings) = &*before()
        && is_ours()
    {
        let input = std::io::stdin();
        let _ = termios::tcsetattr(input.as_fd(), OptionalActions::Now, settings);
    }
}

fn before() -> std::sync::MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Whoever panicked may hold the lock; then somebody else is at it already.
            if let Ok(settings) = BEFORE.try_lock()
                && let Some(settings) = &*settings
            {
                let input = std::io::stdin();
                let _ = termios::tcsetattr(input.as_fd(), OptionalActions::Now, settings);
            }
            report(panic);
        }));
    });
}
