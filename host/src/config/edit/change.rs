//! Setting one value, and removing one entry, in the text of nested mappings: in block and in flow style. It must not
//! know what the keys mean, and is allowed to fail: whoever calls it reads the result again.

use std::ops::Range;

use super::splice::Text;
use super::tree::{self, Entry, Node, Position, Value};

/// What is put in.
#[derive(Debug, Clone)]
pub enum New<'k> {
    /// YAML on one line, as it is to stand there.
    Scalar(String),
    Mapping(Vec<(&'k str, New<'k>)>),
}

/// Where a key goes that is not there yet. Below the root it is always the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    First,
    Last,
}

/// The text with the value at a path of keys. None: it is written in a way that this does not know.
pub fn set(text: &str, path: &[&str], value: &New<'_>, place: Where) -> Option<String> {
    let root = tree::parse(text).ok()?;
    let text = Text::new(text);
    let mut holder = Holder {
        key: None,
        is_in_flow: false,
        mapping: root.as_ref(),
    };
    for (depth, key) in path.iter().enumerate() {
        let Some(found) = holder.mapping.and_then(|node| entry(node, key)) else {
            return add(&text, holder, &path[depth..], value, place);
        };
        if depth + 1 == path.len() {
            return replace(&text, found, value);
        }
        holder = Holder {
            key: Some(found),
            is_in_flow: holder.mapping.is_some_and(|node| is_flow(&text, node)),
            mapping: Some(&found.value),
        };
    }
    None
}

/// The text without `<parent>.<key>`. Comments inside of the entry go with it, and those above it that are clearly about
/// it ([`own_comment`]).
pub fn remove(text: &str, parent: &str, key: &str) -> Option<String> {
    let root = tree::parse(text).ok()??;
    let text = Text::new(text);
    let mapping = &entry(&root, parent)?.value;
    let gone = entry(mapping, key)?;
    if is_flow(&text, mapping) {
        return text.replaced(flow_range(&text, gone)?, "");
    }
    let first = gone.key_position;
    let line = text.line(first.line)?;
    if indent(line) + 1 != first.column {
        return None;
    }
    let last = last_line(&text, &gone.value, first.column);
    let from = own_comment(&text, first, last);
    let range = text.line_range(from)?.start..text.line_range(last)?.end;
    text.replaced(range, "")
}

/// The line from which an entry is to be taken out that starts at `key` and ends with the line `last`: where the comment
/// starts that is about this entry and nothing else, or the entry itself.
///
/// A comment is about the entry directly below it, in line with it. It may be about more, and stays, unless the two are
/// a paragraph of their own, with a blank line above and either one behind them or the end of the mapping: right below the
/// parent's key it may be about the parent, right below another entry about that one, and above several entries about
/// all of them. A comment that reads like an entry (`# name: …`) is one that somebody turned off, and stays.
fn own_comment(text: &Text<'_>, key: Position, last: usize) -> usize {
    let depth = key.column - 1;
    let comment = |number: usize| {
        let line = text.line(number).filter(|line| indent(line) == depth)?;
        line.get(depth..)?.strip_prefix('#')
    };
    let mut first = key.line;
    while comment(first - 1).is_some_and(|comment| !is_entry(comment)) {
        first -= 1;
    }
    let is_below_blank = text
        .line(first - 1)
        .is_some_and(|line| line.trim().is_empty());
    let is_last = text
        .line(last + 1)
        .is_none_or(|line| line.trim().is_empty() || indent(line) < depth);
    match is_below_blank && is_last {
        true => first,
        false => key.line,
    }
}

/// Whether a comment's text is `name:`, with or without something behind it.
fn is_entry(comment: &str) -> bool {
    let comment = comment.trim_start_matches(['#', ' ', '-']);
    let Some((name, behind)) = comment.split_once(':') else {
        return false;
    };
    let is_name = |letter: char| letter.is_alphanumeric() || "-_'\"".contains(letter);
    name.chars().all(is_name) && (behind.is_empty() || behind.starts_with([' ', '\t']))
}

/// A mapping that is not complete yet, and the key whose value it is; without a key it is the whole document.
#[derive(Clone, Copy)]
struct Holder<'n> {
    key: Option<&'n Entry>,
    /// The key stands between braces.
    is_in_flow: bool,
    mapping: Option<&'n Node>,
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    match &node.value {
        Value::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
        _ => None,
    }
}

