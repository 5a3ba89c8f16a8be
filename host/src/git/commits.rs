//! Reading commits: a bounded list, where two lines of history meet and how far apart they are. It must not write.

use anyhow::Context as _;
use chrono::DateTime;
use serde::Serialize;

use super::ObjectId;
use super::repository::Repository;
use super::status::AheadBehind;
use crate::environment::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Person {
    pub name: String,
    pub email: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Commit {
    #[serde(serialize_with = "super::commits::id_as_text")]
    pub id: ObjectId,
    /// The first line of the message; what is not UTF-8 is replaced.
    pub subject: String,
    pub author: Person,
    /// When it was committed.
    pub time: Timestamp,
}

/// A bounded list of commits, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Commits {
    pub list: Vec<Commit>,
    /// There are more than were read.
    pub more: bool,
}

impl Repository {
    /// The commits that `from` reaches and none of `hide` does, newest first, at most `limit`. A hidden commit that no
    /// longer exists (after a rebase and `gc`, or in a shallow clone) hides nothing.
    pub fn commits(
        &self,
        from: ObjectId,
        hide: &[ObjectId],
        limit: usize,
    ) -> anyhow::Result<Commits> {
        let mut walk = self.inner.revwalk().context("failed to read the history")?;
        walk.set_sorting(git2::Sort::TIME | git2::Sort::TOPOLOGICAL)
            .context("failed to order the history")?;
        walk.push(from)
            .with_context(|| format!("failed to read the history of {from}"))?;
        for id in hide {
            if self.commit_exists(*id) {
                walk.hide(*id)
                    .with_context(|| format!("failed to read the history of {id}"))?;
            }
        }
        let mut commits = Commits::default();
        for id in walk {
            let id = id.context("failed to walk the history")?;
            if commits.list.len() == limit {
                commits.more = true;
                break;
            }
            commits.list.push(self.commit(id)?);
        }
        Ok(commits)
    }

    /// # Errors
    /// There is no such commit.
    pub fn commit(&self, id: ObjectId) -> anyhow::Result<Commit> {
        let commit = self.find_commit(id)?;
        let author = commit.author();
        Ok(Commit {
            id,
            subject: first_line(commit.message_bytes()),
            author: Person {
                name: String::from_utf8_lossy(author.name_bytes()).into_owned(),
                email: String::from_utf8_lossy(author.email_bytes()).into_owned(),
            },
            time: timestamp(commit.time().seconds()),
        })
    }

    /// When it was first written: a rebase and an amended message leave it as it was.
    pub fn author_time(&self, id: ObjectId) -> anyhow::Result<Timestamp> {
        let commit = self.find_commit(id)?;
        Ok(timestamp(commit.author().when().seconds()))
    }

    pub fn commit_exists(&self, id: ObjectId) -> bool {
        self.inner.find_commit(id).is_ok()
    }

    /// The message of a commit; what is not UTF-8 is replaced.
    pub fn commit_message(&self, id: ObjectId) -> anyhow::Result<String> {
        let commit = self.find_commit(id)?;
        Ok(String::from_utf8_lossy(commit.message_bytes()).into_owned())
    }

    pub fn commit_tree(&self, id: ObjectId) -> anyhow::Result<ObjectId> {
        Ok(self.find_commit(id)?.tree_id())
    }

    pub fn commit_parents(&self, id: ObjectId) -> anyhow::Result<Vec<ObjectId>> {
        Ok(self.find_commit(id)?.parent_ids().collect())
    }

