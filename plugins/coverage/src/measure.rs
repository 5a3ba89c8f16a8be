//! From reports to numbers: of all lines, and of the lines that this session changed. It must not call the host.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use serde::{Deserialize, Serialize};

use crate::paths;
use crate::report::{self, Format, Problem};
use crate::table::{Counts, Lines, Table};

/// What reports say of the files that were asked about, and of all together.
#[derive(Debug, Default)]
pub struct Reading {
    all: Table,
    /// Which report has brought which of its paths into `all`.
    origins: BTreeMap<String, String>,
    /// By path from the repository's root.
    pub found: BTreeMap<String, Lines>,
    /// Of the files in the reports: what has another one is no source.
    pub extensions: BTreeSet<String>,
    /// Paths that lead out of the repository.
    pub escaped: usize,
}

impl Reading {
    /// Reads one report more, which has to be `expected` if that is given. `exists` is as in [`paths::map`].
    pub fn add(
        &mut self,
        report: &str,
        input: impl BufRead,
        expected: Option<Format>,
        wanted: &BTreeSet<String>,
        mut exists: impl FnMut(&[String]) -> Vec<bool>,
    ) -> Result<(), Problem> {
        let (format, mut table) = report::read(input)?;
        if let Some(expected) = expected.filter(|expected| *expected != format) {
            return Err(Problem::Other { expected, format });
        }
        let before = table.files.len();
        table.files.retain(|path, _| !paths::escapes(path, report));
        self.escaped += before - table.files.len();
        let names = table.files.keys().map(String::as_str);
        for (file, own) in paths::map(report, &table.roots, names, wanted, &mut exists) {
            let lines = own.iter().filter_map(|path| table.files.get(path));
            let found = self.found.entry(file).or_default();
            lines.for_each(|lines| found.merge(lines.clone()));
        }
        for path in table.files.keys() {
            self.note_extension(path);
        }
        self.unite(report, table, exists)
    }

    fn note_extension(&mut self, path: &str) {
        const MOST: usize = 32;
        const LONGEST: usize = 16;
        if let Some(extension) = extension(path)
            && extension.len() <= LONGEST
            && self.extensions.len() < MOST
            && !self.extensions.contains(extension)
        {
            self.extensions.insert(extension.to_owned());
        }
    }

    /// The same path in two reports is the same file, unless each is relative to a directory of its own.
    fn unite(
        &mut self,
        report: &str,
        table: Table,
        mut exists: impl FnMut(&[String]) -> Vec<bool>,
    ) -> Result<(), Problem> {
        if self.all.files.is_empty() {
            self.origins = table
                .files
                .keys()
                .map(|path| (path.clone(), report.to_owned()))
                .collect();
            self.all = table;
            return Ok(());
        }
        for (path, lines) in table.files {
            let other = self.origins.get(&path).filter(|other| {
                let here = paths::nearest(&path, report, &mut exists);
                here.is_some() && here != paths::nearest(&path, other, &mut exists)
            });
            if other.is_some() {
                self.all.put(&format!("{report}:{path}"), lines)?;
            } else {
                self.all.put(&path, lines)?;
                self.origins
                    .entry(path)
                    .or_insert_with(|| report.to_owned());
            }
        }
        Ok(())
    }

    pub fn totals(&self) -> Counts {
        let mut totals = Counts::default();
        self.all
            .files
            .values()
            .for_each(|lines| totals.add(lines.counts()));
        totals
    }
}

/// A changed file that a report knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangedFile {
    pub path: String,
    /// Covered, and coverable, of the whole file.
    pub file: (u64, u64),
    /// The same of the changed lines.
    pub changed: (u64, u64),
    /// Runs of changed lines that no test reaches: first and last.
    pub uncovered: Vec<(u32, u32)>,
}

/// A path from the repository's root, and the first and last lines of what changed in it, from top to bottom.
pub type ChangedLines = (String, Vec<(u32, u32)>);

