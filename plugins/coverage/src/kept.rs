//! What is found again the next time, so that an unchanged report is not parsed again. It must not hold what it can't
//! hold in its 64 KiB: what does not fit is measured anew.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::measure::ChangedFile;
use crate::table::{Counts, Lines};

/// Another number: what an older version kept is passed over.
const FORMAT: u32 = 2;
const SESSION_FORMAT: u32 = 1;
/// Bytes of JSON; the host takes 64 KiB.
const MOST: usize = 60 * 1024;

/// A report as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    pub path: String,
    pub stamp: String,
    pub modified_at: i64,
}

/// What the reports said, for every session of this clone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    format: u32,
    pub reports: Vec<Stamped>,
    /// Covered, and coverable; none when no report could be read.
    pub totals: Option<(u64, u64)>,
    pub extensions: BTreeSet<String>,
    pub escaped: usize,
    pub outside: usize,
    pub beyond: u64,
    /// What was wrong with a report: its path and a sentence.
    pub problems: Vec<(String, String)>,
    /// Files of the work tree that the reports describe, as many as there is room for.
    described: Vec<String>,
    /// Lines of the files that were asked about.
    found: BTreeMap<String, String>,
    /// Files that no report knows.
    absent: BTreeSet<String>,
}

impl Kept {
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let kept: Self = serde_json::from_slice(bytes).ok()?;
        (kept.format == FORMAT).then_some(kept)
    }

    /// The largest files go first if it is too long.
    pub fn write(mut self) -> Vec<u8> {
        self.format = FORMAT;
        loop {
            let bytes = serde_json::to_vec(&self).unwrap_or_default();
            if bytes.len() <= MOST {
                return bytes;
            }
            let mut by_size: Vec<(usize, String)> = self
                .found
                .iter()
                .map(|(path, lines)| (lines.len() + path.len(), path.clone()))
                .collect();
            by_size.sort_unstable();
            let mut over = bytes.len() - MOST;
            while over > 0
                && let Some((size, path)) = by_size.pop()
            {
                over = over.saturating_sub(size);
                self.found.remove(&path);
            }
            if self.found.is_empty() && self.absent.is_empty() && self.described.is_empty() {
                // Nothing is left to leave out: better nothing than too much.
                return Vec::new();
            }
            if self.found.is_empty() {
                self.absent.clear();
                self.described.clear();
                self.problems.truncate(10);
            }
        }
    }

    pub fn describe(&mut self, files: BTreeSet<String>) {
        const MOST_BYTES: usize = 24 * 1024;
        let mut room = MOST_BYTES;
        let fitting = files.into_iter().take_while(|path| {
            let size = path.len() + 3;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
        self.described = fitting.collect();
    }

    pub fn described(&self) -> &[String] {
        &self.described
    }

    pub fn answer(&mut self, wanted: &BTreeSet<String>, found: &BTreeMap<String, Lines>) {
        self.found = found
            .iter()
            .map(|(path, lines)| (path.clone(), encoded(lines)))
            .collect();
        let absent = wanted
            .iter()
            .filter(|path| !found.contains_key(*path) && self.is_source(path));
        self.absent = absent.cloned().collect();
    }

    /// The lines of the wanted files; none when some of them were not asked about when the report was read.
    pub fn found(&self, wanted: &BTreeSet<String>) -> Option<BTreeMap<String, Lines>> {
        let mut found = BTreeMap::new();
        for path in wanted {
            match self.found.get(path) {
                Some(lines) => {
                    found.insert(path.clone(), decoded(lines));
                }
                None if self.absent.contains(path) || !self.is_source(path) => {}
                None => return None,
            }
        }
        Some(found)
    }

    /// Whether a report knows files of this kind.
    pub fn is_source(&self, path: &str) -> bool {
        crate::measure::extension(path).is_some_and(|extension| self.extensions.contains(extension))
    }
}

/// What was measured at a checkpoint of this session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionKept {
    format: u32,
    /// Percent of all lines when the session was started; none where nobody measured it then.
    pub start: Option<f64>,
    /// As `start`, when it was first measured in this session.
    #[serde(default)]
    pub first: Option<f64>,
    /// At the last checkpoint.
    pub last: Option<Last>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Last {
    pub reports: Vec<Stamped>,
    pub totals: (u64, u64),
    /// The changed files whose changed lines were measured.
    pub files: Vec<ChangedFile>,
    /// Changed source files that no report knows.
    #[serde(default)]
    pub unmeasured: Vec<String>,
    /// Changed files that a report knew before, and none knew then.
    #[serde(default)]
    pub lost: Vec<String>,
    /// Files that are none of the work tree, and lines that their file does not have.
    #[serde(default)]
    pub left_out: (usize, u64),
    /// Files that were changed in this session and are of a kind that a report knows, tests as well.
    #[serde(default)]
    pub watched: Vec<String>,
}

impl Last {
    /// The changed files that a report of this session knew, then or before.
    pub fn known(&self) -> BTreeSet<String> {
        let files = self.files.iter().map(|file| file.path.clone());
        files.chain(self.lost.iter().cloned()).collect()
    }
}

impl SessionKept {
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let kept: Self = serde_json::from_slice(bytes).ok()?;
        (kept.format == SESSION_FORMAT).then_some(kept)
    }

    /// Where it is too long, the runs of uncovered lines go, then the files.
    pub fn write(mut self) -> Vec<u8> {
        self.format = SESSION_FORMAT;
        let bytes = serde_json::to_vec(&self).unwrap_or_default();
        if bytes.len() <= MOST {
            return bytes;
        }
        if let Some(last) = &mut self.last {
            last.files
                .iter_mut()
                .for_each(|file| file.uncovered.truncate(3));
            last.unmeasured.truncate(20);
            last.lost.truncate(100);
            last.watched.truncate(100);
        }
        let bytes = serde_json::to_vec(&self).unwrap_or_default();
        if bytes.len() <= MOST {
            return bytes;
        }
        self.last = None;
        serde_json::to_vec(&self).unwrap_or_default()
    }
}

