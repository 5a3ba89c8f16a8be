//! The command's pseudo-terminal, made after ours. It must not touch ours.

use std::fs::{File, OpenOptions};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use portable_pty::{PtySize, native_pty_system};
use rustix::process::Pid;
use rustix::termios::{self, OptionalActions, OutputModes};

pub struct PseudoTerminal {
    master: File,
    slave: PathBuf,
    /// Ours, for its size.
    like: File,
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

    pub fn suspends(&self, key: u8, command: Pid) -> bool {
        self.is_signal(termios::SpecialCodeIndex::VSUSP, key, command)
    }

    pub fn interrupts(&self, key: u8, command: Pid) -> bool {
        self.is_signal(termios::SpecialCodeIndex::VINTR, key, command)
    }

    /// Whether this key is that signal for the command itself: the terminal makes signals of keys, and the command (not a
    /// job that a shell in it runs) is in the foreground.
    fn is_signal(&self, code: termios::SpecialCodeIndex, key: u8, command: Pid) -> bool {
        let Ok(settings) = termios::tcgetattr(&self.master) else {
            return false;
        };
        let makes_signals = settings.local_modes.contains(termios::LocalModes::ISIG);
        makes_signals
            && key == settings.special_codes[code]
            && key != 0
            && termios::tcgetpgrp(&self.master).is_ok_and(|group| group == command)
    }
}

/// In the new process: a session of its own, and its standard input as that session's terminal.
pub fn take_as_controlling() -> std::io::Result<()> {
    rustix::process::setsid()?;
    // SAFETY: 0 is open: it was just connected to the pseudo-terminal.
    let input = unsafe { BorrowedFd::borrow_raw(0) };
    rustix::process::ioctl_tiocsctty(input)?;
    Ok(())
}
