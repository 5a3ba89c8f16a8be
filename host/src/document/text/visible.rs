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
