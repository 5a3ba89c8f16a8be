//! Which lines of which files a report calls covered, in little memory whatever the report says. It must not know a
//! format, nor where the files are.

use std::collections::BTreeMap;

/// Lines behind this one are passed over.
pub const LAST_LINE: u32 = 1_000_000;
const MOST_FILES: usize = 100_000;
/// Bytes.
const LONGEST_PATH: usize = 4_096;
const MOST_PATH_BYTES: usize = 8 * 1024 * 1024;
/// Of all files together, kept at a time: 24 bytes each.
const MOST_BLOCKS: usize = 800_000;
/// Of all files together, ever touched: what a report can ask for is bounded by this, not by its length.
const MOST_WORK: u64 = 20_000_000;

/// The report asks for more than is kept of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch;

/// How many lines there are to cover, and how many of them are covered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub covered: u64,
    pub lines: u64,
}

impl Counts {
    /// None where there is nothing to cover.
    pub fn percent(self) -> Option<f64> {
        (self.lines > 0).then(|| self.covered as f64 * 100.0 / self.lines as f64)
    }

    pub fn add(&mut self, other: Self) {
        self.covered += other.covered;
        self.lines += other.lines;
    }
}

/// 64 lines: which of them can be covered, and which are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Block {
    index: u32,
    known: u64,
    hit: u64,
}

/// The lines of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// By index, once [`Lines::settle`] was called.
    blocks: Vec<Block>,
    /// The number of blocks at which they are put in order.
    next_settling: usize,
    settled: bool,
}

impl Lines {
    /// A line that is named twice is covered if it is once.
    pub fn add(&mut self, line: u32, covered: bool) {
        self.add_all(std::iter::once((line, covered)));
    }

    /// As [`Lines::add`] of each. Neighbours, as nearly all of them are, are put together before they are put in.
    #[inline(always)]
    pub fn add_all(&mut self, lines: impl Iterator<Item = (u32, bool)>) {
        let mut block = Block::default();
        for (line, covered) in lines {
            if line == 0 || line > LAST_LINE {
                continue;
            }
            let bit = 1 << (line % 64);
            if line / 64 != block.index {
                self.put(block);
                block = Block {
                    index: line / 64,
                    ..Block::default()
                };
            }
            block.known |= bit;
            block.hit |= if covered { bit } else { 0 };
        }
        self.put(block);
    }

    /// Both ends included.
    pub fn add_range(&mut self, first: u32, last: u32, covered: bool) {
        let (first, last) = (first.max(1), last.min(LAST_LINE));
        if first > last {
            return;
        }
        for index in first / 64..=last / 64 {
            let from = first.max(index * 64) % 64;
            let to = last.min(index * 64 + 63) % 64;
            let known = (u64::MAX << from) & (u64::MAX >> (63 - to));
            let hit = if covered { known } else { 0 };
            self.put(Block { index, known, hit });
        }
    }

    fn put(&mut self, block: Block) {
        match self.blocks.last_mut() {
            _ if block.known == 0 => {}
            Some(last) if last.index == block.index => {
                last.known |= block.known;
                last.hit |= block.hit;
            }
            last => {
                self.settled = last.is_none_or(|last| last.index < block.index)
                    && (self.settled || self.blocks.is_empty());
                self.blocks.push(block);
                if !self.settled && self.blocks.len() >= self.next_settling.max(256) {
                    self.settle();
                    self.next_settling = self.blocks.len() * 2;
                }
            }
        }
    }

    /// Puts the blocks in order, each once.
    fn settle(&mut self) {
        if self.settled {
            return;
        }
        // Stable: it finds the runs that are in order already.
        self.blocks.sort_by_key(|block| block.index);
        self.blocks.dedup_by(|later, kept| {
            let same = later.index == kept.index;
            if same {
                kept.known |= later.known;
                kept.hit |= later.hit;
            }
            same
        });
        self.settled = true;
    }

    pub fn merge(&mut self, other: Self) {
        if self.blocks.is_empty() {
            *self = other;
        } else {
            self.settled = false;
            self.blocks.extend(other.blocks);
        }
        self.settle();
    }

    /// The last line that it knows, or one that is at most 63 lines behind that.
    pub fn last(&self) -> u32 {
        let last = self.blocks.iter().map(|block| block.index).max();
        last.map_or(0, |index| index.saturating_mul(64).saturating_add(63))
    }

