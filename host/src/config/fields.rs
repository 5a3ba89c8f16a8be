//! Taking values out of one mapping, key by key, with messages that say where and what was expected.
//! It must not know which keys there are.

use std::borrow::Cow;
use std::cell::RefCell;

use super::tree::{Entry, Meaning, Node, Position, Scalar, Value};
use super::values::Kind;
use crate::error::{UserError, Warning};
use crate::glob;

/// What reading one file shares: its name for messages, what was noticed, and which keys were asked for.
pub struct Reading<'f> {
    pub file: &'f str,
    pub warnings: RefCell<Vec<Warning>>,
    /// Every key that can be set, with what it expects: the reference is made from this.
    pub asked: RefCell<Vec<(String, String)>>,
}

impl<'f> Reading<'f> {
    pub fn new(file: &'f str) -> Self {
        Self {
            file,
            warnings: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// `config.yaml:3:5: message`, with the place to go to as the hint.
    pub fn error(&self, at: Position, message: impl std::fmt::Display) -> UserError {
        UserError::new(format!("{}:{at}: {message}", self.file)).hint(format!(
            "correct line {} of {}, then run the command again",
            at.line, self.file
        ))
    }
}

/// What to do with a key that nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    Warn,
    /// Where consent hangs on every word.
    Refuse,
}

/// The entries of one mapping. Ask for every key there is, then [`Fields::finish`].
pub struct Fields<'r, 'f> {
    reading: &'r Reading<'f>,
    /// `session.`, `plugins.coverage.`; empty at the top.
    prefix: String,
    entries: &'r [Entry],
    known: Vec<&'static str>,
}

impl<'r, 'f> Fields<'r, 'f> {
    /// `node` is None, or nothing, where the mapping was left out: then every key keeps its value.
    pub fn new(
        reading: &'r Reading<'f>,
        path: &str,
        node: Option<&'r Node>,
    ) -> Result<Self, UserError> {
        let entries: &[Entry] = match node {
            None => &[],
            Some(node) if node.is_nothing() => &[],
            Some(Node {
                value: Value::Mapping(entries),
                ..
            }) => entries,
            Some(node) => {
                let expected = if path.is_empty() {
                    "keys such as `session:`".to_owned()
                } else {
                    format!("keys below `{path}:`")
                };
                return Err(reading.error(
                    node.position,
                    format!("expected {expected}, found {}", found(node)),
                ));
            }
        };
        Ok(Self {
            reading,
            prefix: if path.is_empty() {
                String::new()
            } else {
                format!("{path}.")
            },
            entries,
            known: Vec::new(),
        })
    }

