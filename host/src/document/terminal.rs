//! A Document as text for people at a terminal. It must not trust what it shows: every text is cleaned again here,
//! the last place before the screen.

use unicode_width::UnicodeWidthStr as _;

use super::{Document, Item, Mark, Section, text};

/// What the terminal can show and the user wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// Symbols beyond ASCII: ticks, bullets, bars.
    pub emoji: bool,
    /// Columns. Lines are wrapped between words; a word that is longer stays whole, so that it can be copied.
    pub width: usize,
}

/// The few ways a text can stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Strong,
    Faint,
    Good,
    Current,
    Warning,
    Error,
}

impl Style {
    /// `text` in colour, if there is colour. The caller cleaned it.
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Strong => "1",
            Paint::Faint => "2",
            Paint::Good => "32",
            Paint::Current => "1;36",
            Paint::Warning => "1;33",
            Paint::Error => "1;31",
        };
        match self.color && !text.is_empty() {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    fn either(&self, symbol: &'static str, plain: &'static str) -> &'static str {
        if self.emoji { symbol } else { plain }
    }
}

/// Title, sections and what was left out. Warnings are not here: on a terminal they go to stderr, by `Ui::warning`.
pub fn to_terminal(document: &Document, style: &Style) -> String {
    let mut screen = String::new();
    let title = text::line(&document.title);
    if !title.is_empty() {
        screen.push_str(&style.paint(Paint::Strong, &title));
        screen.push('\n');
    }
    for section in document.sections.iter().filter(|s| !s.items.is_empty()) {
        if !screen.is_empty() {
            screen.push('\n');
        }
        screen.push_str(&heading(section, style));
        for item in &section.items {
            screen.push_str(&self::item(item, style));
        }
    }
    if !document.left_out.is_empty() {
        screen.push('\n');
        let notes = format!("Left out: {}", document.left_out.join(" · "));
        for line in wrapped(&text::line(&notes), style.width) {
            screen.push_str(&style.paint(Paint::Faint, &line));
            screen.push('\n');
        }
    }
    screen
}

fn heading(section: &Section, style: &Style) -> String {
    let title = style.paint(Paint::Current, &text::line(&section.title));
    let source = section.source();
    let provenance = source.map_or(String::new(), |source| {
        format!(" ({})", text::line(&source))
    });
    format!("{title}{}\n", style.paint(Paint::Faint, &provenance))
}

fn item(item: &Item, style: &Style) -> String {
    let bullet = style.either("•", "-");
    match item {
        Item::Line { text } => entry(bullet, None, &text::line(text), style),
        Item::Pair { name, value } => {
            let pair = format!("{}: {}", text::line(name), text::line(value));
            entry(bullet, None, &pair, style)
        }
        Item::Check { mark, text } => {
            let (symbol, paint) = match mark {
                Mark::Done => (style.either("✔", "[x]"), Some(Paint::Good)),
                Mark::Current => (style.either("▶", "[>]"), Some(Paint::Current)),
                Mark::Open => (style.either("○", "[ ]"), None),
            };
            entry(symbol, paint, &text::line(text), style)
        }
        Item::Quote { text } => quotation(&text::block(text), style),
    }
}

/// A symbol and, beside it, the text.
fn entry(symbol: &str, paint: Option<Paint>, text: &str, style: &Style) -> String {
    let margin = 2 + symbol.width() + 1;
    let mut shown = String::new();
    for (index, line) in wrapped(text, style.width.saturating_sub(margin))
        .iter()
        .enumerate()
    {
        match (index, paint) {
            (0, Some(paint)) => shown.push_str(&format!("  {} ", style.paint(paint, symbol))),
            (0, None) => shown.push_str(&format!("  {symbol} ")),
            _ => shown.push_str(&" ".repeat(margin)),
        }
        shown.push_str(line);
        shown.push('\n');
    }
    shown
}

/// Somebody else's block, with a bar before every line.
fn quotation(text: &str, style: &Style) -> String {
    let bar = style.paint(Paint::Faint, style.either("│", "|"));
    let mut shown = String::new();
    for line in text.trim_matches('\n').trim_end().split('\n') {
        let line = line.trim_end().replace('\t', "    ");
        // What is indented may be code, whose columns matter.
        let lines = match line.starts_with("  ") {
            true => vec![line],
            false => wrapped(&line, style.width.saturating_sub(4)),
        };
        for line in lines {
            let shown_line = format!("  {bar} {line}");
            shown.push_str(shown_line.trim_end());
            shown.push('\n');
        }
    }
    shown
}

/// Lines of at most `width` columns where words allow it; always at least one.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut columns = 0;
    for word in text.split(' ') {
        let word_columns = word.width();
        let line = lines.last_mut().expect("it begins with one line");
        if line.is_empty() {
            line.push_str(word);
            columns = word_columns;
        } else if columns + 1 + word_columns <= width {
            line.push(' ');
            line.push_str(word);
            columns += 1 + word_columns;
        } else {
            lines.push(word.to_owned());
            columns = word_columns;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Provenance;

    const PLAIN: Style = Style {
        color: false,
        emoji: false,
        width: 30,
    };

    fn document() -> Document {
        let mut document = Document::new("Session on x");
        document.push(
            Section::new("objectives", "Objectives")
                .provenance(Provenance::Person)
                .item(Item::check(Mark::Done, "obj-1: parse"))
                .item(Item::check(
                    Mark::Current,
                    "obj-2: check the many words of it",
                ))
                .item(Item::pair("Branch", "x"))
                .item(Item::quote(
                    "a\n\n\tcode that is wider than the screen\n日本語 日本語 日本語 日本語 日本語",
                )),
        );
        document.left_out.push("History: 2 of 3 items".into());
        document
    }

    #[test]
    fn without_colour_and_symbols_it_is_ascii_and_wrapped() {
        assert_eq!(
            to_terminal(&document(), &PLAIN),
            "\
Session on x

Objectives (as claimed)
  [x] obj-1: parse
  [>] obj-2: check the many
      words of it
  - Branch: x
  | a
  |
  |     code that is wider than the screen
  | 日本語 日本語 日本語
  | 日本語 日本語

Left out: History: 2 of 3
items
"
        );
    }

    #[test]
    fn with_colour_and_symbols_only_our_own_sequences_are_there() {
        let style = Style {
            color: true,
            emoji: true,
            width: 80,
        };
        let screen = to_terminal(&document(), &style);
        assert!(
            screen.contains("  \u{1b}[32m✔\u{1b}[0m obj-1: parse\n"),
            "{screen}"
        );
        assert_eq!(
            text::block(&screen),
            to_terminal(
                &document(),
                &Style {
                    color: false,
                    ..style
                }
            )
        );
    }

    #[test]
    fn no_text_reaches_the_screen_uncleaned() {
        let dirty = "a\u{1b}[31m\u{9b}2J\rb\u{202e}c\u{7}";
        let mut document = Document::new(dirty);
        document.push(
            Section::new(dirty, dirty)
                .provenance(Provenance::Plugin(dirty.into()))
                .items([
                    Item::line(dirty),
                    Item::pair(dirty, dirty),
                    Item::check(Mark::Open, dirty),
                    Item::quote(dirty),
                ]),
        );
        document.left_out.push(dirty.into());
        let screen = to_terminal(&document, &PLAIN);
        assert!(!screen.contains(text::is_harmful), "{screen:?}");
        assert!(!screen.contains('\r'));
    }
}
