//! Applying an edit that a plugin proposed and the user accepted. It must not write outside the work tree, into `.git`,
//! through a symlink, or over a file that has changed since.

use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use super::durable;
use crate::document::text;
use crate::git::directory::is_gits_own;
use crate::git::dot_git::Protection;
use crate::git::text_diff::text_diff;
use crate::plugin::contribution::ProposedEdit;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    Written,
    /// Why it was not.
    Refused(String),
}

pub fn apply(work_tree: &Path, edit: &ProposedEdit) -> anyhow::Result<Applied> {
    if let Some(why) = refusal(work_tree, edit) {
        return Ok(Applied::Refused(why));
    }
    let path = work_tree.join(edit.path.to_path());
    durable::write_keeping_mode(&path, edit.after.as_bytes())?;
    Ok(Applied::Written)
}

/// Why an edit would not be applied as things stand; None if it would.
pub fn refusal(work_tree: &Path, edit: &ProposedEdit) -> Option<String> {
    let relative = edit.path.to_path();
    if let Some(why) = outside(work_tree, &relative) {
        return Some(why);
    }
    let current = match std::fs::read_to_string(work_tree.join(&relative)) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Some(error.to_string()),
    };
    match (&current, &edit.before) {
        _ if current == edit.before => None,
        (Some(_), None) => Some("the proposal is for a new file, and there is one already".into()),
        _ => Some("it has changed since the proposal was made".into()),
    }
}

/// Why a path must not be written; None if it may.
fn outside(work_tree: &Path, relative: &Path) -> Option<String> {
    let mut walked = work_tree.to_owned();
    let mut components = relative.components().peekable();
    if components.peek().is_none() {
        return Some("it names no file".into());
    }
    while let Some(component) = components.next() {
        let Component::Normal(name) = component else {
            return Some("it leaves the work tree".into());
        };
        if Protection::FULL.forbids(name.as_bytes()) {
            return Some("it is git's own".into());
        }
        walked.push(name);
        let last = components.peek().is_none();
        match walked.symlink_metadata() {
            Ok(metadata) if metadata.file_type().is_symlink() => {
                return Some("it leads through a symbolic link".into());
            }
            Ok(metadata) if last && !metadata.is_file() => return Some("it is not a file".into()),
            Ok(metadata) if !last && !metadata.is_dir() => {
                return Some("it leads through a file".into());
            }
            // One that cannot be opened is not written to either.
            Ok(_) if !last && !File::open(&walked).is_ok_and(|it| !is_gits_own(it)) => {
                return Some("it is git's own".into());
            }
            _ => {}
        }
    }
    None
}

/// What would change: hunks with a little context, every changed line in full, and nothing that is not seen as itself.
/// What a person agrees to is exactly this.
pub fn difference(edit: &ProposedEdit) -> anyhow::Result<Vec<String>> {
    let before = edit.before.as_deref().unwrap_or_default();
    let lines = text_diff(before, &edit.after)?;
    Ok(lines.iter().map(|line| text::visible(line)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::bare_repository;
    use crate::path::RepoPath;

    fn edit(path: &str, before: Option<&str>) -> ProposedEdit {
        ProposedEdit {
            path: RepoPath::from(path),
            reason: "because".into(),
            before: before.map(str::to_owned),
            after: "new\n".into(),
        }
    }

    #[test]
    fn nothing_is_written_outside_or_through_a_link_or_over_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        std::fs::create_dir_all(tree.join("sub")).unwrap();
        std::fs::write(tree.join("a.md"), "old\n").unwrap();
        std::os::unix::fs::symlink(dir.path(), tree.join("link")).unwrap();
        std::os::unix::fs::symlink("a.md", tree.join("l.md")).unwrap();
        bare_repository(&tree.join("meta"));
        for path in [
            "../x",
            "/etc/x",
            ".git/config",
            "sub/../../x",
            "link/x",
            "l.md",
            "sub",
            "",
            ".GIT/x",
            ".git ",
            "git~1",
            "x/git~1/config",
            ".git. . ",
            "x/.git::$DATA",
            "x/.g\u{200d}it",
            "a.md/x",
            "meta/config",
            "meta/hooks/post-commit",
        ] {
            let applied = apply(&tree, &edit(path, None)).unwrap();
            assert!(matches!(applied, Applied::Refused(_)), "{path}");
        }
        assert!(matches!(
            apply(&tree, &edit("a.md", Some("other\n"))).unwrap(),
            Applied::Refused(_)
        ));
        assert_eq!(std::fs::read_to_string(tree.join("a.md")).unwrap(), "old\n");
        assert_eq!(
            apply(&tree, &edit("a.md", Some("old\n"))).unwrap(),
            Applied::Written
        );
        assert_eq!(
            apply(&tree, &edit("new/b.md", None)).unwrap(),
            Applied::Written
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    fn shown(before: &str, after: &str) -> Vec<String> {
        let edit = ProposedEdit {
            before: Some(before.into()),
            after: after.into(),
            ..edit("a", None)
        };
        difference(&edit).unwrap()
    }

    #[test]
    fn a_difference_leaves_out_what_stays() {
        let before: String = (0..40).map(|number| format!("{number}\n")).collect();
        let after = before.replace("\n5\n", "\nfive\n");
        let hunk = [
            "@@ -3,7 +3,7 @@",
            " 2",
            " 3",
            " 4",
            "-5",
            "+five",
            " 6",
            " 7",
            " 8",
        ];
        assert_eq!(shown(&before, &after), hunk);
    }

    #[test]
    fn every_line_that_would_be_written_is_shown() {
        let before: String = (0..500).map(|number| format!("line {number}\n")).collect();
        let rewritten = before.replace("line", "other");
        let all = shown(&before, &rewritten);
        for line in rewritten.lines() {
            assert!(all.contains(&format!("+{line}")), "{line}");
        }
        // Two lines at both ends of a long file do not make all of it new.
        let ends = shown(&before, &format!("first\n{before}last\n"));
        assert!(ends.contains(&"+first".to_owned()) && ends.contains(&"+last".to_owned()));
        assert!(ends.len() < 20, "{ends:?}");
    }

    #[test]
    fn what_a_terminal_would_act_on_or_hide_is_shown_as_what_it_is() {
        let after = "a\rb\n\u{1b}[2Jc\u{202e}d\u{200b}\n";
        let lines = ["+a‹U+000D›b", "+‹U+001B›[2Jc‹U+202E›d‹U+200B›"];
        assert_eq!(shown("", after)[1..], lines);
    }

    #[test]
    fn other_line_ends_are_a_change() {
        assert_eq!(shown("a\n", "a\r\n")[1..], ["-a", "+a‹U+000D›"]);
        let end = "\\ No newline at end of file";
        assert_eq!(shown("a\n", "a")[1..], ["-a", "+a", end]);
    }
}
