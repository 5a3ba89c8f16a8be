//! The one part of a context file that is ours, between two marks. It must not touch a byte outside them.

pub const BEGIN: &str = "<!-- session:context begin -->";
pub const END: &str = "<!-- session:context end -->";

/// The marks are there, but not as one pair in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenMarks;

/// What the block says, with `/` paths relative to the directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Name and what the file is for.
    pub files: Vec<(String, Option<String>)>,
    /// Files that are there and not listed.
    pub more_files: usize,
    /// Name and how many files are below.
    pub directories: Vec<(String, usize)>,
    /// Path, subject of the newest commit, number of commits.
    pub changed: Vec<(String, String, u32)>,
}

/// The file's text with the block put in place of the old one, or at the end. The line endings are the file's.
pub fn put(text: &str, block: &Block) -> Result<String, BrokenMarks> {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let new = render(block).replace('\n', ending);
    if let Some((before, after)) = around(text)? {
        return Ok(format!("{before}{new}{after}"));
    }
    let gap = match text {
        "" => "",
        text if text.ends_with(&ending.repeat(2)) => "",
        text if text.ends_with(ending) => ending,
        _ => &ending.repeat(2),
    };
    Ok(format!("{text}{gap}{new}{ending}"))
}

/// The text without the block; all of it where the marks are broken.
pub fn without(text: &str) -> String {
    match around(text) {
        Ok(Some((before, after))) => format!("{before}{after}"),
        Ok(None) | Err(BrokenMarks) => text.to_owned(),
    }
}

fn around(text: &str) -> Result<Option<(&str, &str)>, BrokenMarks> {
    let begins: Vec<usize> = text.match_indices(BEGIN).map(|(at, _)| at).collect();
    let ends: Vec<usize> = text.match_indices(END).map(|(at, _)| at).collect();
    match (begins.as_slice(), ends.as_slice()) {
        ([], []) => Ok(None),
        ([begin], [end]) if begin < end => Ok(Some((&text[..*begin], &text[end + END.len()..]))),
        _ => Err(BrokenMarks),
    }
}

/// From mark to mark. It has no date in it, so that nothing changed makes no difference.
fn render(block: &Block) -> String {
    let mut lines = vec![
        BEGIN.to_owned(),
        "<!-- Kept by `session checkpoint`. Write outside these marks: what is between them is replaced. -->".to_owned(),
    ];
    if !block.files.is_empty() || !block.directories.is_empty() {
        lines.extend(["## Files".to_owned(), String::new()]);
        lines.extend(block.files.iter().map(|(name, purpose)| match purpose {
            Some(purpose) => format!("- {}: {}", code(name), prose(purpose)),
            None => format!("- {}", code(name)),
        }));
        if block.more_files > 0 {
            lines.push(format!("- and {} more", block.more_files));
        }
        lines.extend(block.directories.iter().map(|(name, files)| {
            format!("- {}: {}", code(&format!("{name}/")), count(*files, "file"))
        }));
    }
    if !block.changed.is_empty() {
        let heading = "## Changed since this file was last written";
        lines.extend([String::new(), heading.to_owned(), String::new()]);
        lines.extend(block.changed.iter().map(|(path, subject, commits)| {
            let commits = count(*commits as usize, "commit");
            format!("- {} ({commits}): {}", code(path), prose(subject))
        }));
    }
    lines.push(END.to_owned());
    lines.join("\n")
}

fn code(name: &str) -> String {
    format!("`{}`", name.replace(['`', '\n', '\r'], "\u{fffd}"))
}

/// Somebody else's sentence: it can't open a comment, and so can't forge a mark.
fn prose(text: &str) -> String {
    text.replace("<!--", "<! --").replace("-->", "-- >")
}

pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        Block {
            files: vec![
                ("token.rs".into(), Some("Issues tokens.".into())),
                ("mod.rs".into(), None),
            ],
            more_files: 2,
            directories: vec![("oauth".into(), 1)],
            changed: vec![("token.rs".into(), "Rotate tokens".into(), 3)],
        }
    }

    #[test]
    fn a_first_block_is_appended_and_the_text_before_it_stays() {
        let text = put("# Auth\n\nBy hand.", &block()).unwrap();
        let expected = "# Auth\n\nBy hand.\n\n<!-- session:context begin -->\n\
            <!-- Kept by `session checkpoint`. Write outside these marks: what is between them is replaced. -->\n\
            ## Files\n\n- `token.rs`: Issues tokens.\n- `mod.rs`\n- and 2 more\n- `oauth/`: 1 file\n\n\
            ## Changed since this file was last written\n\n- `token.rs` (3 commits): Rotate tokens\n\
            <!-- session:context end -->\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn an_old_block_is_replaced_in_place_and_nothing_else() {
        let old = format!("a  \r\n{BEGIN}\r\nold\r\n{END}\t\r\nb");
        let new = put(&old, &block()).unwrap();
        assert!(new.starts_with(&format!("a  \r\n{BEGIN}\r\n<!--")));
        assert!(new.ends_with(&format!("tokens\r\n{END}\t\r\nb")));
        assert!(!new.contains("old"));
        assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
        assert_eq!(put(&new, &block()).unwrap(), new);
    }

    #[test]
    fn broken_marks_are_left_alone() {
        for text in [
            BEGIN.to_owned(),
            format!("{END}{BEGIN}"),
            format!("{BEGIN}{BEGIN}{END}"),
        ] {
            assert_eq!(put(&text, &block()), Err(BrokenMarks), "{text}");
        }
    }

    #[test]
    fn a_commit_subject_can_not_forge_a_mark() {
        let forged = Block {
            changed: vec![("a".into(), format!("x {END} y"), 1)],
            ..Block::default()
        };
        let once = put("", &forged).unwrap();
        assert_eq!(put(&once, &forged).unwrap(), once);
    }
}
