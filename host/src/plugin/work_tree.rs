//! Reading files of the work tree for a plugin. It must not follow a symbolic link, leave the work tree or open a
//! directory of git's, whatever it is called and whatever else changes the tree meanwhile.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use globset::GlobSet;
use rustix::buffer::spare_capacity;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::git::directory::is_gits_own;
use crate::git::dot_git::Protection;

/// Which files a plugin may read.
#[derive(Debug, Clone)]
pub enum ReadGrant {
    /// Bundled components: all of the work tree.
    WorkTree,
    /// Others: what their grant names.
    Matching(GlobSet),
    /// As `Matching`, of both sets: what the user allows, and what the plugin asks for.
    MatchingBoth(GlobSet, GlobSet),
}

/// The beginning of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct FileStart {
    pub bytes: Vec<u8>,
    /// There is more.
    pub truncated: bool,
}

/// What is known of a file without reading it. The contract's `file-info` describes the fields.
#[derive(Debug, PartialEq, Eq)]
pub struct FileInfo {
    pub size: u64,
    pub modified_at: i64,
    pub stamp: String,
}

/// Why a file was not read. The contract's `failure.kind` is its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NotFound,
    Denied,
    Failed,
}

impl ReadGrant {
    pub(super) fn allows(&self, path: &str) -> bool {
        match self {
            Self::WorkTree => true,
            Self::Matching(globs) => globs.is_match(path),
            Self::MatchingBoth(one, other) => one.is_match(path) && other.is_match(path),
        }
    }
}

/// The work tree, opened once for one call of a plugin.
#[derive(Debug)]
pub struct WorkTree {
    root: OwnedFd,
    grant: ReadGrant,
}

impl WorkTree {
    pub fn open(root: &Path, grant: ReadGrant) -> anyhow::Result<Self> {
        let root = rustix::fs::open(root, directory_flags() & !OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Self { root, grant })
    }

    /// Size and time of a regular file.
    pub fn stat(&self, path: &str) -> Result<FileInfo, Refusal> {
        let (_, metadata) = self.regular_file(path)?;
        let (size, inode) = (metadata.len(), metadata.ino());
        let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
        Ok(FileInfo {
            size,
            modified_at: seconds,
            stamp: format!("{size}-{seconds}.{nanoseconds:09}-{inode}"),
        })
    }

    /// At most `limit` bytes of a regular file from `offset` on; none behind its end.
    pub fn read_range(&self, path: &str, offset: u64, limit: usize) -> Result<Vec<u8>, Refusal> {
        let (file, metadata) = self.regular_file(path)?;
        let left = metadata.len().saturating_sub(offset);
        let wanted = usize::try_from(left).map_or(limit, |left| left.min(limit));
        // The room is known, and a report of many pieces would pay for finding it out with each.
        let mut bytes = Vec::with_capacity(wanted);
        while bytes.len() < wanted {
            let from = offset.saturating_add(bytes.len() as u64);
            match rustix::io::pread(&file, spare_capacity(&mut bytes), from) {
                Ok(0) => break,
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return Err(Refusal::Failed),
            }
        }
        bytes.truncate(limit);
        Ok(bytes)
    }

    /// At most `limit` bytes of a regular file.
    pub fn read(&self, path: &str, limit: usize) -> Result<FileStart, Refusal> {
        let (mut file, _) = self.regular_file(path)?;
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX);
        let outcome = file
            .by_ref()
            .take(most.saturating_add(1))
            .read_to_end(&mut bytes);
        outcome.map_err(|_| Refusal::Failed)?;
        let truncated = bytes.len() > limit;
        bytes.truncate(limit);
        Ok(FileStart { bytes, truncated })
    }

    /// A regular file, opened for reading.
    pub fn regular_file(&self, path: &str) -> Result<(File, Metadata), Refusal> {
        if !is_inside(path) || !self.grant.allows(path) {
            return Err(Refusal::Denied);
        }
        let file = File::from(self.open_file(path)?);
        let metadata = file.metadata().map_err(|_| Refusal::Failed)?;
        if metadata.is_file() {
            Ok((file, metadata))
        } else {
            Err(Refusal::Denied)
        }
    }

    /// Directory by directory, each opened without following links: a path checked first and opened later could have
    /// been swapped in between.
    fn open_file(&self, path: &str) -> Result<OwnedFd, Refusal> {
        let mut components = path.split('/');
        let name = components.next_back().ok_or(Refusal::Denied)?;
        let mut directory = None;
        for component in components {
            let parent = directory.as_ref().unwrap_or(&self.root);
            let opened = rustix::fs::openat(parent, component, directory_flags(), Mode::empty());
            let opened = opened.map_err(refusal)?;
            if is_gits_own(&opened) {
                return Err(Refusal::Denied);
            }
            directory = Some(opened);
        }
        let parent = directory.as_ref().unwrap_or(&self.root);
        // NONBLOCK: opening a named pipe must not wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(parent, name, flags, Mode::empty()).map_err(refusal)
    }
}

