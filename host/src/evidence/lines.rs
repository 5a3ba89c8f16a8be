//! A stream of bytes as lines of plain text: without colours, whatever else is in it, in bounded memory. It must not
//! know what a line means.

/// No line that counts anything is longer, in bytes; of a longer one only the beginning is looked at.
const LONGEST: usize = 4096;

#[derive(Default)]
pub struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Calls `each` for every line that ends in `bytes`. A carriage return ends a line, too: it is drawn over.
    pub fn add(&mut self, bytes: &[u8], each: &mut dyn FnMut(&str)) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            if self.line.is_empty() {
                say(&line[..line.len().min(LONGEST)], each);
            } else {
                self.keep(line);
                self.end(each);
            }
        }
        self.keep(rest);
    }

    /// What is there of the last line.
    pub fn end(&mut self, each: &mut dyn FnMut(&str)) {
        say(&self.line, each);
        self.line.clear();
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST - self.line.len();
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// What most of a flood of output is made of, lines that no runner writes, is put aside by its first character. What a
/// runner writes behind words without a line end (`go test`) is known by the line's end, or by its sign.
fn say(line: &[u8], each: &mut dyn FnMut(&str)) {
    const BEGINNINGS: &[u8] = b"tSTFRWDBONEMConemf=-?{\x1b0123456789";
    let first = line.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
    let begins = first.is_some_and(|first| BEGINNINGS.contains(first));
    let is_known = begins || line.ends_with(b"s)") || line.starts_with("ℹ ".as_bytes());
    if !is_known && !has_sign(line) {
        return;
    }
    let text = String::from_utf8_lossy(line);
    match line.contains(&b'\x1b') {
        true => each(&without_escapes(&text)),
        false => each(&text),
    }
}

/// `=== `, which is looked for only where there is a `=` at all.
fn has_sign(line: &[u8]) -> bool {
    line.contains(&b'=') && line.windows(4).any(|four| four == b"=== ")
}

/// Control sequences (`ESC [ … letter`), operating system commands (`ESC ] … BEL`) and two-character escapes go.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\x1b' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('[') => {
                characters.find(|last| ('\x40'..='\x7e').contains(last));
            }
            Some(']') => {
                while let Some(last) = characters.next() {
                    if last == '\x07' {
                        break;
                    }
                    if last == '\x1b' {
                        characters.next_if_eq(&'\\');
                        break;
                    }
                }
            }
            // `ESC ( B` chooses characters: what comes between counts as part of it.
            Some(between) if (' '..='/').contains(&between) => {
                characters.find(|last| !(' '..='/').contains(last));
            }
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut found = Vec::new();
        let mut lines = Lines::default();
        for piece in pieces {
            lines.add(piece, &mut |line| found.push(line.to_owned()));
        }
        lines.end(&mut |line| found.push(line.to_owned()));
        found
    }

    #[test]
    fn lines_are_whole_however_they_come() {
        assert_eq!(lines(&[b"t", b"b\no", b"\r\n1"]), ["tb", "o", "1"]);
    }

    #[test]
    fn colours_and_titles_are_no_text() {
        let text = "\x1b[1m\x1b[32mtest result\x1b[0m: ok\x1b]0;title\x07.\x1b]8;;x\x1b\\";
        assert_eq!(lines(&[text.as_bytes()]), ["test result: ok."]);
        assert_eq!(lines(&[b"to \x1b["]), ["to "]);
        assert_eq!(lines(&[b"\x1b[32mok\x1b(B\x1b[m."]), ["ok."]);
    }

    #[test]
    fn what_no_runner_begins_a_line_with_is_put_aside() {
        assert_eq!(
            lines(&[b"a line\n  Tests: 1\n\n/ x\n\t3 - x\nx (0.0s)\nx === RUN\nx == y"]),
            ["  Tests: 1", "\t3 - x", "x (0.0s)", "x === RUN"]
        );
    }

    #[test]
    fn a_line_without_an_end_is_bounded() {
        let mut lines = Lines::default();
        for _ in 0..1000 {
            lines.add(&[0xff; 1000], &mut |_| panic!("no line ended"));
        }
        assert!(lines.line.len() <= LONGEST && lines.line.capacity() < 4 * LONGEST);
    }
}
