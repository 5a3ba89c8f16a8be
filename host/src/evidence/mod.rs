//! What a command's output and reports say about tests, counted as it passes by. What is counted is foreign text: it
//! can be wrong about its own command, and about nothing else. It must not keep the output, nor run anything.

mod lines;
mod printed;
mod refused;
pub mod report;
mod runners;

use crate::process::{Stream, Watcher};
use crate::session::evidence::Counted;
use lines::Lines;
use printed::Printed;
pub use refused::Refused;
use runners::Runner;

/// Reads the lines of one command.
pub struct Collector {
    output: Lines,
    error: Lines,
    printed: Printed,
    refused: Refused,
    runners: Vec<Box<dyn Runner>>,
}

impl Default for Collector {
    fn default() -> Self {
        Self {
            output: Lines::default(),
            error: Lines::default(),
            printed: Printed::default(),
            refused: Refused::default(),
            runners: runners::all(),
        }
    }
}

impl Collector {
    /// What was counted, by every runner that was recognised.
    pub fn finish(&mut self) -> Vec<Counted> {
        for lines in [&mut self.output, &mut self.error] {
            lines.end(&mut |line| {
                self.refused.line(line);
                self.runners.iter_mut().for_each(|runner| runner.line(line));
            });
        }
        let counted = self.runners.iter().filter_map(|runner| {
            Some(Counted {
                runner: runner.name().to_owned(),
                counts: runner.found()?.counts,
                report: None,
            })
        });
        let mut counted: Vec<Counted> = counted.collect();
        // Of a runner that says both, its own words are known better.
        if counted.iter().all(|one| one.counts.is_none())
            && let Some(counts) = self.printed.counts()
        {
            counted.push(Counted {
                runner: report::RUNNER.to_owned(),
                counts: Some(counts),
                report: None,
            });
        }
        counted
    }

    /// What was said instead of running anything.
    pub fn refused(&mut self) -> Refused {
        std::mem::take(&mut self.refused)
    }
}

impl Watcher for Collector {
    fn watch(&mut self, stream: Stream, bytes: &[u8]) {
        let lines = match stream {
            Stream::Output => {
                self.printed.add(bytes);
                &mut self.output
            }
            Stream::Error => &mut self.error,
        };
        let (runners, refused) = (&mut self.runners, &mut self.refused);
        lines.add(bytes, &mut |line| {
            refused.line(line);
            runners.iter_mut().for_each(|runner| runner.line(line));
        });
    }
}

#[cfg(test)]
mod tests;