fn replace(text: &Text<'_>, entry: &Entry, value: &New<'_>) -> Option<String> {
    let New::Scalar(value) = value else {
        return None;
    };
    let colon = behind_colon(text, entry)?;
    let range = value_range(text, entry)?;
    let old = text.slice(range.clone())?;
    let is_collection = !matches!(entry.value.value, Value::Scalar(_));
    if old.starts_with(['|', '>']) || is_collection && old.contains('#') {
        return None;
    }
    match range.start {
        // On lines of its own, or not there at all.
        start if start == colon || text.slice(colon..start)?.contains('\n') => {
            if text.slice(colon..start)?.contains('#') {
                return None;
            }
            text.replaced(colon..range.end, &format!(" {value}"))
        }
        _ => text.replaced(range, value),
    }
}

fn add(
    text: &Text<'_>,
    holder: Holder<'_>,
    keys: &[&str],
    value: &New<'_>,
    place: Where,
) -> Option<String> {
    let Some(mapping) = holder.mapping.filter(|mapping| !is_empty(mapping)) else {
        return add_to_empty(text, holder, keys, value);
    };
    let Value::Mapping(entries) = &mapping.value else {
        return None;
    };
    if is_flow(text, mapping) {
        let at = text.byte(mapping.position)? + 1;
        let separator = match text.slice(at..at + 1)? {
            " " | "\n" | "\r" => ",",
            _ => ", ",
        };
        let inserted = format!(" {}{separator}", in_flow(keys, value));
        return text.replaced(at..at, &inserted);
    }
    let column = entries.first()?.key_position.column;
    let lines = in_block(column - 1, keys, value);
    let behind = match (holder.key, place) {
        (Some(key), Where::First) => key.key_position.line,
        (Some(_), Where::Last) => last_line(text, mapping, column - 1),
        (None, _) => return at_the_end(text, lines),
    };
    text.with_lines(behind, &lines)
}

/// Into `key:`, `key: {}` or `key: ~`, or into a document that holds nothing.
fn add_to_empty(
    text: &Text<'_>,
    holder: Holder<'_>,
    keys: &[&str],
    value: &New<'_>,
) -> Option<String> {
    let Some(key) = holder.key else {
        return at_the_end(text, in_block(0, keys, value));
    };
    let line = key.key_position.line;
    if holder.is_in_flow {
        let flow = format!("{{ {} }}", in_flow(keys, value));
        return replace(text, key, &New::Scalar(flow));
    }
    let range = value_range(text, key)?;
    let line_end = text.line_range(line)?.start + text.line(line)?.len();
    let behind_value = text.slice(range.end..line_end)?;
    let emptied = if behind_value.trim().is_empty() {
        text.replaced(behind_colon(text, key)?..line_end, "")?
    } else {
        text.replaced(range, "")?
    };
    let lines = in_block(key.key_position.column + 1, keys, value);
    Text::new(&emptied).with_lines(line, &lines)
}

fn at_the_end(text: &Text<'_>, mut lines: Vec<String>) -> Option<String> {
    let last = text.lines();
    if text.line(last).is_some_and(|line| !line.trim().is_empty()) {
        lines.insert(0, String::new());
    }
    text.with_lines(last, &lines)
}

fn in_block(indent: usize, keys: &[&str], value: &New<'_>) -> Vec<String> {
    let Some((key, below)) = keys.split_first() else {
        return Vec::new();
    };
    let start = " ".repeat(indent);
    let mut lines = vec![format!("{start}{key}:")];
    match value {
        _ if !below.is_empty() => lines.extend(in_block(indent + 2, below, value)),
        New::Scalar(value) => lines = vec![format!("{start}{key}: {value}")],
        New::Mapping(entries) => {
            for (key, value) in entries {
                lines.extend(in_block(indent + 2, &[key], value));
            }
        }
    }
    lines
}

fn in_flow(keys: &[&str], value: &New<'_>) -> String {
    match keys {
        [key, below @ ..] if !below.is_empty() => format!("{key}: {{ {} }}", in_flow(below, value)),
        [key] => match value {
            New::Scalar(value) => format!("{key}: {value}"),
            New::Mapping(entries) => {
                let entries = entries.iter().map(|(key, value)| in_flow(&[key], value));
                format!("{key}: {{ {} }}", entries.collect::<Vec<_>>().join(", "))
            }
        },
        _ => String::new(),
    }
}

