//! JUnit XML reports that a command wrote: found at their usual places, read with bounds. An entity is never expanded.
//! It must not follow a link, nor fail for what a report holds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::path::RepoPath;
use crate::session::evidence::{Counted, TestCounts};

/// As documents and plugins name it: a report does not say who wrote it.
pub const RUNNER: &str = "junit";

/// Where reports usually are. A `*` is any one name.
const PLACES: [&str; 9] = [
    "junit.xml",
    "report.xml",
    "test-results.xml",
    "test-results/*.xml",
    "test-reports/*.xml",
    "reports/*.xml",
    "build/test-results/*/*.xml",
    "target/nextest/*/junit.xml",
    "target/surefire-reports/*.xml",
];

/// Entries of a directory that are looked at, and reports that are read.
const MOST: usize = 500;

/// Of a report, in bytes; and how deep its elements may nest.
const LARGEST: u64 = 16 * 1024 * 1024;
const DEEPEST: usize = 64;

/// The reports that are there, and what tells whether one was written again.
#[derive(Debug, Default)]
pub struct Reports {
    found: BTreeMap<PathBuf, [i64; 4]>,
}

impl Reports {
    /// Looks at the usual places below `root`, and below the directory in it that the command runs in.
    pub fn look(root: &Path, directory: Option<&RepoPath>) -> Self {
        let mut reports = Self::default();
        let directory = directory.map(RepoPath::to_path);
        for below in directory.into_iter().chain([PathBuf::new()]) {
            for place in PLACES {
                reports.search(root, &below, place);
            }
        }
        reports
    }

    fn search(&mut self, root: &Path, below: &Path, place: &str) {
        let (name, rest) = match place.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (place, None),
        };
        if !name.contains('*') {
            self.visit(root, below.join(name), rest);
            return;
        }
        let suffix = name.trim_start_matches('*');
        let Ok(entries) = std::fs::read_dir(root.join(below)) else {
            return;
        };
        for entry in entries.take(MOST).flatten() {
            if entry.file_name().to_string_lossy().ends_with(suffix) {
                self.visit(root, below.join(entry.file_name()), rest);
            }
        }
    }

    fn visit(&mut self, root: &Path, path: PathBuf, rest: Option<&str>) {
        let Ok(found) = root.join(&path).symlink_metadata() else {
            return;
        };
        match rest {
            Some(rest) if found.is_dir() => self.search(root, &path, rest),
            None if found.is_file() && self.found.len() < MOST => {
                let size = i64::try_from(found.len()).unwrap_or(i64::MAX);
                let stamp = [found.mtime(), found.mtime_nsec(), size, found.ctime_nsec()];
                self.found.insert(path, stamp);
            }
            _ => {}
        }
    }

    /// What the reports say that were not there before, or not like this.
    pub fn counted_since(&self, before: &Self, root: &Path) -> Option<Counted> {
        let new = self
            .found
            .iter()
            .filter(|(path, stamp)| before.found.get(*path) != Some(stamp));
        let mut sum = None::<TestCounts>;
        let mut first = None;
        for (path, _) in new {
            if let Some(counts) = read(&root.join(path)) {
                sum.get_or_insert_default().add(counts);
                first.get_or_insert(path);
            }
        }
        use std::os::unix::ffi::OsStrExt as _;
        Some(Counted {
            runner: RUNNER.to_owned(),
            counts: Some(sum?),
            report: first.map(|path| RepoPath::new(path.as_os_str().as_bytes())),
        })
    }
}

fn read(path: &Path) -> Option<TestCounts> {
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    count(BufReader::new(file.take(LARGEST)))
}

/// Counts test cases; what a suite says of its own number may be wrong, and is not read. None for what is no JUnit
/// report, or not a whole one.
pub(super) fn count(mut source: impl BufRead) -> Option<TestCounts> {
    let Some(encoding) = two_bytes_a_character(source.fill_buf().ok()?) else {
        return count_plain(source);
    };
    // What reads XML reads bytes, of which those below 128 are themselves.
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).ok()?;
    let (text, _, _) = encoding.decode(&bytes);
    count_plain(text.as_bytes())
}

