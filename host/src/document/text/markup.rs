//! Keeps text inside the place it was given in a Markdown page. It must not be fed text that was not cleaned: it
//! knows `\n` as the only line end.

use std::borrow::Cow;

/// One line that starts an item: a backslash in front of whatever would begin a block there (heading, quotation,
/// list, task, fence, rule or setext underline, link definition, HTML).
pub fn escape_line_start(text: &str) -> Cow<'_, str> {
    match block_start(text) {
        Some(at) => Cow::Owned(format!("{}\\{}", &text[..at], &text[at..])),
        None => Cow::Borrowed(text),
    }
}

/// Where the backslash has to stand, if `text` would begin a block.
fn block_start(text: &str) -> Option<usize> {
    let text_bytes = text.as_bytes();
    let first = *text_bytes.first()?;
    let run = text_bytes.iter().take_while(|b| **b == first).count();
    let ends_word = |at: usize| matches!(text_bytes.get(at), None | Some(b' ' | b'\t'));
    // `---`, `===`, `* * *`: a rule, or a heading made of the line before.
    let is_rule = matches!(first, b'-' | b'=' | b'*' | b'_')
        && text_bytes
            .iter()
            .all(|b| *b == first || matches!(b, b' ' | b'\t'));
    let starts = is_rule
        || match first {
            b'#' => ends_word(run),
            b'-' | b'+' | b'*' => ends_word(1),
            b'>' => true,
            b'`' | b'~' => run >= 3,
            b'<' => opens_html(&text[1..]),
            b'[' => opens_task_or_definition(text),
            _ => false,
        };
    if starts {
        return Some(0);
    }
    let digits = text_bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let numbered = (1..=9).contains(&digits)
        && matches!(text_bytes.get(digits), Some(b'.' | b')'))
        && ends_word(digits + 1);
    numbered.then_some(digits)
}

fn opens_task_or_definition(text: &str) -> bool {
    let mut inside = text.chars().skip(1);
    (inside.next().is_some() && inside.next() == Some(']')) || text.contains("]:")
}

/// Whether a `<` followed by this begins a tag, a comment, a declaration or an instruction.
fn opens_html(after: &str) -> bool {
    after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

/// One line, with a backslash before every `<` that would begin HTML: rendered, a tag could close the list or the
/// heading it stands in. Code spans stay as they are.
pub fn escape_inline(text: &str) -> Cow<'_, str> {
    escape_html(text, &mut false)
}

/// `uncertain` says, and is told, that what looks like a code span in this paragraph may be none: an earlier run of
/// backticks found no partner on its line and may end here, or a link's address may have taken one up.
fn escape_html<'a>(text: &'a str, uncertain: &mut bool) -> Cow<'a, str> {
    if !text.contains(['<', '`', ']']) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut escaped = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => at += 2,
            b'`' => {
                let run = run_length(&bytes[at..]);
                at += run;
                match code_span_end(&bytes[at..], run) {
                    Some(length) if !*uncertain => at += length,
                    Some(_) => {}
                    None => *uncertain = true,
                }
            }
            b']' if bytes.get(at + 1) == Some(&b'(') => {
                *uncertain = true;
                at += 2;
            }
            b'<' if opens_html(&text[at + 1..]) => {
                escaped.push_str(&text[copied..at]);
                escaped.push('\\');
                copied = at;
                at += 1;
            }
            _ => at += 1,
        }
    }
    if copied == 0 && escaped.is_empty() {
        return Cow::Borrowed(text);
    }
    escaped.push_str(&text[copied..]);
    Cow::Owned(escaped)
}

fn run_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| **b == bytes[0]).count()
}

/// How far behind an opening run of `run` backticks its code span ends, closing run included.
fn code_span_end(bytes: &[u8], run: usize) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'`' {
            at += 1;
            continue;
        }
        let length = run_length(&bytes[at..]);
        at += length;
        if length == run {
            return Some(at);
        }
    }
    None
}

/// A block as a quotation: `> ` before every line, blank ones too, HTML outside code escaped, and a fence that was
/// left open closed. Ends with a line end; empty for text without a visible character.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + text.len() / 16 + 8);
    let mut fence = None;
    let mut uncertain = false;
    for line in text.trim_matches('\n').trim_end().split('\n') {
        let line = &*with_plain_indent(line);
        let was = fence;
        fence = Fence::after(fence, line);
        let is_code = was.or(fence).is_some_and(|fence| fence.indent == 0);
        let safe = if is_code {
            Cow::Borrowed(line)
        } else {
            escape_html(line, &mut uncertain)
        };
        if line.trim_matches([' ', '\t']).is_empty() {
            uncertain = false;
        }
        quoted.push_str(if safe.is_empty() { ">" } else { "> " });
        quoted.push_str(&safe);
        quoted.push('\n');
    }
    if let Some(fence) = fence {
        quoted.push_str("> ");
        quoted.push_str(&fence.closing());
        quoted.push('\n');
    }
    if quoted == ">\n" {
        quoted.clear();
    }
    quoted
}

/// Tabs of the indentation as four spaces: behind `> ` a tab is only two columns wide, and a fence that was indented
/// too far to be one would become one.
fn with_plain_indent(line: &str) -> Cow<'_, str> {
    let text = line.trim_start_matches([' ', '\t']);
    let indent = &line[..line.len() - text.len()];
    match indent.contains('\t') {
        true => Cow::Owned(indent.replace('\t', "    ") + text),
        false => Cow::Borrowed(line),
    }
}

