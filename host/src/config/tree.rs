//! YAML as a tree in which every key and value knows its line and column. It must not know what the keys mean.

use std::collections::HashMap;
use std::fmt;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Deeper than any configuration needs. It bounds the recursion of whoever walks the tree.
const MAX_DEPTH: usize = 32;

/// Where something stands in the file; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// What is wrong with the text as YAML, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub position: Position,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub position: Position,
    /// Behind its last character, of a block behind its last value. Blanks and a comment that follow a quoted text on the
    /// same line count in.
    pub end: Position,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// One `key: value`. No mapping holds the same key twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_position: Position,
    pub key_end: Position,
    pub value: Node,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    pub text: String,
    /// Written without quotes: only then can it be anything but text.
    pub plain: bool,
}

/// What a scalar means by the core schema of YAML 1.2, in which `yes` and `on` are text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    Nothing,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text,
}

impl Scalar {
    pub fn meaning(&self) -> Meaning {
        if !self.plain {
            return Meaning::Text;
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => return Meaning::Nothing,
            "true" | "True" | "TRUE" => return Meaning::Boolean(true),
            "false" | "False" | "FALSE" => return Meaning::Boolean(false),
            _ => {}
        }
        if let Some(integer) = integer(&self.text) {
            return Meaning::Integer(integer);
        }
        // Rust also takes "inf" and "nan" for numbers; YAML writes them ".inf" and ".nan", and nothing here wants either.
        let numeric = self
            .text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        match self.text.parse::<f64>() {
            Ok(number) if numeric && number.is_finite() => Meaning::Number(number),
            _ => Meaning::Text,
        }
    }
}

fn integer(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return unsigned(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return unsigned(digits, 8);
    }
    text.parse().ok()
}

/// `from_str_radix` alone would take a second sign.
fn unsigned(digits: &str, radix: u32) -> Option<i64> {
    digits
        .chars()
        .all(|digit| digit.is_digit(radix))
        .then(|| i64::from_str_radix(digits, radix).ok())
        .flatten()
}

impl Node {
    /// Written as nothing at all, `~` or `null`.
    pub fn is_nothing(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.meaning() == Meaning::Nothing)
    }
}

/// Reads one document; None if it holds nothing.
///
/// Anchors, aliases and tags are refused: no key needs them, and an alias can make a short file a huge value.
pub fn parse(text: &str) -> Result<Option<Node>, SyntaxError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| SyntaxError {
            position: position(error.marker()),
            message: format!("this is not valid YAML: {}", error.info()),
        })?;
        builder.take(event, span)?;
    }
    Ok(builder.root.filter(|root| !root.is_nothing()))
}

fn position(marker: &saphyr_parser::Marker) -> Position {
    Position {
        line: marker.line().max(1),
        column: marker.col() + 1,
    }
}

fn refuse<T>(position: Position, message: impl Into<String>) -> Result<T, SyntaxError> {
    Err(SyntaxError {
        position,
        message: message.into(),
    })
}

/// Collections that are not closed yet, the innermost last.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

struct Open {
    position: Position,
    /// Behind the last value so far.
    end: Position,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<(String, Position, Position)>,
        /// The line of each key so far: a search through the entries would make a long mapping quadratic.
        lines: HashMap<String, usize>,
    },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let at = position(&span.start);
        let end = position(&span.end);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return refuse(at, "expected one document, found a second one");
                }
                Ok(())
            }
            Event::Alias(_) => refuse(at, "aliases are not supported; write the value out"),
            Event::Scalar(_, _, anchor, ref tag)
            | Event::SequenceStart(anchor, ref tag)
            | Event::MappingStart(anchor, ref tag)
                if anchor != 0 || tag.is_some() =>
            {
                refuse(
                    at,
                    "anchors and tags are not supported; write the value alone",
                )
            }
            Event::Scalar(text, style, ..) => self.scalar(
                at,
                end,
                Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                },
            ),
            Event::SequenceStart(..) => self.descend(at, Content::List(Vec::new())),
            Event::MappingStart(..) => self.descend(
                at,
                Content::Mapping {
                    entries: Vec::new(),
                    key: None,
                    lines: HashMap::new(),
                },
            ),
            // The end of a block is wherever the parser noticed it: only a bracket ends a collection itself.
            Event::SequenceEnd | Event::MappingEnd => {
                let is_bracket = span.start.index() < span.end.index();
                self.ascend(is_bracket.then_some(Position {
                    column: at.column + 1,
                    ..at
                }))
            }
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, at: Position, end: Position, scalar: Scalar) -> Result<(), SyntaxError> {
        if let Some(Open {
            content: Content::Mapping { key, lines, .. },
            ..
        }) = self.open.last_mut()
            && key.is_none()
        {
            if scalar.text.is_empty() {
                return refuse(at, "expected a key before the colon");
            }
            if let Some(first) = lines.insert(scalar.text.clone(), at.line) {
                let message = format!(
                    "the key {:?} stands here for the second time; the first is at line {first}",
                    scalar.text
                );
                return refuse(at, message);
            }
            *key = Some((scalar.text, at, end));
            return Ok(());
        }
        self.place(Node {
            position: at,
            end,
            value: Value::Scalar(scalar),
        });
        Ok(())
    }

    fn descend(&mut self, at: Position, content: Content) -> Result<(), SyntaxError> {
        if let Some(Open {
            content: Content::Mapping { key: None, .. },
            ..
        }) = self.open.last()
        {
            return refuse(at, "expected a name as the key, found a list or a mapping");
        }
        if self.open.len() == MAX_DEPTH {
            let message =
                format!("this is nested more deeply than the {MAX_DEPTH} levels supported");
            return refuse(at, message);
        }
        self.open.push(Open {
            position: at,
            end: at,
            content,
        });
        Ok(())
    }

    fn ascend(&mut self, bracket: Option<Position>) -> Result<(), SyntaxError> {
        let Some(Open {
            position,
            end,
            content,
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Mapping { entries, .. } => Value::Mapping(entries),
        };
        self.place(Node {
            position,
            end: bracket.unwrap_or(end),
            value,
        });
        Ok(())
    }

    fn place(&mut self, mut node: Node) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.content {
            Content::List(items) => {
                open.end = node.end;
                items.push(node);
            }
            Content::Mapping { entries, key, .. } => {
                let Some((key, key_position, key_end)) = key.take() else {
                    return;
                };
                // The parser puts a value that is not there on some later line; people look at the key.
                if node.is_nothing() {
                    node.position = key_position;
                    if is_absent(&node) {
                        node.end = key_end;
                    }
                }
                open.end = node.end;
                entries.push(Entry {
                    key,
                    key_position,
                    key_end,
                    value: node,
                });
            }
        }
    }
}

/// Nothing stands there at all: not even `~`.
fn is_absent(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar(Scalar { text, plain: true }) if text.is_empty())
}

#[cfg(test)]
mod tests;
