//! Evidence: what `session run` saw of a command, and the tree it ran on. It must not know how either is observed.

mod setup;
mod state;

use serde::{Deserialize, Serialize};

use super::ids::{EvidenceId, SessionId};
use super::list::one_line;
use super::selection;
use super::test_command::runs_tests;
use crate::document::secrets;
use crate::environment::Timestamp;
use crate::path::RepoPath;

pub use setup::{NothingRan, Setup};
pub use state::{Contents, StateFile, StateWithin, TreeState};

/// Labels that make a command with an unknown runner a test all the same.
const TEST_LABELS: [&str; 2] = ["test", "tests"];

/// What the key of a run of tests begins with: no digest does.
pub const TEST_KEY: &str = "test-";

/// A command that was run, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    pub format: u32,
    pub id: EvidenceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// As it was typed, argument by argument; what looks like a secret is masked.
    pub command: Vec<String>,
    /// Variables that the runner takes for more words of its command: `PYTEST_ADDOPTS=-k price`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// Where it was run, from the root of the work tree; None at the root, and outside of the work tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<RepoPath>,
    /// As the shell has it: 127 for a command that was not found, 128 + n for signal n.
    pub exit_code: i32,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Why not all that it wrote reached where it was to go: it may have ended otherwise than it would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_lost: Option<String>,
    pub started_at: Timestamp,
    pub milliseconds: u64,
    /// HEAD when it was started.
    pub head: Option<String>,
    /// The work tree when it was started.
    pub before: TreeState,
    /// The work tree when it had ended, where that was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TreeState>,
    /// Only untracked files changed while it ran, so that it says something of both trees.
    pub holds: bool,
    /// The runners that were recognised (`cargo-test`), with what each counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runners: Vec<Counted>,
    /// Keys of tests that had failed, which it shows to pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown_whole: Vec<String>,
    /// Which reports could not be read, so that nobody knows what all of the tests did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports_not_read: Option<String>,
    /// Why no test can have run, whatever the exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing_ran: Option<NothingRan>,
    /// What the runner's own files say of the place where it was called.
    #[serde(default, skip_serializing_if = "Setup::is_usual")]
    pub setup: Setup,
    /// Against the evidence before it, or the session's start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_files: Vec<RepoPath>,
    /// There were more than are listed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more_changed_files: bool,
    /// Those of `changed_files` in which nobody wrote anything new: they were only moved, say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unwritten_files: Vec<RepoPath>,
}

/// What one runner counted in one run, all its summaries together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub runner: String,
    /// None: the runner did not say how many there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<TestCounts>,
    /// The report that was read; None: the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<RepoPath>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCounts {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

/// Evidence as a document of its time tells it, with its standing then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceFact {
    pub id: EvidenceId,
    /// The earlier session of the branch that saw it; None: the one whose document it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// On one line.
    pub command: String,
    pub exit_code: i32,
    /// In words.
    pub outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestCounts>,
    pub started_at: Timestamp,
    /// `verified`, `stale`, or `unverified` where it was not compared.
    pub standing: String,
    /// What had changed since, or why that is not known, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<String>,
}

impl EvidenceFact {
    /// `ev-3`, or `ev-3 of feature-auth-20261122-k3f7`.
    pub fn name(&self) -> String {
        self.id.of(self.session.as_ref())
    }
}

impl TestCounts {
    /// Those that came to an end of their own: skipped ones have not run.
    pub fn ran(self) -> u64 {
        u64::from(self.passed) + u64::from(self.failed)
    }

    pub fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }

    /// `12 passed, 1 failed, 2 skipped`.
    pub fn text(self) -> String {
        let mut text = format!("{} passed", self.passed);
        for (number, word) in [(self.failed, "failed"), (self.skipped, "skipped")] {
            if number > 0 {
                text.push_str(&format!(", {number} {word}"));
            }
        }
        text
    }
}

impl EvidenceRecord {
    /// On one line, as it was typed; arguments with blanks or quotes are quoted.
    pub fn typed(&self) -> String {
        self.typed_behind("")
    }

    /// What is to be typed to run it again.
    pub fn again(&self) -> String {
        let label = self.label.as_ref();
        let label = label.map(|label| format!("--label {} ", quoted(label)));
        self.typed_behind(&format!("session run {}-- ", label.unwrap_or_default()))
    }

    fn typed_behind(&self, prefix: &str) -> String {
        let variables = self
            .environment
            .iter()
            .filter_map(|set| set.split_once('='));
        let variables = variables.map(|(name, value)| format!("{name}={} ", quoted(value)));
        let variables = variables.collect::<String>();
        let words = self.command.iter().map(|word| quoted(word));
        let words = words.collect::<Vec<_>>().join(" ");
        let text = format!("{variables}{prefix}{words}");
        one_line(&secrets::mask(&text))
    }

    /// `pytest -q (in web)`.
    pub fn command_text(&self) -> String {
        match &self.directory {
            None => self.typed(),
            Some(directory) => {
                let directory = one_line(&secrets::mask(&directory.to_text()));
                format!("{} (in {directory})", self.typed())
            }
        }
    }

    pub fn after(&self) -> &TreeState {
        self.after.as_ref().unwrap_or(&self.before)
    }

    pub fn passed(&self) -> bool {
        self.exit_code == 0 && !self.has_failed_tests()
    }

    /// A test was counted as failed: what does not compile has none.
    pub fn has_failed_tests(&self) -> bool {
        self.counts().is_some_and(|counts| counts.failed > 0)
    }