/// Whether a path, taken as text, stays in the work tree, and out of `.git` on every file system.
pub fn is_inside(path: &str) -> bool {
    !path.contains(['\0', '\\'])
        && path
            .split('/')
            .all(|component| !matches!(component, "" | "." | ".."))
        && !Protection::FULL.forbids(path.as_bytes())
}

fn directory_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

fn refusal(error: Errno) -> Refusal {
    match error {
        Errno::NOENT => Refusal::NotFound,
        // LOOP: a link as the last component. NOTDIR: a link, or a file, where a directory should be.
        Errno::LOOP | Errno::NOTDIR | Errno::MLINK | Errno::ACCESS | Errno::PERM => Refusal::Denied,
        _ => Refusal::Failed,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::git::testing::bare_repository;

    fn tree() -> tempfile::TempDir {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("tree");
        std::fs::create_dir_all(root.join("docs")).unwrap();
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        std::fs::write(root.join("docs/a.md"), "hello").unwrap();
        std::fs::write(root.join(".git/config"), "secret").unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink("../../secret", root.join("docs/link.md")).unwrap();
        outside
    }

    #[test]
    fn nothing_outside_the_work_tree_is_read() {
        let outside = tree();
        let root = outside.path().join("tree");
        let work_tree = WorkTree::open(&root, ReadGrant::WorkTree).unwrap();
        let absolute = outside.path().join("secret");
        for path in [
            "../secret",
            "docs/../../secret",
            absolute.to_str().unwrap(),
            "out/secret",
            "docs/link.md",
            ".git/config",
            "docs/../.git/config",
            ".GIT/config",
            "git~1/config",
            "docs/.git /config",
            "docs",
            "",
        ] {
            assert_eq!(work_tree.read(path, 100), Err(Refusal::Denied), "{path}");
        }
        assert_eq!(work_tree.read("docs/none.md", 100), Err(Refusal::NotFound));
        let start = work_tree.read("docs/a.md", 4).unwrap();
        assert_eq!(
            (start.bytes.as_slice(), start.truncated),
            (b"hell".as_slice(), true)
        );
        assert!(!work_tree.read("docs/a.md", 5).unwrap().truncated);
    }

    /// As `git init --separate-git-dir` makes one, and as a bare repository in the work tree is.
    #[test]
    fn a_directory_of_gits_is_not_read_by_another_name_either() {
        let outside = tree();
        let root = outside.path().join("tree");
        bare_repository(&root.join("docs/meta"));
        std::fs::create_dir_all(root.join("docs/refs")).unwrap();
        let work_tree = WorkTree::open(&root, ReadGrant::WorkTree).unwrap();
        for path in ["docs/meta/config", "docs/meta/hooks/x", "docs/meta/HEAD"] {
            assert_eq!(work_tree.read(path, 100), Err(Refusal::Denied), "{path}");
            assert_eq!(work_tree.stat(path).unwrap_err(), Refusal::Denied);
        }
        // A project's own words for its own things.
        std::fs::create_dir_all(root.join("docs/objects")).unwrap();
        std::fs::write(root.join("docs/HEAD"), "no git").unwrap();
        assert!(work_tree.read("docs/a.md", 100).is_ok());
        for head in ["ref: refs/heads/main\n", &format!("{}\n", "0a".repeat(20))] {
            std::fs::write(root.join("docs/HEAD"), head).unwrap();
            assert_eq!(work_tree.read("docs/a.md", 100), Err(Refusal::Denied));
        }
    }

    #[test]
    fn a_range_ends_with_the_file_or_at_its_limit() {
        let outside = tree();
        let work_tree = WorkTree::open(&outside.path().join("tree"), ReadGrant::WorkTree).unwrap();
        let range = |offset, limit| work_tree.read_range("docs/a.md", offset, limit).unwrap();
        for (offset, limit, expected) in [
            (0, 5, "hello"),
            (0, 100, "hello"),
            (1, 3, "ell"),
            (4, 100, "o"),
            (5, 100, ""),
            (u64::MAX, 100, ""),
            (0, 0, ""),
        ] {
            assert_eq!(
                range(offset, limit),
                expected.as_bytes(),
                "{offset} {limit}"
            );
        }
    }

    #[test]
    fn a_grant_is_a_limit() {
        let outside = tree();
        let root = outside.path().join("tree");
        std::fs::write(root.join("top.md"), "-").unwrap();
        let globs = GlobSet::builder()
            .add(globset::Glob::new("docs/**").unwrap())
            .build()
            .unwrap();
        let work_tree = WorkTree::open(&root, ReadGrant::Matching(globs)).unwrap();
        assert!(work_tree.read("docs/a.md", 100).is_ok());
        assert_eq!(work_tree.read("top.md", 100), Err(Refusal::Denied));
    }
}
