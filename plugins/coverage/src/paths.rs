//! Which of a report's paths is which file of the repository. It must not look at a file itself: what exists is asked of
//! whoever calls.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::counted::Files;

/// Paths asked about, of one report.
const MOST_ASKED: usize = 8_000;

/// Files below one directory that are looked for before it is taken for one that has none of them.
const SAMPLE: usize = 32;
/// The same below all directories.
const MOST_SAMPLED: usize = 2_000;

/// A report's path in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    /// Without `.` and `..`.
    parts: Vec<String>,
    absolute: bool,
    /// How often it goes up from where it starts.
    up: usize,
}

impl Parts {
    fn of(path: &str) -> Self {
        let path = path.replace('\\', "/");
        let path = path.strip_prefix("file://").unwrap_or(&path);
        let (path, drive) = match path.trim_start_matches('/').split_once(':') {
            Some((drive, rest)) if drive.len() == 1 && rest.starts_with('/') => (rest, true),
            _ => (path, false),
        };
        let absolute = drive || path.starts_with('/');
        let mut parts: Vec<String> = Vec::new();
        let mut up = 0;
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.pop().is_some() || absolute => {}
                ".." => up += 1,
                part => parts.push(part.to_owned()),
            }
        }
        Self {
            parts,
            absolute,
            up,
        }
    }

    fn name(&self) -> Option<&str> {
        self.parts.last().map(String::as_str)
    }

    /// It may be the end of a longer path.
    fn is_below_something(&self) -> bool {
        !self.absolute && self.up == 0
    }

    /// Below another directory; none when it leaves it altogether.
    fn below(&self, directory: &[String]) -> Option<Vec<String>> {
        let kept = directory.len().checked_sub(self.up)?;
        Some([&directory[..kept], &self.parts].concat())
    }
}

/// Whether a path goes up further than the repository's root is above its report.
pub fn escapes(path: &str, report: &str) -> bool {
    let parts = Parts::of(path);
    parts.parts.is_empty() || (!parts.absolute && parts.up > directory(report).len())
}

/// For each of `wanted` (paths from the repository's root) that the report knows, the report's own paths of it.
///
/// `exists` says of each path from the root whether it is a file of the work tree. A report's path is the file whose path
/// is the longest end of it that exists: so absolute paths of any machine, Go's import paths and sources' directories all
/// find their files. A path that is shorter than the file's own (JaCoCo knows only packages) is that file's if no other
/// wanted file ends so.
pub fn map<'r>(
    report: &str,
    roots: &[String],
    paths: impl Iterator<Item = &'r str>,
    wanted: &BTreeSet<String>,
    mut exists: impl FnMut(&[String]) -> Vec<bool>,
) -> BTreeMap<String, Vec<String>> {
    let mut by_name: HashMap<&str, Vec<&str>> = HashMap::new();
    for path in wanted {
        let name = path.rsplit('/').next().unwrap_or(path);
        by_name.entry(name).or_default().push(path);
    }
    let bases = bases(report, roots);
    let mut places: Vec<(&str, Parts, Vec<String>)> = Vec::new();
    for path in paths {
        // Nearly all paths end here.
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if !by_name.contains_key(name) || escapes(path, report) {
            continue;
        }
        let parts = Parts::of(path);
        let candidates = candidates(&parts, &bases);
        places.push((path, parts, candidates));
    }
    let known = answers(&places, wanted, &mut exists);
    let mut claims: BTreeMap<String, Vec<Claim<'r>>> = BTreeMap::new();
    for (path, parts, candidates) in &places {
        let found = candidates
            .iter()
            .find(|candidate| known.contains(*candidate));
        let file = match found {
            Some(file) => file.clone(),
            None => match longer(parts, &by_name) {
                Some(file) => file.to_owned(),
                None => continue,
            },
        };
        if wanted.contains(&file) {
            claims.entry(file).or_default().push(Claim::of(path, parts));
        }
    }
    most_usual(claims)
}

