//! Reads a report of any known format, told by its content, from its bytes in order. It must not call the host: the same
//! parsers run natively in tests and measurements.

mod go;
pub mod input;
mod json;
mod lcov;
mod segments;
mod xml;

use std::fmt;
use std::io::{BufRead, Read as _};

use crate::table::{Table, TooMuch};
use input::Utf16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Lcov,
    Cobertura,
    Jacoco,
    CoveragePy,
    Go,
    LlvmCov,
}

impl Format {
    pub const ALL: [Self; 6] = [
        Self::Lcov,
        Self::Cobertura,
        Self::Jacoco,
        Self::CoveragePy,
        Self::Go,
        Self::LlvmCov,
    ];

    /// As the configuration names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lcov => "lcov",
            Self::Cobertura => "cobertura",
            Self::Jacoco => "jacoco",
            Self::CoveragePy => "coverage-py",
            Self::Go => "go",
            Self::LlvmCov => "llvm-cov",
        }
    }
}

/// Why a report says nothing: the end of "the report …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Empty,
    /// None of the formats.
    Unknown,
    /// It ends before it is complete.
    Truncated,
    /// Where, and what is wrong there.
    Malformed(String),
    Nested,
    TooMuch,
    /// Well formed, and not a line in it.
    NoLines,
    Unreadable(String),
    /// Not what the configuration says.
    Other {
        expected: Format,
        format: Format,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::Unknown => f.write_str("has none of the known formats"),
            Self::Truncated => f.write_str("ends before it is complete"),
            Self::Malformed(what) => write!(f, "is malformed: {what}"),
            Self::Nested => f.write_str("is nested more deeply than any coverage tool does it"),
            Self::TooMuch => f.write_str("describes more than is kept of one report"),
            Self::NoLines => f.write_str("describes no lines"),
            Self::Other { expected, format } => {
                write!(
                    f,
                    "is {}, and config.format says {}",
                    format.name(),
                    expected.name()
                )
            }
            Self::Unreadable(why) => write!(f, "could not be read: {why}"),
        }
    }
}

impl Problem {
    /// What a report brings into the words about it has a length, whatever it is.
    fn malformed(what: impl fmt::Display) -> Self {
        const MOST: usize = 200;
        Self::Malformed(what.to_string().chars().take(MOST).collect())
    }
}

impl From<TooMuch> for Problem {
    fn from(_: TooMuch) -> Self {
        Self::TooMuch
    }
}

/// The whole report. `input` gives at least some bytes at a time; 1 MiB is a good measure.
pub fn read(mut input: impl BufRead) -> Result<(Format, Table), Problem> {
    let start = input::beginning(&mut input)?;
    let order = input::utf16_order(&start);
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&start);
    match order {
        Some(order) => read_utf8(&mut Utf16::new(text.chain(input), order)),
        None => read_utf8(&mut text.chain(input)),
    }
}

/// Not generic: the parsers would be in the component once for each kind of input.
fn read_utf8(mut input: &mut dyn BufRead) -> Result<(Format, Table), Problem> {
    input::skip_blank(&mut input)?;
    let start = input::beginning(&mut input)?;
    let input = start.chain(input);
    let mut table = Table::default();
    let format = match start.first() {
        None => return Err(Problem::Empty),
        Some(b'<') => xml::read(input, &mut table)?,
        Some(b'{') => json::read(input, &mut table)?,
        Some(_) if start.starts_with(b"mode:") => {
            go::read(input, &mut table)?;
            Format::Go
        }
        Some(_) if lcov::is_lcov(&start) => {
            lcov::read(input, &mut table)?;
            Format::Lcov
        }
        Some(_) => return Err(Problem::Unknown),
    };
    let lines = table.files.values().any(|lines| lines.counts().lines > 0);
    if lines {
        Ok((format, table))
    } else {
        Err(Problem::NoLines)
    }
}

fn unreadable(error: std::io::Error) -> Problem {
    Problem::Unreadable(error.to_string())
}

/// Text as it is, or as Latin-1 where it is not UTF-8: a name that is wrong in one letter matches nothing, no more.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Digits, and nothing else.
fn number(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() || bytes.len() > 10 {
        return None;
    }
    let mut value: u64 = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    u32::try_from(value).ok()
}

/// A count of executions, however long: negative ones, which gcc writes now and then, are none.
fn is_hit(count: &[u8]) -> bool {
    !count.starts_with(b"-") && count.iter().any(|byte| matches!(byte, b'1'..=b'9'))
}

#[cfg(test)]
mod tests;
