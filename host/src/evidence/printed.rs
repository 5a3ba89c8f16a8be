//! A JUnit report that a command prints instead of writing a file (`--reporter=junit`): kept from its first element on,
//! within a bound, and only to be counted. It must not keep any other output.

use super::report;
use crate::session::evidence::TestCounts;

/// Of a printed report, in bytes. A longer one is not counted.
const LARGEST: usize = 4 * 1024 * 1024;

/// The beginning of the two elements that a report can consist of, and of their ends.
const ROOT: &[u8] = b"<testsuite";
const END: &[u8] = b"</testsuite";

/// What of a piece may belong to a beginning in the next one: all but the last of `ROOT`, and what stands before it.
const BEFORE: usize = ROOT.len() + 1;

pub struct Printed {
    kept: Vec<u8>,
    has_begun: bool,
    is_too_long: bool,
}

impl Default for Printed {
    fn default() -> Self {
        Self {
            // A stream begins as a line does.
            kept: b"\n".to_vec(),
            has_begun: false,
            is_too_long: false,
        }
    }
}

impl Printed {
    pub fn add(&mut self, bytes: &[u8]) {
        if self.is_too_long {
            return;
        }
        self.kept.extend_from_slice(bytes);
        if !self.has_begun {
            let begins = beginning(&self.kept);
            self.has_begun = begins.is_some();
            let dropped = begins.unwrap_or(self.kept.len().saturating_sub(BEFORE));
            self.kept.drain(..dropped);
        }
        if self.kept.len() > LARGEST {
            self.is_too_long = true;
            self.kept = Vec::new();
        }
    }

    /// What all that was printed says; what stands behind the last report is none.
    pub fn counts(&self) -> Option<TestCounts> {
        if !self.has_begun || self.is_too_long {
            return None;
        }
        let last = self.kept.windows(END.len()).rposition(|some| some == END)?;
        let length = self.kept[last..].iter().position(|byte| *byte == b'>')?;
        report::count(&self.kept[..=last + length]).ok()
    }
}

/// Where a line begins with a report, or one follows its XML declaration.
fn beginning(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(next) = text[from..].iter().position(|byte| *byte == b'<') {
        let at = from + next;
        let before = &text[..at];
        if text[at..].starts_with(ROOT) && (before.ends_with(b"\n") || before.ends_with(b"?>")) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(pieces: &[&[u8]]) -> Option<u32> {
        let mut printed = Printed::default();
        for piece in pieces {
            printed.add(piece);
        }
        printed.counts().map(|counts| counts.passed)
    }

    #[test]
    fn a_report_is_told_from_text_about_one() {
        let one = b"<testsuite><testcase/></testsuite>".as_slice();
        assert_eq!(passed(&[one]), Some(1));
        assert_eq!(
            passed(&[b"> vitest run\n\n<?xml version='1.0'?>", one, b"\nbye <b>"]),
            Some(1)
        );
        assert_eq!(passed(&[one, b"\n\n> and\n", one]), Some(2));
        assert_eq!(passed(&[b"it writes ", one]), None);
        assert_eq!(passed(&[b"\n<testsuite><testcase/>"]), None, "cut off");
        assert_eq!(passed(&[b"\n<html>\n<testcase/>"]), None);
        for byte in 1..one.len() {
            assert_eq!(passed(&[&one[..byte], &one[byte..]]), Some(1), "{byte}");
        }
    }

    #[test]
    fn nothing_else_is_kept_and_a_report_has_a_bound() {
        let mut printed = Printed::default();
        for _ in 0..100 {
            printed.add(&[b'<'; 10_000]);
            assert!(printed.kept.len() <= BEFORE);
        }
        printed.add(b"\n<testsuite>");
        for _ in 0..1000 {
            printed.add(&[b'x'; 10_000]);
            assert!(printed.kept.len() <= LARGEST);
        }
        assert_eq!(printed.counts(), None);
    }
}
