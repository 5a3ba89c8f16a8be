//! What differs between two trees: entries, and how many lines. It must not look at the work tree.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde::Serialize;

use super::ObjectId;
use super::blobs::{BlobBytes, blob_at};
use super::repository::Repository;
use super::status::{BlobAt, Change};
use super::text_diff::{LineChange, line_changes};
use crate::path::RepoPath;

/// Files larger than this are not counted line by line.
const LARGEST_COUNTED: u64 = 1024 * 1024;
const DIRECTORY: u32 = 0o040_000;
const SUBMODULE: u32 = 0o160_000;

/// How much a changed file grew and shrank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineCount {
    pub path: RepoPath,
    /// None for a binary file, and where it was not counted.
    pub added: Option<u32>,
    pub removed: Option<u32>,
}

/// A path that is not the same in both trees. Directories are looked into and not listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeChange {
    pub path: RepoPath,
    pub old: Option<BlobAt>,
    pub new: Option<BlobAt>,
}

impl Repository {
    /// Every file, link and submodule that differs, by path. None stands for the empty tree. Only directories that
    /// differ are opened, so the cost is that of the difference; libgit2's own comparison walks all of both trees.
    pub fn changed_paths(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
    ) -> anyhow::Result<Vec<TreeChange>> {
        let mut changes = Vec::new();
        if old != new {
            self.compare(&mut Vec::new(), old, new, &mut changes)?;
        }
        changes.sort_by(|one, two| one.path.cmp(&two.path));
        Ok(changes)
    }

    /// What a commit changed against its parent. A merge's own changes are its branches'.
    pub fn changes_of(&self, commit: ObjectId) -> anyhow::Result<Vec<TreeChange>> {
        let old = match &self.commit_parents(commit)?[..] {
            [_, _, ..] => return Ok(Vec::new()),
            [parent] => Some(self.commit_tree(*parent)?),
            [] => None,
        };
        self.changed_paths(old, Some(self.commit_tree(commit)?))
    }

    /// Compares two directories at `prefix`, which ends with `/` or is empty.
    fn compare(
        &self,
        prefix: &mut Vec<u8>,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        changes: &mut Vec<TreeChange>,
    ) -> anyhow::Result<()> {
        let [old, new] = [self.entries(old)?, self.entries(new)?];
        let names: BTreeSet<&Vec<u8>> = old.keys().chain(new.keys()).collect();
        for name in names {
            let [old, new] = [old.get(name).copied(), new.get(name).copied()];
            if old == new {
                continue;
            }
            let length = prefix.len();
            prefix.extend_from_slice(name);
            let file = |side: Option<BlobAt>| side.filter(|entry| entry.mode != DIRECTORY);
            if file(old).is_some() || file(new).is_some() {
                changes.push(TreeChange {
                    path: RepoPath::new(prefix.clone()),
                    old: file(old),
                    new: file(new),
                });
            }
            let directory = |side: Option<BlobAt>| {
                side.filter(|entry| entry.mode == DIRECTORY)
                    .map(|entry| entry.id)
            };
            if directory(old).is_some() || directory(new).is_some() {
                prefix.push(b'/');
                self.compare(prefix, directory(old), directory(new), changes)?;
            }
            prefix.truncate(length);
        }
        Ok(())
    }

    fn entries(&self, tree: Option<ObjectId>) -> anyhow::Result<BTreeMap<Vec<u8>, BlobAt>> {
        let Some(id) = tree else {
            return Ok(BTreeMap::new());
        };
        let tree = self.inner.find_tree(id).context("failed to read a tree")?;
        Ok(tree
            .iter()
            .map(|entry| (entry.name_bytes().to_vec(), blob_at(&entry)))
            .collect())
    }

    /// Lines added and removed per tracked file that differs from HEAD, read from the work tree; untracked files have
    /// none. Files over 1 MiB are listed and not counted.
    pub fn work_line_counts(&self, changes: &[Change]) -> anyhow::Result<Vec<LineCount>> {
        let tracked = changes
            .iter()
            .filter(|change| change.head.is_some() && change.submodule.is_none());
        tracked
            .map(|change| {
                let lines = self.work_lines(change)?;
                Ok(LineCount {
                    path: change.path.clone(),
                    added: lines.map(|lines| lines.0),
                    removed: lines.map(|lines| lines.1),
                })
            })
            .collect()
    }

    fn work_lines(&self, change: &Change) -> anyhow::Result<Option<(u32, u32)>> {
        let Some(head) = &change.head else {
            return Ok(None);
        };
        let full = self.work_tree().join(change.path.to_path());
        let bytes = match full.symlink_metadata() {
            Ok(metadata) if metadata.len() > LARGEST_COUNTED => return Ok(None),
            Ok(metadata) if metadata.is_file() => std::fs::read(&full).unwrap_or_default(),
            _ => Vec::new(),
        };
        let BlobBytes::Read(old) = self.read_blob(head.id, LARGEST_COUNTED)? else {
            return Ok(None);
        };
        Ok(count_lines(&old, &bytes))
    }

    /// Lines added and removed per changed path. White space at the end of a line does not count, so that a file
    /// whose line ends git converts is not all new. Binary files and those over 1 MiB are listed and not counted.
    pub fn line_counts(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
    ) -> anyhow::Result<Vec<LineCount>> {
        let counts = self.changed_paths(old, new)?.into_iter().map(|change| {
            let lines = self.lines_between(change.old, change.new);
            LineCount {
                path: change.path,
                added: lines.map(|lines| lines.0),
                removed: lines.map(|lines| lines.1),
            }
        });
        Ok(counts.collect())
    }

