//! What of a report counts: the files of the work tree, and the lines that they have. It must not ask the host itself:
//! whoever calls knows the work tree.

use std::collections::{BTreeMap, BTreeSet};

use crate::paths;
use crate::table::{Lines, Table};

/// The work tree, as far as it has to be known.
pub trait Files {
    /// Whether it is there and git knows it: told at no cost.
    fn is_tracked(&self, path: &str) -> bool;
    /// Whether the path of a tracked file ends with this one. A report of packages has no more of it.
    fn some_end_with(&self, path: &str) -> bool;
    fn are_there(&mut self, paths: &[String]) -> Vec<bool>;
    /// The most that a report may say of each: how many lines it has. With the last one that the report tells; None where
    /// that is no more than a file of its size has anyway, and where nobody looked.
    fn lines(&mut self, paths: &[(&String, u32)]) -> Vec<Option<u32>>;
}

/// What was left out, and whose the rest is.
#[derive(Debug, Default)]
pub struct Left {
    /// The report's paths that are files of the work tree, with the file where it is known.
    pub files: BTreeMap<String, Option<String>>,
    pub outside: usize,
    pub beyond: u64,
}

/// Leaves what does not count out of a report's table. `known`: what is known of its paths already.
pub fn leave_out(
    report: &str,
    table: &mut Table,
    known: &BTreeMap<String, Vec<String>>,
    files: &mut impl Files,
) -> Left {
    let mut left = Left::default();
    for (file, paths) in known {
        let paths = paths.iter().map(|path| (path.clone(), Some(file.clone())));
        left.files.extend(paths);
    }
    let names = table.files.keys().map(String::as_str);
    let unknown = names.filter(|path| !left.files.contains_key(*path));
    let taken: BTreeSet<&String> = known.keys().collect();
    for (path, file) in paths::in_tree(report, &table.roots, unknown, files) {
        // A stranger's file of the same name.
        if file.as_ref().is_none_or(|file| !taken.contains(file)) {
            left.files.insert(path, file);
        }
    }
    let before = table.files.len();
    table.files.retain(|path, _| left.files.contains_key(path));
    left.outside = before - table.files.len();
    left.beyond = cut(table, &left.files, files);
    left
}

/// Files whose length is looked up.
const MOST_CHECKED: usize = 1_000;

/// Cuts off the lines that their file does not have, and says how many.
fn cut(table: &mut Table, known: &BTreeMap<String, Option<String>>, files: &mut impl Files) -> u64 {
    let named = known.iter();
    let mut named: Vec<_> = named
        .filter_map(|(path, file)| Some((path, file.as_ref()?)))
        .collect();
    let last = |path: &str| table.files.get(path).map_or(0, Lines::last);
    // Those of which the report tells most: there most can be too much.
    named.sort_by_key(|(path, _)| std::cmp::Reverse(last(path)));
    named.truncate(MOST_CHECKED);
    let asked = named.iter().map(|(path, file)| (*file, last(path)));
    let asked: Vec<(&String, u32)> = asked.collect();
    let mut beyond = 0;
    for ((path, _), last) in named.iter().zip(files.lines(&asked)) {
        if let (Some(lines), Some(last)) = (table.files.get_mut(*path), last) {
            beyond += lines.cut_behind(last);
        }
    }
    beyond
}
