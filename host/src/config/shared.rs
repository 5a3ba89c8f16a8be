//! Reading the files that a team shares in `.session/`. They come with every branch and pull request, so nothing is
//! followed through a symlink, waited for, or read without a bound. It must not write.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::error::user_error;

/// The shared directory, at the root of the work tree.
pub const DIRECTORY: &str = ".session";
pub const CONFIG: &str = "config.yaml";
pub const ARCHITECTURE: &str = "architecture.md";
pub const CONVENTIONS: &str = "conventions.md";
pub const DECISION_LOG: &str = "decision-log.md";
pub const GIT_ATTRIBUTES: &str = ".gitattributes";

/// The most that is read of one shared file.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// The text of `.session/<name>`; None if there is no such file.
pub fn read(work_tree: &Path, name: &str) -> Result<Option<String>> {
    read_in(work_tree, DIRECTORY, name)
}

/// The same for a directory of another name: `init --import` reads those of the older tool.
pub fn read_in(work_tree: &Path, directory: &str, name: &str) -> Result<Option<String>> {
    let Some(opened) = open_directory(work_tree, directory)? else {
        return Ok(None);
    };
    let shown = format!("{directory}/{name}");
    // Without NONBLOCK, a named pipe in place of the file would hold the command for ever.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(&opened, name, flags, Mode::empty()) {
        Ok(file) => text_of(File::from(file), &shown).map(Some),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::LOOP) => Err(symlink(&shown)),
        Err(error) => Err(error).with_context(|| format!("failed to open {shown}")),
    }
}

/// Opens `<work tree>/<directory>` if it is there, and refuses a symlink.
pub fn open_directory(work_tree: &Path, directory: &str) -> Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let path = work_tree.join(directory);
    match rustix::fs::open(&path, flags, Mode::empty()) {
        Ok(opened) => Ok(Some(opened)),
        Err(Errno::NOENT) => Ok(None),
        // For a symlink Linux says "not a directory", others "too many links".
        Err(Errno::NOTDIR | Errno::LOOP) if path.is_symlink() => Err(symlink(directory)),
        Err(Errno::NOTDIR) => Err(user_error(
            format!("{directory} is not a directory"),
            format!("move {directory} away, then run `session init`"),
        )),
        Err(error) => Err(error).with_context(|| format!("failed to open {directory}")),
    }
}

fn symlink(shown: &str) -> anyhow::Error {
    user_error(
        format!("{shown} is a symbolic link, and nothing is read or written through one there"),
        format!("put the file itself in place of {shown}"),
    )
}

/// The whole text of an opened file. `shown` is its name in messages.
pub fn text_of(file: File, shown: &str) -> Result<String> {
    let metadata = file
        .metadata()
        .with_context(|| format!("failed to read {shown}"))?;
    if !metadata.is_file() {
        return Err(user_error(
            format!("{shown} is not a file"),
            format!("put a file in place of {shown}"),
        ));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("failed to read {shown}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(user_error(
            format!("{shown} is larger than the 1 MiB that is read of it"),
            format!("shorten {shown}"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        user_error(
            format!("{shown}:{line}: expected UTF-8 text, found other bytes"),
            format!("save {shown} as UTF-8"),
        )
    })
}

/// What the text says beyond its template: None if only headings and comments are left.
///
/// HTML comments go, and then headings with nothing below them. Code fences are text: a comment inside one stays.
pub fn meaningful(text: &str) -> Option<String> {
    let text = without_comments(text);
    let mut sections: Vec<(usize, Vec<&str>)> = vec![(0, Vec::new())];
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= is_fence(line);
        let level = if fenced { 0 } else { heading_level(line) };
        if level > 0 {
            sections.push((level, Vec::new()));
        }
        if let Some((_, lines)) = sections.last_mut() {
            lines.push(line);
        }
    }
    // From the end: a heading stays if its own section says something, or a kept one stands below it.
    let mut kept: Vec<(usize, Vec<&str>)> = Vec::new();
    for (level, lines) in sections.into_iter().rev() {
        let body = if level > 0 { &lines[1..] } else { &lines[..] };
        let says_something = body.iter().any(|line| !line.trim().is_empty());
        let has_kept_child = kept.last().is_some_and(|(below, _)| *below > level) && level > 0;
        if says_something || has_kept_child {
            kept.push((level, lines));
        }
    }
    let lines: Vec<&str> = kept
        .into_iter()
        .rev()
        .flat_map(|(_, lines)| lines)
        .collect();
    let mut result = String::new();
    for line in lines {
        // A comment taken out leaves its empty lines behind; one is enough.
        if line.trim().is_empty() && (result.is_empty() || result.ends_with("\n\n")) {
            continue;
        }
        result.push_str(line.trim_end());
        result.push('\n');
    }
    let result = result.trim();
    (!result.is_empty()).then(|| result.to_owned())
}

