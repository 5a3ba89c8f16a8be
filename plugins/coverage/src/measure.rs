//! From reports to numbers: of all lines, and of the lines that this session changed. It must not call the host.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use serde::{Deserialize, Serialize};

use crate::counted::{Files, leave_out};
use crate::paths;
use crate::report::{self, Format, Problem};
use crate::table::{Counts, Lines, Table};

/// What reports say of the files that were asked about, and of all together.
#[derive(Debug, Default)]
pub struct Reading {
    /// By file of the work tree, or as the report has it where that is not known.
    all: Table,
    /// By path from the repository's root.
    pub found: BTreeMap<String, Lines>,
    /// The files of the work tree that are described.
    pub described: BTreeSet<String>,
    /// Of the files in the reports: what has another one is no source.
    pub extensions: BTreeSet<String>,
    /// Paths that lead out of the repository.
    pub escaped: usize,
    /// Other paths that are no file of the work tree.
    pub outside: usize,
    /// Lines that their file does not have.
    pub beyond: u64,
}

impl Reading {
    /// Reads one report more, which has to be `expected` if that is given.
    pub fn add(
        &mut self,
        report: &str,
        input: impl BufRead,
        expected: Option<Format>,
        wanted: &BTreeSet<String>,
        files: &mut impl Files,
    ) -> Result<(), Problem> {
        let (format, mut table) = report::read(input)?;
        if let Some(expected) = expected.filter(|expected| *expected != format) {
            return Err(Problem::Other { expected, format });
        }
        let before = table.files.len();
        table.files.retain(|path, _| !paths::escapes(path, report));
        self.escaped += before - table.files.len();
        let names = table.files.keys().map(String::as_str);
        let own = paths::map(report, &table.roots, names, wanted, |paths| {
            files.are_there(paths)
        });
        let left = leave_out(report, &mut table, &own, files);
        self.outside += left.outside;
        self.beyond += left.beyond;
        for (file, own) in own {
            let lines = own.iter().filter_map(|path| table.files.get(path));
            let found = self.found.entry(file).or_default();
            lines.for_each(|lines| found.merge(lines.clone()));
        }
        // What is one file is one here, however two reports spell it.
        for (path, lines) in table.files {
            self.note_extension(&path);
            match left.files.get(&path) {
                Some(Some(file)) => {
                    self.all.put(file, lines)?;
                    self.described.insert(file.clone());
                }
                _ => self.all.put(&path, lines)?,
            }
        }
        Ok(())
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

    /// Files with as many lines each, half of them tracked.
    struct Tree<'t>(&'t [&'t str], u32);

    impl Files for Tree<'_> {
        fn is_tracked(&self, path: &str) -> bool {
            self.0.iter().step_by(2).any(|file| *file == path)
        }

        fn some_end_with(&self, path: &str) -> bool {
            let end = format!("/{path}");
            self.0.iter().any(|file| file.ends_with(&end))
        }

        fn are_there(&mut self, paths: &[String]) -> Vec<bool> {
            paths.iter().map(|path| self.0.contains(&&**path)).collect()
        }

        fn lines(&mut self, paths: &[(&String, u32)]) -> Vec<Option<u32>> {
            paths.iter().map(|_| Some(self.1)).collect()
        }
    }

    fn read_in(reports: &[(&str, &str)], mut tree: Tree<'_>) -> Reading {
        let mut reading = Reading::default();
        let wanted = BTreeSet::from(["web/a.js".to_owned()]);
        for (report, text) in reports {
            let text = text.as_bytes();
            reading.add(report, text, None, &wanted, &mut tree).unwrap();
        }
        reading
    }

    fn read(reports: &[(&str, &str)], tree: &[&str]) -> Reading {
        read_in(reports, Tree(tree, 1000))
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
        let stranger = of("/builds/shop/a.js") + &of("/builds/shop/b.js") + &of("/usr/lib/a.js");
        assert_eq!(counted(&stranger, &["a.js", "b.js"]), (4, 4));
    }

    #[test]
    fn paths_that_escape_do_not_count() {
        let text = "SF:a.js\nDA:1,1\nend_of_record\nSF:../../etc/passwd\nDA:1,0\nend_of_record\n";
        let reading = read(&[("lcov.info", text)], &["a.js"]);
        assert_eq!((reading.totals().lines, reading.escaped), (1, 1));
    }

    #[test]
    fn only_files_of_the_work_tree_count_and_only_the_lines_that_they_have() {
        let of = |path: &str, last: u32| {
            let lines: String = (1..=last).map(|line| format!("DA:{line},1\n")).collect();
            format!("SF:{path}\n{lines}end_of_record\n")
        };
        let text = of("/builds/shop/a.js", 4)
            + &of("/builds/shop/gone.js", 7)
            + &of("/usr/include/c++/12/vector", 400)
            + &of("new.js", 9);
        let tree = Tree(&["a.js", "new.js"], 5);
        let reading = read_in(&[("lcov.info", &text)], tree);
        assert_eq!(reading.totals().lines, 4 + 5);
        assert_eq!((reading.outside, reading.beyond), (2, 4));
        let described: Vec<_> = reading.described.iter().collect();
        assert_eq!(described, ["a.js", "new.js"]);
    }

    #[test]
    fn a_report_of_packages_counts_where_a_file_ends_so() {
        let text = "SF:com/acme/A.java\nDA:1,1\nend_of_record\nSF:com/acme/B.java\nDA:1,1\nend_of_record\n";
        let reading = read(&[("lcov.info", text)], &["src/main/java/com/acme/A.java"]);
        assert_eq!((reading.totals().lines, reading.outside), (1, 1));
    }
}
