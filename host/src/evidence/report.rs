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
use crate::session::list::one_line;

/// As documents and plugins name it: a report does not say who wrote it.
pub const RUNNER: &str = "junit";

/// Where reports usually are: of a project, and of its modules one level down. A `*` is any one name.
const PLACES: [&str; 13] = [
    "junit.xml",
    "report.xml",
    "test-results.xml",
    "test-results/*.xml",
    "test-reports/*.xml",
    "reports/*.xml",
    "build/test-results/*/*.xml",
    "target/nextest/*/junit.xml",
    "target/surefire-reports/*.xml",
    "target/failsafe-reports/*.xml",
    "*/build/test-results/*/*.xml",
    "*/target/surefire-reports/*.xml",
    "*/target/failsafe-reports/*.xml",
];

/// Reports that are read, and entries of a directory that are looked at.
const MOST: usize = 5_000;
const MOST_ENTRIES: usize = 20_000;

/// Of a report, and of all together, in MiB; and how deep its elements may nest.
const LARGEST: u64 = 64;
const MOST_IN_ALL: u64 = 256;
const DEEPEST: usize = 64;

const MIB: u64 = 1024 * 1024;

/// The reports that are there, and what tells whether one was written again.
#[derive(Debug, Default)]
pub struct Reports {
    found: BTreeMap<PathBuf, [i64; 4]>,
    /// There are more than are looked at.
    more: bool,
}

/// What new reports say.
#[derive(Debug, Default)]
pub struct Told {
    pub counted: Option<Counted>,
    /// Which of them could not be read, in words.
    pub not_read: Option<String>,
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
        for (index, entry) in entries.flatten().enumerate() {
            if index == MOST_ENTRIES {
                self.more |= rest.is_none();
                break;
            }
            let name = entry.file_name();
            if name.to_string_lossy().ends_with(suffix) {
                self.visit(root, below.join(name), rest);
            }
        }
    }

    fn visit(&mut self, root: &Path, path: PathBuf, rest: Option<&str>) {
        let Ok(found) = root.join(&path).symlink_metadata() else {
            return;
        };
        match rest {
            Some(rest) if found.is_dir() => self.search(root, &path, rest),
            None if found.is_file() && self.found.len() == MOST => self.more = true,
            None if found.is_file() => {
                let size = i64::try_from(found.len()).unwrap_or(i64::MAX);
                let stamp = [found.mtime(), found.mtime_nsec(), size, found.ctime_nsec()];
                self.found.insert(path, stamp);
            }
            _ => {}
        }
    }

    /// What the reports say that were not there before, or not like this. Where not all of them could be read, they count
    /// for nothing but what failed: nobody knows whether the rest has passed.
    pub fn told_since(&self, before: &Self, root: &Path) -> Told {
        let new = self
            .found
            .iter()
            .filter(|(path, stamp)| before.found.get(*path) != Some(stamp));
        let (mut sum, mut first) = (None::<TestCounts>, None);
        let (mut unread, mut room) = (Vec::new(), MOST_IN_ALL * MIB);
        for (path, stamp) in new {
            let size = u64::try_from(stamp[2]).unwrap_or_default();
            let read = match room.checked_sub(size.min(LARGEST * MIB)) {
                Some(left) => {
                    room = left;
                    read(&root.join(path), LARGEST * MIB)
                }
                None => Err(Unread::TooMuch),
            };
            match read {
                Ok(counts) => sum.get_or_insert_default().add(counts),
                Err(Unread::Other) => continue,
                Err(why) => unread.push((path, why)),
            }
            first.get_or_insert(path);
        }
        let Some(first) = first else {
            return Told::default();
        };
        let not_read = not_read(&unread, self.more);
        let is_known = |counts: &TestCounts| not_read.is_none() || counts.failed > 0;
        use std::os::unix::ffi::OsStrExt as _;
        Told {
            counted: Some(Counted {
                runner: RUNNER.to_owned(),
                counts: sum.filter(is_known),
                report: Some(RepoPath::new(first.as_os_str().as_bytes())),
            }),
            not_read,
        }
    }
}

