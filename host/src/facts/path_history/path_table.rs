//! Many sorted paths in two pieces of memory: an index of 100,000 paths is read for every brief, and a piece of memory
//! for each of them would cost more than all the rest of it. It must not know what the paths are for.

use crate::path::RepoPath;

/// Sorted by bytes, each once; a path is known by its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PathTable {
    bytes: Vec<u8>,
    /// Where each path ends in `bytes`.
    ends: Vec<usize>,
}

impl PathTable {
    pub(super) fn with_capacity(paths: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(paths * 16),
            ends: Vec::with_capacity(paths),
        }
    }

    /// Adds a path that begins with `shared` bytes of the last one. None unless it sorts after that one.
    pub(super) fn push(&mut self, shared: usize, rest: &[u8]) -> Option<()> {
        let start = self.bytes.len();
        let last = self.start(self.ends.len().saturating_sub(1))..start;
        if shared > last.len() {
            return None;
        }
        self.bytes
            .extend_from_within(last.start..last.start + shared);
        self.bytes.extend_from_slice(rest);
        if !self.ends.is_empty() && self.bytes[last] >= self.bytes[start..] {
            return None;
        }
        self.ends.push(self.bytes.len());
        Some(())
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        &self.bytes[self.start(number)..self.ends[number]]
    }

    pub(super) fn path(&self, number: u32) -> RepoPath {
        RepoPath::new(self.get(number))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|number| &self.bytes[self.start(number)..self.ends[number]])
    }

    pub(super) fn find(&self, path: &[u8]) -> Option<u32> {
        let number = self.lower_bound(path);
        (number as usize != self.len() && self.get(number) == path).then_some(number)
    }

    /// The number of the first path that is not less than `path`; as many as there are, if all are less.
    pub(super) fn lower_bound(&self, path: &[u8]) -> u32 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.bytes[self.start(middle)..self.ends[middle]] < *path {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        u32::try_from(low).unwrap_or(u32::MAX)
    }

    fn start(&self, number: usize) -> usize {
        match number {
            0 => 0,
            number => self.ends[number - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_by_number_and_by_name() {
        let mut table = PathTable::default();
        for (shared, rest) in [(0, "a"), (1, "/b"), (2, "c"), (0, "b")] {
            table.push(shared, rest.as_bytes()).unwrap();
        }
        let all: Vec<&[u8]> = table.iter().collect();
        assert_eq!(all, [&b"a"[..], b"a/b", b"a/c", b"b"]);
        assert_eq!(table.get(2), b"a/c");
        assert_eq!((table.find(b"a/b"), table.find(b"a/bb")), (Some(1), None));
        assert_eq!((table.lower_bound(b""), table.lower_bound(b"c")), (0, 4));
    }

    #[test]
    fn what_is_not_sorted_or_shares_too_much_is_refused() {
        let mut table = PathTable::default();
        assert_eq!(table.push(1, b"x"), None);
        table.push(0, b"b").unwrap();
        assert_eq!(table.clone().push(0, b"b"), None);
        assert_eq!(table.clone().push(0, b"a"), None);
        assert_eq!(table.push(2, b"c"), None);
    }
}
