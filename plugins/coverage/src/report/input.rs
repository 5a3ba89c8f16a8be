//! A report's bytes in order: fetched in pieces, turned into UTF-8, cut into lines. It must not keep more than a piece.

use std::io::{self, BufRead, Read};

use super::{Problem, unreadable};

/// Fetches pieces of a file: from which byte on.
pub struct Pieces<F> {
    fetch: F,
    piece: Vec<u8>,
    at: usize,
    offset: u64,
}

impl<F: FnMut(u64) -> io::Result<Vec<u8>>> Pieces<F> {
    /// `fetch` gives nothing at the end of the file.
    pub fn new(fetch: F) -> Self {
        Self {
            fetch,
            piece: Vec::new(),
            at: 0,
            offset: 0,
        }
    }
}

impl<F: FnMut(u64) -> io::Result<Vec<u8>>> BufRead for Pieces<F> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.piece.len() {
            // The old piece goes before the new one comes.
            self.piece = Vec::new();
            self.piece = (self.fetch)(self.offset)?;
            self.offset += self.piece.len() as u64;
            self.at = 0;
        }
        Ok(&self.piece[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at = self.piece.len().min(self.at + amount);
    }
}

impl<F: FnMut(u64) -> io::Result<Vec<u8>>> Read for Pieces<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        copy(self, buffer)
    }
}

/// What `Read` is for everything that is a `BufRead`.
pub fn copy(input: &mut impl BufRead, buffer: &mut [u8]) -> io::Result<usize> {
    let available = input.fill_buf()?;
    let count = available.len().min(buffer.len());
    buffer[..count].copy_from_slice(&available[..count]);
    input.consume(count);
    Ok(count)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

/// By the mark at its beginning, or by a first character that all formats begin with.
pub fn utf16_order(start: &[u8]) -> Option<Order> {
    match start {
        [0xFF, 0xFE, ..] => Some(Order::Little),
        [0xFE, 0xFF, ..] => Some(Order::Big),
        [first, 0, _, ..] if first.is_ascii() && *first != 0 => Some(Order::Little),
        [0, first, _, ..] if first.is_ascii() && *first != 0 => Some(Order::Big),
        _ => None,
    }
}

/// UTF-16 as UTF-8, without the mark. What is no UTF-16 becomes U+FFFD.
pub struct Utf16<R> {
    input: R,
    order: Order,
    half: Option<u8>,
    high: Option<u16>,
    ready: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Utf16<R> {
    pub fn new(input: R, order: Order) -> Self {
        Self {
            input,
            order,
            half: None,
            high: None,
            ready: Vec::new(),
            at: 0,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        const PIECE: usize = 64 * 1024;
        self.ready.clear();
        self.at = 0;
        while self.ready.is_empty() {
            let available = self.input.fill_buf()?;
            let taken = available.len().min(PIECE);
            if taken == 0 {
                return Ok(());
            }
            let mut units = Vec::with_capacity(taken / 2 + 2);
            units.extend(self.high.take());
            for &byte in &available[..taken] {
                match (self.half.take(), self.order) {
                    (None, _) => self.half = Some(byte),
                    (Some(first), Order::Little) => units.push(u16::from_le_bytes([first, byte])),
                    (Some(first), Order::Big) => units.push(u16::from_be_bytes([first, byte])),
                }
            }
            self.input.consume(taken);
            if units
                .last()
                .is_some_and(|unit| (0xD800..0xDC00).contains(unit))
            {
                self.high = units.pop();
            }
            for c in char::decode_utf16(units) {
                let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                if c != '\u{FEFF}' {
                    let mut bytes = [0; 4];
                    self.ready.extend(c.encode_utf8(&mut bytes).bytes());
                }
            }
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for Utf16<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.ready.len() {
            self.refill()?;
        }
        Ok(&self.ready[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at = self.ready.len().min(self.at + amount);
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        copy(self, buffer)
    }
}

/// Enough to tell a format by, taken out of the input; less at its end.
pub fn beginning(input: &mut impl BufRead) -> Result<Vec<u8>, Problem> {
    const ENOUGH: u64 = 4 * 1024;
    let mut start = Vec::new();
    let outcome = input.take(ENOUGH).read_to_end(&mut start);
    outcome.map_err(unreadable)?;
    Ok(start)
}

/// Takes the white space at the beginning out of the input.
pub fn skip_blank(input: &mut impl BufRead) -> Result<(), Problem> {
    loop {
        let available = input.fill_buf().map_err(unreadable)?;
        let blank = available
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace());
        let blank = blank.count();
        let all = blank == available.len();
        input.consume(blank);
        if !all || blank == 0 {
            return Ok(());
        }
    }
}

/// Calls `line` with each line, without its end. Of a line that is longer than any tool writes, the beginning counts.
pub fn each_line(
    input: &mut impl BufRead,
    line: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    /// Takes nothing off by itself.
    struct Plain<F>(F);
    impl<F: FnMut(&[u8]) -> Result<(), Problem>> Lines for Plain<F> {
        fn line(&mut self, line: &[u8]) -> Result<(), Problem> {
            (self.0)(line)
        }
    }
    each(input, &mut Plain(line))
}

/// Who takes lines.
pub trait Lines {
    /// One line, without its end.
    fn line(&mut self, line: &[u8]) -> Result<(), Problem>;

    /// Takes whole lines off the beginning of `text` as long as it knows a faster way, and gives the bytes that it took.
    fn take(&mut self, _text: &[u8]) -> usize {
        0
    }
}

/// As [`each_line`].
pub fn each(input: &mut impl BufRead, lines: &mut impl Lines) -> Result<(), Problem> {
    const LONGEST: usize = 16 * 1024;
    // What the last piece had of a line that goes on.
    let mut begun: Vec<u8> = Vec::new();
    loop {
        let piece = input.fill_buf().map_err(unreadable)?;
        if piece.is_empty() {
            return if begun.is_empty() {
                Ok(())
            } else {
                lines.line(&begun)
            };
        }
        let mut rest = piece;
        loop {
            if begun.is_empty() {
                rest = &rest[lines.take(rest)..];
            }
            let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
                break;
            };
            let found = &rest[..end];
            if begun.is_empty() {
                lines.line(without_return(found))?;
            } else {
                let room = LONGEST.saturating_sub(begun.len()).min(found.len());
                begun.extend_from_slice(&found[..room]);
                lines.line(without_return(&begun))?;
                begun.clear();
            }
            rest = &rest[end + 1..];
        }
        let room = LONGEST.saturating_sub(begun.len()).min(rest.len());
        begun.extend_from_slice(&rest[..room]);
        let taken = piece.len();
        input.consume(taken);
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