    /// Of all runners together.
    pub fn counts(&self) -> Option<TestCounts> {
        let mut counts = self.runners.iter().filter_map(|counted| counted.counts);
        let mut sum = counts.next()?;
        counts.for_each(|other| sum.add(other));
        Some(sum)
    }

    /// `cargo-test`, or `cargo-test+pytest`.
    pub fn runner(&self) -> Option<String> {
        let names = self.runners.iter().map(|counted| counted.runner.as_str());
        let names = names.collect::<Vec<_>>().join("+");
        (!names.is_empty()).then_some(names)
    }

    /// Tests ran, or were to, and failed.
    pub fn is_failure(&self) -> bool {
        self.is_test() && !self.passed() && !self.ran_nothing()
    }

    /// No test ran, or nobody knows how they would have ended: it was only asked which there are, chose none, was called
    /// wrongly or where there is no project, or was stopped.
    pub fn ran_nothing(&self) -> bool {
        self.nothing_ran.is_some() || self.was_stopped() || selection::ran_none(self)
    }

    /// Somebody did not want to wait for its end, and nothing had failed until then. Another signal may be the tests' own.
    fn was_stopped(&self) -> bool {
        const INTERRUPT: i32 = 2;
        let counts = self.counts();
        let by_pytest = self.exit_code == 2 && counts.is_some();
        let is_pytest = self.runner().as_deref() == Some("pytest");
        let is_stop = self.signal == Some(INTERRUPT)
            || self.exit_code == 128 + INTERRUPT
            || (is_pytest && by_pytest);
        is_stop && !self.has_failed_tests()
    }

    /// What it asks for is not there: files, packages or tests of that name.
    fn found_nothing(&self) -> bool {
        match &self.nothing_ran {
            Some(NothingRan::NoProject(_) | NothingRan::NotThere) => true,
            Some(NothingRan::CalledWrongly) => false,
            // A script of the project's: another program may only be out of reach.
            None if self.exit_code == 127 && self.runners.is_empty() => {
                self.command.first().is_some_and(|word| word.contains('/'))
            }
            None => {
                let skipped = self.counts().is_some_and(|counts| counts.skipped > 0);
                selection::ran_none(self) && !skipped
            }
        }
    }

    /// Whether this run, which passed, shows that what `failed` broke is whole again.
    pub fn shows_whole(&self, failed: &Self) -> bool {
        self.passed() && !self.ran_nothing() && selection::shows_whole(self, failed)
    }

    /// Whether the same command has nothing to run any more.
    pub fn shows_gone(&self, failed: &Self) -> bool {
        self.found_nothing() && selection::is_same(self, failed)
    }

    /// It passed, and nothing chose among the tests of its runner: no word and no option, or only the options that `failed`
    /// had as well.
    pub fn is_of_all(&self, failed: &Self) -> bool {
        self.passed() && !self.ran_nothing() && selection::is_all(self, failed)
    }

    /// It ran tests, or was to: a runner was recognised, the command is known to run them, or the user called it so.
    pub fn is_test(&self) -> bool {
        let called = |label: &String| TEST_LABELS.contains(&label.to_lowercase().as_str());
        let meant = self.label.as_ref().is_some_and(called) || runs_tests(&self.command);
        !self.runners.is_empty() || (meant && !self.did_not_start())
    }

    /// The shell's codes for what was not found or cannot be executed.
    pub fn did_not_start(&self) -> bool {
        matches!(self.exit_code, 126 | 127)
    }

    /// `passed, 12 passed, 1 skipped (cargo-test)`, `failed with exit code 1`, `ended by signal 9`.
    pub fn outcome(&self) -> String {
        let mut text = match (self.signal, self.exit_code) {
            (Some(signal), _) => format!("ended by signal {signal}"),
            (None, 0) if !self.passed() => "failed, and ended with exit code 0".to_owned(),
            (None, 0) => "passed".to_owned(),
            (None, 127) => "not found (exit code 127)".to_owned(),
            (None, code) => format!("failed (exit code {code})"),
        };
        match (self.counts(), self.runner()) {
            (Some(counts), Some(runner)) => {
                text.push_str(&format!(": {} ({runner})", counts.text()));
            }
            (None, Some(runner)) => text.push_str(&format!(" ({runner})")),
            _ => {}
        }
        if let Some(why) = &self.output_lost {
            text.push_str(&format!("; its output is lost: {why}"));
        }
        if let Some(why) = &self.nothing_ran {
            text.push_str(&format!("; {}", why.text()));
        }
        if let Some(which) = &self.reports_not_read {
            text.push_str(&format!("; reports not read: {which}"));
        }
        text
    }

    /// Of which runs the newest is kept at hand. A run in which no test was seen, as when the code did not compile, or in
    /// which none ran, does not stand for the tests that the same command ran before.
    pub fn key(&self) -> String {
        match self.is_test() && !self.ran_nothing() {
            true => format!("{TEST_KEY}{}", self.thing()),
            false => self.thing(),
        }
    }

    /// What makes two runs runs of the same thing: the command, where it was run, and its label. A label alone does not:
    /// a command that passed would hide another that failed.
    pub fn thing(&self) -> String {
        use sha2::Digest as _;
        let mut name = format!("command {}", self.command.join("\0"));
        if let Some(label) = &self.label {
            name.push_str(&format!("\0\0label {label}"));
        }
        if let Some(directory) = &self.directory {
            name.push_str(&format!("\0\0{}", directory.to_text()));
        }
        for variable in &self.environment {
            name.push_str(&format!("\0\0variable {variable}"));
        }
        let digest = sha2::Sha256::digest(name);
        data_encoding::HEXLOWER.encode(&digest[..6])
    }
}

fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+^~".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', "'\\''"))
}

#[cfg(test)]
pub mod tests;
