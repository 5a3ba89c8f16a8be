//! Running a command as if the user had typed it alone: its terminal, signals and exit code stay its own, and its
//! output can be watched on the way. It must not know what the command is for, nor interpret the output.
//!
//! Each of the command's streams gets what ours is: where ours is a terminal, a pseudo-terminal of the same kind; where
//! it is not, a pipe. With both input and output on a terminal that is ours to use, the command gets a terminal of its
//! own, and ours is set to raw so that every key reaches it.
//!
//! What the command leaves behind is not waited for, and goes on writing where it did (`remainder`).

mod input;
mod job;
mod leader;
mod output;
mod own_terminal;
mod pseudo_terminal;
mod remainder;
mod running;
mod signals;

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use job::Job;
use leader::Leader;
use output::Copiers;
pub use output::Lost;
use own_terminal::RawTerminal;
use pseudo_terminal::PseudoTerminal;
use running::Running;
use signals::Forwarding;

pub const NOT_FOUND: i32 = 127;
pub const NOT_EXECUTABLE: i32 = 126;

/// How often we look whether a shell has given the terminal back.
const BEHIND: Duration = Duration::from_millis(200);

/// Sees what the command writes, in pieces as they come. It is called between two writes, so it must be quick.
pub trait Watcher: Send {
    fn watch(&mut self, stream: Stream, bytes: &[u8]);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Output,
    Error,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// As the shell has it.
    pub exit_code: i32,
    pub signal: Option<i32>,
    pub milliseconds: u64,
    /// Why it could not be started.
    pub problem: Option<std::io::Error>,
    /// It had a terminal of its own.
    pub own_terminal: bool,
    /// The first of its output that could not be passed on.
    pub lost: Option<Lost>,
}

impl Ran {
    /// Somebody interrupted it, and it ended of that.
    pub fn was_interrupted(&self) -> bool {
        self.signal == Some(libc::SIGINT) && signals::was_interrupted()
    }

    /// Ends us by the same interrupt: a script that runs us sees what it would have seen.
    pub fn end_alike(&self) {
        signals::end_by_interrupt(self.own_terminal);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Our standard output is for something else: what the command writes there goes to standard error.
    pub output_to_error: bool,
}

/// Runs it to its end, or until it could not be started.
///
/// # Errors
/// The system gave no pipe, thread or pseudo-terminal.
pub fn run(
    command: &[OsString],
    options: Options,
    watcher: Arc<Mutex<dyn Watcher>>,
) -> anyhow::Result<Ran> {
    let (program, arguments) = command.split_first().context("no command")?;
    let streams = Streams::of_process(options)?;
    let mut forwarding = Forwarding::catch()?;
    let mut child = Command::new(program);
    child.args(arguments);
    let mut copiers = Copiers::new(watcher);
    let (terminal, leader) = streams.connect(&mut child, &mut copiers)?;
    let started = Instant::now();
    let spawned = child.spawn();
    // Our copies of the command's ends: while they are open, nothing would be seen to end.
    drop(child);
    let child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let exit_code = match error.kind() {
                std::io::ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_EXECUTABLE,
            };
            return Ok(Ran {
                exit_code,
                signal: None,
                milliseconds: milliseconds(started),
                problem: Some(error),
                own_terminal: false,
                lost: None,
            });
        }
    };
    let running = Running::new(child, leader).context("failed to start the command")?;
    let own = terminal.clone().filter(|_| streams.own_terminal);
    let mut raw = match &own {
        Some(terminal) => Some(RawTerminal::enter(terminal, running.command)?),
        None => None,
    };
    copiers.start();
    let job = Arc::new(Job::new(running.command, own));
    forwarding.start(job.clone(), running.command, terminal);
    let ended = wait(&running, &job, &copiers);
    if let Some(raw) = &mut raw {
        raw.leave_keys();
    }
    let finished = copiers.finish();
    forwarding.stop();
    job.leave_the_front();
    drop(raw);
    hand_over(&finished.left, running);
    let status = ended.context("failed to wait for the command")?;
    let signal = status.signal();
    Ok(Ran {
        exit_code: status
            .code()
            .or(signal.map(|signal| 128 + signal))
            .unwrap_or(1),
        signal,
        milliseconds: milliseconds(started),
        problem: None,
        own_terminal: streams.own_terminal,
        lost: finished.lost,
    })
}