/// The report's paths that are files of the work tree, each with its file. That is not known of a path that is shorter
/// than any file's own (JaCoCo knows only packages).
pub fn in_tree<'r>(
    report: &str,
    roots: &[String],
    paths: impl Iterator<Item = &'r str>,
    files: &mut impl Files,
) -> BTreeMap<String, Option<String>> {
    let bases = bases(report, roots);
    let mut claims = BTreeMap::<String, Vec<Claim<'r>>>::new();
    let mut sampled = Sampled::default();
    // What stood before the last file in its path, where many like it have been looked at.
    let mut before: Option<&str> = None;
    let mut places: Vec<(&str, Parts, Vec<String>)> = Vec::new();
    for path in paths {
        // Nearly all paths end here.
        if let Some(before) = before
            && let Some(file) = path.strip_prefix(before)
            && is_plain(path)
            && files.is_tracked(file)
        {
            let claim = Claim::plain(path);
            claims.entry(file.to_owned()).or_default().push(claim);
            continue;
        }
        let parts = Parts::of(path);
        let mut candidates = candidates(&parts, &bases);
        // What is better than a tracked file may be there, too: a dependency's file below a directory of ours. Where none
        // of many files is there below one directory, none is.
        if let Some(at) = candidates.iter().position(|file| files.is_tracked(file)) {
            let tracked = candidates[at].clone();
            candidates.truncate(at);
            candidates.retain(|file| match file.strip_suffix(&tracked) {
                Some(directory) => sampled.may_hold(directory, file, files),
                None => true,
            });
            before = match candidates.is_empty() {
                true => path.strip_suffix(&tracked),
                false => None,
            };
            candidates.push(tracked);
        }
        places.push((path, parts, candidates));
    }
    let untracked = places.iter().flat_map(|(_, _, candidates)| candidates);
    let untracked: BTreeSet<&String> = untracked.filter(|it| !files.is_tracked(it)).collect();
    let known = there(untracked, &mut |paths| files.are_there(paths));
    let mut found = BTreeMap::new();
    for (path, parts, candidates) in &places {
        let mut candidates = candidates.iter();
        let is_file = |file: &&String| known.contains(*file) || files.is_tracked(file);
        if let Some(file) = candidates.find(is_file) {
            let claim = Claim::of(path, parts);
            claims.entry(file.clone()).or_default().push(claim);
        } else if parts.is_below_something() && files.some_end_with(&parts.parts.join("/")) {
            found.insert((*path).to_owned(), None);
        }
    }
    for (file, paths) in most_usual(claims) {
        let paths = paths.into_iter();
        found.extend(paths.map(|path| (path, Some(file.clone()))));
    }
    found
}

/// Directories below which files were looked for, each with how many, and whether one was there.
#[derive(Default)]
struct Sampled {
    directories: HashMap<String, (usize, bool)>,
    asked: usize,
}

impl Sampled {
    /// Whether this file may be there, below that directory. Where none of many was, none is.
    fn may_hold(&mut self, directory: &str, file: &str, files: &mut impl Files) -> bool {
        let (count, any) = self.directories.entry(directory.to_owned()).or_default();
        if *any || self.asked == MOST_SAMPLED {
            return true;
        }
        if *count == SAMPLE {
            return false;
        }
        *count += 1;
        self.asked += 1;
        *any = files.are_there(&[file.to_owned()]).contains(&true);
        *any
    }
}

/// Nothing in it is read as something else.
fn is_plain(path: &str) -> bool {
    let is_odd = |part: &str| matches!(part, "" | "." | "..");
    !path.contains(['\\', ':']) && !path.split('/').skip(1).any(is_odd)
}

/// A report's path that would be a file's, and what stands before the file's path in it.
struct Claim<'r> {
    path: &'r str,
    before: usize,
}

impl<'r> Claim<'r> {
    fn of(path: &'r str, parts: &Parts) -> Self {
        let before = path.len().saturating_sub(parts.parts.join("/").len());
        Self { path, before }
    }

    /// Of a path with one part behind the other.
    fn plain(path: &'r str) -> Self {
        let before = path.len() - path.trim_start_matches('/').len();
        Self { path, before }
    }
}

