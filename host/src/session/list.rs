//! Objectives and blockers: a Markdown check list that *is* the data. It must not lose a line it does not understand.

use std::fmt;

use serde::Serialize;

/// Which of the two lists, and with it the prefix of its ids and its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    Objectives,
    Blockers,
}

impl ListKind {
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Objectives => "obj",
            Self::Blockers => "blk",
        }
    }

    pub fn file_name(self) -> &'static str {
        match self {
            Self::Objectives => "objectives.md",
            Self::Blockers => "blockers.md",
        }
    }

    /// One item, as a sentence needs it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Objectives => "objective",
            Self::Blockers => "blocker",
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Objectives => "# Objectives",
            Self::Blockers => "# Blockers",
        }
    }
}

/// A higher number in a line was not given out by us, unless the list is known to have come that far.
const HIGHEST_BY_HAND: u32 = 999_999_999;

/// `obj-3`, `blk-1`. Item 0 is one that was written by hand and has no id yet; it gets one at the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    prefix: &'static str,
    pub number: u32,
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number == 0 {
            write!(f, "{}-?", self.prefix)
        } else {
            write!(f, "{}-{}", self.prefix, self.number)
        }
    }
}

impl Serialize for ItemId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub text: String,
    pub done: bool,
    /// The ticket a blocker is linked to, written `(issue: KEY)` at the end of the line.
    pub issue: Option<String>,
}

/// A list as read: items in their order, between lines that are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckList {
    kind: ListKind,
    lines: Vec<Line>,
    /// The next number to give out is above every number ever given out.
    highest: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Item {
        item: Item,
        /// The line as it stands in the file; None once the item was changed or given an id.
        raw: Option<String>,
        /// What stands before the bullet, and the bullet: kept when the line is written anew.
        indent: String,
        bullet: char,
    },
    Other(String),
}

/// The change a caller asked for names an item that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownItem {
    pub asked: String,
    pub known: Vec<ItemId>,
}

impl CheckList {
    pub fn empty(kind: ListKind) -> Self {
        Self::parse(kind, "", 0)
    }

