//! Globs that others wrote, compiled within bounds: a plugin's, a case's and the configuration's alike. It must not decide
//! what they are held against.

use anyhow::ensure;
use globset::{GlobBuilder, GlobSet};

/// Bytes of one glob. Its compiler works through each brace by calling itself, and takes some 800 bytes of memory for
/// each byte.
pub const LONGEST: usize = 1_024;
/// Braces in braces.
pub const DEEPEST: usize = 8;
/// Bytes of all globs that are matched together: compiled, they take some 30 MB.
pub const MOST_TOGETHER: usize = 32 * 1024;

/// `*` stays within a directory, as in git's own patterns. An error is a clause that says what is wrong, or which limit.
pub fn set<'a>(globs: impl IntoIterator<Item = &'a str>) -> anyhow::Result<GlobSet> {
    let mut set = GlobSet::builder();
    let mut bytes = 0;
    for glob in globs {
        let compiled = path(glob)?;
        bytes += glob.len();
        fit_together(bytes)?;
        set.add(compiled);
    }
    Ok(set.build()?)
}

/// One of a [`set`].
pub fn path(glob: &str) -> anyhow::Result<globset::Glob> {
    compiled(glob, GlobBuilder::new(glob).literal_separator(true))
}

/// Over a name, which has no directories.
pub fn name(glob: &str, any_case: bool) -> anyhow::Result<globset::Glob> {
    compiled(glob, GlobBuilder::new(glob).case_insensitive(any_case))
}

/// Whether a [`set`] of this many bytes is one.
pub fn fit_together(bytes: usize) -> anyhow::Result<()> {
    ensure!(
        bytes <= MOST_TOGETHER,
        "all globs together have more than {MOST_TOGETHER} bytes"
    );
    Ok(())
}

fn compiled(glob: &str, builder: &GlobBuilder<'_>) -> anyhow::Result<globset::Glob> {
    ensure!(
        glob.len() <= LONGEST,
        "a glob has more than {LONGEST} bytes"
    );
    ensure!(
        depth(glob) <= DEEPEST,
        "a glob has braces in each other, more than {DEEPEST} deep"
    );
    Ok(builder.build()?)
}

/// How deep braces stand in each other, as the compiler reads them.
fn depth(glob: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut characters = glob.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '[' => skip_class(&mut characters),
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// In a class, the first character is no end of it.
fn skip_class(characters: &mut std::str::Chars<'_>) {
    let mut first = characters.next();
    if matches!(first, Some('!' | '^')) {
        first = characters.next();
    }
    if first.is_some() {
        characters.find(|character| *character == ']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}a{}", "{".repeat(depth), "}".repeat(depth))
    }

    #[test]
    fn what_would_fill_the_stack_or_the_memory_is_no_glob() {
        let refusal = |glob: &str| path(glob).unwrap_err().to_string();
        assert!(path(&nested(DEEPEST)).is_ok());
        assert!(path(&"a".repeat(LONGEST)).is_ok());
        let deep = "a glob has braces in each other, more than 8 deep";
        let long = "a glob has more than 1024 bytes";
        assert_eq!(refusal(&nested(DEEPEST + 1)), deep);
        assert_eq!(refusal(&"a".repeat(LONGEST + 1)), long);
        // Deep enough to end a process.
        assert_eq!(refusal(&nested(20_000)), long);
        assert_eq!(name(&nested(20_000), true).unwrap_err().to_string(), long);
        // What looks like the end of a brace and is none.
        for end in ["\\}", "[}]", "[!}]", "[]}]"] {
            assert_eq!(refusal(&format!("{{a{end}").repeat(DEEPEST + 1)), deep);
        }
        assert!(path(&"{a,b}".repeat(DEEPEST + 1)).is_ok());
        assert!(path(&"\\{[{]".repeat(DEEPEST + 1)).is_ok());
    }

    #[test]
    fn what_is_matched_together_has_a_limit() {
        let glob = "?".repeat(LONGEST / 2);
        let globs = |count| set(std::iter::repeat_n(glob.as_str(), count));
        let most = MOST_TOGETHER / glob.len();
        assert!(globs(most).is_ok());
        let said = globs(most + 1).unwrap_err().to_string();
        assert_eq!(said, "all globs together have more than 32768 bytes");
    }
}
