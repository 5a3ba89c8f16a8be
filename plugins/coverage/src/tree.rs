//! The work tree, asked of the host: as little as a report needs. It must not read a report.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use session_plugin::work_tree::FileInfo;
use session_plugin::{facts, repository, work_tree};

use crate::counted::Files;

/// Paths in one question.
const AT_ONCE: usize = 1_000;

/// What was asked once is not asked again.
pub struct Tree {
    tracked: BTreeSet<String>,
    /// There are more tracked files than the host lists.
    more: bool,
    /// Tracked paths by their last part.
    by_name: HashMap<String, Vec<String>>,
    infos: BTreeMap<String, Option<FileInfo>>,
}

impl Tree {
    /// What git tracks and is still there. Without an answer nothing is tracked, and every file is looked at.
    pub fn ask() -> Self {
        const MOST_LISTED: usize = 10_000;
        let listed = repository::list_tracked(&["**".to_owned()]).unwrap_or_default();
        let more = listed.len() >= MOST_LISTED;
        let mut tracked: BTreeSet<String> = listed.into_iter().collect();
        for file in facts::changed_files() {
            if file.status == "deleted" {
                tracked.remove(&file.path);
            }
        }
        let mut by_name: HashMap<String, Vec<String>> = HashMap::new();
        for path in &tracked {
            let name = path.rsplit('/').next().unwrap_or(path).to_owned();
            by_name.entry(name).or_default().push(path.clone());
        }
        Self {
            tracked,
            more,
            by_name,
            infos: BTreeMap::new(),
        }
    }

    fn look(&mut self, paths: impl Iterator<Item = String>) {
        let unknown: Vec<String> = paths.filter(|it| !self.infos.contains_key(it)).collect();
        for some in unknown.chunks(AT_ONCE) {
            let infos = work_tree::stat_files(some).into_iter().map(Result::ok);
            self.infos.extend(some.iter().cloned().zip(infos));
        }
    }

    fn info(&self, path: &str) -> Option<&FileInfo> {
        self.infos.get(path)?.as_ref()
    }
}

impl Files for Tree {
    fn is_tracked(&self, path: &str) -> bool {
        self.tracked.contains(path)
    }

    fn some_end_with(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let end = format!("/{path}");
        let same = self.by_name.get(name);
        self.more || same.is_some_and(|same| same.iter().any(|file| file.ends_with(&end)))
    }

    fn are_there(&mut self, paths: &[String]) -> Vec<bool> {
        let unknown = paths.iter().filter(|path| !self.tracked.contains(*path));
        self.look(unknown.cloned().collect::<Vec<_>>().into_iter());
        let there = |path: &String| self.tracked.contains(path) || self.info(path).is_some();
        paths.iter().map(there).collect()
    }

    /// Of as many files as can be read in little time and memory, and only where a line would have fewer bytes than it has
    /// in any code.
    fn lines(&mut self, paths: &[(&String, u32)]) -> Vec<Option<u32>> {
        const MOST: u64 = 8 * 1024 * 1024;
        const LARGEST: u32 = 512 * 1024;
        const ONE_ANSWER: u64 = 512 * 1024;
        const BYTES_A_LINE: u64 = 8;
        self.look(paths.iter().map(|(path, _)| (*path).clone()));
        let (mut known, mut read) = (HashMap::new(), 0);
        let (mut some, mut bytes) = (Vec::new(), 0);
        for (path, last) in paths {
            let Some(info) = self.info(path) else {
                continue;
            };
            if u64::from(*last) * BYTES_A_LINE <= info.size {
                continue;
            }
            if info.size > u64::from(LARGEST) || read + info.size > MOST {
                continue;
            }
            read += info.size;
            if bytes + info.size > ONE_ANSWER || some.len() == AT_ONCE {
                count(&std::mem::take(&mut some), LARGEST, &mut known);
                bytes = 0;
            }
            bytes += info.size;
            some.push((*path).clone());
        }
        count(&some, LARGEST, &mut known);
        let lines = |(path, _): &(&String, u32)| known.get(*path).copied();
        paths.iter().map(lines).collect()
    }
}

/// Behind the last line end may be one line more.
fn count(paths: &[String], largest: u32, known: &mut HashMap<String, u32>) {
    let files = work_tree::read_files(paths, largest);
    for (path, file) in paths.iter().zip(files) {
        if let Ok(file) = file
            && !file.truncated
        {
            let ends = file.bytes.iter().filter(|byte| **byte == b'\n').count();
            known.insert(path.clone(), u32::try_from(ends + 1).unwrap_or(u32::MAX));
        }
    }
}