    /// Reads the file's text. `highest` is the highest number known to have been given out, for the case
    /// that the item was deleted by hand since.
    pub fn parse(kind: ListKind, text: &str, highest: u32) -> Self {
        let mut list = Self {
            kind,
            lines: Vec::new(),
            highest,
        };
        let limit = highest.max(HIGHEST_BY_HAND);
        let mut seen = std::collections::HashSet::new();
        let mut fence: Option<&str> = None;
        for line in text.lines() {
            let trimmed = line.trim_start();
            let marker = ["```", "~~~"]
                .into_iter()
                .find(|mark| trimmed.starts_with(mark));
            match (fence, marker) {
                (None, Some(mark)) => fence = Some(mark),
                (Some(open), Some(mark)) if open == mark => fence = None,
                _ => {}
            }
            let parsed = if fence.is_none() {
                parse_item(kind, line, limit)
            } else {
                None
            };
            let Some((mut item, indent, bullet)) = parsed else {
                list.lines.push(Line::Other(line.to_owned()));
                continue;
            };
            // A copied line must not make one id mean two things: the second one is new.
            if item.id.number != 0 && !seen.insert(item.id.number) {
                item.id.number = 0;
            }
            list.highest = list.highest.max(item.id.number);
            let raw = (item.id.number != 0).then(|| line.to_owned());
            list.lines.push(Line::Item {
                item,
                raw,
                indent,
                bullet,
            });
        }
        list
    }

    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.lines.iter().filter_map(|line| match line {
            Line::Item { item, .. } => Some(item),
            Line::Other(_) => None,
        })
    }

    pub fn open(&self) -> impl Iterator<Item = &Item> {
        self.items().filter(|item| !item.done)
    }

    pub fn highest(&self) -> u32 {
        self.highest
    }

    /// Gives an id to every item that was written by hand without one. Returns how many there were.
    pub fn assign_ids(&mut self) -> u32 {
        let mut given = 0;
        for line in &mut self.lines {
            if let Line::Item { item, raw, .. } = line
                && item.id.number == 0
            {
                self.highest += 1;
                item.id.number = self.highest;
                *raw = None;
                given += 1;
            }
        }
        given
    }

    /// Adds an open item at the end and returns its id.
    pub fn add(&mut self, text: &str, issue: Option<String>) -> ItemId {
        self.assign_ids();
        self.highest += 1;
        let id = ItemId {
            prefix: self.kind.prefix(),
            number: self.highest,
        };
        let item = Item {
            id,
            text: one_line(text),
            done: false,
            issue: issue.map(|key| one_line(&key)),
        };
        let after = self
            .lines
            .iter()
            .rposition(|line| matches!(line, Line::Item { .. }))
            .map_or(self.lines.len(), |at| at + 1);
        self.lines.insert(
            after,
            Line::Item {
                item,
                raw: None,
                indent: String::new(),
                bullet: '-',
            },
        );
        id
    }

    /// Marks an item as done. Ok(false): it was done before.
    pub fn complete(&mut self, asked: &str) -> Result<(ItemId, bool), UnknownItem> {
        self.assign_ids();
        let id = self.find(asked)?;
        for line in &mut self.lines {
            if let Line::Item { item, raw, .. } = line
                && item.id == id
            {
                let changed = !item.done;
                if changed {
                    item.done = true;
                    *raw = None;
                }
                return Ok((id, changed));
            }
        }
        Ok((id, false))
    }

    /// The item someone named: `obj-2`, or just `2`.
    pub fn find(&self, asked: &str) -> Result<ItemId, UnknownItem> {
        let number = asked
            .strip_prefix(self.kind.prefix())
            .and_then(|rest| rest.strip_prefix('-'))
            .unwrap_or(asked)
            .parse::<u32>()
            .ok();
        self.items()
            .find(|item| item.id.number != 0 && Some(item.id.number) == number)
            .map(|item| item.id)
            .ok_or_else(|| UnknownItem {
                asked: asked.to_owned(),
                known: self.items().map(|item| item.id).collect(),
            })
    }

    /// Only the open items, with their ids and the numbering: what the next session on this branch starts with.
    pub fn carried(&self) -> Self {
        let mut next = self.clone();
        next.lines
            .retain(|line| !matches!(line, Line::Item { item, .. } if item.done));
        next
    }

    pub fn to_text(&self) -> String {
        let mut out = String::new();
        if self.lines.is_empty() {
            out.push_str(self.kind.heading());
            out.push_str("\n\n");
        } else if matches!(self.lines.first(), Some(Line::Item { .. })) {
            // A list we began: give it the heading that a reader expects.
            out.push_str(self.kind.heading());
            out.push_str("\n\n");
        }
        for line in &self.lines {
            match line {
                Line::Item { raw: Some(raw), .. } => out.push_str(raw),
                Line::Other(raw) => out.push_str(raw),
                Line::Item {
                    item,
                    indent,
                    bullet,
                    ..
                } => {
                    let mark = if item.done { 'x' } else { ' ' };
                    out.push_str(&format!(
                        "{indent}{bullet} [{mark}] {}: {}",
                        item.id, item.text
                    ));
                    if let Some(issue) = &item.issue {
                        out.push_str(&format!(" (issue: {issue})"));
                    }
                }
            }
            out.push('\n');
        }
        out
    }
}

fn parse_item(kind: ListKind, line: &str, limit: u32) -> Option<(Item, String, char)> {
    let trimmed = line.trim_start();
    let indent = line[..line.len() - trimmed.len()].to_owned();
    let mut characters = trimmed.chars();
    let bullet = characters.next().filter(|c| matches!(c, '-' | '*' | '+'))?;
    let rest = characters.as_str().trim_start().strip_prefix('[')?;
    let mark = rest.chars().next()?;
    let done = match mark {
        'x' | 'X' => true,
        ' ' => false,
        _ => return None,
    };
    let text = rest[mark.len_utf8()..].strip_prefix(']')?.trim();
    let (number, text) = match text
        .strip_prefix(kind.prefix())
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|rest| rest.split_once(':'))
        .and_then(|(number, text)| {
            let number = number.parse().ok();
            let ours = number.filter(|number| (1..=limit).contains(number))?;
            Some((ours, text.trim()))
        }) {
        Some((number, text)) => (number, text),
        None => (0, text),
    };
    let (text, issue) = match text
        .strip_suffix(')')
        .and_then(|head| head.rsplit_once("(issue: "))
    {
        Some((text, key)) if kind == ListKind::Blockers => {
            (text.trim_end(), Some(key.trim().to_owned()))
        }
        _ => (text, None),
    };
    let id = ItemId {
        prefix: kind.prefix(),
        number,
    };
    let item = Item {
        id,
        text: text.to_owned(),
        done,
        issue,
    };
    Some((item, indent, bullet))
}

/// A list item is one line: line breaks and runs of white space become one space.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