    /// None for what is not text, is too large, or is not here: in a partial clone the content may be absent.
    fn lines_between(&self, old: Option<BlobAt>, new: Option<BlobAt>) -> Option<(u32, u32)> {
        let bytes = |side: Option<BlobAt>| match side {
            None => Some(Vec::new()),
            Some(entry) if entry.mode == SUBMODULE => None,
            Some(entry) => match self.read_blob(entry.id, LARGEST_COUNTED) {
                Ok(BlobBytes::Read(bytes)) => Some(bytes),
                _ => None,
            },
        };
        count_lines(&bytes(old)?, &bytes(new)?)
    }
}

/// The runs of lines in `new` that are not in `old`, each as its first line (1-based) and how many, from top to bottom.
/// As in [`Repository::line_counts`], white space at the end of a line does not count. None for binary content.
pub fn added_ranges(old: &[u8], new: &[u8]) -> Option<Vec<(u32, u32)>> {
    let changes = line_changes(old, new)?.into_iter();
    let added = changes.filter(|change| change.added > 0);
    Some(added.map(|change| (change.first, change.added)).collect())
}

/// Lines added and removed; None for binary content, and where it was not compared.
fn count_lines(old: &[u8], new: &[u8]) -> Option<(u32, u32)> {
    let changes = line_changes(old, new)?;
    let sum = |part: fn(&LineChange) -> u32| changes.iter().map(part).sum();
    Some((sum(|change| change.added), sum(|change| change.removed)))
}

#[cfg(test)]
mod tests {
    use super::added_ranges;
    use crate::git::testing::TestRepository;

    #[test]
    fn added_lines_are_given_as_runs_of_the_new_text() {
        let ranges = |old: &str, new: &str| added_ranges(old.as_bytes(), new.as_bytes());
        assert_eq!(
            ranges("a\nb\nc\n", "a\nX\nY\nc\nZ\n"),
            Some(vec![(2, 2), (5, 1)])
        );
        assert_eq!(ranges("", "a\nb\n"), Some(vec![(1, 2)]));
        assert_eq!(ranges("a\nb\n", "a\n"), Some(vec![]));
        assert_eq!(ranges("a\r\n", "a\n"), Some(vec![]));
        assert_eq!(ranges("a", "\0"), None);
    }

    #[test]
    fn lines_are_counted_and_binary_or_large_files_are_only_listed() {
        let test = TestRepository::new();
        let repository = test.open();
        let large = "x\n".repeat(600_000);
        let old = repository
            .write_tree(&[
                ("crlf", b"a\r\nb\r\n"),
                ("text", b"a\nb\nc\n"),
                ("bin", b"\0a"),
            ])
            .unwrap();
        let new = repository
            .write_tree(&[
                ("crlf", b"a\nb\nc\n"),
                ("text", b"a\nc\nd\ne\n"),
                ("bin", b"\0b"),
                ("large", large.as_bytes()),
            ])
            .unwrap();
        repository.keep_new_objects().unwrap();
        let counts: Vec<_> = repository
            .line_counts(Some(old), Some(new))
            .unwrap()
            .into_iter()
            .map(|count| (count.path.to_text(), count.added, count.removed))
            .collect();
        let expected = [
            ("bin".to_owned(), None, None),
            ("crlf".to_owned(), Some(1), Some(0)),
            ("large".to_owned(), None, None),
            ("text".to_owned(), Some(2), Some(1)),
        ];
        assert_eq!(counts, expected);
    }

    /// The same as git itself says, for a difference with everything in it.
    #[test]
    fn the_difference_is_the_one_that_git_sees() {
        let test = TestRepository::new();
        for (name, text) in [
            ("a.b", "1"),
            ("a/x", "1"),
            ("a/deep/y", "1"),
            ("gone/z", "1"),
            ("same/s", "1"),
            ("swap", "1"),
        ] {
            test.commit_file(name, text, name);
        }
        test.git(&["rm", "-r", "-q", "gone", "swap"]);
        for (name, text) in [
            ("a.b", "2"),
            ("a/deep/y", "2"),
            ("swap/inner", "1"),
            ("new/n", "1"),
        ] {
            test.commit_file(name, text, name);
        }
        let repository = test.open();
        let tree = |words: &str| {
            let commit = repository.resolve_commit(words).unwrap().unwrap();
            Some(repository.commit_tree(commit).unwrap())
        };
        let changes = repository
            .changed_paths(tree("HEAD~4"), tree("HEAD"))
            .unwrap();
        let ours: String = changes
            .iter()
            .map(|change| change.path.to_text() + "\n")
            .collect();
        let gits = test.git(&[
            "diff-tree",
            "-r",
            "--name-only",
            "--no-renames",
            "HEAD~4",
            "HEAD",
        ]);
        assert_eq!(ours, gits);
    }

    #[test]
    fn changed_paths_see_both_sides_and_a_file_that_became_a_directory() {
        let test = TestRepository::new();
        test.commit_file("swap", "1", "one");
        test.commit_file("same", "1", "two");
        std::fs::remove_file(test.path("swap")).unwrap();
        std::fs::create_dir(test.path("swap")).unwrap();
        test.commit_file("swap/inner", "1", "three");
        let repository = test.open();
        let tree = |words: &str| {
            let commit = repository.resolve_commit(words).unwrap().unwrap();
            Some(repository.commit_tree(commit).unwrap())
        };
        let changes = repository
            .changed_paths(tree("HEAD~1"), tree("HEAD"))
            .unwrap();
        let shown: Vec<_> = changes
            .iter()
            .map(|c| (c.path.to_text(), c.old.is_some(), c.new.is_some()))
            .collect();
        let expected = [
            ("swap".to_owned(), true, false),
            ("swap/inner".to_owned(), false, true),
        ];
        assert_eq!(shown, expected);
        assert_eq!(
            repository.changed_paths(None, tree("HEAD")).unwrap().len(),
            2
        );
    }
}