/// The text without `<!-- … -->`. One that is never closed hides nothing.
fn without_comments(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut fenced = false;
    let mut rest = text;
    while !rest.is_empty() {
        let line_end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let line = &rest[..line_end];
        fenced ^= is_fence(line);
        let comment = line.find("<!--").filter(|_| !fenced).and_then(|start| {
            rest[start + 4..]
                .find("-->")
                .map(|length| (start, start + 4 + length + 3))
        });
        let Some((start, end)) = comment else {
            result.push_str(line);
            rest = &rest[line_end..];
            continue;
        };
        result.push_str(&rest[..start]);
        rest = &rest[end..];
    }
    result
}

fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

/// 1 to 6 for `#` to `######`, 0 for what is no heading.
fn heading_level(line: &str) -> usize {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &line[level..];
    if level <= 6 && (rest.is_empty() || rest.starts_with([' ', '\t'])) {
        level
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn work_tree() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(DIRECTORY)).unwrap();
        directory
    }

    fn message(result: Result<Option<String>>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_is_not_there_is_no_error() {
        let bare = tempfile::tempdir().unwrap();
        assert_eq!(read(bare.path(), CONFIG).unwrap(), None);
        assert_eq!(read(work_tree().path(), CONFIG).unwrap(), None);
    }

    #[test]
    fn nothing_is_read_through_a_symlink() {
        let tree = work_tree();
        std::fs::write(tree.path().join("secret"), "secret").unwrap();
        symlink("../secret", tree.path().join(".session/config.yaml")).unwrap();
        assert!(message(read(tree.path(), CONFIG)).contains("symbolic link"));

        let other = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join(".session/conventions.md"), "secret").unwrap();
        symlink(tree.path().join(".session"), other.path().join(".session")).unwrap();
        assert!(message(read(other.path(), CONVENTIONS)).contains(".session is a symbolic link"));
    }

    #[test]
    fn a_pipe_does_not_hold_the_command_and_a_directory_is_no_file() {
        let tree = work_tree();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            tree.path().join(".session/config.yaml"),
            rustix::fs::FileType::Fifo,
            Mode::RUSR,
            0,
        )
        .unwrap();
        assert!(message(read(tree.path(), CONFIG)).contains("is not a file"));
        std::fs::create_dir(tree.path().join(".session/conventions.md")).unwrap();
        assert!(message(read(tree.path(), CONVENTIONS)).contains("is not a file"));
    }

    #[test]
    fn a_huge_file_and_one_that_is_not_text_are_named() {
        let tree = work_tree();
        let path = tree.path().join(".session/config.yaml");
        std::fs::write(&path, vec![b'#'; 10 * 1024 * 1024]).unwrap();
        assert!(message(read(tree.path(), CONFIG)).contains("larger than the 1 MiB"));
        std::fs::write(&path, b"a: 1\nb: \xff\n").unwrap();
        assert_eq!(
            message(read(tree.path(), CONFIG)),
            ".session/config.yaml:2: expected UTF-8 text, found other bytes"
        );
    }

    #[test]
    fn a_template_that_nobody_edited_says_nothing() {
        for template in [
            include_str!("../../../assets/architecture.md"),
            include_str!("../../../assets/conventions.md"),
            include_str!("../../../assets/decision-log.md"),
        ] {
            assert_eq!(meaningful(template), None, "{template}");
        }
    }

    #[test]
    fn what_was_written_stays_with_the_headings_above_it() {
        let text = "# Architecture\n<!-- guidance\n## not a heading -->\n\n## Empty\n\n## Layers\n### Core\nPure. <!-- why? -->\n### Also empty\n## End\n";
        assert_eq!(
            meaningful(text).as_deref(),
            Some("# Architecture\n\n## Layers\n### Core\nPure.")
        );
    }

    #[test]
    fn code_is_text_and_an_unclosed_comment_hides_nothing() {
        let fenced = "```\n# no heading\n<!-- kept -->\n```";
        assert_eq!(meaningful(fenced).as_deref(), Some(fenced));
        assert_eq!(
            meaningful("Text\n<!-- open\nmore").as_deref(),
            Some("Text\n<!-- open\nmore")
        );
    }
}