pub fn counts((covered, lines): (u64, u64)) -> Counts {
    Counts { covered, lines }
}

/// `3 5+2 -9`: line 3, lines 5 to 7, and line 9, which is not covered.
fn encoded(lines: &Lines) -> String {
    let mut runs: Vec<(u32, u32, bool)> = Vec::new();
    for (line, covered) in lines.iter() {
        match runs.last_mut() {
            Some((first, more, same)) if *same == covered && *first + *more + 1 == line => {
                *more += 1
            }
            _ => runs.push((line, 0, covered)),
        }
    }
    let words = runs.iter().map(|(first, more, covered)| {
        let sign = if *covered { "" } else { "-" };
        match more {
            0 => format!("{sign}{first}"),
            more => format!("{sign}{first}+{more}"),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Words that are none of ours are passed over.
fn decoded(text: &str) -> Lines {
    let mut lines = Lines::default();
    for word in text.split(' ') {
        let (covered, word) = match word.strip_prefix('-') {
            Some(word) => (false, word),
            None => (true, word),
        };
        let (first, more) = word.split_once('+').unwrap_or((word, "0"));
        if let (Ok(first), Ok(more)) = (first.parse::<u32>(), more.parse::<u32>()) {
            lines.add_range(first, first.saturating_add(more), covered);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_as_they_went() {
        let mut lines = Lines::default();
        for line in [1, 2, 3, 64, 65, 66, 128, 500_000] {
            lines.add(line, line % 3 != 0);
        }
        assert_eq!(encoded(&lines), "1+1 -3 64+1 -66 128 500000");
        assert!(decoded(&encoded(&lines)).iter().eq(lines.iter()));
        assert_eq!(decoded("x -y 1+z").iter().count(), 0);
    }

    #[test]
    fn what_was_not_asked_about_is_not_known() {
        let set = |paths: &[&str]| -> BTreeSet<String> {
            paths.iter().map(|path| (*path).to_owned()).collect()
        };
        let mut lines = Lines::default();
        lines.add(1, true);
        let mut kept = Kept {
            extensions: set(&["c"]),
            ..Kept::default()
        };
        kept.answer(
            &set(&["a.c", "b.c"]),
            &BTreeMap::from([("a.c".to_owned(), lines)]),
        );
        let kept = Kept::read(&kept.write()).unwrap();
        assert_eq!(
            kept.found(&set(&["a.c", "b.c", "README.md"]))
                .unwrap()
                .len(),
            1
        );
        assert_eq!(kept.found(&set(&["a.c", "new.c"])), None);
        assert_eq!(Kept::read(b"{}"), None);
    }

    #[test]
    fn it_never_grows_beyond_what_the_host_takes() {
        let mut lines = Lines::default();
        (1..20_000)
            .step_by(2)
            .for_each(|line| lines.add(line, line % 4 == 1));
        let mut small = Lines::default();
        small.add(1, true);
        let mut found: BTreeMap<String, Lines> = (0..10)
            .map(|index| (format!("large{index}.c"), lines.clone()))
            .collect();
        found.insert("small.c".to_owned(), small);
        let mut kept = Kept::default();
        let wanted = (0..5_000).map(|index| format!("{index}.c"));
        kept.extensions.insert("c".to_owned());
        kept.answer(&wanted.collect(), &found);
        let bytes = kept.write();
        assert!(bytes.len() <= MOST, "{}", bytes.len());
        let kept = Kept::read(&bytes).unwrap();
        assert!(
            kept.found(&BTreeSet::from(["small.c".to_owned()]))
                .is_some()
        );
        let file = ChangedFile {
            path: "x".repeat(200),
            file: (1, 2),
            changed: (1, 2),
            uncovered: vec![(1, 2); 100],
        };
        for count in [10, 200, 2_000] {
            let kept = SessionKept {
                last: Some(Last {
                    files: vec![file.clone(); count],
                    ..Last::default()
                }),
                ..SessionKept::default()
            };
            assert!(kept.write().len() <= MOST);
        }
    }
}