/// Changed lines against what the reports say of them. Files without a coverable line are left out.
pub fn changed_files(
    found: &BTreeMap<String, Lines>,
    changed: &[ChangedLines],
) -> Vec<ChangedFile> {
    let files = changed.iter().filter_map(|(path, ranges)| {
        let lines = found.get(path)?;
        let all = lines.counts();
        let mut file = ChangedFile {
            path: path.clone(),
            file: (all.covered, all.lines),
            changed: (0, 0),
            uncovered: Vec::new(),
        };
        // Both go from top to bottom.
        let mut ranges = ranges.iter().peekable();
        for (line, covered) in lines.iter() {
            while ranges.next_if(|(_, last)| *last < line).is_some() {}
            if ranges.peek().is_none_or(|(first, _)| *first > line) {
                continue;
            }
            file.changed.1 += 1;
            if covered {
                file.changed.0 += 1;
            } else {
                match file.uncovered.last_mut() {
                    Some((_, last)) if *last + 1 == line => *last = line,
                    _ => file.uncovered.push((line, line)),
                }
            }
        }
        (all.lines > 0).then_some(file)
    });
    files.collect()
}

/// Of the changed lines of all files together.
pub fn sum(files: &[ChangedFile]) -> Counts {
    let mut sum = Counts::default();
    for file in files {
        sum.add(Counts {
            covered: file.changed.0,
            lines: file.changed.1,
        });
    }
    sum
}

pub fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next()?;
    name.rsplit_once('.').map(|(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(covered: &[u32], not: &[u32]) -> Lines {
        let mut table = Table::default();
        let mut lines = Lines::default();
        covered.iter().for_each(|line| lines.add(*line, true));
        not.iter().for_each(|line| lines.add(*line, false));
        table.put("x", lines).unwrap();
        table.files.remove("x").unwrap()
    }

    #[test]
    fn changed_lines_are_those_of_the_diff_that_can_be_covered() {
        let found = BTreeMap::from([("a".to_owned(), lines(&[1, 3, 70], &[2, 5, 6, 8, 71]))]);
        let changed = [
            ("a".to_owned(), vec![(3, 6), (9, 60), (71, 71)]),
            ("unknown".to_owned(), vec![(1, 9)]),
        ];
        let files = changed_files(&found, &changed);
        assert_eq!(
            files,
            [ChangedFile {
                path: "a".to_owned(),
                file: (3, 8),
                changed: (1, 4),
                uncovered: vec![(5, 6), (71, 71)],
            }]
        );
        assert_eq!(sum(&files).percent(), Some(25.0));
    }

    fn read(reports: &[(&str, &str)], tree: &[&str]) -> Reading {
        let mut reading = Reading::default();
        let wanted = BTreeSet::from(["web/a.js".to_owned()]);
        for (report, text) in reports {
            let exists =
                |paths: &[String]| paths.iter().map(|path| tree.contains(&&**path)).collect();
            reading
                .add(report, text.as_bytes(), None, &wanted, exists)
                .unwrap();
        }
        reading
    }

    #[test]
    fn reports_of_one_file_are_united_and_those_of_two_are_not() {
        let one = "SF:a.js\nDA:1,1\nDA:2,0\nend_of_record\n";
        let other = "SF:a.js\nDA:1,0\nDA:2,1\nend_of_record\n";
        let same = read(&[("unit.info", one), ("e2e.info", other)], &["a.js"]);
        assert_eq!(
            same.totals(),
            Counts {
                covered: 2,
                lines: 2
            }
        );
        let tree = ["web/a.js", "server/a.js"];
        let two = read(
            &[
                ("web/coverage/lcov.info", one),
                ("server/coverage/lcov.info", other),
            ],
            &tree,
        );
        assert_eq!(
            two.totals(),
            Counts {
                covered: 2,
                lines: 4
            }
        );
        assert_eq!(
            two.found["web/a.js"].counts(),
            Counts {
                covered: 1,
                lines: 2
            }
        );
    }

    #[test]
    fn paths_that_escape_do_not_count() {
        let text = "SF:a.js\nDA:1,1\nend_of_record\nSF:../../etc/passwd\nDA:1,0\nend_of_record\n";
        let reading = read(&[("lcov.info", text)], &[]);
        assert_eq!((reading.totals().lines, reading.escaped), (1, 1));
    }
}
