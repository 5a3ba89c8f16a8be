//! lcov's `.info`: from lcov, gcov, llvm-cov, c8, nyc, jest, coverage.py and many more. It must not trust its totals: they
//! are counted again.

use std::io::BufRead;

use super::input::{self, each};
use super::{Problem, is_hit, number, text};
use crate::table::{Lines, Table};

/// Told by the record that it begins with, behind comments.
pub fn is_lcov(start: &[u8]) -> bool {
    let mut lines = start.split(|&byte| byte == b'\n');
    let first = lines.find(|line| !line.starts_with(b"#") && !line.trim_ascii().is_empty());
    first.is_some_and(|line| line.starts_with(b"TN:") || line.starts_with(b"SF:"))
}

pub fn read(mut input: impl BufRead, table: &mut Table) -> Result<(), Problem> {
    let mut records = Records {
        table,
        file: None,
        index: 0,
    };
    each(&mut input, &mut records)?;
    if records.file.is_some() {
        return Err(Problem::Truncated);
    }
    Ok(())
}

struct Records<'a> {
    table: &'a mut Table,
    /// The file whose record is open.
    file: Option<(String, Lines)>,
    /// The lines so far.
    index: u64,
}

impl input::Lines for Records<'_> {
    fn line(&mut self, line: &[u8]) -> Result<(), Problem> {
        self.index += 1;
        if let Some(data) = line.strip_prefix(b"DA:") {
            let Some((_, lines)) = &mut self.file else {
                return Err(malformed(self.index, "DA outside of a file's record"));
            };
            let data = line_data(data);
            let (line, covered) =
                data.ok_or_else(|| malformed(self.index, "a DA that is no line data"))?;
            lines.add(line, covered);
        } else if let Some(path) = line.strip_prefix(b"SF:") {
            if self.file.is_some() {
                return Err(malformed(self.index, "SF inside of a file's record"));
            }
            self.file = Some((text(path), Lines::default()));
        } else if line.starts_with(b"end_of_record")
            && let Some((path, lines)) = self.file.take()
        {
            self.table.put(&path, lines)?;
        }
        Ok(())
    }

    fn take(&mut self, text: &[u8]) -> usize {
        let Some((_, lines)) = &mut self.file else {
            return 0;
        };
        let mut taken = 0;
        while let Some((line, covered, length)) = plain_data(&text[taken..]) {
            lines.add(line, covered);
            self.index += 1;
            taken += length;
        }
        taken
    }
}

/// `DA:12,3` with its end, which is what nearly all of a report is: the line, whether it is covered, and the bytes.
fn plain_data(text: &[u8]) -> Option<(u32, bool, usize)> {
    const MOST_DIGITS: usize = 9;
    let data = text.strip_prefix(b"DA:")?;
    let (mut line, mut at) = (0_u32, 0);
    loop {
        match *data.get(at)? {
            digit @ b'0'..=b'9' if at < MOST_DIGITS => line = line * 10 + u32::from(digit - b'0'),
            b',' if at > 0 => break,
            _ => return None,
        }
        at += 1;
    }
    let count = at + 1;
    let mut covered = false;
    loop {
        at += 1;
        match *data.get(at)? {
            b'0' => {}
            b'1'..=b'9' => covered = true,
            b'\n' if at > count => return Some((line, covered, at + 4)),
            _ => return None,
        }
    }
}

/// `line,count` or `line,count,checksum`.
fn line_data(data: &[u8]) -> Option<(u32, bool)> {
    let comma = data.iter().position(|&byte| byte == b',')?;
    let count = data.get(comma + 1..)?;
    let end = count.iter().position(|&byte| byte == b',');
    let count = &count[..end.unwrap_or(count.len())];
    if count.is_empty() {
        return None;
    }
    // Some tools write line 0, some a negative one: for code that belongs to no line.
    let line = match number(&data[..comma]) {
        Some(line) => line,
        None if data[..comma].starts_with(b"-") => 0,
        None => return None,
    };
    Some((line, is_hit(count)))
}

fn malformed(line: u64, what: &str) -> Problem {
    Problem::Malformed(format!("line {line}: {what}"))
}
