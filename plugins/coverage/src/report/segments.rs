//! From the segments that llvm-cov exports to lines, as llvm-cov itself counts them. It must not read JSON.

use crate::table::Lines;

/// From its place in the source on, code was executed so often, until the next segment.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    pub line: u32,
    pub covered: bool,
    pub has_count: bool,
    pub is_entry: bool,
    pub is_gap: bool,
}

impl Segment {
    fn begins_region(&self) -> bool {
        self.is_entry && self.has_count && !self.is_gap
    }
}

/// The segments go backwards.
#[derive(Debug, PartialEq, Eq)]
pub struct OutOfOrder;

/// Goes from line to line with what was in force when the line began.
pub struct Sweep<'a> {
    lines: &'a mut Lines,
    /// The last segment of an earlier line.
    wrapped: Option<Segment>,
    current: Option<Current>,
}

struct Current {
    line: u32,
    first_skips: bool,
    begins: bool,
    begins_covered: bool,
    last: Segment,
}

impl<'a> Sweep<'a> {
    pub fn new(lines: &'a mut Lines) -> Self {
        Self {
            lines,
            wrapped: None,
            current: None,
        }
    }

    pub fn segment(&mut self, segment: Segment) -> Result<(), OutOfOrder> {
        match &mut self.current {
            Some(current) if current.line > segment.line => return Err(OutOfOrder),
            Some(current) if current.line == segment.line => current.last = segment,
            _ => {
                let from = self.current.as_ref().map(|current| current.line);
                self.finish_line();
                // The lines between, in which no segment begins.
                if let (Some(from), Some(wrapped)) = (from, self.wrapped)
                    && wrapped.has_count
                {
                    self.lines
                        .add_range(from + 1, segment.line - 1, wrapped.covered);
                }
                self.current = Some(Current {
                    line: segment.line,
                    first_skips: !segment.has_count && segment.is_entry,
                    begins: false,
                    begins_covered: false,
                    last: segment,
                });
            }
        }
        if let Some(current) = &mut self.current
            && segment.begins_region()
        {
            current.begins = true;
            current.begins_covered |= segment.covered;
        }
        Ok(())
    }

    pub fn finish(mut self) {
        self.finish_line();
    }

    fn finish_line(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        let wrapped = self.wrapped.filter(|wrapped| wrapped.has_count);
        if !current.first_skips && (wrapped.is_some() || current.begins) {
            let wrapped = wrapped.is_some_and(|wrapped| wrapped.covered);
            self.lines
                .add(current.line, wrapped || current.begins_covered);
        }
        self.wrapped = Some(current.last);
    }
}
