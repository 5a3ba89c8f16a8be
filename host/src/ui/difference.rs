//! A difference of two texts on a terminal. It must not leave anything out, nor let a part of a line pass for a line.

use unicode_width::UnicodeWidthChar as _;

/// Stands before what is left of a line that is wider than the terminal.
const GOES_ON: &str = "↪ ";
/// Columns that a tab takes at most.
const WIDEST_TAB: usize = 8;
/// Columns. In a narrower window lines are wrapped by the terminal.
const NARROWEST: usize = 20;

/// Lines that begin with the mark of their kind (`+`, `-`, a space), each behind its mark again wherever a terminal of
/// this width would wrap it: otherwise the rest of a long added line could look like one that stays.
pub fn folded(lines: &[String], width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut shown = String::new();
    for line in lines {
        let mut columns = 0;
        let mark = line.chars().next().unwrap_or(' ');
        for character in line.chars() {
            let wide = match character {
                '\t' => WIDEST_TAB,
                other => other.width().unwrap_or(0),
            };
            if columns + wide > width {
                shown.push('\n');
                shown.push(mark);
                shown.push_str(GOES_ON);
                columns = 1 + GOES_ON.chars().count();
            }
            shown.push(character);
            columns += wide;
        }
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_wide_line_stands_behind_its_mark() {
        let line = |text: String| folded(&[text], 20);
        let spaces = " ".repeat(19);
        let rest = line(format!("+{spaces}-gone"));
        assert_eq!(rest, format!("+{spaces}\n+↪ -gone\n"));
        assert_eq!(line("-\ta\tb\tc".into()), "-\ta\tb\n-↪ \tc\n");
        assert_eq!(line(format!(" {}", "x".repeat(19))).lines().count(), 1);
        let wide = line(format!("+{}", "界".repeat(30)));
        assert!(wide.lines().count() > 3 && wide.lines().all(|row| row.starts_with('+')));
    }
}
