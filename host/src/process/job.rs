//! A command that is stopped, and goes on: the shell that waits for us sees the same of us. It must not stop the command,
//! which is done by its own terminal, by itself or by somebody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::own_terminal;
use super::pseudo_terminal::PseudoTerminal;

pub struct Job {
    command: Pid,
    /// Its own; our own is then to be set for it.
    terminal: Option<Arc<PseudoTerminal>>,
    is_stopped: AtomicBool,
    /// Our terminal is set for the command.
    is_in_front: AtomicBool,
}

impl Job {
    pub fn new(command: Pid, terminal: Option<Arc<PseudoTerminal>>) -> Self {
        Self {
            command,
            terminal,
            is_stopped: AtomicBool::new(false),
            is_in_front: AtomicBool::new(true),
        }
    }

    pub fn has_own_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// That signal has stopped the command: our shell is to see us stopped. Comes back when we are continued, or at once
    /// where there is nobody who would do it.
    pub fn stop_alike(&self, signal: i32) {
        self.is_stopped.store(true, Ordering::SeqCst);
        self.leave_the_front();
        if signal == libc::SIGSTOP {
            // The one that nobody can refuse was for the command alone, and would stop us for ever where there is no
            // shell. There, whoever stopped it is the one to continue it.
            stop_ourselves(libc::SIGTSTP);
            return;
        }
        if self.terminal.is_some() {
            // A key of the terminal, as which it was most likely typed, is for all that the shell started with us.
            stop_our_group(signal);
        }
        stop_ourselves(signal);
        self.go_on();
    }

    /// We were continued, or the command was: our terminal may have been changed and resized meanwhile.
    pub fn go_on(&self) {
        self.come_to_the_front();
        if self.is_stopped.swap(false, Ordering::SeqCst) {
            let _ = match self.terminal {
                Some(_) => kill_process_group(self.command, Signal::CONT),
                None => kill_process(self.command, Signal::CONT),
            };
        }
    }

    /// Somebody else has continued the command.
    pub fn went_on(&self) {
        self.is_stopped.store(false, Ordering::SeqCst);
        self.come_to_the_front();
    }

    /// Whether our terminal is the shell's while the command runs on, as after `bg`. Nobody tells us when it is ours again.
    pub fn is_behind(&self) -> bool {
        self.terminal.is_some() && !self.is_in_front.load(Ordering::SeqCst)
    }

    /// Sets our terminal for the command, where it is ours to set.
    pub fn come_to_the_front(&self) {
        if let Some(terminal) = &self.terminal
            && own_terminal::is_ours()
        {
            terminal.take_lines_back();
            own_terminal::make_raw();
            terminal.fit();
            self.is_in_front.store(true, Ordering::SeqCst);
        }
    }

    /// What is written from here on is written to a terminal as the shell has it.
    pub fn leave_the_front(&self) {
        if let Some(terminal) = &self.terminal {
            own_terminal::restore();
            terminal.leave_lines_to_ours();
            self.is_in_front.store(false, Ordering::SeqCst);
        }
    }
}

/// The others first, and not us: another thread might stop us at any later moment, also when we have been continued.
fn stop_our_group(signal: i32) {
    // SAFETY: no handler is involved, and these signals may be sent to us at any time.
    unsafe {
        let ours = libc::signal(signal, libc::SIG_IGN);
        libc::kill(0, signal);
        libc::signal(signal, ours);
    }
}

/// By a signal to this very thread, which is stopped before it comes back from here.
fn stop_ourselves(signal: i32) {
    // SAFETY: as above.
    unsafe {
        let ours = libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
        libc::signal(signal, ours);
    }
}
