//! What `objectives` and `blockers` share: reading or changing one of the two lists, and showing the outcome.

use crate::commands::{auto_checkpoint, shown};
use crate::document::view::{self, ItemView};
use crate::document::{Document, Item, Mark, Section};
use crate::environment::Environment;
use crate::error::user_error;
use crate::session::list::{self, CheckList, ListKind, UnknownItem};
use crate::session::live::LiveSession;
use crate::ui::Ui;
use crate::workspace::{Workspace, require_open};

/// An item that a command added or changed, and what to say of it.
pub struct Change {
    pub id: String,
    pub said: String,
}

/// Shows a list. It only reads.
pub fn show(ui: &mut Ui, environment: &Environment, kind: ListKind) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let place = workspace.here()?;
    let (session, warnings) = require_open(workspace.live(&place)?, &place)?;
    warnings.iter().for_each(|warning| ui.warning(warning));
    if ui.wants_json() {
        return json(ui, kind, &session, &[]);
    }
    let mut document = Document::new(title(kind));
    document.push(section(kind, &session));
    if document.sections.is_empty() {
        ui.line(&format!(
            "no {0}s yet; `session {0}s add \"…\"` adds one",
            kind.noun()
        ));
        return Ok(());
    }
    ui.document(&document);
    Ok(())
}

/// Changes a list under the lock, and says what became of each item.
pub fn change(
    ui: &mut Ui,
    environment: &Environment,
    kind: ListKind,
    edit: impl FnOnce(&mut LiveSession) -> anyhow::Result<Vec<Change>>,
) -> anyhow::Result<()> {
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let place = workspace.here()?;
    let ((session, changes), warnings) = workspace.change_session(&place, |_, session| {
        let changes = edit(session)?;
        Ok((session.clone(), changes))
    })?;
    warnings.iter().for_each(|warning| ui.warning(warning));
    auto_checkpoint::if_due(ui, &workspace, &place);
    for change in &changes {
        ui.line(&format!("{}: {}", change.id, change.said));
    }
    if ui.wants_json() {
        return json(ui, kind, &session, &changes);
    }
    Ok(())
}

/// Adds one item for each text.
pub fn add(
    list: &mut CheckList,
    texts: &[String],
    issue: Option<&str>,
    what: &str,
) -> anyhow::Result<Vec<Change>> {
    let issue = issue
        .map(|key| shown::typed(key, "an issue key"))
        .transpose()?;
    let texts = texts
        .iter()
        .map(|text| shown::typed(text, what))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(texts
        .into_iter()
        .map(|text| Change {
            id: list.add(&text, issue.clone()).to_string(),
            said: text,
        })
        .collect())
}

/// Marks items as done, in the list's own word for it.
pub fn complete(
    list: &mut CheckList,
    kind: ListKind,
    ids: &[String],
    word: &str,
) -> anyhow::Result<Vec<Change>> {
    ids.iter()
        .map(|asked| {
            let (id, changed) = list
                .complete(asked)
                .map_err(|error| unknown_item(&error, kind))?;
            Ok(Change {
                id: id.to_string(),
                said: if changed {
                    word.to_owned()
                } else {
                    format!("was {word} before")
                },
            })
        })
        .collect()
}

/// An unknown id lists the known ones.
pub fn unknown_item(error: &UnknownItem, kind: ListKind) -> anyhow::Error {
    let known: Vec<String> = error.known.iter().map(list::ItemId::to_string).collect();
    let known = match known.is_empty() {
        true => format!("there is no {} yet", kind.noun()),
        false => format!("known: {}", known.join(", ")),
    };
    user_error(
        format!("there is no {} {:?}; {known}", kind.noun(), error.asked),
        format!("`session {}s list` shows them", kind.noun()),
    )
}

fn json(ui: &Ui, kind: ListKind, session: &LiveSession, changes: &[Change]) -> anyhow::Result<()> {
    let items: Vec<ItemView> = match kind {
        ListKind::Objectives => view::objectives(session),
        ListKind::Blockers => view::blockers(session),
    };
    let changed: Vec<&str> = changes.iter().map(|change| change.id.as_str()).collect();
    let name = format!("{}s", kind.noun());
    let mut body = serde_json::Map::new();
    body.insert(name.clone(), serde_json::to_value(items)?);
    body.insert("changed".into(), serde_json::to_value(changed)?);
    ui.json(&name, &body)
}

fn title(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Objectives => "Objectives",
        ListKind::Blockers => "Blockers",
    }
}

fn section(kind: ListKind, session: &LiveSession) -> Section {
    let current = session.current_objective().map(|item| item.id);
    let list = match kind {
        ListKind::Objectives => &session.objectives,
        ListKind::Blockers => &session.blockers,
    };
    let mut section = Section::new(format!("{}s", kind.noun()), "All").importance(100);
    for item in list.items() {
        let issue = item
            .issue
            .as_ref()
            .map(|key| format!(" ({key})"))
            .unwrap_or_default();
        let mark = match (item.done, Some(item.id) == current) {
            (true, _) => Mark::Done,
            (false, true) => Mark::Current,
            (false, false) => Mark::Open,
        };
        section.push(Item::check(
            mark,
            format!("{}: {}{issue}", item.id, item.text),
        ));
    }
    section
}
