//! Running one command and knowing what it cost; running several in turn, so that what disturbs the machine disturbs all
//! of them. It must not know which commands these are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Failure;

/// What one run of a command and of everything it started cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub wall_us: u64,
    /// Processor time, in user and system mode.
    pub cpu_us: u64,
    /// The largest resident set of any one process, in KiB.
    pub peak_kib: u64,
}

/// One of the commands that are measured in turn.
pub struct Contender<'a> {
    pub label: String,
    pub command: Box<dyn Fn() -> Command + 'a>,
    /// Puts back what the command changed, or makes it cold; not measured.
    pub before: Box<dyn FnMut() -> Result<(), Failure> + 'a>,
}

/// All runs of one command.
#[derive(Debug, Clone)]
pub struct Samples {
    pub label: String,
    pub costs: Vec<Cost>,
}

impl<'a> Contender<'a> {
    pub fn new(label: impl Into<String>, command: impl Fn() -> Command + 'a) -> Self {
        Self {
            label: label.into(),
            command: Box::new(command),
            before: Box::new(|| Ok(())),
        }
    }

    pub fn before(mut self, before: impl FnMut() -> Result<(), Failure> + 'a) -> Self {
        self.before = Box::new(before);
        self
    }
}

impl Samples {
    pub fn wall(&self) -> u64 {
        median(self.costs.iter().map(|cost| cost.wall_us).collect())
    }

    pub fn cpu(&self) -> u64 {
        median(self.costs.iter().map(|cost| cost.cpu_us).collect())
    }

    pub fn peak(&self) -> u64 {
        self.costs
            .iter()
            .map(|cost| cost.peak_kib)
            .max()
            .unwrap_or(0)
    }
}

/// Runs all of them in turn, `rounds` times, after two rounds that warm the caches and are forgotten. Every other round
/// goes backwards: nobody always runs after the same neighbour.
pub fn in_turn(mut contenders: Vec<Contender>, rounds: usize) -> Result<Vec<Samples>, Failure> {
    let mut samples: Vec<Samples> = contenders
        .iter()
        .map(|contender| Samples {
            label: contender.label.clone(),
            costs: Vec::with_capacity(rounds),
        })
        .collect();
    const WARM_UP: usize = 2;
    for round in 0..WARM_UP + rounds {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            (contenders[index].before)()?;
            let cost = cost((contenders[index].command)())?;
            if round >= WARM_UP {
                samples[index].costs.push(cost);
            }
        }
    }
    Ok(samples)
}

/// Runs a command to its end; what it prints goes nowhere.
fn cost(mut command: Command) -> Result<Cost, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let child = command.stderr(Stdio::null()).spawn()?;
    let pid = libc::pid_t::try_from(child.id())?;
    let mut status = 0;
    // SAFETY: a zeroed rusage is a valid one, and both pointers are to locals that live through the call. The child is
    // ours and nobody else waits for it: `child` is only dropped, which does not wait.
    let (waited, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(pid, &raw mut status, 0, &raw mut usage), usage)
    };
    let wall = begun.elapsed();
    if waited != pid || status != 0 {
        return Err(format!("{command:?} failed with wait status {status}").into());
    }
    let micros = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    Ok(Cost {
        wall_us: u64::try_from(wall.as_micros())?,
        cpu_us: u64::try_from(micros(usage.ru_utime) + micros(usage.ru_stime))?,
        peak_kib: u64::try_from(usage.ru_maxrss)?
            / if cfg!(target_os = "macos") { 1024 } else { 1 },
    })
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// An environment in which neither the user's configuration nor their caches count.
pub struct World {
    pub root: PathBuf,
    pub program: PathBuf,
}

impl World {
    pub fn git(&self, directory: &Path, arguments: &[&str]) -> Command {
        self.command("git".as_ref(), directory, arguments)
    }

    pub fn session(&self, directory: &Path, arguments: &[&str]) -> Command {
        self.command(&self.program, directory, arguments)
    }

    pub fn other(&self, program: &str, directory: &Path, arguments: &[&str]) -> Command {
        self.command(program.as_ref(), directory, arguments)
    }

    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    fn command(&self, program: &Path, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(directory).env_clear();
        let path = |name: &str| self.root.join(name);
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", path("gitconfig"))
            .env("SESSION_CACHE_DIR", self.cache())
            .env("SESSION_DATA_DIR", path("data"));
        command
    }
}

/// Runs a command that prepares something.
pub fn prepare(mut command: Command) -> Result<String, Failure> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed: {said}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
