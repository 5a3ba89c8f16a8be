//! What is different: commits, and the work tree against them. It must not read anything but facts.

use super::Section;
use super::count::count;
use super::sections::short;
use super::time_text::ago_at;
use crate::facts::Facts;
use crate::git::commits::{Commit, Commits, Person};
use crate::git::status::{Change, ChangeKind};

/// The commits since the last checkpoint, or since the session began.
pub fn new_commits(facts: &Facts, most: usize) -> Section {
    let title = match &facts.last_checkpoint {
        Some(checkpoint) => {
            let label = checkpoint
                .label
                .as_ref()
                .map(|label| format!(" ({label})"))
                .unwrap_or_default();
            format!(
                "Commits since {}{label}, {}",
                checkpoint.id,
                ago_at(facts.now, checkpoint.time)
            )
        }
        None => "Commits since the session began".into(),
    };
    let mut section = Section::new("commits", title)
        .importance(81)
        .more("git log");
    commits(&mut section, &facts.commits, facts, most);
    section
}

/// Changed files, one line each. Since when they are is not known: some may be older than checkpoint and session.
pub fn uncommitted(facts: &Facts, most: usize) -> Section {
    let mut section = Section::new("changes", "Uncommitted")
        .importance(80)
        .more("git status");
    if !facts.config.session.auto_track {
        return section;
    }
    for change in facts.changes.iter().take(most) {
        let word = KINDS
            .iter()
            .find(|(kind, _)| *kind == change.kind())
            .map_or("unchanged", |(_, word)| word);
        section.line(format!("{} ({word})", change.path.to_text()));
    }
    if facts.changes.len() > most {
        section.line(format!(
            "and {} more changed files",
            facts.changes.len() - most
        ));
    }
    section
}

pub fn commits(section: &mut Section, commits: &Commits, facts: &Facts, most: usize) {
    if let Some(authors) = authors(commits, facts.head.user.as_ref()) {
        section.line(authors);
    }
    for commit in commits.list.iter().take(most) {
        section.line(commit_line(commit, facts));
    }
    let listed = commits.list.len().min(most);
    if commits.list.len() > listed || commits.more {
        let more = if commits.more {
            "and more commits".into()
        } else {
            format!("and {} more commits", commits.list.len() - listed)
        };
        section.line(more);
    }
}

fn commit_line(commit: &Commit, facts: &Facts) -> String {
    format!(
        "{} {} ({}, {})",
        short(&commit.id.to_string()),
        commit.subject,
        commit.author.name,
        ago_at(facts.now, commit.time)
    )
}

/// `3 commits: 2 yours, 1 by Ada`.
fn authors(commits: &Commits, you: Option<&Person>) -> Option<String> {
    if commits.list.is_empty() {
        return None;
    }
    let yours = commits
        .list
        .iter()
        .filter(|commit| you.is_some_and(|you| you.email == commit.author.email))
        .count();
    let mut others: Vec<(&str, usize)> = Vec::new();
    for commit in &commits.list {
        if you.is_some_and(|you| you.email == commit.author.email) {
            continue;
        }
        match others
            .iter_mut()
            .find(|(name, _)| *name == commit.author.name)
        {
            Some((_, number)) => *number += 1,
            None => others.push((&commit.author.name, 1)),
        }
    }
    let more = if commits.more { "at least " } else { "" };
    let mut parts = Vec::new();
    if yours > 0 {
        parts.push(format!("{yours} yours"));
    }
    parts.extend(
        others
            .iter()
            .take(4)
            .map(|(name, number)| format!("{number} by {name}")),
    );
    Some(format!(
        "{more}{}: {}",
        count(commits.list.len(), "commit", "commits"),
        parts.join(", ")
    ))
}

/// `2 modified, 1 untracked, 1 untracked directory`: git names a directory of nothing but untracked files as one.
pub fn work_tree_text<'a>(changes: impl IntoIterator<Item = &'a Change> + Clone) -> String {
    let mut parts = Vec::new();
    for (kind, word) in KINDS {
        let of_kind = changes
            .clone()
            .into_iter()
            .filter(|change| change.kind() == kind);
        let (directories, files): (Vec<_>, Vec<_>) =
            of_kind.partition(|change| change.path.as_bytes().ends_with(b"/"));
        if !files.is_empty() {
            parts.push(format!("{} {word}", files.len()));
        }
        if !directories.is_empty() {
            let (one, many) = (format!("{word} directory"), format!("{word} directories"));
            parts.push(count(directories.len(), &one, &many));
        }
    }
    if parts.is_empty() {
        "clean".into()
    } else {
        parts.join(", ")
    }
}

const KINDS: [(ChangeKind, &str); 6] = [
    (ChangeKind::Conflicted, "in conflict"),
    (ChangeKind::Modified, "modified"),
    (ChangeKind::TypeChanged, "with another type"),
    (ChangeKind::Added, "added"),
    (ChangeKind::Deleted, "deleted"),
    (ChangeKind::Untracked, "untracked"),
];
