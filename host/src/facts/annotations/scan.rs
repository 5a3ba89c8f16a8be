//! Finding annotations in bytes, and saying which files are watched. It must not read files or git.

use anyhow::Context as _;
use globset::GlobSet;

use super::Item;
use super::store::Rules;
use crate::glob;
use crate::path::RepoPath;

/// Files larger than this are data, not source. (Git's own pass over the whole tree has no such bound.)
pub(super) const LARGEST_FILE: u64 = 1024 * 1024;
/// Characters of a line that are kept.
const LONGEST_TEXT: usize = 200;
/// Items of one file that are kept: a generated file must not fill the index.
const MOST_ITEMS: usize = 1000;

/// `watch_patterns` and `ignore_patterns`, compiled.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    watch: Option<GlobSet>,
    ignore: GlobSet,
}

impl Watched {
    /// # Errors
    /// A glob is wrong; the configuration should have refused it.
    pub(super) fn new(rules: &Rules) -> anyhow::Result<Self> {
        Ok(Self {
            watch: match rules.watch.is_empty() {
                true => None,
                false => Some(globs(&rules.watch)?),
            },
            ignore: globs(&rules.ignore)?,
        })
    }

    /// What `.session/` holds is ours: its templates name the annotations, and its log is no work item.
    pub(super) fn contains(&self, path: &RepoPath) -> bool {
        if path.is_within(&RepoPath::from(".session")) {
            return false;
        }
        let path = path.to_path();
        self.watch
            .as_ref()
            .is_none_or(|watch| watch.is_match(&path))
            && !self.ignore.is_match(&path)
    }
}

/// A pattern without `/` means files of that name anywhere, as in `.gitignore`; `dir/` everything below it.
fn globs(patterns: &[String]) -> anyhow::Result<GlobSet> {
    let texts = patterns.iter().map(|pattern| {
        let mut text = pattern.strip_prefix("./").unwrap_or(pattern).to_owned();
        if text.ends_with('/') {
            text.push_str("**");
        }
        if !text.contains('/') {
            text.insert_str(0, "**/");
        }
        text
    });
    let texts: Vec<String> = texts.collect();
    glob::set(texts.iter().map(String::as_str)).context("failed to compile the tracking patterns")
}

/// The annotations in a file's content. None stand in a binary one.
pub(super) fn content(bytes: &[u8], annotations: &[String]) -> Vec<Item> {
    // Git's own test for a binary file.
    if bytes[..bytes.len().min(8000)].contains(&0) {
        return Vec::new();
    }
    let mut items = Vec::new();
    for (line, number) in bytes.split(|&byte| byte == b'\n').zip(1..) {
        push_line(line, number, annotations, &mut items);
    }
    items
}

/// Adds the annotations that stand in a line, each once.
pub(super) fn push_line(line: &[u8], number: u32, annotations: &[String], items: &mut Vec<Item>) {
    for (annotation, index) in annotations.iter().zip(0..) {
        let wanted = annotation.as_bytes();
        if wanted.is_empty() || items.len() >= MOST_ITEMS {
            continue;
        }
        let Some(at) = line
            .windows(wanted.len())
            .position(|window| window == wanted)
        else {
            continue;
        };
        let rest = String::from_utf8_lossy(&line[at + wanted.len()..]);
        items.push(Item {
            annotation: index,
            line: number,
            text: rest.trim().chars().take(LONGEST_TEXT).collect(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(watch: &[&str], ignore: &[&str]) -> Rules {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Rules {
            annotations: owned(&["TODO:", "FIXME:"]),
            watch: owned(watch),
            ignore: owned(ignore),
        }
    }

    #[test]
    fn an_annotation_counts_as_written_once_per_line_and_not_in_binaries() {
        let annotations = rules(&[], &[]).annotations;
        let found = |text: &[u8]| {
            let items = content(text, &annotations);
            items
                .into_iter()
                .map(|i| (i.annotation, i.line, i.text))
                .collect::<Vec<_>>()
        };
        let text = b"x\n// TODO: a TODO: b\r\n# FIXME:\ntodo: no\nTODO no\n TODO: \xff FIXME: c";
        let expected = [
            (0, 2, "a TODO: b".to_owned()),
            (1, 3, String::new()),
            (0, 6, "\u{fffd} FIXME: c".to_owned()),
            (1, 6, "c".to_owned()),
        ];
        assert_eq!(found(text), expected);
        assert_eq!(found(b"\0 TODO: x"), []);
    }

    #[test]
    fn patterns_choose_the_watched_files() {
        let watches = |rules: &Rules, path: &str| {
            Watched::new(rules).unwrap().contains(&RepoPath::from(path))
        };
        assert!(watches(&rules(&[], &[]), "any/thing"));
        let some = rules(&["src/**/*.rs", "*.py"], &["vendor/", "**/gen_*"]);
        for (path, expected) in [
            ("src/a/b.rs", true),
            ("src/b.rs", true),
            ("b.rs", false),
            ("deep/x.py", true),
            ("vendor/x.py", false),
            ("src/gen_x.rs", false),
        ] {
            assert_eq!(watches(&some, path), expected, "{path}");
        }
    }
}
