//! Makes a Document fit a number of bytes: the least important goes first, whole items only, and what went is named.
//! It must not reorder what stays.

use std::cmp::Reverse;

use super::{Document, Item, Section, markdown, text};
use crate::error::Warning;

/// The least room that a document can be fitted to, in bytes.
pub const SMALLEST: usize = 256;

/// Room for the list of what was left out, however small the budget is.
const SMALLEST_NOTES: usize = 96;

/// A heading longer than this, in bytes, is cut when room is short.
const LONGEST_HEADING: usize = 120;

/// The document as it is if its Markdown has at most `max_bytes` bytes (256 or more), else the most important of it:
/// section by section by importance, each as many of its items as fit, in order. `left_out` then says what went, and
/// counts against the budget itself. A quotation too large for the room its section has is shortened at a line.
pub fn fit(document: Document, max_bytes: usize) -> Document {
    if markdown::to_markdown(&document).len() <= max_bytes {
        return document;
    }
    let document = with_short_titles(document, max_bytes);
    let notes_cap = (max_bytes / 4).max(SMALLEST_NOTES);
    // How long the notes are depends on what is cut, and that on how long the notes are.
    let mut reserved = 0;
    for _ in 0..4 {
        let fitted = select(&document, max_bytes.saturating_sub(reserved), notes_cap);
        if markdown::to_markdown(&fitted).len() <= max_bytes {
            return fitted;
        }
        reserved = markdown::left_out(&fitted.left_out).len().max(reserved + 1);
    }
    select(&document, max_bytes.saturating_sub(notes_cap), notes_cap)
}

fn with_short_titles(mut document: Document, max_bytes: usize) -> Document {
    let longest = max_bytes / 4;
    if markdown::title(&document.title).len() > longest {
        // Escaping can double what is kept.
        document.title = clipped(&document.title, (longest / 2).saturating_sub(6));
    }
    for section in &mut document.sections {
        if section.title.len() > LONGEST_HEADING {
            section.title = clipped(&section.title, LONGEST_HEADING);
        }
    }
    document
}

fn clipped(title: &str, longest: usize) -> String {
    let clean = text::line(title);
    match clean.len() <= longest {
        true => clean,
        false => format!("{}…", &clean[..clean.floor_char_boundary(longest)]),
    }
}

/// What a section or the warnings lost.
struct Cut<'a> {
    title: &'a str,
    items: usize,
    of: usize,
    lines: usize,
    more: Option<&'a str>,
}

/// The most important of the document within `room` bytes, the notes not counted.
fn select(document: &Document, room: usize, notes_cap: usize) -> Document {
    let mut room = room.saturating_sub(markdown::title(&document.title).len());
    let mut cuts = Vec::new();
    let warnings = keep_warnings(&document.warnings, room / 4, &mut cuts);
    room = room.saturating_sub(markdown::warnings(&warnings).len());

    let mut by_importance: Vec<usize> = (0..document.sections.len()).collect();
    by_importance.sort_by_key(|index| Reverse(document.sections[*index].importance));
    let mut kept: Vec<Option<Section>> = vec![None; document.sections.len()];
    for index in by_importance {
        let filled = fill(&document.sections[index], room);
        room -= filled.bytes;
        cuts.extend(filled.cut);
        kept[index] = filled.section;
    }
    Document {
        title: document.title.clone(),
        sections: kept.into_iter().flatten().collect(),
        warnings,
        left_out: notes(&document.left_out, &cuts, notes_cap),
    }
}

fn keep_warnings<'a>(all: &'a [Warning], room: usize, cuts: &mut Vec<Cut<'a>>) -> Vec<Warning> {
    // From the first on: there may be thousands, and few have room.
    let fits = |count: &usize| markdown::warnings(&all[..*count]).len() <= room;
    let count = (1..=all.len()).take_while(fits).last().unwrap_or(0);
    if count < all.len() {
        cuts.push(Cut {
            title: "Warnings",
            items: all.len() - count,
            of: all.len(),
            lines: 0,
            more: None,
        });
    }
    all[..count].to_vec()
}