/// By the mark at a text's beginning, or by the `<` that XML begins with.
fn two_bytes_a_character(beginning: &[u8]) -> Option<&'static Encoding> {
    match beginning {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] | [0, b'<', ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

fn count_plain(source: impl BufRead) -> Option<TestCounts> {
    let mut reader = Reader::from_reader(source);
    let mut buffer = Vec::new();
    let mut counts = TestCounts::default();
    let mut open: Vec<Vec<u8>> = Vec::new();
    let mut outcome = Outcome::Passed;
    let mut seen = false;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(element) => {
                if open.is_empty() && !is_root(&element) {
                    return None;
                }
                seen = true;
                begin(&element, &open, &mut outcome);
                open.push(element.local_name().as_ref().to_vec());
                if open.len() > DEEPEST {
                    return None;
                }
            }
            Event::Empty(element) => {
                if open.is_empty() {
                    return is_root(&element).then_some(counts);
                }
                begin(&element, &open, &mut outcome);
                if element.local_name().as_ref() == b"testcase" {
                    outcome.count(&mut counts);
                }
            }
            Event::End(_) => {
                let closed = open.pop()?;
                if closed == b"testcase" {
                    outcome.count(&mut counts);
                }
            }
            Event::Eof => return (seen && open.is_empty()).then_some(counts),
            _ => {}
        }
    }
}

#[derive(Clone, Copy)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

impl Outcome {
    fn count(self, counts: &mut TestCounts) {
        let number = match self {
            Self::Passed => &mut counts.passed,
            Self::Failed => &mut counts.failed,
            Self::Skipped => &mut counts.skipped,
        };
        *number = number.saturating_add(1);
    }
}

fn begin(element: &BytesStart<'_>, open: &[Vec<u8>], outcome: &mut Outcome) {
    let within_case = open.last().is_some_and(|parent| parent == b"testcase");
    match element.local_name().as_ref() {
        b"testcase" => *outcome = Outcome::Passed,
        b"failure" | b"error" if within_case => *outcome = Outcome::Failed,
        b"skipped" if within_case && !matches!(outcome, Outcome::Failed) => {
            *outcome = Outcome::Skipped;
        }
        _ => {}
    }
}

fn is_root(element: &BytesStart<'_>) -> bool {
    matches!(element.local_name().as_ref(), b"testsuites" | b"testsuite")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> Option<(u32, u32, u32)> {
        count(text.as_bytes()).map(|counts| (counts.passed, counts.failed, counts.skipped))
    }

    #[test]
    fn hostile_reports_count_nothing_and_break_nothing() {
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
            <testsuite><testcase name=\"&b;\"/></testsuite>";
        assert_eq!(counted(bomb), Some((1, 0, 0)), "an entity is left alone");
        let deep = "<testsuite>".repeat(100_000);
        assert_eq!(counted(&deep), None);
        assert_eq!(counted("<testsuite><testcase/>"), None, "cut off");
        assert_eq!(counted("<html><testcase/></html>"), None);
        assert_eq!(counted(""), None);
        assert_eq!(count(&[0xff_u8, 0xfe, 0, b'<'][..]), None);
        assert_eq!(counted("<testsuites/>"), Some((0, 0, 0)));
    }

    #[test]
    fn only_what_was_written_since_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("junit.xml", "<testsuite><testcase/></testsuite>");
        let before = Reports::look(dir.path(), None);
        assert!(before.counted_since(&before, dir.path()).is_none());
        write(
            "test-results/a.xml",
            "<testsuite><testcase/><testcase><failure/></testcase></testsuite>",
        );
        std::os::unix::fs::symlink("junit.xml", dir.path().join("report.xml")).unwrap();
        let after = Reports::look(dir.path(), None);
        let counted = after.counted_since(&before, dir.path()).unwrap();
        let counts = counted.counts.unwrap();
        assert_eq!((counts.passed, counts.failed), (1, 1));
        assert_eq!(counted.report.unwrap().to_text(), "test-results/a.xml");
    }
    #[test]
    fn a_report_beside_the_command_is_found_once() {
        let dir = tempfile::tempdir().unwrap();
        let package = dir.path().join("packages/one");
        std::fs::create_dir_all(package.join("reports")).unwrap();
        let report = "<testsuite><testcase/></testsuite>";
        std::fs::write(package.join("junit.xml"), report).unwrap();
        std::fs::write(package.join("reports/b.xml"), report).unwrap();
        std::fs::write(dir.path().join("junit.xml"), report).unwrap();
        let passed = |directory: Option<&str>| {
            let directory = directory.map(RepoPath::new);
            let found = Reports::look(dir.path(), directory.as_ref());
            let counted = found.counted_since(&Reports::default(), dir.path());
            counted.unwrap().counts.unwrap().passed
        };
        assert_eq!(passed(Some("packages/one")), 3);
        assert_eq!(passed(Some("packages")), 1);
        assert_eq!(passed(None), 1);
        assert_eq!(passed(Some("reports")), 1);
    }
}
