//! Passing on what is written after the command's end, by whom the command left behind: a server that a script started
//! goes on writing where it was told to, as it would have alone. It must not keep us, nor count as the command's output.
//!
//! Alone, the command's end is the end of the wait, on a terminal and with pipes; whoever reads the other end of our
//! output waits for the last that holds it. So we end, too, and a copy of this process stays for each stream that is
//! held: it reads, writes, and ends when the stream does, or when nobody takes the output any more.

use std::os::fd::{AsRawFd as _, RawFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::{stdin, stdout};

use super::output::Ends;
use super::signals;

/// Of what is read at once, in bytes. It is on the stack: a copy of a process with threads allocates nothing.
const CHUNK: usize = 16 * 1024;

/// Passes on what comes from this stream from now on. `also` is kept open as long.
///
/// # Errors
/// The system gave no process.
pub fn pass_on(ends: &Ends, also: Option<RawFd>) -> std::io::Result<()> {
    let (from, to) = (ends.from.as_raw_fd(), ends.to.as_raw_fd());
    // SAFETY: the new process has one thread, and calls only what is safe to call between fork and exec.
    match unsafe { libc::fork() } {
        -1 => Err(std::io::Error::last_os_error()),
        0 => {
            signals::outlive();
            keep_only([from, to, also.unwrap_or(to)]);
            copy();
            // SAFETY: nothing is to be done at this process' end, which is not the program's.
            unsafe { libc::_exit(0) }
        }
        _ => Ok(()),
    }
}

fn copy() {
    let mut buffer = [0; CHUNK];
    loop {
        match rustix::io::read(stdin(), &mut buffer) {
            Ok(length @ 1..) if write(&buffer[..length]) => {}
            Err(Errno::INTR) => {}
            _ => return,
        }
    }
}

/// Whether all of it could be written.
fn write(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let _ = poll(
                    &mut [PollFd::from_borrowed_fd(stdout(), PollFlags::OUT)],
                    None,
                );
            }
            Err(_) => return false,
        }
    }
    true
}

/// Makes these three the new process' standard streams, and closes everything else: a lock or a pipe that it held open
/// would never be seen to end. They must not be standard streams yet.
pub fn keep_only(kept: [RawFd; 3]) {
    for (at, kept) in (0..).zip(kept) {
        // SAFETY: only numbers are handed over. Nothing in this process owns a file any more.
        unsafe { libc::dup2(kept, at) };
    }
    close_from(3);
}

fn close_from(first: RawFd) {
    #[cfg(target_os = "linux")]
    // SAFETY: as above.
    if unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) } == 0 {
        return;
    }
    // SAFETY: as above.
    unsafe {
        for file in first..libc::getdtablesize() {
            libc::close(file);
        }
    }
}
