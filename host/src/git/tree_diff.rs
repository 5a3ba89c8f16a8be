//! What differs between two trees: entries, and how many lines. It must not look at the work tree.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Serialize;

use super::ObjectId;
use super::blobs::BlobBytes;
use super::repository::Repository;
use super::status::{BlobAt, Change};
use crate::path::RepoPath;

/// Files larger than this are not counted line by line.
const LARGEST_COUNTED: i64 = 1024 * 1024;

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
    /// Every file, link and submodule that differs, by path. None stands for the empty tree. Equal subtrees are not
    /// opened, so the cost is that of the difference; libgit2's own comparison walks all of both trees.
    pub fn changed_paths(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
    ) -> anyhow::Result<Vec<TreeChange>> {
        let mut changes = Vec::new();
        self.compare_level(&[], old, new, &mut changes)?;
        changes.sort_by(|one, two| one.path.cmp(&two.path));
        Ok(changes)
    }

    /// One directory on both sides; `below` is its path with a `/` behind it, or nothing.
    fn compare_level(
        &self,
        below: &[u8],
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        changes: &mut Vec<TreeChange>,
    ) -> anyhow::Result<()> {
        let mut entries: BTreeMap<Vec<u8>, [Option<BlobAt>; 2]> = BTreeMap::new();
        for (side, tree) in [old, new].into_iter().enumerate() {
            let tree = tree.map(|id| self.inner.find_tree(id)).transpose();
            if let Some(tree) = tree.context("failed to read a tree")? {
                for entry in &tree {
                    let sides = entries.entry(entry.name_bytes().to_owned()).or_default();
                    sides[side] = Some(super::blobs::blob_at(&entry));
                }
            }
        }
        let is_tree = |entry: &BlobAt| entry.mode == 0o040_000;
        for (name, sides) in entries.into_iter().filter(|(_, [old, new])| old != new) {
            let mut path = [below, &name].concat();
            let [old, new] = sides.map(|entry| entry.filter(|entry| !is_tree(entry)));
            if old != new {
                let path = RepoPath::new(path.as_slice());
                changes.push(TreeChange { path, old, new });
            }
            let [old, new] = sides.map(|entry| entry.filter(is_tree).map(|entry| entry.id));
            if old != new {
                path.push(b'/');
                self.compare_level(&path, old, new, changes)?;
            }
        }
        Ok(())
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
            Ok(metadata) if metadata.len() > LARGEST_COUNTED.unsigned_abs() => return Ok(None),
            Ok(metadata) if metadata.is_file() => std::fs::read(&full).unwrap_or_default(),
            _ => Vec::new(),
        };
        let BlobBytes::Read(old) = self.read_blob(head.id, LARGEST_COUNTED.unsigned_abs())? else {
            return Ok(None);
        };
        let mut options = git2::DiffOptions::new();
        options.ignore_whitespace_eol(true).context_lines(0);
        let patch = git2::Patch::from_buffers(&old, None, &bytes, None, Some(&mut options));
        let Ok(patch) = patch else { return Ok(None) };
        if patch.delta().flags().is_binary() {
            return Ok(None);
        }
        let Ok((_, added, removed)) = patch.line_stats() else {
            return Ok(None);
        };
        Ok(u32::try_from(added).ok().zip(u32::try_from(removed).ok()))
    }

    /// Lines added and removed per changed path. White space at the end of a line does not count, so that a file
    /// whose line ends git converts is not all new. Binary files and those over 1 MiB are listed and not counted.
    pub fn line_counts(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
    ) -> anyhow::Result<Vec<LineCount>> {
        let mut options = git2::DiffOptions::new();
        options
            .include_typechange(true)
            .ignore_whitespace_eol(true)
            .context_lines(0)
            .max_size(LARGEST_COUNTED);
        let diff = self.diff(old, new, &mut options)?;
        let mut counts = Vec::new();
        for index in 0..diff.deltas().len() {
            let delta = diff.get_delta(index).context("a difference went away")?;
            let path = delta
                .new_file()
                .path_bytes()
                .or(delta.old_file().path_bytes());
            let path = RepoPath::new(path.context("a difference without a path")?);
            // In a partial clone the content may be absent: the path still counts as changed.
            let lines = git2::Patch::from_diff(&diff, index)
                .ok()
                .flatten()
                .filter(|patch| !patch.delta().flags().is_binary())
                .and_then(|patch| patch.line_stats().ok());
            let number = |lines: usize| u32::try_from(lines).unwrap_or(u32::MAX);
            counts.push(LineCount {
                path,
                added: lines.map(|(_, added, _)| number(added)),
                removed: lines.map(|(_, _, removed)| number(removed)),
            });
        }
        Ok(counts)
    }

    fn diff(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        options: &mut git2::DiffOptions,
    ) -> anyhow::Result<git2::Diff<'_>> {
        let tree = |id: Option<ObjectId>| {
            id.map(|id| self.inner.find_tree(id))
                .transpose()
                .context("failed to read a tree")
        };
        self.inner
            .diff_tree_to_tree(tree(old)?.as_ref(), tree(new)?.as_ref(), Some(options))
            .context("failed to compare two trees")
    }
}

#[cfg(test)]
mod tests {
    use crate::git::testing::TestRepository;

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
