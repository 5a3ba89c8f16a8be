//! Source text without what only looks like code: comments become spaces, the text of strings and characters becomes `_`.
//! It must not change where anything stands.

use super::Language;

/// As long as `text`, with the same lines.
pub fn masked(text: &[u8], language: Language) -> Vec<u8> {
    let mut code = Vec::with_capacity(text.len());
    while code.len() < text.len() {
        let at = code.len();
        let rest = &text[at..];
        let in_name = at > 0 && (text[at - 1].is_ascii_alphanumeric() || text[at - 1] == b'_');
        let (length, mask) = match comment(rest, language) {
            Some(length) => (length, b' '),
            None => match literal(rest, language, in_name) {
                Some(length) => (length, b'_'),
                None => (1, rest[0]),
            },
        };
        let covered = rest[..length.clamp(1, rest.len())].iter();
        code.extend(covered.map(|&byte| match byte {
            b'\n' | b'\r' => byte,
            _ => mask,
        }));
    }
    code
}

/// How long the comment is that stands at the beginning.
fn comment(rest: &[u8], language: Language) -> Option<usize> {
    match (rest, language) {
        ([b'/', b'/', ..], _) => Some(line(rest)),
        ([b'/', b'*', ..], Language::Rust) => Some(nested(rest, b"/*", b"*/")),
        ([b'/', b'*', ..], Language::D) => Some(until(rest, 2, b"*/")),
        ([b'/', b'+', ..], Language::D) => Some(nested(rest, b"/+", b"+/")),
        _ => None,
    }
}

/// How long the string or character is that stands at the beginning.
fn literal(rest: &[u8], language: Language, in_name: bool) -> Option<usize> {
    match (rest, language) {
        ([b'"', ..], _) => Some(quoted(rest, b'"')),
        ([b'\\', b'\\', ..], Language::Zig) => Some(line(rest)),
        ([b'`', ..], Language::D) => Some(until(rest, 1, b"`")),
        ([b'r', b'"', ..], Language::D) if !in_name => Some(until(rest, 2, b"\"")),
        ([b'r' | b'b' | b'c', ..], Language::Rust) if !in_name => raw(rest),
        ([b'\'', b'\\', ..], _) => Some(quoted(rest, b'\'')),
        // A lifetime has no second quote.
        ([b'\'', first, ..], _) => {
            let width = match first {
                0..=0x7F => 1,
                0x80..=0xDF => 2,
                0xE0..=0xEF => 3,
                _ => 4,
            };
            (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
        }
        _ => None,
    }
}

fn line(rest: &[u8]) -> usize {
    let end = rest.iter().position(|&byte| byte == b'\n');
    end.unwrap_or(rest.len())
}

/// Up to and with `end`, which is looked for behind the first bytes.
fn until(rest: &[u8], from: usize, end: &[u8]) -> usize {
    let found = rest[from.min(rest.len())..]
        .windows(end.len())
        .position(|part| part == end);
    found.map_or(rest.len(), |found| from + found + end.len())
}

fn nested(rest: &[u8], open: &[u8], close: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(open) {
            depth += 1;
            at += open.len();
        } else if rest[at..].starts_with(close) {
            depth -= 1;
            at += close.len();
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// With escapes.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `r"…"`, `br#"…"#`; None for a name that begins so.
fn raw(rest: &[u8]) -> Option<usize> {
    let prefix = rest
        .iter()
        .take_while(|byte| matches!(byte, b'b' | b'c'))
        .count();
    let behind = rest.get(prefix..)?.strip_prefix(b"r")?;
    let hashes = behind.iter().take_while(|&&byte| byte == b'#').count();
    (behind.get(hashes) == Some(&b'"')).then(|| {
        let end = [b"\"", &*vec![b'#'; hashes]].concat();
        until(rest, prefix + 1 + hashes + 1, &end)
    })
}