    /// None when the two have nothing in common.
    pub fn merge_base(&self, one: ObjectId, two: ObjectId) -> anyhow::Result<Option<ObjectId>> {
        match self.inner.merge_base(one, two) {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error).context("failed to find the merge base"),
        }
    }

    pub fn ahead_behind(&self, this: ObjectId, other: ObjectId) -> anyhow::Result<AheadBehind> {
        let (ahead, behind) = self
            .inner
            .graph_ahead_behind(this, other)
            .context("failed to compare two histories")?;
        Ok(AheadBehind {
            ahead: ahead as u64,
            behind: behind as u64,
        })
    }

    /// Whether `ancestor` is `commit` or one of its ancestors.
    pub fn is_ancestor(&self, ancestor: ObjectId, commit: ObjectId) -> anyhow::Result<bool> {
        if ancestor == commit {
            return Ok(true);
        }
        self.inner
            .graph_descendant_of(commit, ancestor)
            .context("failed to compare two histories")
    }

    /// The commit that a person's or a ref's words name (`main`, `origin/main`, `HEAD~2`, an id); None if nothing.
    pub fn resolve_commit(&self, words: &str) -> anyhow::Result<Option<ObjectId>> {
        let object = match self.inner.revparse_single(words) {
            Ok(object) => object,
            Err(error)
                if matches!(
                    error.code(),
                    git2::ErrorCode::NotFound
                        | git2::ErrorCode::InvalidSpec
                        | git2::ErrorCode::UnbornBranch
                ) =>
            {
                return Ok(None);
            }
            Err(error) => {
                return Err(error).with_context(|| format!("failed to look up {words:?}"));
            }
        };
        Ok(object.peel_to_commit().ok().map(|commit| commit.id()))
    }

    /// The commit of a ref of this full name, looked up in its own file or line; None where there is none to be found so.
    pub fn ref_at(&self, full: &str) -> Option<ObjectId> {
        let id = self.plain_ref(full).ok().flatten()?;
        self.commit_exists(id).then_some(id)
    }

    /// As [`Repository::resolve_commit`], for a branch's name or a ref's in full, which is looked up where it should be
    /// before anything else is tried.
    pub fn resolve_branch(&self, name: &str) -> anyhow::Result<Option<ObjectId>> {
        let full = match name.starts_with("refs/") {
            true => name.to_owned(),
            false => format!("refs/heads/{name}"),
        };
        match self.ref_at(&full) {
            Some(id) => Ok(Some(id)),
            None => self.resolve_commit(name),
        }
    }

    /// HEAD's commit; None on an unborn branch.
    pub fn head_commit(&self) -> anyhow::Result<Option<ObjectId>> {
        self.read_ref("HEAD")
    }

    pub(super) fn find_commit(&self, id: ObjectId) -> anyhow::Result<git2::Commit<'_>> {
        self.inner
            .find_commit(id)
            .with_context(|| format!("failed to read the commit {id}"))
    }
}

pub fn id_as_text<S: serde::Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// A time as git has it, in seconds. One beyond the calendar (a damaged or playful commit) becomes the epoch.
pub fn timestamp(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

fn first_line(message: &[u8]) -> String {
    let text = message.trim_ascii_start();
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line.trim_ascii_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use crate::git::testing::TestRepository;

    #[test]
    fn commits_are_newest_first_bounded_and_without_what_is_hidden() {
        let test = TestRepository::new();
        let first = test.commit_file("a", "1", "first\n\nbody");
        test.commit_file("a", "2", "second");
        let third = test.commit_file("a", "3", "third");
        let repository = test.open();
        let subjects = |hide: &[_], limit| {
            let commits = repository.commits(third, hide, limit).unwrap();
            let list: Vec<_> = commits.list.iter().map(|c| c.subject.clone()).collect();
            (list, commits.more)
        };
        assert_eq!(
            subjects(&[first], 10),
            (vec!["third".into(), "second".into()], false)
        );
        assert_eq!(subjects(&[], 1), (vec!["third".into()], true));
        let gone = crate::git::ObjectId::from_str(&"7".repeat(40)).unwrap();
        assert_eq!(subjects(&[gone], 3).0.len(), 3);
    }

    #[test]
    fn a_word_that_names_nothing_is_no_commit_and_no_error() {
        let test = TestRepository::new();
        let repository = test.open();
        assert_eq!(repository.head_commit().unwrap(), None);
        assert_eq!(repository.resolve_commit("HEAD").unwrap(), None);
        let id = test.commit_file("a", "1", "one");
        assert_eq!(repository.resolve_commit("main").unwrap(), Some(id));
        assert_eq!(repository.resolve_commit("no such..thing^{").unwrap(), None);
    }

    #[test]
    fn unrelated_histories_have_no_merge_base() {
        let test = TestRepository::new();
        let one = test.commit_file("a", "1", "one");
        test.git(&["checkout", "-q", "--orphan", "other"]);
        let two = test.commit_file("b", "1", "two");
        assert_eq!(test.open().merge_base(one, two).unwrap(), None);
        let counts = test.open().ahead_behind(one, two).unwrap();
        assert_eq!((counts.ahead, counts.behind), (1, 1));
    }
}