struct Filled<'a> {
    /// None when not one item found room.
    section: Option<Section>,
    bytes: usize,
    cut: Option<Cut<'a>>,
}

/// As many of the section's items as fit into `room`, in order.
fn fill(section: &Section, room: usize) -> Filled<'_> {
    let heading = markdown::heading(section).len();
    let whole = room.saturating_sub(heading);
    let mut left = whole;
    let mut items: Vec<Item> = Vec::new();
    let mut lines = 0;
    let candidates = if heading < room { &*section.items } else { &[] };
    for item in candidates {
        let bytes = markdown::item(items.last(), item).len();
        if bytes <= left {
            left -= bytes;
            items.push(item.clone());
        } else if bytes <= whole {
            // It had room as the first one: the list ends here, so that it shows no gap.
            break;
        } else if let Some((short, cut)) = shortened(item, items.last(), left) {
            left -= markdown::item(items.last(), &short).len();
            lines += cut;
            items.push(short);
        }
    }
    let out = section.items.len() - items.len();
    let cut = (out > 0 || lines > 0).then_some(Cut {
        title: &section.title,
        items: out,
        of: section.items.len(),
        lines,
        more: section.more.as_deref(),
    });
    if items.is_empty() {
        return Filled {
            section: None,
            bytes: 0,
            cut,
        };
    }
    Filled {
        bytes: heading + whole - left,
        cut,
        section: Some(Section {
            items,
            name: section.name.clone(),
            title: section.title.clone(),
            provenance: section.provenance.clone(),
            age: section.age.clone(),
            importance: section.importance,
            more: section.more.clone(),
        }),
    }
}

/// The first lines of a quotation that fit into `room`, with a last line that says how many are missing; and their
/// number. None when no line fits, and for everything that is not a quotation.
fn shortened(item: &Item, previous: Option<&Item>, room: usize) -> Option<(Item, usize)> {
    let Item::Quote { text } = item else {
        return None;
    };
    let text = text::block(text);
    let lines: Vec<&str> = text.trim_end().split('\n').collect();
    let first = |count: usize| {
        let missing = lines.len() - count;
        let kept = lines[..count].join("\n");
        let noun = if missing == 1 { "line" } else { "lines" };
        let note = format!("… {missing} more {noun}");
        let short = Item::quote(format!("{}\n\n{note}", text::close_fences(&kept)));
        (short, missing)
    };
    // More lines than this cannot fit whatever is in them; it bounds the work on a very long text.
    let mut bytes = 0;
    let bound = lines
        .iter()
        .take_while(|line| {
            bytes += line.len() + 1;
            bytes <= room
        })
        .count();
    (1..=bound.min(lines.len() - 1))
        .rev()
        .map(first)
        .find(|(short, _)| markdown::item(previous, short).len() <= room)
}

/// The most important cuts by name, the others by number, within `cap` bytes of Markdown.
fn notes(earlier: &[String], cuts: &[Cut<'_>], cap: usize) -> Vec<String> {
    let mut all = earlier.to_vec();
    all.extend(cuts.iter().map(note));
    if markdown::left_out(&all).len() <= cap {
        return all;
    }
    let total = all.len();
    all.push(String::new());
    for named in (0..total).rev() {
        all.truncate(named);
        all.push(match (named, total - named) {
            (0, 1) => "one section in part or whole".into(),
            (0, count) => format!("{count} sections in part or whole"),
            (_, count) => format!("and {count} more"),
        });
        if markdown::left_out(&all).len() <= cap {
            break;
        }
    }
    all
}

fn note(cut: &Cut<'_>) -> String {
    let mut parts = Vec::new();
    if cut.items > 0 {
        let noun = if cut.of == 1 { "item" } else { "items" };
        parts.push(format!("{} of {} {noun}", cut.items, cut.of));
    }
    if cut.lines > 0 {
        let noun = if cut.lines == 1 { "line" } else { "lines" };
        parts.push(format!("{} {noun}", cut.lines));
    }
    let what = format!("{}: {}", cut.title, parts.join(" and "));
    match cut.more {
        Some(command) => format!("{what}; see `{command}`"),
        None => what,
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
