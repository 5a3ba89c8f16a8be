//! Applying an edit that a plugin proposed and the user accepted. It must not write outside the work tree, into `.git`,
//! through a symlink, or over a file that has changed since.

use std::path::{Component, Path};

use super::durable;
use crate::plugin::contribution::ProposedEdit;

/// Lines of a difference that are shown.
const LINES_SHOWN: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    Written,
    /// Why it was not.
    Refused(String),
}

pub fn apply(work_tree: &Path, edit: &ProposedEdit) -> anyhow::Result<Applied> {
    let relative = edit.path.to_path();
    if let Some(why) = outside(work_tree, &relative) {
        return Ok(Applied::Refused(why));
    }
    let path = work_tree.join(&relative);
    let current = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Ok(Applied::Refused(error.to_string())),
    };
    if current != edit.before {
        return Ok(Applied::Refused(
            "it has changed since the proposal was made".into(),
        ));
    }
    durable::write_keeping_mode(&path, edit.after.as_bytes())?;
    Ok(Applied::Written)
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
        if name.eq_ignore_ascii_case(".git") {
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
            _ => {}
        }
    }
    None
}

/// What would change, as added and removed lines. Common lines at both ends are left out.
pub fn difference(edit: &ProposedEdit) -> String {
    let old: Vec<&str> = edit.before.as_deref().unwrap_or_default().lines().collect();
    let new: Vec<&str> = edit.after.lines().collect();
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let end = old[start..]
        .iter()
        .rev()
        .zip(new[start..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let removed = old[start..old.len() - end]
        .iter()
        .map(|line| format!("- {line}"));
    let added = new[start..new.len() - end]
        .iter()
        .map(|line| format!("+ {line}"));
    let mut lines: Vec<String> = removed.chain(added).collect();
    let hidden = lines.len().saturating_sub(LINES_SHOWN);
    lines.truncate(LINES_SHOWN);
    if hidden > 0 {
        lines.push(format!("… {hidden} more lines"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
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
            "a.md/x",
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

    #[test]
    fn a_difference_leaves_out_what_stays() {
        let edit = ProposedEdit {
            before: Some("a\nb\nc\n".into()),
            after: "a\nx\ny\nc\n".into(),
            ..edit("a", None)
        };
        assert_eq!(difference(&edit), "- b\n+ x\n+ y");
    }
}
