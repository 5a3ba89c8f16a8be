//! Whether a directory is git's own, whatever it is called: `git init --separate-git-dir` puts it anywhere, and bare
//! repositories stand in work trees. It must not follow what such a directory points to.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat};

/// What git itself takes for one: it has these three, and its HEAD points to something.
pub fn is_gits_own(directory: impl AsFd) -> bool {
    let kind = |name: &str| {
        let found = statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(FileType::from_raw_mode(found.st_mode))
    };
    // Nearly every other directory is told by the first look.
    let Some(head) = kind("HEAD") else {
        return false;
    };
    let has_both = ["refs", "objects"]
        .iter()
        .all(|name| matches!(kind(name), Some(FileType::Directory | FileType::Symlink)));
    has_both
        && match head {
            // How HEAD was kept once, and still may be.
            FileType::Symlink => true,
            FileType::RegularFile => points_somewhere(directory.as_fd()),
            _ => false,
        }
}

/// A branch or a commit. A HEAD that cannot be read may be either.
fn points_somewhere(directory: BorrowedFd<'_>) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(head) = openat(directory, "HEAD", flags, Mode::empty()) else {
        return true;
    };
    let mut start = Vec::new();
    if File::from(head).take(40).read_to_end(&mut start).is_err() {
        return true;
    }
    start.starts_with(b"ref:") || start.len() == 40 && start.iter().all(u8::is_ascii_hexdigit)
}
