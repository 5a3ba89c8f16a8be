//! The Test Anything Protocol: `ok 1 - name`, `not ok 2 - name # TODO why`, under a plan `1..2` or a version. It must
//! not count what is indented: a subtest's result is its test's. Only in `ok 1 - file # time=1ms {` it is the other way
//! round (vitest, node-tap): the tests are inside.

use super::{Found, Runner};
use crate::session::evidence::TestCounts;

/// What is inside a block is indented by so many spaces.
const BLOCK: usize = 4;

#[derive(Default)]
pub struct Tap {
    recognised: bool,
    /// How far the results are indented that count, in spaces.
    level: usize,
    counts: TestCounts,
}

impl Runner for Tap {
    fn name(&self) -> &'static str {
        "tap"
    }

    fn line(&mut self, line: &str) {
        if line.starts_with("TAP version ") || is_plan(line) {
            self.recognised = true;
            return;
        }
        let result = line.trim_start_matches(' ');
        let level = line.len() - result.len();
        if level > self.level {
            return;
        }
        let (ok, rest) = match result.strip_prefix("not ok") {
            Some(rest) => (false, rest),
            None => match result.strip_prefix("ok") {
                Some(rest) => (true, rest),
                None => return,
            },
        };
        let Some(rest) = rest.strip_prefix(' ') else {
            return;
        };
        if rest
            .split(' ')
            .next()
            .is_none_or(|number| number.parse::<u32>().is_err())
        {
            return;
        }
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
        *number = number.saturating_add(1);
    }

    fn found(&self) -> Option<Found> {
        self.recognised.then(|| Found::from(self.counts))
    }
}

fn is_plan(line: &str) -> bool {
    let plan = line.split(" #").next().unwrap_or(line).trim_end();
    plan.strip_prefix("1..")
        .is_some_and(|last| last.parse::<u32>().is_ok())
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
