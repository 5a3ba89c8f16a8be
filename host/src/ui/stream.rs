//! One output stream, and what is asked of the terminal behind it. It must not fail in the middle of a command: what
//! cannot be written is remembered until the end.

use std::cell::RefCell;
use std::io::{self, Write};

/// Columns when there is no terminal to ask.
const USUAL_WIDTH: usize = 80;

/// Longer lines than this are hard to read, however wide the window is.
const WIDEST: usize = 120;

pub(super) struct Stream {
    writer: RefCell<Box<dyn Write>>,
    failure: RefCell<Option<io::Error>>,
    pub is_terminal: bool,
}

impl Stream {
    pub fn new(writer: impl Write + 'static, is_terminal: bool) -> Self {
        Self {
            writer: RefCell::new(Box::new(writer)),
            failure: RefCell::default(),
            is_terminal,
        }
    }

    /// Writes and flushes; once that failed, nothing more. The command goes on: it may have something to store.
    pub fn write(&self, text: &str) {
        let mut failure = self.failure.borrow_mut();
        if failure.is_none() {
            let mut writer = self.writer.borrow_mut();
            *failure = writer
                .write_all(text.as_bytes())
                .and_then(|()| writer.flush())
                .err();
        }
    }

    /// Why something was not written. That the reader closed the pipe is no failure.
    pub fn finish(&self) -> Option<io::Error> {
        self.failure
            .take()
            .filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }
}

/// Columns of the terminal on stdout.
pub(super) fn terminal_width() -> usize {
    match terminal_size::terminal_size_of(io::stdout()) {
        // A window of no columns is one that does not know its size.
        Some((terminal_size::Width(width @ 1..), _)) => usize::from(width).min(WIDEST),
        _ => USUAL_WIDTH,
    }
}

/// Whether the terminal is one that can do no more than print.
pub(super) fn terminal_is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|kind| kind == "dumb")
}
