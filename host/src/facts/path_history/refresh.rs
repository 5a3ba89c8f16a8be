//! Bringing the index up to date while other things happen: at most one `git log`, and none when HEAD has not moved.
//! It must not make anybody wait beyond the deadline, nor fetch objects.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{PathHistory, build, format};
use crate::environment::Timestamp;
use crate::git::{ObjectId, Repository};

/// How far back to read where there is no index yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The newest 200 commits: enough for a first brief, in milliseconds. A fuller index stays.
    Recent,
    /// At most so many commits; 20,000 is a good bound.
    Full { max: usize },
}

/// An index that is being brought up to date.
#[derive(Debug)]
pub struct Refresh {
    loaded: Option<PathHistory>,
    pub(super) pass: Option<Pass>,
    directory: PathBuf,
    now: Timestamp,
}

#[derive(Debug)]
pub(super) struct Pass {
    child: Child,
    pub(super) output: Receiver<Vec<u8>>,
    head: ObjectId,
    /// The loaded index is brought forward; otherwise a new one replaces it.
    by_difference: bool,
    complete: bool,
}

impl Refresh {
    /// Starts what is to be done for `head` (None on an unborn branch). The index is kept in `directory`.
    ///
    /// # Errors
    /// git cannot be started.
    pub fn spawn(
        repository: &Repository,
        directory: &Path,
        loaded: Option<PathHistory>,
        head: Option<ObjectId>,
        depth: Depth,
    ) -> anyhow::Result<Self> {
        let pass = match head {
            Some(head) => Pass::start(repository, loaded.as_ref(), head, depth)?,
            None => None,
        };
        Ok(Self {
            // An unborn branch has no history, whatever another branch has.
            loaded: loaded.filter(|_| head.is_some()),
            pass,
            directory: directory.to_owned(),
            now: repository.now(),
        })
    }

    /// Whether HEAD has moved or a fuller index is wanted, so that [`Refresh::finish`] may take long.
    pub fn is_running(&self) -> bool {
        self.pass.is_some()
    }

    /// The index, up to date if git was done within `deadline` from now, else as it was loaded. An index that cannot
    /// be kept (a read-only store) is used all the same.
    pub fn finish(self, deadline: Duration) -> PathHistory {
        let loaded = self.loaded;
        let Some(pass) = self.pass else {
            return loaded.unwrap_or_default();
        };
        let (head, complete, by_difference) = (pass.head, pass.complete, pass.by_difference);
        let Some(output) = pass.wait(deadline) else {
            let mut history = loaded.unwrap_or_default();
            history.outdated = history.head != Some(head);
            return history;
        };
        let logged = build::parse(&output);
        let history = match loaded {
            Some(loaded) if by_difference => loaded.advance(logged, head, complete, self.now),
            _ => PathHistory::build(logged, head, complete, self.now),
        };
        // The index only saves time: a failure to keep it costs the next command that time and nothing else.
        let _ = format::write(&history, &self.directory);
        history
    }
}

impl Pass {
    fn start(
        repository: &Repository,
        loaded: Option<&PathHistory>,
        head: ObjectId,
        depth: Depth,
    ) -> anyhow::Result<Option<Self>> {
        let old = loaded.and_then(|history| history.head);
        let complete = loaded.is_some_and(PathHistory::complete);
        let deep_enough = complete || depth == Depth::Recent;
        if old == Some(head) && deep_enough {
            return Ok(None);
        }
        let mut git = repository
            .git()
            .without_fetching()
            .args([
                "-c",
                "log.showSignature=false",
                "log",
                "--name-only",
                "--no-renames",
                "-z",
            ])
            .args([
                build::FORMAT,
                "--no-show-signature",
                "--no-mailmap",
                "--diff-merges=off",
            ]);
        // An index whose commit is gone (rebased and collected) cannot be followed.
        let base = old.filter(|old| deep_enough && repository.commit_exists(*old));
        git = match (base, depth) {
            (Some(base), _) => git.arg("--left-right").arg(format!("{base}...{head}")),
            (None, Depth::Recent) => git
                .arg(format!("--max-count={}", super::RECENT))
                .arg(head.to_string()),
            (None, Depth::Full { max }) => {
                git.arg(format!("--max-count={max}")).arg(head.to_string())
            }
        };
        let mut child = git.arg("--").spawn_reading()?;
        let (sender, output) = channel();
        if let Some(mut stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                if stdout.read_to_end(&mut bytes).is_ok() {
                    // Nobody listens once the deadline has passed.
                    let _ = sender.send(bytes);
                }
            });
        }
        Ok(Some(Self {
            child,
            output,
            head,
            by_difference: base.is_some(),
            complete: match base {
                Some(_) => complete,
                None => depth != Depth::Recent,
            },
        }))
    }

    /// None when it took too long or failed.
    fn wait(mut self, deadline: Duration) -> Option<Vec<u8>> {
        let output = self.output.recv_timeout(deadline).ok();
        if output.is_none() {
            // A reading git leaves nothing behind.
            let _ = self.child.kill();
        }
        let status = self.child.wait().ok()?;
        output.filter(|_| status.success())
    }
}
