//! Bringing the index to HEAD's tree and the overlay to the work tree as it stands. It must not run more than one
//! process, nor read more than the bounds below on a common path.

use std::collections::BTreeMap;

use super::scan::{self, LARGEST_FILE, Watched};
use super::store::Rules;
use super::{Annotations, Depth, Item, is_tracked};
use crate::config::TrackingConfig;
use crate::git::status::Status;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;

/// Blobs that are read to follow HEAD from one tree to another; beyond, the index waits for a full build.
const MOST_BLOBS: usize = 2000;
/// Changed files that are read from the work tree.
const MOST_CHANGED: usize = 500;

impl Annotations {
    /// Brings it up to date with HEAD's tree (None on an unborn branch); what this takes, it takes while git still looks
    /// at the work tree. Without an index for these rules, [`Depth::Recent`] reads nothing, and [`Depth::Full`]
    /// everything once. Says whether what is stored has changed, so that the caller saves it.
    ///
    /// # Errors
    /// A pattern is wrong, or git could not be read.
    pub fn refresh(
        &mut self,
        repository: &Repository,
        head_tree: Option<ObjectId>,
        tracking: &TrackingConfig,
        depth: Depth,
    ) -> anyhow::Result<bool> {
        let rules = Rules::from(tracking);
        if self.rules != rules {
            *self = Self {
                rules,
                ..Self::default()
            };
        }
        let watched = Watched::new(&self.rules)?;
        let changed = self.follow(repository, head_tree, &watched, depth)?;
        self.watched = Some(watched);
        Ok(changed)
    }

    fn follow(
        &mut self,
        repository: &Repository,
        head_tree: Option<ObjectId>,
        watched: &Watched,
        depth: Depth,
    ) -> anyhow::Result<bool> {
        let full = matches!(depth, Depth::Full { .. });
        if self.complete && self.tree == head_tree {
            return Ok(false);
        }
        let Some(tree) = head_tree else {
            // Nothing is committed: the work tree's files are all there is.
            self.files.clear();
            (self.tree, self.complete) = (None, true);
            return Ok(true);
        };
        if self.complete && self.follow_difference(repository, tree, watched)? {
            return Ok(true);
        }
        if full {
            self.files = build(repository, tree, &self.rules.annotations, watched)?;
            (self.tree, self.complete) = (Some(tree), true);
            return Ok(true);
        }
        // What is known stays; it is said to be incomplete until the next full build, and only then stored.
        self.complete = false;
        Ok(false)
    }

    /// False when too much changed, or the old tree is gone.
    fn follow_difference(
        &mut self,
        repository: &Repository,
        tree: ObjectId,
        watched: &Watched,
    ) -> anyhow::Result<bool> {
        let Ok(changes) = repository.changed_paths(self.tree, Some(tree)) else {
            return Ok(false);
        };
        if changes.len() > MOST_BLOBS {
            return Ok(false);
        }
        for change in changes {
            self.files.remove(&change.path);
            let Some(blob) = change.new.filter(|blob| blob.mode & 0o170_000 == 0o100_000) else {
                continue;
            };
            if !watched.contains(&change.path) {
                continue;
            }
            // A partial clone may not have it; then nothing is known of the file until it is checked out.
            let Ok(content) = repository.read_blob(blob.id, LARGEST_FILE) else {
                continue;
            };
            let items = scan::content(
                content.as_bytes().unwrap_or_default(),
                &self.rules.annotations,
            );
            if !items.is_empty() {
                self.files.insert(change.path, items);
            }
        }
        self.tree = Some(tree);
        Ok(true)
    }

    /// Reads the changed files as they stand, by the rules of the last [`Annotations::refresh`].
    pub fn lay_over(&mut self, repository: &Repository, status: &Status) {
        self.overlay.clear();
        let Some(watched) = &self.watched else {
            return;
        };
        let changes = status
            .changes
            .iter()
            .filter(|change| is_tracked(change) && watched.contains(&change.path));
        self.overlay_complete = true;
        for (read, change) in changes.enumerate() {
            if let Some(original) = &change.original {
                // A rename's old path is gone, a copy's is as HEAD has it: ask the file.
                let there = repository.work_tree().join(original.to_path());
                if std::fs::symlink_metadata(there).is_err() {
                    self.overlay.insert(original.clone(), Vec::new());
                }
            }
            if read == MOST_CHANGED {
                self.overlay_complete = false;
                break;
            }
            let items = from_disk(repository, &change.path, &self.rules.annotations);
            self.overlay.insert(change.path.clone(), items);
        }
    }
}

/// A file that is gone, large or no plain file has no items.
fn from_disk(repository: &Repository, path: &RepoPath, annotations: &[String]) -> Vec<Item> {
    let path = repository.work_tree().join(path.to_path());
    let is_small_file = std::fs::symlink_metadata(&path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST_FILE);
    match is_small_file {
        true => std::fs::read(path)
            .map_or_else(|_| Vec::new(), |bytes| scan::content(&bytes, annotations)),
        false => Vec::new(),
    }
}

/// Reads the whole tree by one `git grep`.
fn build(
    repository: &Repository,
    tree: ObjectId,
    annotations: &[String],
    watched: &Watched,
) -> anyhow::Result<BTreeMap<RepoPath, Vec<Item>>> {
    let mut files = BTreeMap::new();
    if annotations.iter().all(String::is_empty) {
        return Ok(files);
    }
    let mut git = repository
        .git()
        .without_fetching()
        .args([
            "-c",
            "grep.fullName=false",
            "-c",
            "grep.column=false",
            "-c",
            "color.grep=false",
        ])
        .args([
            "grep",
            "-I",
            "-n",
            "-z",
            "-F",
            "--no-color",
            "--no-recurse-submodules",
            "--full-name",
        ]);
    for annotation in annotations
        .iter()
        .filter(|annotation| !annotation.is_empty())
    {
        git = git.arg("-e").arg(annotation);
    }
    let output = git.arg(tree.to_string()).arg("--").try_output()?;
    // 1 is "nothing found". Blobs that a partial clone lacks make git complain and go on.
    let understood = matches!(output.status.code(), Some(0 | 1)) || repository.is_partial();
    anyhow::ensure!(
        understood,
        "`git grep` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let prefix = format!("{tree}:");
    for (path, line, text) in matches(&output.stdout, prefix.as_bytes()) {
        let path = RepoPath::new(path);
        if watched.contains(&path) {
            let items = files.entry(path).or_insert_with(Vec::new);
            scan::push_line(text, line, annotations, items);
        }
    }
    Ok(files)
}

/// `<tree>:<path>\0<line>\0<text>\n`; a path may hold line ends, the text cannot.
fn matches<'a>(
    mut rest: &'a [u8],
    prefix: &'a [u8],
) -> impl Iterator<Item = (&'a [u8], u32, &'a [u8])> {
    std::iter::from_fn(move || {
        let path = take_until(&mut rest, 0)?.strip_prefix(prefix)?;
        let line = std::str::from_utf8(take_until(&mut rest, 0)?)
            .ok()?
            .parse()
            .ok()?;
        let text = take_until(&mut rest, b'\n')?;
        Some((path, line, text))
    })
}

fn take_until<'a>(rest: &mut &'a [u8], end: u8) -> Option<&'a [u8]> {
    let at = rest.iter().position(|&byte| byte == end)?;
    let (taken, after) = rest.split_at(at);
    *rest = &after[1..];
    Some(taken)
}
