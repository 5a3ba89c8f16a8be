//! Which files that are new are others that are gone, as git finds renames: at least half of it is the same. It must not
//! read much: where there is more than a person renames, nothing is looked for.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::git::Repository;
use crate::git::blobs::BlobBytes;
use crate::git::status::BlobAt;
use crate::path::RepoPath;

/// New files, and files that are gone.
const MOST: usize = 500;
/// Larger files are not compared, and no more bytes than these on either side.
const LARGEST: u64 = 1024 * 1024;
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// Of the larger of the two, in per cent.
const SIMILAR: u64 = 50;

/// Gives each file that was renamed what it was before. `files`: every path that may differ, with what it was; an error
/// of `go_on` ends it.
pub fn find(
    repository: &Repository,
    files: &mut BTreeMap<RepoPath, Option<BlobAt>>,
    go_on: &dyn Fn() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let new = files.iter().filter(|(_, old)| old.is_none());
    let new: Vec<&RepoPath> = new.map(|(path, _)| path).collect();
    if new.is_empty() || new.len() > MOST {
        return Ok(());
    }
    let is_gone = |path: &RepoPath| {
        let full = repository.work_tree().join(path.to_path());
        full.symlink_metadata().is_err()
    };
    let gone = files.iter().filter_map(|(path, old)| Some((path, (*old)?)));
    let gone: Vec<BlobAt> = gone
        .filter(|(path, old)| is_regular(*old) && is_gone(path))
        .map(|(_, old)| old)
        .take(MOST + 1)
        .collect();
    if gone.is_empty() || gone.len() > MOST {
        return Ok(());
    }
    let mut room = MOST_BYTES;
    let mut before = Vec::new();
    for old in gone {
        go_on()?;
        if let Ok(BlobBytes::Read(bytes)) = repository.read_blob(old.id, LARGEST.min(room)) {
            room -= bytes.len() as u64;
            before.push((old, Content::of(&bytes)));
        }
    }
    let mut room = MOST_BYTES;
    let mut pairs = Vec::new();
    for path in new {
        go_on()?;
        let Some(bytes) = read(repository, path, LARGEST.min(room)) else {
            continue;
        };
        room -= bytes.len() as u64;
        let content = Content::of(&bytes);
        for (index, (_, old)) in before.iter().enumerate() {
            if let Some(similarity) = content.similarity(old) {
                pairs.push((similarity, index, path.clone()));
            }
        }
    }
    // The most similar ones first, each once.
    pairs.sort_by(|one, other| (other.0, one.1, &one.2).cmp(&(one.0, other.1, &other.2)));
    let mut before: Vec<Option<BlobAt>> = before.into_iter().map(|(old, _)| Some(old)).collect();
    for (_, index, path) in pairs {
        if let Some(none @ None) = files.get_mut(&path) {
            *none = before[index].take();
        }
    }
    Ok(())
}

fn is_regular(file: BlobAt) -> bool {
    const KIND: u32 = 0o170_000;
    file.mode & KIND == 0o100_000
}

fn read(repository: &Repository, path: &RepoPath, most: u64) -> Option<Vec<u8>> {
    let full = repository.work_tree().join(path.to_path());
    let metadata = full.symlink_metadata().ok()?;
    let fits = metadata.is_file() && metadata.len() <= most;
    fits.then(|| std::fs::read(full).ok()).flatten()
}

/// How many bytes stand in lines of which content. White space at their ends does not count, as where lines are compared.
struct Content {
    lines: HashMap<u64, u64>,
    bytes: u64,
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        let mut content = Self {
            lines: HashMap::new(),
            bytes: 0,
        };
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii_end();
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            *content.lines.entry(hasher.finish()).or_default() += line.len() as u64;
            content.bytes += line.len() as u64;
        }
        content
    }

    /// In per cent; None for less than what makes a rename.
    fn similarity(&self, other: &Self) -> Option<u64> {
        let larger = self.bytes.max(other.bytes);
        if larger == 0 || self.bytes.min(other.bytes) * 100 < larger * SIMILAR {
            return None;
        }
        let same = self.lines.iter().map(|(line, bytes)| {
            let there = other.lines.get(line).copied();
            there.unwrap_or_default().min(*bytes)
        });
        let similarity = same.sum::<u64>() * 100 / larger;
        (similarity >= SIMILAR).then_some(similarity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;

    const ONE: &str = "fn one() {}\nfn two() {}\nfn three() {}\nfn four() {}\n";

    fn found(test: &TestRepository) -> Vec<(String, bool)> {
        let repository = test.open();
        let head = repository.resolve_commit("HEAD").unwrap().unwrap();
        let tree = repository.commit_tree(head).unwrap();
        let tracked = repository.changed_paths(None, Some(tree)).unwrap();
        let mut files: BTreeMap<_, _> = tracked.into_iter().map(|it| (it.path, it.new)).collect();
        for new in ["new.rs", "other.rs"] {
            files.insert(RepoPath::new(new), None);
        }
        find(&repository, &mut files, &|| Ok(())).unwrap();
        let new = ["new.rs", "other.rs"].map(|name| (name, files[&RepoPath::new(name)].is_some()));
        new.map(|(name, is)| (name.to_owned(), is)).to_vec()
    }

    #[test]
    fn a_file_is_renamed_where_half_of_it_is_the_same_and_the_other_is_gone() {
        let test = TestRepository::new();
        test.commit_file("old.rs", ONE, "one");
        let changed = ONE.replace("four", "more than four");
        std::fs::write(test.path("new.rs"), &changed).unwrap();
        std::fs::write(
            test.path("other.rs"),
            "fn one() {}\nsomething else altogether\n",
        )
        .unwrap();
        let name = |is: bool| [("new.rs".to_owned(), is), ("other.rs".to_owned(), false)];
        assert_eq!(found(&test), name(false), "a copy");
        std::fs::remove_file(test.path("old.rs")).unwrap();
        assert_eq!(found(&test), name(true));
        // Both could be it: the more similar one is.
        std::fs::write(
            test.path("other.rs"),
            ONE.replace("two", "2").replace("four", "4"),
        )
        .unwrap();
        assert_eq!(found(&test), name(true));
        std::fs::write(test.path("new.rs"), "").unwrap();
        std::fs::write(test.path("other.rs"), "").unwrap();
        assert_eq!(found(&test), name(false));
    }
}
