//! The command that runs: who it is, and what becomes of it. It must not act on what it tells.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use rustix::process::Pid;

use super::leader::Leader;

/// Our own child, or that of its terminal's leader, which is ours.
pub struct Running {
    child: Child,
    pub leader: Option<Leader>,
    pub command: Pid,
}

impl Running {
    pub fn new(child: Child, leader: Option<Leader>) -> std::io::Result<Self> {
        let command = match &leader {
            Some(leader) => leader.command()?,
            None => Pid::from_child(&child),
        };
        Ok(Self {
            child,
            leader,
            command,
        })
    }

    /// Waits until the command ends, is stopped, or goes on. None: nothing of that happened for so long.
    pub fn next(&self, longest: Option<Duration>) -> std::io::Result<Option<ExitStatus>> {
        match &self.leader {
            Some(leader) if longest.is_some_and(|longest| !leader.speaks_within(longest)) => {
                Ok(None)
            }
            Some(leader) => leader.next().map(Some),
            None => wait(self.command).map(Some),
        }
    }

    /// The command has ended, and nobody has its terminal open.
    pub fn leave_terminal(mut self) {
        if let Some(leader) = self.leader.take() {
            drop(leader);
            let _ = self.child.wait();
        }
    }
}

fn wait(command: Pid) -> std::io::Result<ExitStatus> {
    loop {
        let mut status = 0;
        let flags = libc::WUNTRACED | libc::WCONTINUED;
        // SAFETY: `status` is there to be written to.
        match unsafe { libc::waitpid(command.as_raw_nonzero().get(), &mut status, flags) } {
            -1 => {
                let error = std::io::Error::last_os_error();
                if error.kind() != std::io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            _ => return Ok(ExitStatus::from_raw(status)),
        }
    }
}
