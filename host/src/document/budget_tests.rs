//! Tests of the budget over many generated documents. They must not depend on luck: the generator is seeded.

use super::*;
use crate::document::{Mark, Provenance};

/// A small reproducible generator (Knuth's linear congruence).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % sides
    }

    fn text(&mut self, longest: usize) -> String {
        const PARTS: [&str; 16] = [
            "word",
            " ",
            "\n",
            "ü",
            "日本語",
            "<b>",
            "```",
            "\n```\n",
            "# ",
            "\u{1b}[31m",
            "`",
            "\n\n",
            "~~~",
            "\r",
            "long-word",
            "👩‍💻",
        ];
        (0..self.roll(longest + 1))
            .map(|_| PARTS[self.roll(16)])
            .collect()
    }

    fn item(&mut self) -> Item {
        match self.roll(5) {
            0 => Item::line(self.text(8)),
            1 => Item::pair(self.text(3), self.text(8)),
            2 => Item::check(Mark::Open, self.text(8)),
            3 => Item::quote(self.text(300)),
            _ => Item::line(self.text(100)),
        }
    }

    fn document(&mut self) -> Document {
        let long = [4, 4, 60][self.roll(3)];
        let mut document = Document::new(self.text(long));
        for index in 0..self.roll(30) {
            let mut section = Section::new(format!("section_{index}"), self.text(long))
                .importance(self.roll(101) as u8)
                .provenance(Provenance::Plugin("p".into()));
            for _ in 0..self.roll(12) {
                section.items.push(self.item());
            }
            if self.roll(2) == 0 {
                section.more = Some("session brief --max-bytes 20000".into());
            }
            document.sections.push(section);
        }
        for _ in 0..self.roll(4) {
            document.warnings.push(Warning::new(self.text(20)));
        }
        document
    }
}

/// Whether every fence in the quotations of a page is closed before its quotation ends.
fn fences_are_closed(page: &str) -> bool {
    let mut quotation = String::new();
    for line in page.lines().chain([""]) {
        if let Some(text) = line.strip_prefix('>') {
            quotation.push_str(text.strip_prefix(' ').unwrap_or(text));
            quotation.push('\n');
        } else {
            if text::close_fences(&quotation) != quotation {
                return false;
            }
            quotation.clear();
        }
    }
    true
}

#[test]
fn whatever_the_document_its_markdown_fits_and_is_whole() {
    let mut dice = Dice(42);
    for round in 0..300 {
        let document = dice.document();
        let max_bytes = SMALLEST + dice.roll([1, 100, 2000, 20_000][round % 4]);
        let full = markdown::to_markdown(&document);
        let fitted = fit(document.clone(), max_bytes);
        let page = markdown::to_markdown(&fitted);
        assert!(
            page.len() <= max_bytes,
            "{} > {max_bytes} in round {round}:\n{page}",
            page.len()
        );
        assert!(fences_are_closed(&page), "round {round}:\n{page}");
        assert_eq!(
            full.len() > max_bytes && page != full,
            !fitted.left_out.is_empty()
        );
        for section in &fitted.sections {
            let before = document
                .sections
                .iter()
                .find(|all| all.name == section.name);
            let all = &before.unwrap().items;
            assert!(
                section.items.iter().all(|item| all.contains(item)
                    || matches!(item, Item::Quote { text } if text.contains(" more line"))),
                "an item was split in round {round}"
            );
        }
    }
}

fn sections(importances: &[u8], items: usize) -> Document {
    let mut document = Document::new("Title");
    for (index, importance) in importances.iter().enumerate() {
        document.push(
            Section::new(format!("s{index}"), format!("Section {index}"))
                .importance(*importance)
                .items((0..items).map(|n| Item::line(format!("item {n} {}", "x".repeat(40)))))
                .more("session brief --max-bytes 20000"),
        );
    }
    document
}

