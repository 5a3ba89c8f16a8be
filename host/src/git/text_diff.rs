//! The difference of two texts, as git shows it. It must not know where they come from.

use anyhow::Context as _;

/// The lines of a unified diff's hunks, without its file headers; none where the texts are the same. A line ends with
/// `\n` and nothing else: a carriage return is part of it.
pub fn text_diff(old: &str, new: &str) -> anyhow::Result<Vec<String>> {
    let mut options = git2::DiffOptions::new();
    // A NUL is no reason to show nothing.
    options.force_text(true);
    let (old, new) = (old.as_bytes(), new.as_bytes());
    let mut patch = git2::Patch::from_buffers(old, None, new, None, Some(&mut options))
        .context("failed to compare two texts")?;
    let patch = patch.to_buf().context("failed to show a difference")?;
    let patch = String::from_utf8_lossy(&patch);
    let hunks = patch
        .split_terminator('\n')
        .skip_while(|line| !line.starts_with("@@"));
    Ok(hunks.map(str::to_owned).collect())
}

/// Lines that are not the same in two texts, as they stand in the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineChange {
    /// 1-based: the first line that was added; where none was, the line behind which lines were removed, 0 at the
    /// beginning.
    pub first: u32,
    pub added: u32,
    pub removed: u32,
}

/// Lines between the first and the last that differ. Where both texts have more of them, comparing them can take longer
/// than anybody would wait: lines that are all alike are the worst, and then it grows with the square of their number.
const MOST_LINES: usize = 20_000;

/// What differs, from top to bottom; None for binary content, and for what would take too long to compare. White space at the end of a line does not count, so that a
/// file whose line ends git converts is not all new.
pub fn line_changes(old: &[u8], new: &[u8]) -> Option<Vec<LineChange>> {
    if is_costly(old, new) {
        return None;
    }
    let mut options = git2::DiffOptions::new();
    options.ignore_whitespace_eol(true).context_lines(0);
    let patch = git2::Patch::from_buffers(old, None, new, None, Some(&mut options)).ok()?;
    if patch.delta().flags().is_binary() {
        return None;
    }
    let hunks = (0..patch.num_hunks()).map(|index| {
        let (hunk, _) = patch.hunk(index).ok()?;
        Some(LineChange {
            first: hunk.new_start(),
            added: hunk.new_lines(),
            removed: hunk.old_lines(),
        })
    });
    hunks.collect()
}

fn is_costly(old: &[u8], new: &[u8]) -> bool {
    let same = old.iter().zip(new).take_while(|(old, new)| old == new);
    let before = same.count();
    let (old, new) = (&old[before..], &new[before..]);
    let ends = old.iter().rev().zip(new.iter().rev());
    let after = ends.take_while(|(old, new)| old == new).count();
    let lines = |text: &[u8]| {
        let between = text[..text.len() - after].iter();
        between.filter(|byte| **byte == b'\n').count()
    };
    lines(old).min(lines(new)) > MOST_LINES
}

#[cfg(test)]
mod tests {
    use super::{LineChange, MOST_LINES, line_changes, text_diff};

    #[test]
    fn what_takes_too_long_to_compare_is_not_compared() {
        let text = |lines: usize, word: &str| format!("begin\n{}end\n", word.repeat(lines));
        let (old, new) = (text(MOST_LINES + 2, "a\n"), text(MOST_LINES + 2, "b\n"));
        assert_eq!(line_changes(old.as_bytes(), new.as_bytes()), None);
        let few = text(3, "b\n");
        assert!(line_changes(old.as_bytes(), few.as_bytes()).is_some());
        // A large file with a small change.
        let changed = old.replace("begin", "begun");
        let changes = line_changes(old.as_bytes(), changed.as_bytes()).unwrap();
        assert_eq!(changes.len(), 1);
    }

    #[test]
    fn changes_are_placed_in_the_new_text() {
        let changes = |old: &str, new: &str| line_changes(old.as_bytes(), new.as_bytes());
        let change = |first, added, removed| LineChange {
            first,
            added,
            removed,
        };
        let both = changes("a\nb\nc\nd\n", "a\nX\nY\nc\n").unwrap();
        assert_eq!(both, [change(2, 2, 1), change(4, 0, 1)]);
        assert_eq!(changes("a\nb\n", "b\n"), Some(vec![change(0, 0, 1)]));
        assert_eq!(changes("", "a\nb\n"), Some(vec![change(1, 2, 0)]));
        assert_eq!(changes("a\r\n", "a\n"), Some(vec![]));
        assert_eq!(changes("a", "\0"), None);
    }

    #[test]
    fn only_what_differs_is_shown() {
        let diff = text_diff("a\nb\nc\n", "a\nB\nc\n").unwrap();
        assert_eq!(diff, ["@@ -1,3 +1,3 @@", " a", "-b", "+B", " c"]);
        assert!(text_diff("a\n", "a\n").unwrap().is_empty());
    }

    #[test]
    fn line_ends_and_nul_are_text_like_any_other() {
        let changed = |old: &str, new: &str| text_diff(old, new).unwrap().split_off(1);
        assert_eq!(changed("a\r\n", "a\n"), ["-a\r", "+a"]);
        assert_eq!(changed("a\0\n", "b\0\n"), ["-a\0", "+b\0"]);
        let end = "\\ No newline at end of file";
        assert_eq!(changed("a", "a\n"), ["-a", end, "+a"]);
    }
}