/// The last line of a node, with the comments behind it that are indented by at least so much.
fn last_line(text: &Text<'_>, node: &Node, least_indent: usize) -> usize {
    let mut last = last_with_content(text, node);
    for number in last + 1..=text.lines() {
        let line = text.line(number).unwrap_or_default();
        if line.trim_start().starts_with('#') && indent(line) >= least_indent {
            last = number;
        } else if !line.trim().is_empty() {
            break;
        }
    }
    last
}

/// The last line of a node alone. A block text ends for the parser where the next thing starts, be that deep in a line and
/// behind blank ones, which are the text's own only where it keeps them.
fn last_with_content(text: &Text<'_>, node: &Node) -> usize {
    let is_before = indent(text.line(node.end.line).unwrap_or_default()) + 1 >= node.end.column;
    if !is_before || node.end.line <= node.position.line {
        return node.end.line;
    }
    let mut last = node.end.line - 1;
    if !keeps_blank_lines(node) {
        while last > node.position.line
            && text.line(last).is_some_and(|line| line.trim().is_empty())
        {
            last -= 1;
        }
    }
    last
}

/// Whether a node ends with a text that ends with blank lines.
fn keeps_blank_lines(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => scalar.text.ends_with("\n\n") || scalar.text == "\n",
        Value::List(nodes) => nodes.last().is_some_and(keeps_blank_lines),
        Value::Mapping(entries) => entries
            .last()
            .is_some_and(|entry| keeps_blank_lines(&entry.value)),
    }
}

/// The key, its value, and the comma that parts it from the others.
fn flow_range(text: &Text<'_>, gone: &Entry) -> Option<Range<usize>> {
    let start = text.byte(gone.key_position)?;
    let end = value_range(text, gone)?.end;
    let behind = text.slice(end..text.len())?;
    if let Some(rest) = behind.trim_start().strip_prefix(',') {
        let rest = rest.trim_start_matches(' ');
        return Some(start..text.len() - rest.len());
    }
    let before = text.slice(0..start)?.trim_end();
    let before = before.strip_suffix(',').map_or(start, str::len);
    Some(before..end)
}

/// The bytes of a value; empty, and behind the colon, where there is none.
fn value_range(text: &Text<'_>, entry: &Entry) -> Option<Range<usize>> {
    let colon = behind_colon(text, entry)?;
    let node = &entry.value;
    if node.end == entry.key_end {
        return Some(colon..colon);
    }
    let end = text.byte(node.end)?;
    if node.is_nothing() {
        let blanks = text.slice(colon..end)?;
        return Some(colon + blanks.len() - blanks.trim_start().len()..end);
    }
    let start = text.byte(node.position)?;
    let length = quoted_length(text.slice(start..end)?);
    Some(start..length.map_or(end, |length| start + length))
}

/// How long a quoted text is, with its quotes; None if it does not start with one.
fn quoted_length(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|first| "'\"".contains(*first))?;
    let mut rest = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = rest.next() {
        let doubled = quote == '\'' && rest.peek().is_some_and(|(_, next)| *next == '\'');
        match character {
            '\\' if quote == '"' => drop(rest.next()),
            _ if character == quote && doubled => drop(rest.next()),
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The byte behind the colon of an entry.
fn behind_colon(text: &Text<'_>, entry: &Entry) -> Option<usize> {
    let start = text.byte(entry.key_position)?;
    let end = text.byte(entry.key_end)?;
    // A quoted key's end counts the blanks behind it in.
    let length = quoted_length(text.slice(start..end)?).unwrap_or(end - start);
    let behind = text.slice(start + length..text.len())?;
    let colon = behind.find(':')?;
    behind[..colon]
        .trim()
        .is_empty()
        .then_some(start + length + colon + 1)
}

fn is_flow(text: &Text<'_>, node: &Node) -> bool {
    let start = text.byte(node.position);
    start.and_then(|at| text.slice(at..at + 1)) == Some("{")
}

fn is_empty(node: &Node) -> bool {
    node.is_nothing() || matches!(&node.value, Value::Mapping(entries) if entries.is_empty())
}

/// Blanks at the start of a line. A mark at the start of the text is none of them, and has no column either.
fn indent(line: &str) -> usize {
    let line = line.trim_start_matches('\u{feff}');
    line.len() - line.trim_start_matches(' ').len()
}
