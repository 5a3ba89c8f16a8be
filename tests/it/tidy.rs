//! What a reviewer would tire of saying. It must not look at anything but the source tree's own files.

use std::path::{Path, PathBuf};

use crate::common::source_root;

/// Every file of the source tree that is text, by its path from the root.
fn sources() -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    let mut directories = vec![source_root().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_symlink() || ["target", ".git"].contains(&&*name) {
                continue;
            }
            if path.is_dir() {
                directories.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let path = path.strip_prefix(source_root()).unwrap();
                sources.push((path.to_owned(), text));
            }
        }
    }
    assert!(sources.len() > 20, "the source tree was not found");
    sources
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

#[test]
fn every_rust_file_opens_with_its_purpose_and_its_limit() {
    let missing: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| is_rust(path) && !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    assert!(missing.is_empty(), "no `//!` at the head of {missing:?}");
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    // Put together here, so that this file does not find itself.
    let places: Vec<String> = ["home", "Users", "root", "work"]
        .iter()
        .map(|name| format!("/{name}/"))
        .collect();
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (index, line) in text.lines().enumerate() {
            let names_one = places.iter().any(|place| {
                line.match_indices(place.as_str()).any(|(at, _)| {
                    // A path from the root, and not the middle of another one or of a URL.
                    let before = line[..at].chars().next_back();
                    before.is_none_or(|last| !last.is_alphanumeric() && !"._-/~$}*".contains(last))
                })
            });
            if names_one {
                found.push(format!("{}:{}: {line}", path.display(), index + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Files are to stay under 400 lines; a table or a list of cases may take a little more.
const MOST_LINES: usize = 450;

#[test]
fn no_file_has_become_a_drawer() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| is_rust(path))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "split by what they are about: {long:?}");
}