/// Waits for the command's end, and is stopped as often as it is.
fn wait(running: &Running, job: &Job, copiers: &Copiers) -> std::io::Result<ExitStatus> {
    loop {
        let longest = job.is_behind().then_some(BEHIND);
        let Some(status) = running.next(longest)? else {
            job.come_to_the_front();
            continue;
        };
        if let Some(signal) = status.stopped_signal() {
            copiers.drain();
            job.stop_alike(signal);
        } else if status.continued() {
            job.went_on();
        } else {
            return Ok(status);
        }
    }
}

/// What the command left behind keeps the streams that it holds, and its terminal.
fn hand_over(left: &[Arc<output::Ends>], running: Running) {
    let hold = running.leader.as_ref().map(Leader::hold);
    for ends in left {
        // Without another process, what is left behind is told that nobody reads any more.
        let _ = remainder::pass_on(ends, hold);
    }
    if left.is_empty() {
        running.leave_terminal();
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// What our own streams are.
struct Streams {
    /// Where the command's standard output goes.
    output: File,
    error: File,
    output_is_terminal: bool,
    error_is_terminal: bool,
    /// Both are one file: only one pipe keeps what is written to them in order.
    is_one_file: bool,
    /// Input and output are a terminal, and we are in its foreground: the command gets one of its own.
    own_terminal: bool,
}

impl Streams {
    fn of_process(options: Options) -> anyhow::Result<Self> {
        let copy = |stream: &dyn AsFd| -> anyhow::Result<File> {
            let copy = stream.as_fd().try_clone_to_owned();
            Ok(File::from(
                copy.context("failed to copy a standard stream")?,
            ))
        };
        let error = copy(&std::io::stderr())?;
        let output = match options.output_to_error {
            true => copy(&std::io::stderr())?,
            false => copy(&std::io::stdout())?,
        };
        let is_terminal = |file: &File| rustix::termios::isatty(file);
        Ok(Self {
            output_is_terminal: is_terminal(&output),
            error_is_terminal: is_terminal(&error),
            is_one_file: is_one_file(&output, &error),
            own_terminal: is_terminal(&output) && own_terminal::is_ours(),
            output,
            error,
        })
    }

    /// Gives the command its streams. Returns its pseudo-terminal, if it has one, and who leads it, if it is its own.
    fn connect(
        &self,
        command: &mut Command,
        copiers: &mut Copiers,
    ) -> anyhow::Result<(Option<Arc<PseudoTerminal>>, Option<Leader>)> {
        let terminal = match self.output_is_terminal || self.error_is_terminal {
            true => {
                let ours = match self.output_is_terminal {
                    true => &self.output,
                    false => &self.error,
                };
                let opened = PseudoTerminal::open(ours, self.own_terminal)?;
                copiers.add(opened.reader()?, ours.try_clone()?, Stream::Output);
                Some(opened)
            }
            false => None,
        };
        let slave = || -> anyhow::Result<Stdio> {
            let terminal = terminal.as_ref().context("there is no terminal")?;
            Ok(Stdio::from(terminal.slave()?))
        };
        let mut shared = None;
        if self.output_is_terminal {
            command.stdout(slave()?);
        } else {
            let (reader, writer) = std::io::pipe().context("failed to make a pipe")?;
            if self.is_one_file {
                shared = Some(writer.try_clone()?);
            }
            command.stdout(writer);
            copiers.add(pipe_file(reader), self.output.try_clone()?, Stream::Output);
        }
        if let Some(writer) = shared {
            command.stderr(writer);
        } else if self.error_is_terminal {
            command.stderr(slave()?);
        } else {
            let (reader, writer) = std::io::pipe().context("failed to make a pipe")?;
            command.stderr(writer);
            copiers.add(pipe_file(reader), self.error.try_clone()?, Stream::Error);
        }
        if self.own_terminal {
            command.stdin(slave()?);
        } else {
            command.stdin(Stdio::inherit());
        }
        let (leader, ends) = match self.own_terminal {
            true => leader::pair().map(|(leader, ends)| (Some(leader), Some(ends)))?,
            false => (None, None),
        };
        // SAFETY: between fork and exec only calls that are safe there.
        unsafe {
            command.pre_exec(move || {
                if let Some(ends) = &ends {
                    ends.lead()?;
                }
                signals::reset_in_child();
                Ok(())
            });
        }
        Ok((terminal.map(Arc::new), leader))
    }
}

fn pipe_file(reader: std::io::PipeReader) -> File {
    File::from(std::os::fd::OwnedFd::from(reader))
}

fn is_one_file(one: &File, other: &File) -> bool {
    let stat = |file: &File| rustix::fs::fstat(file).ok();
    match (stat(one), stat(other)) {
        (Some(one), Some(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    }
}