    /// Takes away the lines behind `last`, and says how many there were.
    pub fn cut_behind(&mut self, last: u32) -> u64 {
        let before = self.counts().lines;
        self.blocks.retain_mut(|block| {
            let first = block.index * 64;
            if first.saturating_add(63) > last {
                let kept = match last.checked_sub(first) {
                    Some(kept) => u64::MAX >> (63 - kept),
                    None => 0,
                };
                block.known &= kept;
                block.hit &= kept;
            }
            block.known != 0
        });
        before - self.counts().lines
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for block in &self.blocks {
            counts.covered += u64::from(block.hit.count_ones());
            counts.lines += u64::from(block.known.count_ones());
        }
        counts
    }

    /// Every line that can be covered, from top to bottom, and whether it is.
    pub fn iter(&self) -> impl Iterator<Item = (u32, bool)> {
        self.blocks.iter().flat_map(|block| {
            let known = (0..64).filter(|bit| block.known >> bit & 1 == 1);
            known.map(|bit| (block.index * 64 + bit, block.hit >> bit & 1 == 1))
        })
    }
}

/// The files of one report, by the path it gives them.
#[derive(Debug, Default)]
pub struct Table {
    pub files: BTreeMap<String, Lines>,
    /// Directories that the report's paths start from.
    pub roots: Vec<String>,
    path_bytes: usize,
    blocks: usize,
    work: u64,
}

impl Table {
    /// Takes over a file's lines; those of a file that was there already are united. A path that is longer than any
    /// system has is passed over.
    pub fn put(&mut self, path: &str, mut lines: Lines) -> Result<(), TooMuch> {
        if path.is_empty() || path.len() > LONGEST_PATH {
            return Ok(());
        }
        self.work += lines.blocks.len() as u64 + 1;
        lines.settle();
        match self.files.get_mut(path) {
            Some(known) => {
                let before = known.blocks.len();
                self.work += before as u64;
                known.merge(lines);
                self.blocks += known.blocks.len() - before;
            }
            None => {
                lines.blocks.shrink_to_fit();
                self.blocks += lines.blocks.len();
                self.path_bytes += path.len();
                self.files.insert(path.to_owned(), lines);
            }
        }
        let over = self.files.len() > MOST_FILES
            || self.path_bytes > MOST_PATH_BYTES
            || self.blocks > MOST_BLOCKS
            || self.work > MOST_WORK;
        if over { Err(TooMuch) } else { Ok(()) }
    }

    pub fn add_root(&mut self, root: String) {
        const MOST_ROOTS: usize = 32;
        if self.roots.len() < MOST_ROOTS && !root.is_empty() && root.len() <= LONGEST_PATH {
            self.roots.push(root);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_any_order_are_counted_once() {
        let mut lines = Lines::default();
        for round in 0..3 {
            for line in (0..LAST_LINE / 97).rev().map(|index| 1 + index * 97) {
                lines.add(line, round == 1 && line % 2 == 1);
            }
        }
        let mut table = Table::default();
        table.put("a", lines).unwrap();
        let counts = table.files["a"].counts();
        let expected = (0..LAST_LINE / 97).map(|index| 1 + index * 97);
        assert_eq!(counts.lines, expected.clone().count() as u64);
        let odd = expected.filter(|line| line % 2 == 1).count() as u64;
        assert_eq!(counts.covered, odd);
    }

    #[test]
    fn a_range_is_the_lines_in_it() {
        for (first, last) in [
            (1, 1),
            (1, 63),
            (1, 64),
            (60, 200),
            (64, 127),
            (5, 4),
            (0, 2),
        ] {
            let (mut range, mut single) = (Lines::default(), Lines::default());
            range.add_range(first, last, true);
            for line in first..=last {
                single.add(line, true);
            }
            assert!(range.iter().eq(single.iter()), "{first}..={last}");
        }
    }

    #[test]
    fn what_stands_behind_the_last_line_is_cut_off() {
        for (last, left) in [(0, 0), (1, 1), (63, 63), (64, 64), (99, 99), (200, 100)] {
            let mut lines = Lines::default();
            lines.add_range(1, 100, true);
            assert_eq!(lines.cut_behind(last), 100 - left, "{last}");
            assert_eq!(lines.counts().lines, left, "{last}");
        }
    }

    #[test]
    fn what_one_report_may_take_is_bounded() {
        let mut table = Table::default();
        let whole = |table: &mut Table, name: &str| {
            let mut lines = Lines::default();
            lines.add_range(1, u32::MAX, true);
            table.put(name, lines)
        };
        let names = (0..1_000).map(|index| index.to_string());
        assert_eq!(
            names
                .map(|name| whole(&mut table, &name))
                .find(Result::is_err),
            Some(Err(TooMuch))
        );
        let mut table = Table::default();
        assert!((0..10_000).any(|_| whole(&mut table, "the same again").is_err()));
    }
}
