//! A text with the places of a YAML tree in it as bytes, to cut out and put in. It must not know YAML's rules.

use std::ops::Range;

use super::tree::Position;

/// Lines and byte positions of a text that is about to be changed.
pub struct Text<'t> {
    text: &'t str,
    /// Where each line starts; at last the end of the text, if it ends with a line end.
    starts: Vec<usize>,
}

impl<'t> Text<'t> {
    pub fn new(text: &'t str) -> Self {
        let after_line_ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(after_line_ends).collect(),
        }
    }

    /// The byte at a position. A mark at the start of the text has no column.
    pub fn byte(&self, position: Position) -> Option<usize> {
        let line = position.line.checked_sub(1)?;
        let start = *self.starts.get(line)?;
        let marked = line == 0 && self.text.starts_with('\u{feff}');
        let start = start + if marked { '\u{feff}'.len_utf8() } else { 0 };
        let rest = self.text.get(start..)?;
        let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        Some(start + ends.nth(position.column.checked_sub(1)?)?)
    }

    /// A line without its end; None behind the last one. Lines count from 1.
    pub fn line(&self, number: usize) -> Option<&'t str> {
        let line = &self.text[self.line_range(number)?];
        let line = line.strip_suffix('\n').unwrap_or(line);
        Some(line.strip_suffix('\r').unwrap_or(line))
    }

    /// The bytes of a line with its end.
    pub fn line_range(&self, number: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(number.checked_sub(1)?)?;
        let end = self.starts.get(number).copied().unwrap_or(self.text.len());
        (start < self.text.len()).then_some(start..end)
    }

    pub fn slice(&self, range: Range<usize>) -> Option<&'t str> {
        self.text.get(range)
    }

    /// The text with other bytes in a place.
    pub fn replaced(&self, range: Range<usize>, with: &str) -> Option<String> {
        Some(
            [
                self.text.get(..range.start)?,
                with,
                self.text.get(range.end..)?,
            ]
            .concat(),
        )
    }

    /// The text with lines put in behind a line (0: before the first), with the line ends that it has.
    pub fn with_lines(&self, behind: usize, lines: &[String]) -> Option<String> {
        let line_end = if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let at = match behind {
            0 => 0,
            number => self
                .line_range(number)
                .map_or(self.text.len(), |line| line.end),
        };
        let before = self.text.get(..at)?;
        let lines = lines.join(line_end);
        // A last line without an end stays one: the new lines take that place.
        let inserted = if before.is_empty() || before.ends_with('\n') {
            lines + line_end
        } else {
            [line_end, &lines].concat()
        };
        self.replaced(at..at, &inserted)
    }

    /// In bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        let open = self
            .starts
            .last()
            .is_some_and(|start| *start < self.text.len());
        self.starts.len() - usize::from(!open)
    }
}
