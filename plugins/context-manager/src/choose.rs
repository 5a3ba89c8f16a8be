//! Which context files matter for the work at hand. It must not look at what they say.

use std::collections::BTreeSet;

use crate::context_file::{ContextFile, is_below, is_context_file, parent};

/// What the choice is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Situation {
    pub branch: String,
    /// Open ones.
    pub objectives: Vec<String>,
    /// Paths that differ from HEAD or that the session's commits touched.
    pub changed: Vec<String>,
    pub context_files: Vec<ContextFile>,
}

/// A brief shows no more than this.
const MOST_CHOSEN: usize = 4;
const MOST_UPDATED: usize = 3;

/// What speaks for a file. A change right beside it says more than any word.
const NEAREST: u32 = 20;
const FURTHER_UP: u32 = 2;
const WORD_IN_BRANCH: u32 = 12;
const WORD_IN_OBJECTIVE: u32 = 8;
const ROOT: u32 = 5;

/// The most telling files first.
pub fn choose(situation: &Situation) -> Vec<&ContextFile> {
    let mut scored: Vec<(u32, &ContextFile)> = situation
        .context_files
        .iter()
        .map(|file| (score(file, situation), file))
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.path.cmp(&right.path)));
    let chosen = scored.into_iter().map(|(_, file)| file);
    chosen.take(MOST_CHOSEN).collect()
}

/// The stale files that are nearest to something changed, stalest first.
pub fn stale_beside_changes(situation: &Situation) -> Vec<&ContextFile> {
    let mut stale: Vec<&ContextFile> = situation
        .context_files
        .iter()
        .filter(|file| file.is_stale() && is_nearest_to_any(file, situation))
        .collect();
    stale.sort_by_key(|file| (file.health(), &file.path));
    stale.truncate(MOST_UPDATED);
    stale
}

fn score(file: &ContextFile, situation: &Situation) -> u32 {
    let mut score = 0;
    if is_nearest_to_any(file, situation) {
        score += NEAREST;
    } else if changed(situation).any(|path| is_below(path, file.directory())) {
        score += FURTHER_UP;
    }
    let names = words(file.directory());
    let meets = |text: &str| words(text).intersection(&names).next().is_some();
    if meets(&situation.branch) {
        score += WORD_IN_BRANCH;
    }
    if situation.objectives.iter().any(|text| meets(text)) {
        score += WORD_IN_OBJECTIVE;
    }
    if file.directory().is_empty() {
        score += ROOT;
    }
    score
}

/// A context file's own change is no reason to read it.
fn changed(situation: &Situation) -> impl Iterator<Item = &str> {
    let paths = situation.changed.iter().map(String::as_str);
    paths.filter(|path| !is_context_file(path))
}

/// Going up from some changed path, its directory is the first that any context file describes.
fn is_nearest_to_any(file: &ContextFile, situation: &Situation) -> bool {
    let described: BTreeSet<&str> = situation
        .context_files
        .iter()
        .map(ContextFile::directory)
        .collect();
    let directories: BTreeSet<&str> = changed(situation).map(parent).collect();
    directories.into_iter().any(|start| {
        let mut directory = start;
        while !described.contains(directory) && !directory.is_empty() {
            directory = parent(directory);
        }
        directory == file.directory() && described.contains(directory)
    })
}

/// Words of three letters and more, without a plural's `s` and without those that every branch has.
fn words(text: &str) -> BTreeSet<String> {
    const EVERYWHERE: [&str; 16] = [
        "add", "and", "bug", "bugfix", "chore", "feat", "feature", "fix", "for", "from", "hotfix",
        "main", "new", "src", "the", "with",
    ];
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_ascii_lowercase)
        .filter(|word| word.chars().count() >= 3 && !EVERYWHERE.contains(&word.as_str()))
        .map(|word| match word.strip_suffix('s') {
            Some(stem) if stem.len() >= 3 => stem.to_owned(),
            _ => word,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context_file::tests::file;

    fn situation(files: &[&str]) -> Situation {
        Situation {
            context_files: files.iter().map(|path| file(path, 9)).collect(),
            ..Situation::default()
        }
    }

    fn paths(files: Vec<&ContextFile>) -> Vec<&str> {
        files.into_iter().map(|file| file.path.as_str()).collect()
    }

    const FILES: [&str; 4] = [
        "CLAUDE.md",
        "docs/CLAUDE.md",
        "src/auth/AGENTS.md",
        "src/CLAUDE.md",
    ];

    #[test]
    fn the_nearest_file_upward_wins() {
        let mut situation = situation(&FILES);
        situation.changed = vec!["src/auth/oauth/token.rs".into()];
        assert_eq!(
            paths(choose(&situation)),
            ["src/auth/AGENTS.md", "CLAUDE.md", "src/CLAUDE.md"]
        );
    }

    #[test]
    fn words_of_the_branch_and_the_objectives_find_their_directory() {
        let mut by_branch = situation(&FILES);
        by_branch.branch = "feature/auth-tokens".into();
        assert_eq!(
            paths(choose(&by_branch)),
            ["src/auth/AGENTS.md", "CLAUDE.md"]
        );
        let mut by_objective = situation(&FILES);
        by_objective.objectives = vec!["Write the doc".into()];
        assert_eq!(
            paths(choose(&by_objective)),
            ["docs/CLAUDE.md", "CLAUDE.md"]
        );
    }

    #[test]
    fn a_change_of_a_context_file_is_no_reason_to_read_it() {
        let mut situation = situation(&FILES);
        situation.changed = vec!["src/CLAUDE.md".into()];
        assert_eq!(paths(choose(&situation)), ["CLAUDE.md"]);
    }

    #[test]
    fn only_stale_files_of_changed_directories_are_to_be_updated() {
        let mut situation = situation(&FILES);
        situation.context_files[3].commits_since = 4;
        situation.changed = vec!["src/main.rs".into(), "docs/a.md".into(), "x.rs".into()];
        assert_eq!(paths(stale_beside_changes(&situation)), ["docs/CLAUDE.md"]);
    }
}
