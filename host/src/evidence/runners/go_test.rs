//! `go test`: with `-v` each test's `--- PASS: TestOne (0.00s)`, with `-json` an event for each; without either it says
//! only which packages passed, and so nothing is counted. It must not count what a passing package does not say, nor what
//! a test prints of tests that do not run.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Found, Runner};
use crate::session::evidence::TestCounts;

const RUN: &str = "=== RUN   ";

/// Tests that run at once and are remembered, so that a flood of names stays small. Beyond that, all that is told counts.
const MOST_RUNNING: usize = 100_000;

#[derive(Default)]
pub struct GoTest {
    recognised: bool,
    sum: Option<TestCounts>,
    /// The tests were named one by one, so that the count is whole.
    verbose: bool,
    /// Tests that have begun, by package and name.
    running: HashSet<u64>,
}

impl Runner for GoTest {
    fn name(&self) -> &'static str {
        "go-test"
    }

    fn line(&mut self, line: &str) {
        if line.starts_with("{\"Time\":") {
            self.event(line);
            return;
        }
        self.recognised |= package(line);
        if let Some((_, name)) = line.split_once(RUN) {
            // A test that printed no line end before leaves its words in front.
            self.verbose |= line.starts_with(RUN);
            self.recognised |= line.starts_with(RUN);
            self.begin("", name);
        } else if let Some(told) = Told::of(line) {
            self.end("", &told);
        }
    }

    fn found(&self) -> Option<Found> {
        self.recognised.then_some(Found {
            counts: self.sum.filter(|_| self.verbose),
        })
    }
}

impl GoTest {
    fn event(&mut self, line: &str) {
        let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else {
            return;
        };
        let text = |name: &str| event.get(name).and_then(serde_json::Value::as_str);
        let (Some(package), Some(action), Some(name)) =
            (text("Package"), text("Action"), text("Test"))
        else {
            return;
        };
        self.recognised = true;
        self.verbose = true;
        let word = match action {
            "run" => return self.begin(package, name),
            "output" => return self.output(package, name, text("Output").unwrap_or_default()),
            "pass" => "PASS",
            "fail" => "FAIL",
            "skip" => "SKIP",
            _ => return,
        };
        let told = Told {
            word,
            name,
            begins_line: true,
        };
        self.end(package, &told);
    }

    /// There is no event for what stands behind words without a line end: the converter takes it for the test's own.
    fn output(&mut self, package: &str, of: &str, line: &str) {
        let line = line.trim_end_matches('\n');
        if let Some((_, name)) = line.split_once(RUN) {
            self.begin(package, name);
        } else if let Some(told) = Told::of(line)
            && !(told.begins_line && told.name == of)
            && self.running.contains(&key(package, told.name))
        {
            self.end(package, &told);
        }
    }

    fn begin(&mut self, package: &str, name: &str) {
        if self.running.len() < MOST_RUNNING {
            self.running.insert(key(package, name));
        }
    }

    /// One that nobody saw begin may be a text that a test prints. A failure is believed where it begins a line: to miss
    /// one would be worse.
    fn end(&mut self, package: &str, told: &Told<'_>) {
        let began = self.running.remove(&key(package, told.name));
        let is_full = self.running.len() >= MOST_RUNNING;
        if !began && !(told.begins_line && (told.word == "FAIL" || is_full)) {
            return;
        }
        let sum = self.sum.get_or_insert_default();
        let number = match told.word {
            "PASS" => &mut sum.passed,
            "FAIL" => &mut sum.failed,
            _ => &mut sum.skipped,
        };
        *number = number.saturating_add(1);
    }
}

fn key(package: &str, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (package, name).hash(&mut hasher);
    hasher.finish()
}

/// `--- PASS: TestOne (0.00s)`, wherever it stands in a line.
struct Told<'a> {
    word: &'static str,
    name: &'a str,
    begins_line: bool,
}

impl<'a> Told<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let line = line.trim_start().strip_suffix("s)")?;
        let marks = [
            ("PASS", "--- PASS: "),
            ("FAIL", "--- FAIL: "),
            ("SKIP", "--- SKIP: "),
        ];
        let found = marks.into_iter().filter_map(|(word, mark)| {
            let at = line.rfind(mark)?;
            Some((at, word, &line[at + mark.len()..]))
        });
        let (at, word, rest) = found.max_by_key(|(at, ..)| *at)?;
        Some(Self {
            word,
            name: rest.rsplit_once(" (")?.0,
            begins_line: at == 0,
        })
    }
}

/// `ok`, `FAIL` or `?` (padded to four characters), the package and its time, with tabs between them.
fn package(line: &str) -> bool {
    let mut fields = line.split('\t');
    let (state, name, time) = (fields.next(), fields.next(), fields.next());
    matches!(state, Some("ok  " | "FAIL" | "?   "))
        && name.is_some_and(|name| !name.is_empty())
        && time.is_some_and(|time| time.starts_with(['(', '[']) || time.ends_with('s'))
}
