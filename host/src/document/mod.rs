//! A Document: typed sections with an importance and a provenance. Brief, checkpoint, handoff, status and history are
//! all Documents. Composing is pure; it must not read git, files or the clock.

pub mod brief;
pub mod budget;
pub mod changes;
pub mod checkpoint;
pub mod count;
pub mod evidence;
pub mod handoff;
pub mod history;
pub mod json;
pub mod markdown;
pub mod secret_words;
pub mod secrets;
pub mod sections;
pub mod status;
pub mod terminal;
pub mod text;
pub mod time_text;
pub mod view;

use serde::Serialize;

use crate::error::Warning;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    pub title: String,
    /// In the order they are read; `importance` decides what goes when there is no room.
    pub sections: Vec<Section>,
    pub warnings: Vec<Warning>,
    /// What was cut, in words: filled in by `budget`.
    pub left_out: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Stable and snake case; the key of the section in JSON.
    pub name: String,
    pub title: String,
    pub provenance: Provenance,
    /// How long ago it was said, of what was kept: `3 hours ago`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
    /// 0 to 100. Sections are cut from the least important one.
    pub importance: u8,
    pub items: Vec<Item>,
    /// The command that shows everything, named when items were cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// Who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "name")]
pub enum Provenance {
    /// Observed or computed by the host itself.
    Host,
    /// Written by a person or an agent: a claim.
    Person,
    Plugin(String),
}

/// The unit that is kept or cut whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Item {
    /// One line of text.
    Line { text: String },
    /// `name: value`.
    Pair { name: String, value: String },
    /// A check-list entry.
    Check { mark: Mark, text: String },
    /// Markdown of somebody else's, shown as a quotation so that it cannot pass for a section.
    Quote { text: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    Done,
    Current,
    Open,
}

impl Document {
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            sections: Vec::new(),
            warnings: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Adds a section; one without items says nothing and is not added. What looks like a secret is masked here, before
    /// it is shown to an agent or stored.
    pub fn push(&mut self, mut section: Section) {
        if section.items.is_empty() {
            return;
        }
        mask(&mut section.title);
        for item in &mut section.items {
            match item {
                Item::Line { text } | Item::Check { text, .. } | Item::Quote { text } => mask(text),
                Item::Pair { name, value } => {
                    mask(name);
                    mask(value);
                }
            }
        }
        self.sections.push(section);
    }
}

impl Section {
    /// The host's own, of middling importance (50), without items.
    pub fn new(name: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            provenance: Provenance::Host,
            age: None,
            importance: 50,
            items: Vec::new(),
            more: None,
        }
    }

    pub fn importance(mut self, importance: u8) -> Self {
        self.importance = importance;
        self
    }

    pub fn provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = provenance;
        self
    }

    pub fn age(mut self, age: Option<String>) -> Self {
        self.age = age;
        self
    }

    /// Who says so and when, as a heading has it: `plugin x, 3 hours ago`. None: the host does, now.
    pub(super) fn source(&self) -> Option<String> {
        let who = match &self.provenance {
            Provenance::Host => return None,
            Provenance::Person => "as claimed".to_owned(),
            Provenance::Plugin(name) => format!("from plugin {name}"),
        };
        Some(match &self.age {
            Some(age) => format!("{who}, {age}"),
            None => who,
        })
    }

    /// The command that shows everything.
    pub fn more(mut self, command: impl Into<String>) -> Self {
        self.more = Some(command.into());
        self
    }

    pub fn item(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }

    pub fn items(mut self, items: impl IntoIterator<Item = Item>) -> Self {
        self.items.extend(items);
        self
    }
}

impl Item {
    pub fn line(text: impl Into<String>) -> Self {
        Self::Line { text: text.into() }
    }

    pub fn pair(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Pair {
            name: name.into(),
            value: value.into(),
        }
    }

    pub fn check(mark: Mark, text: impl Into<String>) -> Self {
        Self::Check {
            mark,
            text: text.into(),
        }
    }

    pub fn quote(text: impl Into<String>) -> Self {
        Self::Quote { text: text.into() }
    }
}

fn mask(text: &mut String) {
    if let std::borrow::Cow::Owned(masked) = secrets::mask(text) {
        *text = masked;
    }
}
