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
        let (mut taken, mut count) = (0, 0);
        lines.add_all(std::iter::from_fn(|| {
            let (line, covered, length) = plain_data(text.get(taken..)?)?;
            taken += length;
            count += 1;
            Some((line, covered))
        }));
        self.index += count;
        taken
    }
}

/// `DA:12,3` with its end, which is what nearly all of a report is: the line, whether it is covered, and the bytes. None
/// for what is written in any other way, has a number of more than seven digits, or stands at the end of `text`.
///
/// Eight bytes at a time, without a loop and without a call: a component looks at its deadline in each, and components are
/// built for size, which inlines little.
#[inline(always)]
fn plain_data(text: &[u8]) -> Option<(u32, bool, usize)> {
    const PREFIX: u64 = u32::from_le_bytes(*b"DA:\0") as u64;
    const LONGEST: usize = 3 + 8 + 8 + 1;
    let text: &[u8; LONGEST] = text.first_chunk()?;
    let at = |from: usize| -> Option<u64> {
        let word = text.get(from..)?.first_chunk()?;
        Some(u64::from_le_bytes(*word))
    };
    if at(0)? & 0xFF_FFFF != PREFIX {
        return None;
    }
    let line = Digits::at_the_beginning(at(3)?)?;
    let count_at = 3 + line.length + 1;
    let count = Digits::at_the_beginning(at(count_at)?)?;
    let end = count_at + count.length;
    let length = match count.end {
        b'\n' => end + 1,
        b'\r' if text.get(end + 1) == Some(&b'\n') => end + 2,
        _ => return None,
    };
    (line.end == b',').then(|| (line.value(), count.values != 0, length))
}

/// The digits that eight bytes begin with: one to seven.
struct Digits {
    /// A digit's value in each byte, the last digit in the highest one, and 0 below the first.
    values: u64,
    length: usize,
    /// What stands behind them.
    end: u8,
}

impl Digits {
    /// The first byte is the lowest one.
    #[inline(always)]
    fn at_the_beginning(word: u64) -> Option<Self> {
        const ONES: u64 = u64::MAX / 0xFF;
        let values = word ^ (ONES * 0x30);
        // The highest bit of every byte that is more than 9. A sum that carries into the next byte comes from one that is
        // more than 9 itself, and only the first of those is asked for.
        let others = (values.wrapping_add(ONES * 0x76) | values) & (ONES * 0x80);
        // Asked one after another: a processor guesses the answers, and waits for none of them.
        let ends = |index: u32| others & (0x80 << (8 * index)) != 0;
        let length = match () {
            () if ends(0) => return None,
            () if ends(1) => 1,
            () if ends(2) => 2,
            () if ends(3) => 3,
            () if ends(4) => 4,
            () if ends(5) => 5,
            () if ends(6) => 6,
            () if ends(7) => 7,
            () => return None,
        };
        let bits = 8 * length;
        Some(Self {
            values: values << (64 - bits),
            length: (bits / 8) as usize,
            end: (word >> bits) as u8,
        })
    }

    /// Two neighbours become one number, three times.
    #[inline(always)]
    fn value(&self) -> u32 {
        let pairs = (self.values * 10 + (self.values >> 8)) & 0x00FF_00FF_00FF_00FF;
        let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
        (fours * 10_000 + (fours >> 32)) as u32
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

#[cfg(test)]
mod tests {
    use super::{line_data, plain_data};

    /// What the fast way takes is what the careful one would have made of it.
    #[test]
    fn plain_data_is_data_like_any_other() {
        let lines = [
            "0", "1", "9", "10", "063", "999", "1000", "12345", "999999", "1234567",
        ];
        let counts = [
            "0", "1", "9", "10", "00", "070", "4711", "1000000", "0000000",
        ];
        for line in lines {
            for count in counts {
                for end in ["\n", "\r\n"] {
                    let data = format!("{line},{count}");
                    let text = format!("DA:{data}{end}DA:1,1\nend_of_record\n");
                    let (line, covered) = line_data(data.as_bytes()).unwrap();
                    let length = "DA:".len() + data.len() + end.len();
                    assert_eq!(
                        plain_data(text.as_bytes()),
                        Some((line, covered, length)),
                        "{text}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_careful_way() {
        for data in [
            "",
            ",",
            "1",
            "1,",
            ",1",
            "-1,0",
            "1,-1",
            "1,1,sum",
            "12345678,1",
            "1,12345678",
            "a,1",
            "1,a",
            "1,1\r,",
            "1,1\0",
            "\u{b1},1",
            "1;1",
        ] {
            let text = format!("DA:{data}\nDA:1,1\nend_of_record\n");
            assert_eq!(plain_data(text.as_bytes()), None, "{text}");
        }
        assert_eq!(plain_data(b"DX:1,1\nDA:1,1\nend_of_record\n"), None);
        // Nothing stands behind it that would show where it ends.
        assert_eq!(plain_data(b"DA:1,1\n"), None);
    }
}
