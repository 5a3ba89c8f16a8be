//! Whether a directory is git's own, whatever it is called: `git init --separate-git-dir` puts it anywhere, and bare
//! repositories stand in work trees. It must not follow what such a directory points to.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, statat};

/// What git itself takes for one has these three.
pub fn is_gits_own(directory: impl AsFd) -> bool {
    let kind = |name: &str| {
        let found = statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(FileType::from_raw_mode(found.st_mode))
    };
    // Nearly every other directory is told by the first look.
    kind("HEAD").is_some()
        && ["refs", "objects"]
            .iter()
            .all(|name| matches!(kind(name), Some(FileType::Directory | FileType::Symlink)))
}
