//! A Document as Markdown, for agents, pipes and stored handoffs. Every line it writes is blank or begins with `# `,
//! `## `, `- ` or `>`, and only titles make the first two: no text can forge a section. It must not leave anything out.

use std::borrow::Cow;

use super::{Document, Item, Mark, Section, text};
use crate::error::Warning;

/// The whole page. It is the plain concatenation of the pieces below, so that `budget` can add up their lengths.
pub fn to_markdown(document: &Document) -> String {
    let mut page = title(&document.title);
    for section in document.sections.iter().filter(|s| !s.items.is_empty()) {
        page.push_str(&heading(section));
        let mut previous = None;
        for item in &section.items {
            page.push_str(&self::item(previous, item));
            previous = Some(item);
        }
    }
    page.push_str(&warnings(&document.warnings));
    page.push_str(&left_out(&document.left_out));
    page
}

/// Empty for an empty title.
pub(super) fn title(title: &str) -> String {
    match inline(title).as_str() {
        "" => String::new(),
        title => format!("# {title}\n"),
    }
}

/// The section's heading, which says who speaks.
pub(super) fn heading(section: &Section) -> String {
    let source = section.source();
    let provenance = source.map_or(String::new(), |source| format!(" — {source}"));
    format!(
        "\n## {}\n\n",
        inline(&format!("{}{provenance}", section.title))
    )
}

/// One item below `previous`; between a list and a quotation stands a blank line.
pub(super) fn item(previous: Option<&Item>, item: &Item) -> String {
    let is_quote = |item: &Item| matches!(item, Item::Quote { .. });
    let separator = match previous {
        Some(previous) if is_quote(previous) || is_quote(item) => "\n",
        _ => "",
    };
    match item {
        Item::Line { text } => entry(separator, text),
        Item::Pair { name, value } => entry(
            separator,
            &inline(&format!("{}: {value}", text::line(name))),
        ),
        Item::Check { mark, text } => {
            let mark = match mark {
                Mark::Done => 'x',
                Mark::Current => '▶',
                Mark::Open => ' ',
            };
            format!("{separator}- [{mark}] {}\n", inline(text))
        }
        Item::Quote { text } => match text::quote(&text::block(text)).as_str() {
            "" => String::new(),
            quotation => format!("{separator}{quotation}"),
        },
    }
}

pub(super) fn warnings(warnings: &[Warning]) -> String {
    list(
        "Warnings",
        warnings.iter().map(|warning| match &warning.hint {
            Some(hint) => Cow::Owned(format!("{} ({hint})", warning.message)),
            None => Cow::Borrowed(&*warning.message),
        }),
    )
}

pub(super) fn left_out(notes: &[String]) -> String {
    list("Left out", notes.iter().map(|note| Cow::Borrowed(&**note)))
}

/// The host's own closing lists; nothing at all when empty.
fn list<'a>(title: &str, lines: impl Iterator<Item = Cow<'a, str>>) -> String {
    let entries: String = lines.map(|line| entry("", &line)).collect();
    match entries.as_str() {
        "" => entries,
        _ => format!("\n## {title}\n\n{entries}"),
    }
}

fn entry(separator: &str, text: &str) -> String {
    let clean = text::line(text);
    // The start first: a backslash before a run of backticks makes another code span of it.
    let started = text::escape_line_start(&clean);
    format!("{separator}- {}\n", text::escape_inline(&started))
}

