//! Everything of a repository that a command can leave as it was: the work tree and git's own files, byte for byte.
//! It must not look away from anything but what `session` may write.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::repository::Repository;

/// What `session` may write in the git directory. Objects are content: new ones change nothing.
const OURS: [&str; 4] = [
    "sessions",
    "objects",
    "refs/sessions",
    "refs/session-snapshots",
];

/// By path: kind and permissions, the time of the last change in nanoseconds, and the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photograph(BTreeMap<PathBuf, (u32, i128, Vec<u8>)>);

impl Photograph {
    pub fn of(repository: &Repository<'_>) -> Self {
        let mut found = BTreeMap::new();
        let place = |what: &str| repository.git_path(&[what]);
        let common = place("--git-common-dir");
        for root in [place("--show-toplevel"), place("--git-dir"), common.clone()] {
            walk(&root, &common, &mut found);
        }
        assert!(found.len() > 5, "nothing was photographed");
        Self(found)
    }

    /// Fails with the paths that differ.
    #[track_caller]
    pub fn assert_same(&self, later: &Self, what: &str) {
        let paths = self.0.keys().chain(later.0.keys());
        let mut changed: Vec<_> = paths
            .filter(|path| self.0.get(*path) != later.0.get(*path))
            .collect();
        changed.dedup();
        assert!(changed.is_empty(), "{what} changed {changed:?}");
    }
}

fn walk(directory: &Path, common: &Path, found: &mut BTreeMap<PathBuf, (u32, i128, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let ours = OURS.iter().any(|name| path == common.join(name));
        // A submodule's repository has its own objects.
        if ours || path.ends_with("objects") {
            continue;
        }
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            // Git makes and removes empty directories of refs as it likes; what counts is in them.
            walk(&path, common, found);
            continue;
        }
        let bytes = if metadata.is_symlink() {
            std::fs::read_link(&path)
                .unwrap()
                .as_os_str()
                .as_bytes()
                .to_vec()
        } else {
            std::fs::read(&path).unwrap()
        };
        // Git itself touches a shared index whenever it reads one, so that it does not expire.
        let name = path.file_name().unwrap_or_default().as_bytes();
        let time = if name.starts_with(b"sharedindex.") {
            0
        } else {
            i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
        };
        found.insert(path, (metadata.mode(), time, bytes));
    }
}