#[test]
fn a_document_that_fits_is_returned_as_it_is() {
    let document = sections(&[10, 20], 3);
    let exact = markdown::to_markdown(&document).len();
    assert_eq!(fit(document.clone(), exact), document);
    assert_ne!(fit(document.clone(), exact - 1), document);
}

#[test]
fn the_least_important_section_goes_first_and_the_order_stays() {
    let fitted = fit(sections(&[30, 10, 90], 5), 600);
    let names: Vec<_> = fitted
        .sections
        .iter()
        .map(|s| (&*s.name, s.items.len()))
        .collect();
    assert_eq!(names, [("s0", 3), ("s2", 5)]);
    assert_eq!(
        fitted.left_out,
        [
            "Section 0: 2 of 5 items; see `session brief --max-bytes 20000`",
            "Section 1: 5 of 5 items; see `session brief --max-bytes 20000`",
        ]
    );
}

#[test]
fn room_that_the_notes_do_not_need_is_used() {
    let document = sections(&[30], 100);
    for max_bytes in [1000, 2000, 4000] {
        let bytes = markdown::to_markdown(&fit(document.clone(), max_bytes)).len();
        assert!(bytes + 60 > max_bytes, "{bytes} of {max_bytes}");
    }
}

#[test]
fn an_item_too_large_by_itself_does_not_take_the_others_with_it() {
    let mut document = Document::new("Title");
    document.push(Section::new("s", "Section").items([
        Item::line("before"),
        Item::line("x".repeat(5000)),
        Item::line("after"),
    ]));
    let fitted = fit(document, 400);
    assert_eq!(
        fitted.sections[0].items,
        [Item::line("before"), Item::line("after")]
    );
    assert_eq!(fitted.left_out, ["Section: 1 of 3 items"]);
}

#[test]
fn a_quotation_too_large_by_itself_is_shortened_at_a_line_outside_of_code() {
    let mut document = Document::new("Title");
    let text = format!("```\n{}```\n", "a line of code\n".repeat(100));
    document.push(Section::new("s", "Section").item(Item::quote(text)));
    let fitted = fit(document, 300);
    let Item::Quote { text } = &fitted.sections[0].items[0] else {
        panic!("{fitted:?}")
    };
    let end: Vec<&str> = text.lines().rev().take(4).collect();
    assert_eq!(end, ["… 89 more lines", "", "```", "a line of code"]);
    assert_eq!(fitted.left_out, ["Section: 89 lines"]);
}

#[test]
fn many_cut_sections_are_counted_rather_than_named() {
    let fitted = fit(sections(&[50; 40], 3), SMALLEST);
    assert_eq!(fitted.left_out.last().unwrap(), "and 39 more");
    let fitted = fit(sections(&[50; 40], 3), 2000);
    assert!(fitted.left_out.last().unwrap().starts_with("and "));
    assert!(fitted.left_out[0].starts_with("Section "));
}

#[test]
fn a_list_that_is_cut_shows_no_gap() {
    let mut document = Document::new("Title");
    document.push(Section::new("s", "Section").items([
        Item::line("x".repeat(100)),
        Item::line("y".repeat(150)),
        Item::line("small"),
    ]));
    let fitted = fit(document, SMALLEST);
    assert_eq!(fitted.sections[0].items, [Item::line("x".repeat(100))]);
    assert_eq!(fitted.left_out, ["Section: 2 of 3 items"]);
}

#[test]
fn a_title_without_end_leaves_room_for_the_rest() {
    let mut document = sections(&[50; 3], 9);
    document.title = "<b>".repeat(2000);
    document.sections[0].title = "ü".repeat(2000);
    let page = markdown::to_markdown(&fit(document, 1000));
    assert!(page.len() <= 1000, "{page}");
    assert!(
        page.starts_with("# \\<b>\\<b>") && page.contains("<b…\n"),
        "{page}"
    );
    assert!(
        page.contains(&format!("## {}…\n\n- item 0", "ü".repeat(60))),
        "{page}"
    );
}
