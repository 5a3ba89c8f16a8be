//! Text in which everything can be seen that is in it, for a reader who is to agree to every byte. It must not leave
//! anything out: what only reads well is `clean`.

use std::fmt::Write as _;

use super::clean::is_harmful;

/// One line, in which each character that is not seen as itself stands as its number: `‹U+202E›`. Tabs stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) || is_unseen(character) {
            write!(shown, "‹U+{:04X}›", u32::from(character))
                .expect("writing to a string does not fail");
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A name of which each character can be told: in quotes where it has blanks at an end or in a row, or anything that quotes
/// show in another way.
pub fn name(text: &str) -> String {
    let shown = visible(text);
    let quoted = format!("{shown:?}");
    let is_plain = quoted[1..quoted.len() - 1] == shown;
    let has_blanks = shown.trim() != shown || shown.contains("  ") || shown.is_empty();
    if is_plain && !has_blanks {
        shown
    } else {
        quoted
    }
}

/// Takes no room, or shows nothing in it, but does no harm in a text that is only read: writing needs some of these.
fn is_unseen(character: char) -> bool {
    matches!(character,
        '\n'
        // Joiners, and selectors of a variant.
        | '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_blanks_are_told_apart() {
        for plain in ["a b.txt", "src/naïve.rs", ".git", "a‹U+202E›b"] {
            assert_eq!(name(plain), plain);
        }
        for (odd, shown) in [
            (" .git", r#"" .git""#),
            ("a  b.txt ", r#""a  b.txt ""#),
            ("a\tb", r#""a\tb""#),
            ("a\u{a0}b", r#""a\u{a0}b""#),
            (r#"a", "b"#, r#""a\", \"b""#),
            ("a\n", "a‹U+000A›"),
            ("", r#""""#),
        ] {
            assert_eq!(name(odd), shown);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_shown_as_its_number() {
        assert_eq!(visible("a\tnaïve „b“"), "a\tnaïve „b“");
        for (hidden, shown) in [
            ("a\u{1b}[2Jb", "a‹U+001B›[2Jb"),
            ("a\u{202e}b", "a‹U+202E›b"),
            ("a\u{200b}b\u{200d}c", "a‹U+200B›b‹U+200D›c"),
            ("a\rb\nc", "a‹U+000D›b‹U+000A›c"),
            ("\u{e0041}", "‹U+E0041›"),
            ("a\u{3164}\u{fe0f}", "a‹U+3164›‹U+FE0F›"),
        ] {
            assert_eq!(visible(hidden), shown);
        }
    }
}
