//! What evidence is worth now: whether the work tree is still the one that it is about. It must not record anything.
//!
//! A brief takes no snapshot. HEAD's tree and the list that `git status` gave say which paths can differ, and only the
//! files on that list are read, as far as [`Thoroughness`] goes: ids of blobs tell content, so that a commit of what was
//! tested, a rebase onto nothing new, or a file touched and left alone make nothing stale. Times of files would.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::tree_state::{self, Observed};
use crate::error::Warning;
use crate::git::Repository;
use crate::git::status::{Change, ChangeKind, Status};
use crate::path::RepoPath;
use crate::session::evidence::{EvidenceFact, EvidenceRecord, TreeState};
use crate::session::ids::SessionId;
use crate::store::record;
use crate::store::snapshot::Limits;

/// Of how many commands the newest evidence is known.
pub const MOST: usize = 8;

/// Evidence, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub record: EvidenceRecord,
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// This very tree.
    Verified,
    /// Another tree.
    Stale(Moved),
}

/// What is not as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// None: too much changed to be compared, or what it was is not here.
    pub files: Option<usize>,
    /// The first of them.
    pub first: Vec<RepoPath>,
    /// Tracked files changed while the command ran: it says nothing of any one tree.
    pub while_it_ran: bool,
}

impl Standing {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Stale(_) => "stale",
        }
    }

    pub fn is_verified(&self) -> bool {
        *self == Self::Verified
    }
}

/// Names kept of what moved, and those that a line tells.
const NAMES: usize = 20;
const NAMED: usize = 3;

impl Moved {
    fn new(paths: Vec<RepoPath>, while_it_ran: bool) -> Self {
        Self {
            files: Some(paths.len()),
            first: paths.into_iter().take(NAMES).collect(),
            while_it_ran,
        }
    }

    /// `2 files changed since: a, b`.
    pub fn text(&self, named: usize) -> String {
        let when = match self.while_it_ran {
            true => "while it ran",
            false => "since",
        };
        let Some(files) = self.files else {
            return "too much changed since to be compared".into();
        };
        let word = if files == 1 { "file" } else { "files" };
        let names: Vec<String> = self
            .first
            .iter()
            .take(named)
            .map(RepoPath::to_text)
            .collect();
        let more = if files > names.len() { ", …" } else { "" };
        format!("{files} {word} changed {when}: {}{more}", names.join(", "))
    }
}

impl Held {
    /// For a document that is kept.
    pub fn fact(&self) -> EvidenceFact {
        let record = &self.record;
        EvidenceFact {
            id: record.id,
            label: record.label.clone(),
            command: record.command_text(),
            exit_code: record.exit_code,
            outcome: record.outcome(),
            runner: record.runner(),
            tests: record.counts(),
            started_at: record.started_at,
            standing: self.standing.word().to_owned(),
            moved: match &self.standing {
                Standing::Verified => None,
                Standing::Stale(moved) => Some(moved.text(NAMED)),
            },
        }
    }
}

/// How much is read to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thoroughness {
    /// Where somebody waits for a brief; the status may name an untracked directory in place of its files.
    Quick,
    /// Where a decision hangs on it; the status names every file.
    Whole,
}

/// What `Quick` reads at most.
const QUICK_FILES: usize = 500;
const QUICK_DIRECTORIES: usize = 100;
const QUICK_BYTES: u64 = 32 * 1024 * 1024;

/// The newest evidence of each command in a session, newest first, judged by the work tree that `now` compares with.
pub fn of_session(
    now: &mut Comparison<'_>,
    id: &SessionId,
) -> anyhow::Result<(Vec<Held>, Option<Warning>)> {
    let walked = record::latest_evidence(now.repository, id, MOST)?;
    let held = walked
        .found
        .into_iter()
        .map(|record| {
            let standing = now.standing(&record)?;
            Ok(Held { record, standing })
        })
        .collect::<anyhow::Result<_>>()?;
    Ok((held, walked.damage))
}

/// The work tree as it is, looked at when it is first needed.
pub struct Comparison<'a> {
    repository: &'a Repository,
    status: &'a Status,
    thoroughness: Thoroughness,
    limits: Limits,
    observed: Option<Option<Observed>>,
    /// By the trees before and after: many commands run on the same one.
    known: HashMap<[String; 2], Standing>,
}

