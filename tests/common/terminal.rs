//! A program on a pseudo-terminal of its own: type, and wait for what it shows. It must not measure time: a wait
//! ends when the text is there, and the deadline is only for a test that would hang.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::TestEnv;

/// Far more than any prompt takes, also on a busy machine that compiles a component first.
const DEADLINE: Duration = Duration::from_secs(120);

pub const ENTER: &str = "\r";
pub const DOWN: &str = "\x1b[B";
pub const ESCAPE: &str = "\x1b";
pub const CONTROL_C: &str = "\x03";

pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    /// Everything it wrote, escape sequences included.
    raw: Vec<u8>,
    /// How much of [`Terminal::text`] the waits so far have gone past.
    seen: usize,
    master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts `program` on a terminal of 100 columns and 40 lines.
    pub fn start(env: &TestEnv, program: &str, directory: &Path, arguments: &[&str]) -> Self {
        let size = PtySize {
            rows: 40,
            cols: 100,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(directory);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in env.variables() {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        // The other end has to be the program's alone, or its end would never be seen here.
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            input: pair.master.take_writer().unwrap(),
            output,
            raw: Vec::new(),
            seen: 0,
            master: pair.master,
        }
    }

    /// Waits until `text` is shown after everything that was waited for before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        loop {
            let shown = self.text();
            if let Some(at) = shown.get(self.seen..).and_then(|new| new.find(text)) {
                self.seen += at + text.len();
                return self;
            }
            match self.output.recv_timeout(DEADLINE) {
                Ok(bytes) => self.raw.extend(bytes),
                Err(reason) => panic!("waited for {text:?} ({reason}); shown so far:\n{shown}"),
            }
        }
    }

    /// Whether the terminal itself makes lines of what is typed, as it does while nobody has set it to raw.
    pub fn takes_lines(&self) -> bool {
        let settings = self.master.get_termios().unwrap();
        settings.local_flags.bits() & libc::ICANON != 0
    }

    /// Types.
    #[track_caller]
    pub fn send(&mut self, text: &str) -> &mut Self {
        self.input.write_all(text.as_bytes()).unwrap();
        self.input.flush().unwrap();
        self
    }

    /// Waits for the end and returns the exit code with all that was shown.
    #[track_caller]
    pub fn finish(mut self) -> (u32, String) {
        let code = self.wait();
        (code, self.text())
    }

    /// As [`Terminal::finish`], with the bytes as they came.
    #[track_caller]
    pub fn finish_raw(mut self) -> (u32, Vec<u8>) {
        let code = self.wait();
        (code, std::mem::take(&mut self.raw))
    }

    #[track_caller]
    fn wait(&mut self) -> u32 {
        loop {
            match self.output.recv_timeout(DEADLINE) {
                Ok(bytes) => self.raw.extend(bytes),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(reason) => {
                    panic!(
                        "waited for the end ({reason}); shown so far:\n{}",
                        self.text()
                    )
                }
            }
        }
        self.child.wait().unwrap().exit_code()
    }

    /// What was written, in order, without escape sequences: a text that is drawn again stands there again.
    pub fn text(&self) -> String {
        let raw = String::from_utf8_lossy(&self.raw);
        let mut text = String::with_capacity(raw.len());
        let mut characters = raw.chars().peekable();
        while let Some(character) = characters.next() {
            match (character, characters.peek()) {
                ('\x1b', Some('[')) => {
                    characters.next();
                    characters.find(|last| ('\x40'..='\x7e').contains(last));
                }
                ('\x1b', Some(']')) => {
                    characters.find(|last| *last == '\x07' || *last == '\\');
                }
                ('\x1b', _) => {
                    characters.next();
                }
                ('\r', _) => {}
                _ => text.push(character),
            }
        }
        text
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended long ago; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
