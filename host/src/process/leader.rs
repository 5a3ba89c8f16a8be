//! The process between us and a command with a terminal of its own: it leads the terminal's session, as a shell does. It
//! must not do anything else.
//!
//! A terminal is hung up when the leader of its session ends, and only a leader's children can be stopped by it (whoever
//! has no parent in the session would never be continued). The command can therefore not be the leader: what it leaves
//! behind would lose its terminal, and Ctrl-Z would do nothing. It is the leader's child, and has the foreground.

use std::io::{PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Pid;

use super::{remainder, signals};

/// The leader, as we know it.
pub struct Leader {
    told: PipeReader,
    hold: PipeWriter,
}

/// The leader's own ends, for the new process.
pub struct Ends {
    tell: PipeWriter,
    held: PipeReader,
}

pub fn pair() -> std::io::Result<(Leader, Ends)> {
    let (told, tell) = std::io::pipe()?;
    let (held, hold) = std::io::pipe()?;
    Ok((Leader { told, hold }, Ends { tell, held }))
}

impl Leader {
    /// The command's process, which is not our child. To be asked first, and once.
    pub fn command(&self) -> std::io::Result<Pid> {
        Pid::from_raw(self.hear()?).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    }

    /// Waits until the command ends, is stopped, or goes on.
    pub fn next(&self) -> std::io::Result<ExitStatus> {
        self.hear().map(ExitStatus::from_raw)
    }

    pub fn speaks_within(&self, longest: Duration) -> bool {
        let longest = longest.try_into().ok();
        let mut asked = [PollFd::new(&self.told, PollFlags::IN)];
        poll(&mut asked, longest.as_ref()) != Ok(0)
    }

    /// As long as anybody has this open, the terminal has its leader, also after the command's end.
    pub fn hold(&self) -> RawFd {
        self.hold.as_raw_fd()
    }

    fn hear(&self) -> std::io::Result<i32> {
        let mut bytes = [0; size_of::<i32>()];
        (&self.told).read_exact(&mut bytes)?;
        Ok(i32::from_ne_bytes(bytes))
    }
}

impl Ends {
    /// In the new process, whose standard input is the terminal. It comes back in another one: the command's.
    pub fn lead(&self) -> std::io::Result<()> {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        // SAFETY: both processes have one thread, and call only what is safe to call between fork and exec.
        match unsafe { libc::fork() } {
            -1 => Err(std::io::Error::last_os_error()),
            0 => {
                rustix::process::setpgid(None, None)?;
                take_foreground(0);
                Ok(())
            }
            command => {
                signals::lead();
                let (held, tell) = (self.held.as_raw_fd(), self.tell.as_raw_fd());
                remainder::keep_only([held, tell, tell]);
                watch(command);
                // SAFETY: nothing is to be done at this process' end, which is not the program's.
                unsafe { libc::_exit(0) }
            }
        }
    }
}

/// Tells what the command does, until it has ended and nobody needs the terminal any more.
fn watch(command: i32) {
    say(command);
    loop {
        let mut status = 0;
        let flags = libc::WUNTRACED | libc::WCONTINUED;
        // SAFETY: `status` is there to be written to.
        if unsafe { libc::waitpid(command, &mut status, flags) } == command {
            let has_ended = libc::WIFEXITED(status) || libc::WIFSIGNALED(status);
            if has_ended {
                retake_foreground();
            }
            say(status);
            if has_ended {
                break;
            }
        } else if std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted {
            break;
        }
    }
    while rustix::io::read(rustix::stdio::stdin(), &mut [0; 1]) == Err(rustix::io::Errno::INTR) {}
}

fn say(number: i32) {
    let _ = rustix::io::write(rustix::stdio::stdout(), &number.to_ne_bytes());
}

/// As a shell does: what the command left behind is in the background now, and gets no keys.
fn retake_foreground() {
    // SAFETY: the path ends with a zero.
    unsafe {
        let terminal = libc::open(c"/dev/tty".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
        take_foreground(terminal);
        libc::close(terminal);
    }
}

/// From the background, this is allowed to whoever ignores SIGTTOU.
fn take_foreground(terminal: RawFd) {
    // SAFETY: only numbers are handed over.
    unsafe { libc::tcsetpgrp(terminal, libc::getpid()) };
}
