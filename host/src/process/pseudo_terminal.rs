//! The command's pseudo-terminal, made after ours. It must not touch ours.

use std::fs::{File, OpenOptions};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use portable_pty::{PtySize, native_pty_system};
use rustix::process::Pid;
use rustix::termios::{self, OptionalActions, OutputModes, Termios};

pub struct PseudoTerminal {
    master: File,
    slave: PathBuf,
    /// Ours, for its size.
    like: File,
    /// It has left it to ours to begin new lines.
    leaves_lines: AtomicBool,
}

impl PseudoTerminal {
    /// A terminal with the settings and the size of `like`. Where it only takes output, our own terminal goes on doing
    /// what a terminal does with it (a line feed begins a new line): it must not be done twice.
    pub fn open(like: &File, takes_input: bool) -> anyhow::Result<Self> {
        let pair = native_pty_system()
            .openpty(PtySize::default())
            .context("failed to open a pseudo-terminal")?;
        let master = pair
            .master
            .as_raw_fd()
            .context("a terminal without a file")?;
        // SAFETY: the descriptor is open as long as `pair` is, which is until the copy is made.
        let master = unsafe { BorrowedFd::borrow_raw(master) };
        let master = File::from(master.try_clone_to_owned()?);
        let slave = pair
            .master
            .tty_name()
            .context("a terminal without a name")?;
        let terminal = Self {
            master,
            slave,
            like: like.try_clone()?,
            leaves_lines: AtomicBool::new(false),
        };
        let mut settings = termios::tcgetattr(like).context("failed to read the terminal")?;
        if !takes_input {
            settings.output_modes.remove(OutputModes::OPOST);
        }
        // Set on the slave's side: a master that never had one open has nothing to set on some systems.
        termios::tcsetattr(terminal.slave()?, OptionalActions::Now, &settings)
            .context("failed to set the pseudo-terminal")?;
        terminal.fit();
        Ok(terminal)
    }

    /// The command's side. It is nobody's controlling terminal by being opened.
    pub fn slave(&self) -> anyhow::Result<OwnedFd> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOCTTY | libc::O_CLOEXEC)
            .open(&self.slave)
            .context("failed to open the pseudo-terminal")?;
        Ok(file.into())
    }

    pub fn reader(&self) -> anyhow::Result<File> {
        Ok(self.master.try_clone()?)
    }

    pub fn master(&self) -> &File {
        &self.master
    }

    /// Takes over the size of ours.
    pub fn fit(&self) {
        // A terminal that does not know its size gives none to the command.
        if let Ok(size) = termios::tcgetwinsize(&self.like) {
            let _ = termios::tcsetwinsize(&self.master, size);
        }
    }

    /// Ours is as the shell has it, and begins a new line for every line feed: it must not be done twice.
    pub fn leave_lines_to_ours(&self) {
        if let Ok(settings) = termios::tcgetattr(&self.master)
            && settings.output_modes.contains(OutputModes::OPOST)
        {
            self.leaves_lines.store(true, Ordering::SeqCst);
            self.set_processing(settings, false);
        }
    }

    /// Ours is raw again. What the command has set meanwhile stays.
    pub fn take_lines_back(&self) {
        if self.leaves_lines.swap(false, Ordering::SeqCst)
            && let Ok(settings) = termios::tcgetattr(&self.master)
        {
            self.set_processing(settings, true);
        }
    }

    fn set_processing(&self, mut settings: Termios, is_processed: bool) {
        settings.output_modes.set(OutputModes::OPOST, is_processed);
        let _ = termios::tcsetattr(&self.master, OptionalActions::Now, &settings);
    }

    /// Whether this key interrupts the command itself: the terminal makes signals of keys, and the command (not a job that
    /// a shell in it runs) is in the foreground.
    pub fn interrupts(&self, key: u8, command: Pid) -> bool {
        let Ok(settings) = termios::tcgetattr(&self.master) else {
            return false;
        };
        let makes_signals = settings.local_modes.contains(termios::LocalModes::ISIG);
        makes_signals
            && key == settings.special_codes[termios::SpecialCodeIndex::VINTR]
            && key != 0
            && termios::tcgetpgrp(&self.master).is_ok_and(|group| group == command)
    }
}
