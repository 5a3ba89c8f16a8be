//! Branches: which there are, which is the default, what one follows and what it was called before.
//! It must not create or move one: that is the `git` program's.

use std::path::PathBuf;

use anyhow::Context as _;

use super::ObjectId;
use super::commits::timestamp;
use super::repository::Repository;
use crate::environment::Timestamp;

/// A local branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The short name; what is not UTF-8 is replaced.
    pub name: String,
    pub commit: ObjectId,
    /// When its last commit was made.
    pub time: Timestamp,
}

impl Repository {
    /// The `count` local branches with the newest commits, newest first. One process.
    pub fn recent_branches(&self, count: usize) -> anyhow::Result<Vec<Branch>> {
        let output = self
            .git()
            .args(["for-each-ref", "--sort=-committerdate"])
            .arg(format!("--count={count}"))
            .args([
                "--format=%(objectname) %(committerdate:unix) %(refname)",
                "refs/heads/",
            ])
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.lines().filter_map(branch_line).collect())
    }

    /// When a branch of this name was last created here, as its reflog has it: git removes that with the branch.
    pub fn branch_created(&self, name: &str) -> Option<Timestamp> {
        let log = self.inner.reflog(&format!("refs/heads/{name}")).ok()?;
        let oldest = log.get(log.len().checked_sub(1)?)?;
        let message = oldest.message_bytes()?;
        let created = message.starts_with(b"branch: Created");
        created.then(|| timestamp(oldest.committer().when().seconds()))
    }

    pub fn branch_exists(&self, name: &str) -> bool {
        self.read_ref(&format!("refs/heads/{name}"))
            .is_ok_and(|id| id.is_some())
    }

    /// The branch that others start from: what `origin/HEAD` names, else `init.defaultBranch`, `main` or `master`,
    /// the first of which exists. A short local name; None where none of them exists.
    pub fn default_branch(&self) -> Option<String> {
        let origin = self
            .inner
            .find_reference("refs/remotes/origin/HEAD")
            .ok()
            .and_then(|reference| {
                let target = reference.symbolic_target().ok().flatten()?;
                Some(target.strip_prefix("refs/remotes/origin/")?.to_owned())
            });
        if let Some(name) = origin {
            return Some(name);
        }
        self.config_text("init.defaultBranch")
            .into_iter()
            .chain(["main".to_owned(), "master".to_owned()])
            .find(|name| self.branch_exists(name))
    }

    /// The full name of the ref that a branch follows, whether or not it exists.
    pub fn branch_upstream(&self, name: &str) -> Option<String> {
        let upstream = self
            .inner
            .branch_upstream_name(&format!("refs/heads/{name}"))
            .ok()?;
        upstream.as_str().ok().map(str::to_owned)
    }

    /// The names this branch had before, the last one first, from its reflog, which git renames with it. Empty if it
    /// was never renamed, or the reflog is switched off or was pruned.
    pub fn former_names(&self, branch: &str) -> Vec<String> {
        let path: PathBuf = self.common_dir().join("logs/refs/heads").join(branch);
        let Ok(log) = std::fs::read(path) else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&log);
        let mut names: Vec<String> = Vec::new();
        for line in text.lines().rev() {
            let name = names.last().map_or(branch, String::as_str);
            let renamed = line.split_once('\t').and_then(|(_, message)| {
                message
                    .strip_prefix("Branch: renamed refs/heads/")?
                    .strip_suffix(&format!(" to refs/heads/{name}"))
            });
            names.extend(renamed.map(str::to_owned));
        }
        names
    }

    /// The names of the configured remotes.
    pub fn remotes(&self) -> anyhow::Result<Vec<String>> {
        let names = self.inner.remotes().context("failed to read the remotes")?;
        Ok(names
            .iter()
            .flatten()
            .flatten()
            .map(str::to_owned)
            .collect())
    }

    /// Name and address of each remote, by name; an address that is not UTF-8 is passed over.
    pub fn remote_urls(&self) -> Vec<(String, String)> {
        let mut names = self.remotes().unwrap_or_default();
        names.sort();
        names
            .into_iter()
            .filter_map(|name| {
                let url = self.inner.find_remote(&name).ok()?.url().ok()?.to_owned();
                Some((name, url))
            })
            .collect()
    }
}

fn branch_line(line: &str) -> Option<Branch> {
    let mut fields = line.splitn(3, ' ');
    Some(Branch {
        commit: ObjectId::from_str(fields.next()?).ok()?,
        time: timestamp(fields.next()?.parse().ok()?),
        name: fields.next()?.strip_prefix("refs/heads/")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::git::testing::TestRepository;

    #[test]
    fn branches_come_newest_first_and_bounded() {
        let test = TestRepository::new();
        test.commit_file("a", "1", "one");
        test.git(&["checkout", "-q", "-b", "feature/a/b"]);
        test.commit_file("a", "2", "two");
        test.git(&["checkout", "-q", "-b", "naïve-ü"]);
        test.commit_file("a", "3", "three");
        let names = |count| -> Vec<String> {
            let branches = test.open().recent_branches(count).unwrap();
            branches.into_iter().map(|branch| branch.name).collect()
        };
        assert_eq!(names(10), ["naïve-ü", "feature/a/b", "main"]);
        assert_eq!(names(1), ["naïve-ü"]);
    }

    #[test]
    fn the_default_branch_is_what_origin_says_before_any_guess() {
        let test = TestRepository::new();
        test.git(&["config", "init.defaultBranch", "none-such"]);
        assert_eq!(test.open().default_branch(), None);
        let id = test.commit_file("a", "1", "one").to_string();
        assert_eq!(test.open().default_branch().as_deref(), Some("main"));
        test.git(&["update-ref", "refs/remotes/origin/trunk", &id]);
        test.git(&[
            "symbolic-ref",
            "refs/remotes/origin/HEAD",
            "refs/remotes/origin/trunk",
        ]);
        assert_eq!(test.open().default_branch().as_deref(), Some("trunk"));
    }

    #[test]
    fn a_renamed_branch_remembers_all_its_names() {
        let test = TestRepository::new();
        test.commit_file("a", "1", "one");
        let names = |branch: &str| test.open().former_names(branch);
        assert!(names("main").is_empty());
        test.git(&["branch", "-m", "main", "feature/x"]);
        test.git(&["branch", "-m", "feature/x", "feature/y"]);
        assert_eq!(names("feature/y"), ["feature/x", "main"]);
        assert!(names("main").is_empty());
        test.git(&["branch", "-m", "feature/y", "z"]);
        test.git(&["branch", "-m", "z", "feature/y"]);
        assert_eq!(names("feature/y"), ["z", "feature/y", "feature/x", "main"]);
    }
}
