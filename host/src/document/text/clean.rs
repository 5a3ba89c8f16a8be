//! Takes out of a text what acts on a terminal or a reader instead of being read. It must not know Markdown.

use std::iter::Peekable;
use std::str::Chars;

/// One line: no control character or escape sequence, nothing that reorders or hides text, every run of white space
/// (line ends included) folded into one space, none at either end.
pub fn line(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in stripped(text).split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// The same with its lines and tabs kept. Every kind of line end (CR, VT, FF, NEL, U+2028, U+2029 too) becomes `\n`,
/// so that whoever prefixes lines afterwards misses none.
pub fn block(text: &str) -> String {
    stripped(text)
}

/// Whether a terminal would act on this character, or a reader be misled by it, rather than see it.
///
/// Joiners (U+200C, U+200D) and variation selectors stay: Persian, Mongolian and emoji are written with them.
pub fn is_harmful(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Marks and overrides of writing direction: "trojan source".
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        // Takes no room: hides text from people that an agent would still read.
        | '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}'
        // A joiner, vowels, letters and a pattern of Braille that are blank: with them a name looks like another one.
        | '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}'
        | '\u{2028}' | '\u{2029}')
}

/// Whether a text is one line in which nothing acts on a terminal or misleads a reader: for names, which are not to be
/// cleaned, as then they would name something else.
pub fn is_plain(text: &str) -> bool {
    !text.contains(|c| is_harmful(c) || matches!(c, '\n' | '\t'))
}

fn stripped(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\r' => {
                rest.next_if_eq(&'\n');
                kept.push('\n');
            }
            '\u{1b}' => skip_escape(&mut rest),
            // The one-character forms of `ESC [` and of the sequences that carry a string.
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut rest),
            // Between words of Braille it is their space.
            '\u{2800}' => kept.push(' '),
            _ if is_line_end(character) => kept.push('\n'),
            _ if is_harmful(character) => {}
            _ => kept.push(character),
        }
    }
    kept
}

fn is_line_end(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// What follows an ESC and belongs to it (ECMA-48, section 5.3). Anything else is text and stays.
fn skip_escape(rest: &mut Peekable<Chars<'_>>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_control_sequence(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            skip_string(rest);
        }
        _ => {
            while rest.next_if(|c| (' '..='/').contains(c)).is_some() {}
            rest.next_if(|c| ('0'..='~').contains(c));
        }
    }
}

fn skip_control_sequence(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| (' '..='?').contains(c)).is_some() {}
    rest.next_if(|c| ('@'..='~').contains(c));
}

/// The payload of a string sequence, up to BEL or ST. Without an end on the same line it is no sequence but somebody's
/// text after a stray introducer: it stays.
fn skip_string(rest: &mut Peekable<Chars<'_>>) {
    let mut ahead = rest.clone();
    while let Some(character) = ahead.next_if(|c| !is_line_end(*c)) {
        let ends = match character {
            '\u{7}' | '\u{9c}' => true,
            '\u{1b}' => ahead.next_if_eq(&'\\').is_some(),
            _ => false,
        };
        if ends {
            *rest = ahead;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_escape_sequences_go_and_the_text_around_them_stays() {
        for (dirty, clean) in [
            ("a\u{1b}[31;1mred\u{1b}[0m b", "ared b"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            (
                "a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\b",
                "alinkb",
            ),
            ("a\u{9b}2Jb", "ab"),
            ("a\u{9d}0;title\u{9c}b", "ab"),
            ("a\u{1b}Pq#0\u{1b}\\b", "ab"),
            ("a\u{1b}(Bb\u{1b}cc", "abc"),
            ("a\u{1b}", "a"),
            ("a\u{1b}[", "a"),
            ("a\u{1b}é", "aé"),
        ] {
            assert_eq!(line(dirty), clean, "{dirty:?}");
        }
    }

    #[test]
    fn a_string_sequence_that_never_ends_does_not_swallow_the_text_after_it() {
        assert_eq!(block("a\u{1b}]0;kept\nnext\u{7}"), "a0;kept\nnext");
    }

    #[test]
    fn control_bidi_and_hiding_characters_go() {
        let dirty = "a\0b\u{8}c\u{7f}d\u{80}e\u{202e}f\u{2066}g\u{200b}h\u{feff}i\u{e0041}j\u{ad}k";
        assert_eq!(line(dirty), "abcdefghijk");
        assert_eq!(block(dirty), "abcdefghijk");
    }

    #[test]
    fn letters_that_are_blank_go() {
        let dirty = "a\u{3164}b\u{115f}c\u{1160}d\u{ffa0}ef\u{34f}g\u{17b4}h\u{17b5}i";
        assert_eq!(line(dirty), "abcdefghi");
        assert_eq!(block(dirty), "abcdefghi");
        assert!(!is_plain("src\u{3164}"));
    }

    #[test]
    fn words_of_braille_stay_apart() {
        let words = "\u{2813}\u{2800}\u{2817}";
        assert_eq!(line(words), "\u{2813} \u{2817}");
        assert_eq!(block(words), "\u{2813} \u{2817}");
        assert!(!is_plain(words));
    }

    #[test]
    fn writing_that_needs_joiners_is_kept() {
        assert_eq!(line("می‌خواهم 👩‍💻 ❤️ naïve"), "می‌خواهم 👩‍💻 ❤️ naïve");
    }

    #[test]
    fn a_line_is_one_line_whatever_ends_it() {
        assert_eq!(
            line(" a\r\nb\rc\u{b}d\u{c}e\u{85}f\u{2028}g\u{2029}h\ti\u{a0} j\n"),
            "a b c d e f g h i j"
        );
    }

    #[test]
    fn a_block_keeps_lines_and_tabs() {
        assert_eq!(
            block("a\r\nb\rc\u{b}d\u{c}e\u{85}f\u{2028}g\u{2029}\n\th\n"),
            "a\nb\nc\nd\ne\nf\ng\n\n\th\n"
        );
    }

    #[test]
    fn cleaning_any_bytes_leaves_nothing_harmful_and_is_done_once_and_for_all() {
        let mut state = 7_u64;
        for _ in 0..2000 {
            let bytes: Vec<u8> = (0..40)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
                    let roll = (state >> 33) as u8;
                    // Half of the bytes from those that begin, fill and end sequences.
                    if roll < 128 {
                        b"\x1b\x1b[]P\\\x07\x9b\xc2\x9d\xe2\x80\xa8\xae\r\n0;mA"[roll as usize % 20]
                    } else {
                        roll
                    }
                })
                .collect();
            let text = String::from_utf8_lossy(&bytes);
            let (one, many) = (line(&text), block(&text));
            assert!(!one.chars().any(|c| is_harmful(c) || c == '\n' || c == '\t'));
            assert!(!many.chars().any(is_harmful));
            assert_eq!(line(&one), one);
            assert_eq!(block(&many), many);
        }
    }
}
