//! Where git changes files on their way into a commit (line ends, filters such as `git lfs`), a committed file is not the
//! bytes that were tested, and yet they stand in the work tree. It must not read what git says is changed.

use std::collections::HashMap;

use super::tree_state::Observed;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;

/// Files that are read again; where more differ they have changed indeed.
const MOST: usize = 50;
/// Bytes of a file that is read again.
const LARGEST: u64 = 10 * 1024 * 1024;

pub struct AsItStands<'a> {
    repository: &'a Repository,
    /// Whether git may change files at all; looked up when it matters.
    converts: Option<bool>,
    /// Many commands ran on much the same tree.
    read: HashMap<RepoPath, Option<ObjectId>>,
}

impl<'a> AsItStands<'a> {
    pub fn new(repository: &'a Repository) -> Self {
        Self {
            repository,
            converts: None,
            read: HashMap::new(),
        }
    }

    /// Leaves out of `different` what git says is as committed, and is byte for byte what stood there `then`.
    pub fn leave_out(&mut self, different: &mut Vec<RepoPath>, then: &Observed, now: &Observed) {
        if different.is_empty() || different.len() > MOST || !self.converts(now) {
            return;
        }
        different.retain(|path| !self.is_what_was_tested(path, then, now));
    }

    fn is_what_was_tested(&mut self, path: &RepoPath, then: &Observed, now: &Observed) -> bool {
        let Some(Some(tested)) = then.edits.get(path) else {
            return false;
        };
        if then.large.contains_key(path) || now.edits.contains_key(path) {
            return false;
        }
        let tree = now.head_tree;
        let committed = tree.and_then(|tree| self.repository.tree_entry(tree, path).ok()?);
        committed.is_some_and(|committed| committed.mode == tested.mode)
            && self.read(path) == Some(tested.id)
    }

    fn read(&mut self, path: &RepoPath) -> Option<ObjectId> {
        if let Some(known) = self.read.get(path) {
            return *known;
        }
        let id = self.hash(path);
        self.read.insert(path.clone(), id);
        id
    }

    fn hash(&self, path: &RepoPath) -> Option<ObjectId> {
        let file = self.repository.work_tree().join(path.to_path());
        let is_small = file.symlink_metadata().ok()?.len() <= LARGEST;
        is_small.then(|| self.repository.hash_work_file(path).ok())??
    }

    /// By the configuration and the attributes at the root; those of a directory alone are not looked for.
    fn converts(&mut self, now: &Observed) -> bool {
        *self.converts.get_or_insert_with(|| {
            let repository = self.repository;
            let named = RepoPath::from(".gitattributes");
            let at_root = now.head_tree.is_some_and(|tree| {
                let entry = repository.tree_entry(tree, &named);
                entry.is_ok_and(|entry| entry.is_some())
            });
            at_root
                || repository.common_dir().join("info/attributes").exists()
                || ["core.autocrlf", "core.attributesFile"]
                    .iter()
                    .any(|key| repository.config_text(key).is_some())
        })
    }
}