/// `target/a.xml is cut off or broken, and 2 more`.
fn not_read(unread: &[(&PathBuf, Unread)], more: bool) -> Option<String> {
    let mut text = match unread {
        [] => String::new(),
        [(path, why), rest @ ..] => {
            let why = match why {
                Unread::Large => format!("is larger than {LARGEST} MiB"),
                Unread::TooMuch => format!("is behind {MOST_IN_ALL} MiB of others"),
                Unread::Other | Unread::Broken => "is cut off or broken".to_owned(),
            };
            let more = match rest.len() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            one_line(&format!("{} {why}{more}", path.display()))
        }
    };
    if more {
        let begin = if text.is_empty() { "" } else { "; " };
        text.push_str(&format!("{begin}there are more than {MOST}"));
    }
    (!text.is_empty()).then_some(text)
}

/// Why a report was not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is no JUnit report.
    Other,
    Broken,
    Large,
    TooMuch,
}

fn read(path: &Path, largest: u64) -> Result<TestCounts, Unread> {
    let file = File::open(path).map_err(|_| Unread::Broken)?;
    let metadata = file.metadata().map_err(|_| Unread::Broken)?;
    if !metadata.is_file() {
        return Err(Unread::Other);
    }
    let counts = count(BufReader::new(file.take(largest)));
    counts.map_err(|why| match why {
        Unread::Broken if metadata.len() > largest => Unread::Large,
        why => why,
    })
}

/// Counts test cases; what a suite says of its own number may be wrong, and is not read.
pub(super) fn count(mut source: impl BufRead) -> Result<TestCounts, Unread> {
    let beginning = source.fill_buf().map_err(|_| Unread::Broken)?;
    let Some(encoding) = two_bytes_a_character(beginning) else {
        return count_plain(source);
    };
    // What reads XML reads bytes, of which those below 128 are themselves.
    let mut bytes = Vec::new();
    let read = source.read_to_end(&mut bytes);
    read.map_err(|_| Unread::Broken)?;
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

fn count_plain(source: impl BufRead) -> Result<TestCounts, Unread> {
    let mut reader = Reader::from_reader(source);
    let mut buffer = Vec::new();
    let mut counts = TestCounts::default();
    let mut open: Vec<Vec<u8>> = Vec::new();
    let mut outcome = Outcome::Passed;
    let mut seen = false;
    loop {
        buffer.clear();
        // Only another root says that it is another kind of report: one that ends before its root may be of this kind.
        let event = reader.read_event_into(&mut buffer);
        match event.map_err(|_| Unread::Broken)? {
            Event::Start(element) => {
                if open.is_empty() && !is_root(&element) {
                    return Err(other(seen));
                }
                seen = true;
                begin(&element, &open, &mut outcome);
                open.push(element.local_name().as_ref().to_vec());
                if open.len() > DEEPEST {
                    return Err(Unread::Broken);
                }
            }
            Event::Empty(element) => {
                if open.is_empty() {
                    return is_root(&element).then_some(counts).ok_or(other(seen));
                }
                begin(&element, &open, &mut outcome);
                if element.local_name().as_ref() == b"testcase" {
                    outcome.count(&mut counts);
                }
            }
            Event::End(_) => {
                let closed = open.pop().ok_or(Unread::Broken)?;
                if closed == b"testcase" {
                    outcome.count(&mut counts);
                }
            }
            Event::Eof if seen && open.is_empty() => return Ok(counts),
            Event::Eof => return Err(Unread::Broken),
            _ => {}
        }
    }
}

/// What an element at the root is that is no root of a JUnit report.
fn other(seen: bool) -> Unread {
    match seen {
        true => Unread::Broken,
        false => Unread::Other,
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
mod tests;