/// Of several paths that claim one file, those that begin as most do: `/usr/lib/x/setup.py` is not the project's.
fn most_usual(claims: BTreeMap<String, Vec<Claim<'_>>>) -> BTreeMap<String, Vec<String>> {
    let prefix = |file: &str, claim: &Claim<'_>| -> String {
        let end = claim
            .path
            .len()
            .saturating_sub(file.len())
            .max(claim.before);
        claim.path.get(..end).unwrap_or_default().to_owned()
    };
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for (file, claims) in &claims {
        for claim in claims {
            *votes.entry(prefix(file, claim)).or_default() += 1;
        }
    }
    let vote =
        |file: &str, claim: &Claim<'_>| votes.get(&prefix(file, claim)).copied().unwrap_or(0);
    let chosen = claims.into_iter().map(|(file, claims)| {
        let most = claims
            .iter()
            .map(|claim| vote(&file, claim))
            .max()
            .unwrap_or(0);
        let paths = claims.iter().filter(|claim| vote(&file, claim) == most);
        let paths = paths.map(|claim| claim.path.to_owned()).collect();
        (file, paths)
    });
    chosen.collect()
}

/// Which of all candidates are files.
fn answers(
    places: &[(&str, Parts, Vec<String>)],
    wanted: &BTreeSet<String>,
    exists: &mut impl FnMut(&[String]) -> Vec<bool>,
) -> BTreeSet<String> {
    let all: BTreeSet<&String> = places
        .iter()
        .flat_map(|(_, _, candidates)| candidates)
        .collect();
    let (known, unknown): (BTreeSet<_>, BTreeSet<_>) =
        all.into_iter().partition(|path| wanted.contains(*path));
    let mut known: BTreeSet<String> = known.into_iter().cloned().collect();
    known.extend(there(unknown, exists));
    known
}

/// Those of the paths that are files; of no more than a number that can be asked about.
fn there(
    paths: BTreeSet<&String>,
    exists: &mut impl FnMut(&[String]) -> Vec<bool>,
) -> BTreeSet<String> {
    const AT_ONCE: usize = 1_000;
    let asked: Vec<String> = paths.into_iter().take(MOST_ASKED).cloned().collect();
    let mut known = BTreeSet::new();
    for some in asked.chunks(AT_ONCE) {
        let there = some.iter().zip(exists(some)).filter(|(_, there)| *there);
        known.extend(there.map(|(path, _)| path.clone()));
    }
    known
}

/// Directories that a relative path may start from, most likely first.
fn bases(report: &str, roots: &[String]) -> Vec<Parts> {
    let directory = directory(report);
    let own = (0..=directory.len()).rev().map(|length| Parts {
        parts: directory[..length].to_vec(),
        absolute: false,
        up: 0,
    });
    let roots = roots.iter().map(|root| Parts::of(root));
    roots
        .filter(|root| root.up == 0 && !root.parts.is_empty())
        .chain(own)
        .collect()
}

fn directory(report: &str) -> Vec<String> {
    let mut parts = Parts::of(report).parts;
    parts.pop();
    parts
}

/// The files of the repository that a path may be, best first.
fn candidates(path: &Parts, bases: &[Parts]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut put = |parts: &[String]| {
        let path = parts.join("/");
        if !path.is_empty() && !found.contains(&path) {
            found.push(path);
        }
    };
    if path.absolute {
        (0..path.parts.len()).for_each(|start| put(&path.parts[start..]));
        return found;
    }
    for base in bases {
        let Some(whole) = path.below(&base.parts) else {
            continue;
        };
        // A root of another machine: its own end is cut from the front, never the path itself.
        let most = if base.absolute {
            whole.len().saturating_sub(path.parts.len())
        } else {
            0
        };
        (0..=most).for_each(|start| put(&whole[start..]));
    }
    (1..path.parts.len()).for_each(|start| put(&path.parts[start..]));
    found
}

/// The one wanted file that ends with the whole path.
fn longer<'w>(path: &Parts, by_name: &HashMap<&str, Vec<&'w str>>) -> Option<&'w str> {
    if !path.is_below_something() {
        return None;
    }
    let end = format!("/{}", path.parts.join("/"));
    let mut fitting = by_name
        .get(path.name()?)?
        .iter()
        .filter(|file| file.ends_with(&end));
    match (fitting.next(), fitting.next()) {
        (Some(file), None) => Some(file),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
