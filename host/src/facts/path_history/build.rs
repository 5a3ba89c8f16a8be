//! From the output of `git log --name-only -z` to an index, and from one index to the next. It must not run git.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{IndexedCommit, PathHistory};
use crate::environment::Timestamp;
use crate::git::ObjectId;
use crate::git::commits::Person;
use crate::git::commits::timestamp;
use crate::path::RepoPath;

/// For `git log --format`: id, side of a symmetric difference, time, author, address, subject.
pub(super) const FORMAT: &str = "--format=%x01%H%x1f%m%x1f%ct%x1f%an%x1f%ae%x1f%s";
/// Commits whose subject is kept.
const SUBJECTS: usize = 500;

/// One record of the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Logged {
    pub(super) id: ObjectId,
    /// `<`: only the old history has it.
    pub(super) left: bool,
    pub(super) time: Timestamp,
    pub(super) author: Person,
    pub(super) subject: String,
    pub(super) paths: Vec<RepoPath>,
}

/// Reads the log. A record that was cut off by a killed git is an error for the caller to see by the exit code.
pub(super) fn parse(bytes: &[u8]) -> Vec<Logged> {
    let mut list: Vec<Logged> = Vec::new();
    let mut first_name = false;
    for token in bytes.split(|&byte| byte == 0) {
        if let Some(commit) = header(token) {
            list.push(commit);
            first_name = true;
            continue;
        }
        // Git sets the first name off from the message by a line end.
        let name = match first_name {
            true => token.strip_prefix(b"\n").unwrap_or(token),
            false => token,
        };
        first_name = false;
        if let Some(commit) = list.last_mut()
            && !name.is_empty()
        {
            commit.paths.push(RepoPath::new(name));
        }
    }
    list
}

fn header(token: &[u8]) -> Option<Logged> {
    let text = String::from_utf8_lossy(token.strip_prefix(b"\x01")?);
    let mut fields = text.splitn(6, '\x1f');
    Some(Logged {
        id: ObjectId::from_str(fields.next()?).ok()?,
        left: fields.next()? == "<",
        time: timestamp(fields.next()?.parse().ok()?),
        author: Person {
            name: fields.next()?.to_owned(),
            email: fields.next()?.to_owned(),
        },
        subject: fields.next()?.to_owned(),
        paths: Vec::new(),
    })
}

impl PathHistory {
    /// An index of these commits, for `head`.
    pub(super) fn build(
        logged: Vec<Logged>,
        head: ObjectId,
        complete: bool,
        now: Timestamp,
    ) -> Self {
        Self::default().advance(logged, head, complete, now)
    }

    /// The index after the commits on the left went and those on the right came.
    pub(super) fn advance(
        mut self,
        logged: Vec<Logged>,
        head: ObjectId,
        complete: bool,
        now: Timestamp,
    ) -> Self {
        let (gone, come): (Vec<Logged>, Vec<Logged>) =
            logged.into_iter().partition(|commit| commit.left);
        let gone: HashSet<ObjectId> = gone.into_iter().map(|commit| commit.id).collect();
        // A commit that the index has already must not count twice.
        let known: HashSet<ObjectId> = self.commits.iter().map(|commit| commit.id).collect();
        self.commits.retain(|commit| !gone.contains(&commit.id));
        let come: Vec<Logged> = come
            .into_iter()
            .filter(|commit| !known.contains(&commit.id))
            .collect();

        self.add_paths(&come);
        let mut authors: HashMap<Person, u32> = HashMap::new();
        for (index, person) in (0..).zip(&self.authors) {
            authors.insert(person.clone(), index);
        }
        let mut commits: Vec<IndexedCommit> = Vec::with_capacity(come.len() + self.commits.len());
        for commit in come {
            let next = u32::try_from(self.authors.len()).unwrap_or(u32::MAX);
            let author = *authors.entry(commit.author.clone()).or_insert_with(|| {
                self.authors.push(commit.author);
                next
            });
            let touched = commit.paths.iter();
            let touched = touched.filter_map(|path| self.paths.find(path.as_bytes()));
            let mut touched: Vec<u32> = touched.collect();
            touched.sort_unstable();
            commits.push(IndexedCommit {
                id: commit.id,
                time: commit.time,
                author,
                touched,
                subject: commit.subject,
            });
        }
        commits.append(&mut self.commits);
        // Newest first also where a merge brought older commits; git's own order stays among equals.
        commits.sort_by_key(|commit| std::cmp::Reverse(commit.time));
        for commit in commits.iter_mut().skip(SUBJECTS) {
            commit.subject = String::new();
        }
        self.commits = commits;
        self.head = Some(head);
        self.complete = complete;
        self.built_at = now;
        self.outdated = false;
        self
    }

    /// Makes room for new paths in the sorted list and renumbers what is there.
    fn add_paths(&mut self, come: &[Logged]) {
        let come = come.iter().flat_map(|commit| &commit.paths);
        let new: HashSet<&[u8]> = come
            .map(RepoPath::as_bytes)
            .filter(|path| self.paths.find(path).is_none())
            .collect();
        if new.is_empty() {
            return;
        }
        let old = std::mem::take(&mut self.paths);
        let mut sorted: BTreeMap<&[u8], Option<u32>> = old.iter().zip((0..).map(Some)).collect();
        sorted.extend(new.into_iter().map(|path| (path, None)));
        let mut renumbered = vec![0_u32; old.len()];
        for ((_, was), index) in sorted.iter().zip(0..) {
            if let Some(was) = was {
                renumbered[*was as usize] = index;
            }
        }
        for path in sorted.into_keys() {
            // Sorted and without doubles, so that none is refused.
            self.paths.push(0, path);
        }
        for path in self
            .commits
            .iter_mut()
            .flat_map(|commit| &mut commit.touched)
        {
            *path = renumbered[*path as usize];
        }
    }
}
