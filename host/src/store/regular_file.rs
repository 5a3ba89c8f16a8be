//! Opening what has to be a regular file, wherever people and other programs can put something else. It must not wait for
//! the other end of a pipe, nor follow a link.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// None when something else stands there: a directory, a pipe, a device.
pub(super) fn open(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata)))
}
