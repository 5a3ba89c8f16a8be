//! A file that describes its directory to agents, and how far the directory has gone on without it. It must not read it.

/// What such files are called. `.claude/CLAUDE.md` describes the directory that `.claude` is in.
const NAMES: [&str; 3] = ["CLAUDE.md", "claude.md", "AGENTS.md"];

/// Commits to its directory after which a file counts as stale; for the root's, which says less about each file.
const STALE_AFTER: u32 = 5;
const ROOT_STALE_AFTER: u32 = 25;

/// One context file, measured against git's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextFile {
    /// From the root of the work tree.
    pub path: String,
    /// When it was last committed, in seconds since 1970; None if it never was.
    pub last_change: Option<i64>,
    /// Commits to its directory since then. 0 while it is being edited.
    pub commits_since: u32,
    /// Files that those commits touched.
    pub files_since: u32,
}

impl ContextFile {
    /// The directory it describes; empty for the root.
    pub fn directory(&self) -> &str {
        described_directory(&self.path)
    }

    /// 100 just after a change, 50 where it begins to be stale, 0 at twice as many commits.
    pub fn health(&self) -> u32 {
        100_u32.saturating_sub(self.commits_since.saturating_mul(50) / self.stale_after())
    }

    pub fn is_stale(&self) -> bool {
        self.commits_since >= self.stale_after()
    }

    fn stale_after(&self) -> u32 {
        match self.directory() {
            "" => ROOT_STALE_AFTER,
            _ => STALE_AFTER,
        }
    }
}

/// Globs that find all of them.
pub fn globs() -> Vec<String> {
    NAMES.iter().map(|name| format!("**/{name}")).collect()
}

pub fn is_context_file(path: &str) -> bool {
    NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
}

fn described_directory(path: &str) -> &str {
    let directory = parent(path);
    match directory.strip_suffix(".claude") {
        Some("") => "",
        Some(above) if above.ends_with('/') => above.trim_end_matches('/'),
        _ => directory,
    }
}

/// The directory a path is in; empty for the root.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whether a path lies in a directory or below it.
pub fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn file(path: &str, commits_since: u32) -> ContextFile {
        ContextFile {
            path: path.to_owned(),
            last_change: Some(0),
            commits_since,
            files_since: commits_since,
        }
    }

    #[test]
    fn a_file_describes_the_directory_it_is_in_and_dot_claude_the_one_above() {
        for (path, directory) in [
            ("CLAUDE.md", ""),
            ("src/auth/AGENTS.md", "src/auth"),
            (".claude/CLAUDE.md", ""),
            ("web/.claude/CLAUDE.md", "web"),
            ("web/x.claude/CLAUDE.md", "web/x.claude"),
        ] {
            assert_eq!(file(path, 0).directory(), directory, "{path}");
        }
    }

    #[test]
    fn health_falls_with_each_commit_that_the_file_did_not_follow() {
        let health = |path: &str, commits| file(path, commits).health();
        assert_eq!(health("src/CLAUDE.md", 0), 100);
        assert_eq!(health("src/CLAUDE.md", 5), 50);
        assert_eq!(health("src/CLAUDE.md", 1_000_000_000), 0);
        assert_eq!(health("CLAUDE.md", 5), 90);
        assert!(!file("src/CLAUDE.md", 4).is_stale());
        assert!(file("src/CLAUDE.md", 5).is_stale());
        assert!(!file("CLAUDE.md", 24).is_stale());
    }

    #[test]
    fn below_means_whole_names() {
        assert!(is_below("src/a.rs", "src"));
        assert!(is_below("a.rs", ""));
        assert!(!is_below("src2/a.rs", "src"));
    }
}
