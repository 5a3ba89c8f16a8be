//! The Test Anything Protocol: `ok 1 - name`, `not ok 2 - name # TODO why`, under a plan `1..2` or a version; the number
//! may be left out. It must not count what is indented: a subtest's result is its test's. Only in
//! `ok 1 - file # time=1ms {` it is the other way round (vitest, node-tap): the tests are inside.

use super::{Found, Runner, raise};
use crate::session::evidence::TestCounts;

/// What is inside a block is indented by so many spaces.
const BLOCK: usize = 4;

#[derive(Default)]
pub struct Tap {
    recognised: bool,
    /// How far the results are indented that count, in spaces.
    level: usize,
    counts: TestCounts,
    /// Of all plans together.
    planned: u32,
    bailed_out: bool,
}

impl Runner for Tap {
    fn name(&self) -> &'static str {
        "tap"
    }

    fn line(&mut self, line: &str) {
        if line.starts_with("TAP version ") {
            self.recognised = true;
        } else if let Some(last) = plan(line) {
            self.recognised = true;
            raise(&mut self.planned, last);
        } else if line.starts_with("Bail out!") {
            self.recognised = true;
            self.bailed_out = true;
        } else {
            self.result(line);
        }
    }

    /// A test that was planned and did not come has failed. Where none came, it may be no plan, and counts nothing.
    fn found(&self) -> Option<Found> {
        let mut counts = self.counts;
        let all = [counts.passed, counts.failed, counts.skipped];
        let came = all.into_iter().fold(0, u32::saturating_add);
        let missing = match came {
            0 => 0,
            came => self.planned.saturating_sub(came),
        };
        raise(&mut counts.failed, missing.max(u32::from(self.bailed_out)));
        self.recognised.then(|| Found::from(counts))
    }
}

impl Tap {
    fn result(&mut self, line: &str) {
        let text = line.trim_start_matches(' ');
        let level = line.len() - text.len();
        let Some((ok, rest)) = result(text).filter(|_| level <= self.level) else {
            return;
        };
        self.level = level;
        if opens_block(rest) {
            self.level += BLOCK;
            return;
        }
        let number = match (directive(rest), ok) {
            (true, _) => &mut self.counts.skipped,
            (false, true) => &mut self.counts.passed,
            (false, false) => &mut self.counts.failed,
        };
        raise(number, 1);
    }
}

/// Whether it is `ok`, and what stands behind that. `ok  ` and a tab is a package of `go test`.
fn result(line: &str) -> Option<(bool, &str)> {
    let (ok, rest) = match line.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok")?),
    };
    let is_word = rest.is_empty() || rest.starts_with(' ');
    (is_word && !rest.starts_with("  \t")).then_some((ok, rest))
}

/// The last test's number.
fn plan(line: &str) -> Option<u32> {
    let plan = line.split(" #").next().unwrap_or(line).trim_end();
    plan.strip_prefix("1..")?.parse().ok()
}

/// `# SKIP why` or `# TODO why`: the result does not count.
fn directive(rest: &str) -> bool {
    rest.rsplit_once(" # ").is_some_and(|(_, directive)| {
        let word = directive.get(..4).unwrap_or(directive);
        word.eq_ignore_ascii_case("skip") || word.eq_ignore_ascii_case("todo")
    })
}

/// A name may end in a brace, too; before a block's there is always a directive or the time.
fn opens_block(rest: &str) -> bool {
    let block = rest.strip_suffix(" {");
    block.is_some_and(|rest| directive(rest) || rest.contains(" # time="))
}