/// `text` with the fence closed that it leaves open, for what is put behind it.
pub fn close_fences(text: &str) -> Cow<'_, str> {
    match text.split('\n').fold(None, Fence::after) {
        Some(fence) => Cow::Owned(format!("{}\n{}", text.trim_end(), fence.closing())),
        None => Cow::Borrowed(text),
    }
}

/// An open code fence. One that is indented may stand in a list, which the next line can end, and the fence with it:
/// only one at the margin is certain to hold what follows.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
    indent: usize,
}

impl Fence {
    /// The fence that is open behind `line`, if `open` was before it.
    fn after(open: Option<Fence>, line: &str) -> Option<Fence> {
        let unindented = line.trim_start_matches(' ');
        let indent = line.len() - unindented.len();
        let mark = unindented
            .chars()
            .next()
            .filter(|c| matches!(c, '`' | '~'))
            .filter(|_| indent < 4);
        let Some(mark) = mark else { return open };
        let rest = unindented.trim_start_matches(mark);
        let length = unindented.len() - rest.len();
        match open {
            Some(open) => {
                let closes = mark == open.mark
                    && length >= open.length
                    && rest.trim_matches([' ', '\t']).is_empty();
                (!closes).then_some(open)
            }
            None => (length >= 3 && !(mark == '`' && rest.contains('`'))).then_some(Fence {
                mark,
                length,
                indent,
            }),
        }
    }

    fn closing(self) -> String {
        std::iter::repeat_n(self.mark, self.length).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_cannot_begin_with_a_block() {
        for text in [
            "# heading",
            "###### heading",
            "#",
            "> quotation",
            ">x",
            "- item",
            "+ item",
            "* item",
            "-",
            "---",
            "===",
            "=",
            "* * *",
            "___",
            "```rust",
            "~~~",
            "<!-- hidden",
            "<script>",
            "</ul>",
            "<?php",
            "[x] forged",
            "[ ] forged",
            "[▶] forged",
            "[name]: https://example.org",
        ] {
            assert_eq!(escape_line_start(text), format!("\\{text}"), "{text:?}");
        }
        assert_eq!(escape_line_start("1. item"), "1\\. item");
        assert_eq!(escape_line_start("12) item"), "12\\) item");
    }

    #[test]
    fn an_item_that_is_only_text_stays_as_it_is() {
        for text in [
            "",
            "plain",
            "#123 fixed",
            "--flag added",
            "-1 is odd",
            "*emphasis* first",
            "`code` first",
            "1.5 times",
            "2026 was",
            "= assignment",
            "[link](https://example.org)",
            "<- arrow",
            "~/.config",
        ] {
            assert_eq!(escape_line_start(text), text);
        }
    }

    #[test]
    fn html_is_escaped_in_text_and_not_in_code() {
        for (text, escaped) in [
            ("a < b", "a < b"),
            ("a </li><h2>x", "a \\</li>\\<h2>x"),
            ("`Vec<T>` and Vec<T>", "`Vec<T>` and Vec\\<T>"),
            ("``a ` <b>`` <!--", "``a ` <b>`` \\<!--"),
            ("open ` <h2>", "open ` \\<h2>"),
            ("\\`<h2>`", "\\`\\<h2>`"),
            ("\\\\<h2>", "\\\\\\<h2>"),
            ("\\<h2>", "\\<h2>"),
            // The link's address is the first backtick.
            ("[a](`) <h2>`", "[a](`) \\<h2>`"),
        ] {
            assert_eq!(escape_inline(text), escaped, "{text:?}");
        }
    }

    #[test]
    fn every_line_of_a_quotation_is_marked() {
        assert_eq!(quote("# a\n\n  b\n---\n\n"), "> # a\n>\n>   b\n> ---\n");
        assert_eq!(quote("\n \n"), "");
    }

    #[test]
    fn a_fence_left_open_is_closed_with_its_own_kind() {
        assert_eq!(quote("````md\n```\nx"), "> ````md\n> ```\n> x\n> ````\n");
        assert_eq!(quote("~~~\n```\n~~~"), "> ~~~\n> ```\n> ~~~\n");
        assert_eq!(quote("``` a`b"), "> ``` a`b\n");
        assert_eq!(quote("    ```"), ">     ```\n");
        assert_eq!(quote("x\n\t```"), "> x\n>     ```\n");
        assert_eq!(close_fences("```\nx\n"), "```\nx\n```");
        assert_eq!(close_fences("x\n"), "x\n");
    }

    #[test]
    fn html_in_a_quotation_survives_only_where_it_is_certainly_code() {
        assert_eq!(
            quote("```\n<h2>\n```\n<h2>"),
            "> ```\n> <h2>\n> ```\n> \\<h2>\n"
        );
        // The list item ends before the third line, and the fence with it.
        assert_eq!(
            quote("- a\n  ```\n<h2>"),
            "> - a\n>   ```\n> \\<h2>\n> ```\n"
        );
        // The first line's backtick meets the second line's first one: `<h2>` stands outside of both.
        assert_eq!(quote("a `\nb `<h2>`"), "> a `\n> b `\\<h2>`\n");
        assert_eq!(
            quote("``\n```x `` <h2> ```"),
            "> ``\n> ```x `` \\<h2> ```\n"
        );
        assert_eq!(quote("a `\n\nb `<h2>`"), "> a `\n>\n> b `<h2>`\n");
    }
}
