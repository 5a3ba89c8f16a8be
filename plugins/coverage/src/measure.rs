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
    /// Each with its sources' directories.
    reports: Vec<(String, Vec<String>)>,
    /// Which report has brought which of its paths into `all`.
    origins: BTreeMap<String, usize>,
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

    /// What is one file of the work tree is one here, however two reports spell it; the same spelling is one file as well,
    /// unless each is relative to a directory of its own. A single report is taken as it is.
    fn unite(
        &mut self,
        report: &str,
        table: Table,
        mut exists: impl FnMut(&[String]) -> Vec<bool>,
    ) -> Result<(), Problem> {
        let origin = self.reports.len();
        self.reports.push((report.to_owned(), table.roots.clone()));
        if self.all.files.is_empty() {
            let paths = table.files.keys();
            self.origins = paths.map(|path| (path.clone(), origin)).collect();
            self.all = table;
            return Ok(());
        }
        let names: BTreeSet<String> = table.files.keys().map(|it| name(it).to_owned()).collect();
        let before = self.files_before(&names, &mut exists);
        let by_file: BTreeMap<&String, &String> =
            before.iter().map(|(path, file)| (file, path)).collect();
        let names: BTreeSet<&str> = self.all.files.keys().map(|path| name(path)).collect();
        let here = named(table.files.keys(), |it| names.contains(it));
        let here = paths::files(report, &table.roots, here.into_iter(), &mut exists);
        for (path, lines) in table.files {
            let file = here.get(&path);
            if let Some(same) = file.and_then(|file| by_file.get(file)) {
                self.all.put(same, lines)?;
            } else if file.is_some() && self.origins.contains_key(&path) {
                self.all.put(&format!("{report}:{path}"), lines)?;
            } else {
                self.all.put(&path, lines)?;
                self.origins.entry(path).or_insert(origin);
            }
        }
        Ok(())
    }

    /// The files that the paths of earlier reports with these names are.
    fn files_before(
        &self,
        names: &BTreeSet<String>,
        mut exists: impl FnMut(&[String]) -> Vec<bool>,
    ) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for (index, (report, roots)) in self.reports.iter().enumerate() {
            let own = self.origins.iter().filter(|(_, from)| **from == index);
            let paths = named(own.map(|(path, _)| path), |it| names.contains(it));
            let paths = paths.into_iter();
            files.extend(paths::files(report, roots, paths, &mut exists));
        }
        files
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

/// The paths whose names are asked about, and some more: where most of them are tells whose files they are.
fn named<'p>(
    paths: impl Iterator<Item = &'p String>,
    is_asked: impl Fn(&str) -> bool,
) -> Vec<&'p str> {
    const MOST_MORE: usize = 200;
    let mut more = 0;
    let paths = paths.map(String::as_str).filter(|path| {
        is_asked(name(path)) || {
            more += 1;
            more <= MOST_MORE
        }
    });
    paths.collect()
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

fn name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

pub fn extension(path: &str) -> Option<&str> {
    name(path).rsplit_once('.').map(|(_, extension)| extension)
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
    fn one_file_under_two_spellings_is_one_and_a_strangers_file_is_another() {
        let of = |path: &str| format!("SF:{path}\nDA:1,1\nDA:2,1\nend_of_record\n");
        let one = "SF:a.js\nDA:1,0\nDA:2,0\nend_of_record\n";
        let counted = |second: &str, tree: &[&str]| {
            let totals = read(&[("unit.info", one), ("e2e.info", second)], tree).totals();
            (totals.covered, totals.lines)
        };
        for spelling in ["/builds/7/shop/a.js", "./a.js", "file:///builds/shop/a.js"] {
            assert_eq!(counted(&of(spelling), &["a.js"]), (2, 2), "{spelling}");
        }
        assert_eq!(counted(&of("lib/a.js"), &["a.js", "lib/a.js"]), (2, 4));
        // Nothing in the work tree says that they are one.
        assert_eq!(counted(&of("/usr/lib/a.js"), &[]), (2, 4));
        let stranger = of("/builds/shop/a.js") + &of("/builds/shop/b.js") + &of("/usr/lib/a.js");
        assert_eq!(counted(&stranger, &["a.js", "b.js"]), (6, 6));
    }

    #[test]
    fn paths_that_escape_do_not_count() {
        let text = "SF:a.js\nDA:1,1\nend_of_record\nSF:../../etc/passwd\nDA:1,0\nend_of_record\n";
        let reading = read(&[("lcov.info", text)], &[]);
        assert_eq!((reading.totals().lines, reading.escaped), (1, 1));
    }
}
