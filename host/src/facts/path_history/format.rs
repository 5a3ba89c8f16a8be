//! The index on disk. It is a cache: whatever cannot be read is built again, so no version is ever converted.
//!
//! `session path history 2\n`, then one postcard value. Ids are 20 raw bytes, paths and subjects are bytes; a commit's
//! paths are indices into the sorted list. Written to a temporary file and renamed: a build that is killed leaves the
//! old index or none.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::path_table::PathTable;
use super::{IndexedCommit, PathHistory};
use crate::git::ObjectId;
use crate::git::commits::Person;
use crate::git::commits::timestamp;

pub(super) const FILE_NAME: &str = "path-history";
const HEADER: &[u8] = b"session path history 2\n";

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    head: Option<[u8; 20]>,
    complete: bool,
    built_at: i64,
    /// Each name and address.
    #[serde(borrow)]
    authors: Vec<(&'a str, &'a str)>,
    /// Sorted; each as the length shared with the one before and the rest.
    #[serde(borrow)]
    paths: Vec<(u32, &'a [u8])>,
    #[serde(borrow)]
    commits: Vec<StoredCommit<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredCommit<'a> {
    id: [u8; 20],
    time: i64,
    author: u32,
    touched: Vec<u32>,
    subject: &'a str,
}

/// None for anything that is not exactly what `write` wrote.
pub(super) fn read(bytes: &[u8]) -> Option<PathHistory> {
    let stored: Stored<'_> = postcard::from_bytes(bytes.strip_prefix(HEADER)?).ok()?;
    let mut paths = PathTable::with_capacity(stored.paths.len());
    for (shared, rest) in &stored.paths {
        paths.push(*shared as usize, rest)?;
    }
    let authors: Vec<Person> = stored
        .authors
        .iter()
        .map(|(name, email)| Person {
            name: (*name).to_owned(),
            email: (*email).to_owned(),
        })
        .collect();
    let mut commits = Vec::with_capacity(stored.commits.len());
    for commit in stored.commits {
        let ascending = commit.touched.is_sorted();
        let last = commit.touched.last();
        let in_range = last.is_none_or(|path| (*path as usize) < paths.len());
        if !ascending || !in_range || commit.author as usize >= authors.len() {
            return None;
        }
        commits.push(IndexedCommit {
            id: ObjectId::from_bytes(&commit.id).ok()?,
            time: timestamp(commit.time),
            author: commit.author,
            touched: commit.touched,
            subject: commit.subject.to_owned(),
        });
    }
    Some(PathHistory {
        commits,
        paths,
        authors,
        head: stored
            .head
            .map(|id| ObjectId::from_bytes(&id))
            .transpose()
            .ok()?,
        complete: stored.complete,
        built_at: timestamp(stored.built_at),
        outdated: false,
    })
}

/// # Errors
/// The directory cannot be written.
pub(super) fn write(history: &PathHistory, directory: &Path) -> anyhow::Result<()> {
    let mut before: &[u8] = &[];
    let mut paths = Vec::with_capacity(history.paths.len());
    for bytes in history.paths.iter() {
        let shared = bytes
            .iter()
            .zip(before)
            .take_while(|(one, two)| one == two)
            .count();
        paths.push((u32::try_from(shared).unwrap_or(0), &bytes[shared..]));
        before = bytes;
    }
    let stored = Stored {
        head: history.head.as_ref().map(raw),
        complete: history.complete,
        built_at: history.built_at.timestamp(),
        authors: history
            .authors
            .iter()
            .map(|p| (p.name.as_str(), p.email.as_str()))
            .collect(),
        paths,
        commits: history.commits.iter().map(stored_commit).collect(),
    };
    let bytes = postcard::to_extend(&stored, HEADER.to_vec())
        .context("failed to encode the path history")?;
    replace(directory, FILE_NAME, &bytes)
}

fn stored_commit(commit: &IndexedCommit) -> StoredCommit<'_> {
    StoredCommit {
        id: raw(&commit.id),
        time: commit.time.timestamp(),
        author: commit.author,
        touched: commit.touched.clone(),
        subject: &commit.subject,
    }
}

fn raw(id: &ObjectId) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&id.as_bytes()[..20]);
    bytes
}

/// Puts a cache file in place by a rename. It is not synced: a lost cache is built again.
pub(in crate::facts) fn replace(directory: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("failed to make {}", directory.display()))?;
    let mut file = tempfile::Builder::new()
        .prefix(crate::store::durable::TEMPORARY_PREFIX)
        .tempfile_in(directory)
        .context("failed to write an index")?;
    std::io::Write::write_all(&mut file, bytes).context("failed to write an index")?;
    file.persist(directory.join(name))
        .context("failed to put an index in place")?;
    Ok(())
}