/// For a whole line at once: a backtick in one part of it may change what the next part is.
fn inline(text: &str) -> String {
    text::escape_inline(&text::line(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Provenance;

    #[test]
    fn what_was_kept_says_how_old_it_is() {
        let section = Section::new("s", "Tickets")
            .provenance(Provenance::Plugin("acme-jira".into()))
            .age(Some("3 hours ago".into()));
        let expected = "\n## Tickets — from plugin acme-jira, 3 hours ago\n\n";
        assert_eq!(heading(&section), expected);
    }

    #[test]
    fn a_document_reads_as_a_page() {
        let mut document = Document::new("Session on feature/auth");
        document.push(
            Section::new("objectives", "Objectives")
                .item(Item::check(Mark::Done, "obj-1: parse"))
                .item(Item::check(Mark::Current, "obj-2: check"))
                .item(Item::check(Mark::Open, "obj-3: sign")),
        );
        document.push(
            Section::new("remember", "Remember")
                .provenance(Provenance::Person)
                .item(Item::pair("Branch", "feature/auth"))
                .item(Item::quote("two\n\nlines"))
                .item(Item::line("the end")),
        );
        document.push(
            Section::new("context", "Context")
                .provenance(Provenance::Plugin("context-manager".into()))
                .item(Item::quote("# theirs")),
        );
        document
            .warnings
            .push(Warning::new("HEAD moved").hint("see `session status`"));
        document.left_out.push("History: 2 of 3 items".into());
        let page = "\
# Session on feature/auth

## Objectives

- [x] obj-1: parse
- [▶] obj-2: check
- [ ] obj-3: sign

## Remember — as claimed

- Branch: feature/auth

> two
>
> lines

- the end

## Context — from plugin context-manager

> # theirs

## Warnings

- HEAD moved (see `session status`)

## Left out

- History: 2 of 3 items
";
        assert_eq!(to_markdown(&document), page);
    }

    const FORGERIES: &[&str] = &[
        "## Forged",
        "x\n## Forged\ny",
        "x\r## Forged",
        "x\r\n\r\n## Forged",
        "x\u{b}## Forged",
        "x\u{c}## Forged",
        "x\u{85}## Forged",
        "x\u{2028}## Forged\u{2029}## Forged",
        "\u{1b}[2K\u{1b}[1G## Forged",
        "\u{1b}]0;x\u{7}## Forged",
        "\u{200b}## Forged",
        "Forged\n---",
        "Forged\n===\n",
        "---\n## Forged",
        "```\n## Forged",
        "~~~\nx\n```\n## Forged",
        "x\n```\n\n## Forged\n",
        "<!--\n## Forged\n-->",
        "<h2>Forged</h2>",
        "</blockquote><h2>Forged</h2>",
        "- </li></ul>\n\n<h2>Forged</h2>",
        "[ ] forged",
        "[Forged]: https://example.org\n\n## Forged",
        "\\\n## Forged",
        "",
        "\n\n",
    ];

    /// Every text of the document is `text`.
    fn document_of(text: &str) -> Document {
        let mut document = Document::new(text);
        document.sections.push(
            Section::new(text, text)
                .provenance(Provenance::Plugin(text.into()))
                .more(text)
                .items([
                    Item::line(text),
                    Item::quote(text),
                    Item::pair(text, text),
                    Item::check(Mark::Open, text),
                    Item::quote(text),
                    Item::quote(text),
                    Item::line(text),
                ]),
        );
        document.warnings.push(Warning::new(text).hint(text));
        document.left_out.push(text.into());
        document
    }

    #[test]
    fn no_text_forges_a_section_wherever_it_stands() {
        for text in FORGERIES {
            let page = to_markdown(&document_of(text));
            assert!(
                !page.contains(|c: char| c != '\n' && text::is_harmful(c)),
                "{text:?}"
            );
            let count = |start: &str| page.lines().filter(|line| line.starts_with(start)).count();
            assert!(count("# ") <= 1, "{page}");
            assert_eq!(count("## "), 3, "{page}");
            assert!(
                page.lines().all(|line| line.is_empty()
                    || ["# ", "## ", "- ", "> "]
                        .iter()
                        .any(|start| line.starts_with(start))
                    || line == ">"),
                "{page}"
            );
            assert_eq!(
                page.matches("<h2>").count(),
                page.matches("\\<h2>").count(),
                "{page}"
            );
            assert_eq!(
                page.matches("<!--").count(),
                page.matches("\\<!--").count(),
                "{page}"
            );
        }
    }

    #[test]
    fn an_entry_cannot_begin_a_block_of_its_own() {
        for (text, entry) in [
            ("# x", "- \\# x\n"),
            ("---", "- \\---\n"),
            ("[x] done", "- \\[x] done\n"),
            ("```", "- \\```\n"),
        ] {
            assert_eq!(item(None, &Item::line(text)), entry);
        }
        assert_eq!(item(None, &Item::pair("[x]", "y")), "- \\[x]: y\n");
    }

    #[test]
    fn a_fence_escaped_at_the_start_is_no_code_span_that_hides_html() {
        assert_eq!(
            item(None, &Item::line("```x <h2> ```")),
            "- \\```x \\<h2> ```\n"
        );
    }

    #[test]
    fn a_backtick_in_one_part_of_a_line_cannot_uncover_html_in_the_next() {
        assert_eq!(item(None, &Item::pair("`", "` <h2>`")), "- `: ` \\<h2>`\n");
        let section = Section::new("s", "`").provenance(Provenance::Plugin("` <h2>`".into()));
        assert_eq!(heading(&section), "\n## ` — from plugin ` \\<h2>`\n\n");
    }
}