impl<'a> Comparison<'a> {
    pub fn new(
        repository: &'a Repository,
        status: &'a Status,
        thoroughness: Thoroughness,
        max_file: u64,
    ) -> Self {
        Self {
            repository,
            status,
            thoroughness,
            limits: Limits {
                max_file: Some(max_file),
            },
            observed: None,
            known: HashMap::new(),
        }
    }

    pub fn standing(&mut self, evidence: &EvidenceRecord) -> anyhow::Result<Standing> {
        let key = [&evidence.before, evidence.after()].map(|state| state.tree.clone());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let standing = self.judge(evidence)?;
        self.known.insert(key, standing.clone());
        Ok(standing)
    }

    fn judge(&mut self, evidence: &EvidenceRecord) -> anyhow::Result<Standing> {
        let repository = self.repository;
        let Some(now) = self.observed()? else {
            return Ok(Standing::Stale(Moved::default()));
        };
        if !evidence.holds {
            let ends = [&evidence.before, evidence.after()]
                .map(|state| Observed::from_state(repository, state));
            let [Some(before), Some(after)] = ends else {
                return Ok(Standing::Stale(Moved::default()));
            };
            let changed = before.difference(repository, &after)?;
            return Ok(Standing::Stale(Moved::new(changed, true)));
        }
        let mut moved = None;
        for state in [evidence.after(), &evidence.before] {
            match difference(repository, state, &now)? {
                Some(paths) if paths.is_empty() => return Ok(Standing::Verified),
                Some(paths) => {
                    moved.get_or_insert(Moved::new(paths, false));
                }
                None => {}
            }
        }
        Ok(Standing::Stale(moved.unwrap_or_default()))
    }

    /// None where it is too much to look at.
    fn observed(&mut self) -> anyhow::Result<Option<Observed>> {
        if self.observed.is_none() {
            self.observed = Some(self.observe()?);
        }
        Ok(self.observed.clone().flatten())
    }

    fn observe(&self) -> anyhow::Result<Option<Observed>> {
        let mut status = self.status.clone();
        if self.thoroughness == Thoroughness::Quick
            && !(expand(self.repository, &mut status)? && is_quick(self.repository, &status))
        {
            return Ok(None);
        }
        tree_state::observe(self.repository, &status, self.limits).map(Some)
    }
}

/// None where the record does not say enough.
fn difference(
    repository: &Repository,
    then: &TreeState,
    now: &Observed,
) -> anyhow::Result<Option<Vec<RepoPath>>> {
    match Observed::from_state(repository, then) {
        Some(then) => then.difference(repository, now).map(Some),
        None if now.state(repository)?.tree == then.tree => Ok(Some(Vec::new())),
        None => Ok(None),
    }
}

fn is_quick(repository: &Repository, status: &Status) -> bool {
    let mut bytes = 0;
    for change in &status.changes {
        let full = repository.work_tree().join(change.path.to_path());
        bytes += full.symlink_metadata().map_or(0, |found| found.len());
    }
    status.changes.len() <= QUICK_FILES && bytes <= QUICK_BYTES
}

/// `git status` names an untracked directory in place of its files. False where there are too many.
fn expand(repository: &Repository, status: &mut Status) -> anyhow::Result<bool> {
    let is_directory = |change: &Change| {
        change.kind() == ChangeKind::Untracked && change.path.as_bytes().ends_with(b"/")
    };
    let directories: Vec<Change> = status
        .changes
        .iter()
        .filter(|change| is_directory(change) && !tree_state::is_ours(&directory(&change.path)))
        .cloned()
        .collect();
    let Some(like) = directories.first() else {
        return Ok(true);
    };
    if directories.len() > QUICK_DIRECTORIES {
        return Ok(false);
    }
    let output = repository
        .git()
        .arg("--literal-pathspecs")
        .args(["ls-files", "--others", "--exclude-standard", "-z", "--"])
        .args(directories.iter().map(|change| change.path.to_path()))
        .output()?;
    let files: BTreeSet<RepoPath> = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(RepoPath::new)
        .collect();
    if files.len() > QUICK_FILES {
        return Ok(false);
    }
    let like = like.clone();
    status.changes.retain(|change| !is_directory(change));
    status.changes.extend(files.into_iter().map(|path| Change {
        path,
        ..like.clone()
    }));
    Ok(true)
}

fn directory(path: &RepoPath) -> RepoPath {
    let bytes = path.as_bytes();
    RepoPath::new(bytes.strip_suffix(b"/").unwrap_or(bytes))
}