    /// The value of `key`, whatever it is; None where it was left out.
    pub fn node(&mut self, key: &'static str) -> Option<&'r Node> {
        self.known.push(key);
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The mapping below `key`.
    pub fn below(&mut self, key: &'static str) -> Result<Fields<'r, 'f>, UserError> {
        let path = format!("{}{key}", self.prefix);
        let node = self.node(key);
        Fields::new(self.reading, &path, node)
    }

    pub fn value<T>(
        &mut self,
        key: &'static str,
        kind: Kind<T>,
        target: &mut T,
    ) -> Result<(), UserError> {
        self.note(key, &kind.expected);
        if let Some(node) = self.node(key) {
            *target = self.read(key, &kind, node)?;
        }
        Ok(())
    }

    /// A value that may be left empty.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        kind: Kind<T>,
        target: &mut Option<T>,
    ) -> Result<(), UserError> {
        self.note(key, &kind.expected);
        if let Some(node) = self.node(key) {
            *target = if node.is_nothing() {
                None
            } else {
                Some(self.read(key, &kind, node)?)
            };
        }
        Ok(())
    }

    /// A list; one that is left empty keeps the target, as its commented-out examples should.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        kind: Kind<T>,
        target: &mut Vec<T>,
    ) -> Result<(), UserError> {
        self.note(key, &format!("a list, each item {}", kind.expected));
        let Some(node) = self.node(key).filter(|node| !node.is_nothing()) else {
            return Ok(());
        };
        let Value::List(items) = &node.value else {
            return Err(self.wrong(key, node, &format!("a list, each item {}", kind.expected)));
        };
        *target = items
            .iter()
            .map(|item| self.read(key, &kind, item))
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    /// As [`Fields::list`], of globs, which are matched together.
    pub fn globs(
        &mut self,
        key: &'static str,
        kind: Kind<String>,
        target: &mut Vec<String>,
    ) -> Result<(), UserError> {
        self.list(key, kind, target)?;
        let bytes = target.iter().map(String::len).sum();
        let node = self.entries.iter().find(|entry| entry.key == key);
        match (glob::fit_together(bytes), node) {
            (Err(_), Some(Entry { value, .. })) => {
                let most = glob::MOST_TOGETHER;
                Err(self.wrong(
                    key,
                    value,
                    &format!("globs of at most {most} bytes together"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Announces a key whose value the caller reads from [`Fields::node`] itself.
    pub fn any(&self, key: &str, expected: &str) {
        self.note(key, expected);
    }

    /// Speaks up about keys that nobody asked for.
    pub fn finish(self, unknown: Unknown) -> Result<(), UserError> {
        for entry in self.entries {
            if self.known.contains(&entry.key.as_str()) {
                continue;
            }
            let key = format!("{}{}", self.prefix, shortened(&entry.key));
            let suggestion = match nearest(&entry.key, &self.known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            if unknown == Unknown::Refuse {
                return Err(self.reading.error(
                    entry.key_position,
                    format!("unknown key {key:?}; {suggestion}"),
                ));
            }
            let message = format!(
                "{}:{}: unknown key {key:?} is ignored",
                self.reading.file, entry.key_position
            );
            self.reading
                .warnings
                .borrow_mut()
                .push(Warning::new(message).hint(suggestion));
        }
        Ok(())
    }

    fn read<T>(&self, key: &str, kind: &Kind<T>, node: &Node) -> Result<T, UserError> {
        match &node.value {
            Value::Scalar(scalar) => (kind.read)(scalar),
            Value::List(_) | Value::Mapping(_) => None,
        }
        .ok_or_else(|| self.wrong(key, node, &kind.expected))
    }

    fn wrong(&self, key: &str, node: &Node, expected: &str) -> UserError {
        let message = format!(
            "{}{key}: expected {expected}, found {}",
            self.prefix,
            found(node)
        );
        self.reading.error(node.position, message)
    }

    fn note(&self, key: &str, expected: &str) {
        self.reading
            .asked
            .borrow_mut()
            .push((format!("{}{key}", self.prefix), expected.to_owned()));
    }
}

/// The value in a few words: the debug form keeps control characters from the terminal.
fn found(node: &Node) -> String {
    match &node.value {
        Value::List(_) => "a list".into(),
        Value::Mapping(_) => "a mapping".into(),
        Value::Scalar(Scalar { text, plain: false }) => format!("the text {:?}", shortened(text)),
        Value::Scalar(scalar) => match scalar.meaning() {
            Meaning::Nothing => "nothing".into(),
            Meaning::Boolean(value) => value.to_string(),
            Meaning::Integer(_) | Meaning::Number(_) => {
                format!("the number {}", shortened(&scalar.text))
            }
            Meaning::Text => format!("{:?}", shortened(&scalar.text)),
        },
    }
}

fn shortened(text: &str) -> String {
    let text = &*without_login(text);
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// An address can hold a user and a password: a message is no place for them.
fn without_login(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Cow::Borrowed(text);
    };
    // A password may hold an `@` or a `/` that should have been escaped: rather too little is shown.
    match rest.rsplit_once('@') {
        Some((_, rest)) => Cow::Owned(format!("{scheme}://…@{rest}")),
        None => Cow::Borrowed(text),
    }
}

/// The known name that was most likely meant; None if none is near.
fn nearest<'k>(asked: &str, known: &[&'k str]) -> Option<&'k str> {
    let asked = asked.to_lowercase().replace(['-', ' '], "_");
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(&asked, name), *name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_an_address_is_not_repeated() {
        assert_eq!(
            shortened("https://u:p@a.example/x"),
            "https://…@a.example/x"
        );
        // Also where it was not escaped as it should have been.
        assert_eq!(shortened("https://u:p/@q@a.example"), "https://…@a.example");
        assert_eq!(shortened("https://a.example/x"), "https://a.example/x");
        assert_eq!(shortened("a@b"), "a@b");
    }
}
