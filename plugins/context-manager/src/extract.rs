//! Purpose, patterns and gotchas of a context file, taken from its Markdown. It must not make anything up: every line
//! is the file's own.

use crate::block;

/// What a brief shows of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Essence {
    /// The section called so, or else the first paragraph.
    pub purpose: Option<String>,
    pub patterns: Vec<String>,
    pub gotchas: Vec<String>,
}

const MOST_ITEMS: usize = 6;
/// Characters.
const LONGEST_ITEM: usize = 220;
const LONGEST_PURPOSE: usize = 320;

const PURPOSE: [&str; 4] = ["purpose", "overview", "about", "what this is"];
const PATTERNS: [&str; 6] = [
    "pattern",
    "convention",
    "style",
    "guideline",
    "rules",
    "how we",
];
const GOTCHAS: [&str; 8] = [
    "gotcha",
    "pitfall",
    "caveat",
    "warning",
    "careful",
    "known issue",
    "don't",
    "watch out",
];
/// A point that begins so is a gotcha wherever it stands.
const WARNING_WORDS: [&str; 5] = ["never ", "don't ", "do not ", "beware", "careful"];

pub fn extract(text: &str) -> Essence {
    let mut essence = Essence::default();
    let mut first_paragraph = None;
    for Point {
        heading,
        text,
        listed,
    } in points(&block::without(text))
    {
        let under = |keys: &[&str]| keys.iter().any(|key| heading.contains(key));
        let lower = text.to_ascii_lowercase();
        let warns = listed && WARNING_WORDS.iter().any(|word| lower.starts_with(word));
        if under(&GOTCHAS) || warns {
            essence.gotchas.push(short(&text, LONGEST_ITEM));
        } else if under(&PATTERNS) {
            essence.patterns.push(short(&text, LONGEST_ITEM));
        } else if under(&PURPOSE) && essence.purpose.is_none() {
            essence.purpose = Some(short(&text, LONGEST_PURPOSE));
        } else if first_paragraph.is_none() && !listed {
            first_paragraph = Some(short(&text, LONGEST_PURPOSE));
        }
    }
    essence.patterns.truncate(MOST_ITEMS);
    essence.gotchas.truncate(MOST_ITEMS);
    essence.purpose = essence.purpose.or(first_paragraph);
    essence
}

/// A paragraph or an item of a list, in one line.
struct Point {
    /// Lower case; empty before the first heading.
    heading: String,
    text: String,
    listed: bool,
}

/// Code blocks, tables, comments and `@imports` are passed over.
fn points(text: &str) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let mut heading = String::new();
    let mut open = false;
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let line = line.trim();
        if let Some(mark) = fence {
            if line.starts_with(mark) {
                fence = None;
            }
            continue;
        }
        if let Some(mark) = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.starts_with(mark))
        {
            fence = Some(mark);
            open = false;
        } else if line.starts_with('#') {
            heading = line.trim_matches(['#', ' ']).to_ascii_lowercase();
            open = false;
        } else if line.is_empty() || line.starts_with(['|', '@', '<']) {
            open = false;
        } else if let Some(item) = list_item(line) {
            points.push(point(&heading, item, true));
            open = true;
        } else if open && let Some(last) = points.last_mut() {
            last.text.push(' ');
            last.text.push_str(line);
        } else {
            points.push(point(&heading, line, false));
            open = true;
        }
    }
    points
}

fn point(heading: &str, text: &str, listed: bool) -> Point {
    Point {
        heading: heading.to_owned(),
        text: text.to_owned(),
        listed,
    }
}

fn list_item(line: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "+ "]
        .into_iter()
        .find_map(|bullet| line.strip_prefix(bullet));
    bullet.or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = rest.len() < line.len();
        rest.strip_prefix(". ").filter(|_| numbered)
    })
}

/// At most `most` characters.
pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purpose_patterns_and_gotchas_are_the_files_own_words() {
        let text = "# Auth\n\nIssues tokens\nand checks them.\n\nMore.\n\n## Patterns\n- One function\n  per grant\n\
                    - Never log a token\n\n```sh\n- not an item\n```\n\n## Gotchas\n1. Clocks skew\n\nTests need a key.\n";
        assert_eq!(
            extract(text),
            Essence {
                purpose: Some("Issues tokens and checks them.".into()),
                patterns: vec!["One function per grant".into()],
                gotchas: vec![
                    "Never log a token".into(),
                    "Clocks skew".into(),
                    "Tests need a key.".into()
                ],
            }
        );
    }

    #[test]
    fn a_section_called_purpose_beats_the_first_paragraph() {
        let text = "@AGENTS.md\nHello.\n\n## Purpose\nTo greet.\n";
        assert_eq!(extract(text).purpose.as_deref(), Some("To greet."));
    }

    #[test]
    fn the_block_that_we_wrote_is_not_quoted_back() {
        let text = format!("{}\n## Gotchas\n- x\n{}\n", block::BEGIN, block::END);
        assert_eq!(extract(&text), Essence::default());
    }
}
