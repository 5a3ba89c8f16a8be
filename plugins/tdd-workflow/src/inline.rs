//! Tests that stand beside the code in the same file: which lines of a file are tests, code, or neither. It must not know
//! what changed, nor read files.

mod mask;

use mask::masked;

/// A language whose files hold both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Rust,
    Zig,
    D,
    /// Doctests.
    Elixir,
    /// Doctests.
    Python,
}

/// All files of these languages.
pub const GLOBS: [&str; 6] = [
    "**/*.rs", "**/*.zig", "**/*.d", "**/*.ex", "**/*.exs", "**/*.py",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Test,
    Code,
    /// Empty, or a comment.
    Neither,
}

/// Which sides of the work something touches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sides {
    pub tests: bool,
    pub source: bool,
}

impl Language {
    pub fn of(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        Some(match extension {
            "rs" => Self::Rust,
            "zig" => Self::Zig,
            "d" => Self::D,
            "ex" | "exs" => Self::Elixir,
            "py" => Self::Python,
            _ => return None,
        })
    }

    /// Whether tests are more than examples among comments, which few files have.
    pub fn has_blocks(self) -> bool {
        matches!(self, Self::Rust | Self::Zig | Self::D)
    }

    /// Of each line, from top to bottom.
    pub fn line_kinds(self, text: &str) -> Vec<LineKind> {
        match self {
            Self::Elixir => by_prompt(text, &["iex>", "iex("]),
            Self::Python => by_prompt(text, &[">>>"]),
            Self::Rust | Self::Zig | Self::D => self.by_blocks(text),
        }
    }

    fn by_blocks(self, text: &str) -> Vec<LineKind> {
        let code = masked(text.as_bytes(), self);
        let regions = match self {
            Self::Rust => rust_tests(&code),
            Self::Zig => blocks_after(&code, b"test", false),
            _ => blocks_after(&code, b"unittest", true),
        };
        let mut kinds = Vec::new();
        let mut regions = regions.into_iter().peekable();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let end = at + line.len();
            while regions.next_if(|(_, last)| *last < at).is_some() {}
            let in_test = regions.peek().is_some_and(|(first, _)| *first < end);
            let blank = code[at..end].iter().all(u8::is_ascii_whitespace);
            kinds.push(match () {
                () if self == Self::Rust && is_doctest(line) => LineKind::Test,
                () if blank => LineKind::Neither,
                () if in_test => LineKind::Test,
                () => LineKind::Code,
            });
            at = end;
        }
        kinds
    }
}

impl Sides {
    pub fn add(&mut self, other: Self) {
        self.tests |= other.tests;
        self.source |= other.source;
    }

    /// Of changes: the first line (1-based) and how many. Where none was added, lines behind it were removed, which wants
    /// no test: what is gone there counts only if it stood among tests.
    pub fn of(kinds: &[LineKind], changes: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut sides = Self::default();
        for (first, added) in changes {
            let from = (first as usize).saturating_sub(1);
            let lines = kinds.iter().skip(from).take((added as usize).max(1));
            for kind in lines {
                sides.tests |= *kind == LineKind::Test;
                sides.source |= *kind == LineKind::Code && added > 0;
            }
        }
        sides
    }
}

/// What tells one state of a file's tests, and of its code, from any other. Neither white space nor comments count.
pub fn fingerprint(kinds: &[LineKind], text: &str) -> (u64, u64) {
    // FNV-1a: it is kept, so it has to stay the same with every compiler.
    const START: u64 = 0xCBF2_9CE4_8422_2325;
    let mut prints = (START, START);
    for (kind, line) in kinds.iter().zip(text.lines()) {
        let print = match kind {
            LineKind::Test => &mut prints.0,
            LineKind::Code => &mut prints.1,
            LineKind::Neither => continue,
        };
        for byte in line.trim().bytes().chain([b'\n']) {
            *print = (*print ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    }
    prints
}

fn by_prompt(text: &str, prompts: &[&str]) -> Vec<LineKind> {
    let lines = text.lines().map(|line| {
        let line = line.trim_start();
        match () {
            () if prompts.iter().any(|prompt| line.starts_with(prompt)) => LineKind::Test,
            () if line.is_empty() || line.starts_with('#') => LineKind::Neither,
            () => LineKind::Code,
        }
    });
    lines.collect()
}

fn is_doctest(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with("///") || line.starts_with("//!")) && line.contains("assert")
}

/// The first and last byte of each item that is compiled for tests only, and of each test.
fn rust_tests(code: &[u8]) -> Vec<(usize, usize)> {
    let mut regions = Vec::new();
    let mut at = 0;
    while let Some(found) = code[at..].iter().position(|&byte| byte == b'#') {
        let start = at + found;
        let inner = code.get(start + 1) == Some(&b'!');
        let open = start + 1 + usize::from(inner);
        at = start + 1;
        if code.get(open) != Some(&b'[') {
            continue;
        }
        let close = closing(code, open);
        if close == code.len() {
            break;
        }
        if is_test_attribute(&code[open + 1..close]) {
            if inner {
                return vec![(0, code.len())];
            }
            at = item_end(code, close + 1) + 1;
            regions.push((start, at - 1));
        } else {
            at = close + 1;
        }
        at = at.min(code.len());
    }
    regions
}

/// `cfg(test)` and its like, `test`, `tokio::test`, `rstest`, `test_case(…)`, `bench`.
fn is_test_attribute(attribute: &[u8]) -> bool {
    let text: String = attribute
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|&byte| char::from(byte))
        .collect();
    if let Some(condition) = text.strip_prefix("cfg(") {
        let mut words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
        return words.any(|word| word == "test") && !condition.contains("not(test");
    }
    let path = text.split(['(', '=', '{', '[']).next().unwrap_or_default();
    let name = path.rsplit("::").next().unwrap_or_default();
    name.ends_with("test") || name.starts_with("test_") || matches!(name, "bench" | "quickcheck")
}

/// Blocks behind a word: `test "name" {`, `unittest {`. Where the word may also be a name, it has to begin a statement.
fn blocks_after(code: &[u8], word: &[u8], is_keyword: bool) -> Vec<(usize, usize)> {
    let mut regions = Vec::new();
    let mut at = 0;
    while at + word.len() <= code.len() {
        let end = at + word.len();
        let is_word = code[at..end] == *word;
        at = match is_word
            .then(|| block_of(code, at, end, is_keyword))
            .flatten()
        {
            Some(open) => {
                let close = closing(code, open);
                regions.push((at, close));
                close + 1
            }
            _ => at + 1,
        };
    }
    regions
}

/// Where the block opens that belongs to the word at these bytes.
fn block_of(code: &[u8], at: usize, end: usize, is_keyword: bool) -> Option<usize> {
    const LONGEST_NAME: usize = 200;
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let (before, behind) = (&code[..at], &code[end..]);
    if before.last().is_some_and(in_name) || behind.first().is_some_and(in_name) {
        return None;
    }
    let last = before.trim_ascii_end().last();
    if !is_keyword && last.is_some_and(|byte| !b"{};:".contains(byte)) {
        return None;
    }
    // Its name may stand between; anything else makes it an expression.
    let mut rest = behind.iter().zip(end..).take(LONGEST_NAME);
    let (byte, open) = rest.find(|(byte, _)| !in_name(byte) && !byte.is_ascii_whitespace())?;
    (*byte == b'{').then_some(open)
}

/// Where an item ends that begins here: behind its block, or at its semicolon.
fn item_end(code: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = code.get(at) {
        match byte {
            b'(' | b'[' => at = closing(code, at),
            b'{' => return closing(code, at),
            b';' | b'}' => return at,
            _ => {}
        }
        at += 1;
    }
    code.len()
}

/// The bracket that closes the one at `open`; the end where none does.
fn closing(code: &[u8], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests;
