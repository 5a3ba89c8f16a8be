//! The repository a command works in: opened once, with its configuration and the place of its live session.
//! It must not gather facts or decide.

use std::borrow::Cow;

use crate::config::{self, Config};
use crate::environment::{Environment, Timestamp};
use crate::error::{Warning, user_error};
use crate::git::Repository;
use crate::git::status::Status;
use crate::git::{StatusOptions, StatusProcess};
use crate::plugin::Checkout;
use crate::session::live::{LONGEST_PAUSE, LiveContext, LiveSession, Mode, Touched};
use crate::store::durable;
use crate::store::layout::{Layout, LiveKey};
use crate::store::live;
use crate::store::transaction::{ReadLive, Transaction, read_live};

/// Commits that are looked at for the time at work.
const MOST_COMMITS: usize = 200;

#[derive(Debug)]
pub struct Workspace {
    pub environment: Environment,
    pub repository: Repository,
    pub layout: Layout,
    pub config: Config,
    /// What reading the configuration had to say.
    pub warnings: Vec<Warning>,
    status: Option<Pending>,
}

/// The work tree's state, to be had.
#[derive(Debug)]
enum Pending {
    Running(StatusProcess),
    Known(Status),
}

/// Where the session of a branch is, and where its files still stand when the branch was renamed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub key: LiveKey,
    pub branch: Option<String>,
    pub renamed_from: Option<LiveKey>,
}

impl Place {
    /// For a sentence.
    pub fn name(&self) -> &str {
        self.branch.as_deref().unwrap_or("this detached HEAD")
    }
}

impl Workspace {
    /// Opens the repository of the current directory. When a command needs the work tree's state, git is started first
    /// and works while everything else is read.
    pub fn open(environment: &Environment, status: Option<StatusOptions>) -> anyhow::Result<Self> {
        let status = status
            .map(|options| StatusProcess::spawn(environment, options))
            .transpose()?;
        Self::open_beside(environment, status)
    }

    /// As [`Workspace::open`], beside the git that was started before with these options, if it was.
    pub fn open_with(
        environment: &Environment,
        begun: Option<StatusProcess>,
        options: StatusOptions,
    ) -> anyhow::Result<Self> {
        match begun {
            Some(begun) => Self::open_beside(environment, Some(begun)),
            None => Self::open(environment, Some(options)),
        }
    }

    fn open_beside(
        environment: &Environment,
        status: Option<StatusProcess>,
    ) -> anyhow::Result<Self> {
        let repository = Repository::open(environment)?;
        let layout = Layout::new(repository.common_dir());
        let (config, warnings) = read_config(environment, &repository)?;
        Ok(Self {
            environment: environment.clone(),
            repository,
            layout,
            config,
            warnings,
            status: status.map(Pending::Running),
        })
    }

    /// Where plugins are looked for and consent hangs on.
    pub fn checkout(&self) -> Checkout<'_> {
        Checkout {
            work_tree: self.repository.work_tree(),
            common_dir: self.repository.common_dir(),
        }
    }

    /// The configuration that says which plugins are on: a session that was started with `--tdd` is a TDD session, whatever
    /// mode new ones have.
    pub fn config_for_plugins(&self) -> Cow<'_, Config> {
        let here = self.here().ok();
        let key = here.map(|place| place.renamed_from.unwrap_or(place.key));
        let context = key.and_then(|key| live::open_context(&self.layout, &key));
        match context.map(|context| context.mode) {
            Some(Mode::Tdd) if self.config.session.mode != Mode::Tdd => {
                let mut config = self.config.clone();
                config.session.mode = Mode::Tdd;
                Cow::Owned(config)
            }
            _ => Cow::Borrowed(&self.config),
        }
    }

    /// The work tree's state. Waits for the git that `open` started; a second call starts a new one.
    pub fn status(&mut self, options: StatusOptions) -> anyhow::Result<Status> {
        let mut status = match self.status.take() {
            Some(Pending::Known(status)) => Ok(status),
            Some(Pending::Running(running)) => running.finish(),
            None => StatusProcess::spawn(&self.environment, options)?.finish(),
        }?;
        durable::sweep_changes(
            &self.layout,
            self.repository.work_tree(),
            &mut status.changes,
        );
        Ok(status)
    }

    /// The work tree's state now, whatever `open` was told.
    pub fn fresh_status(&mut self, options: StatusOptions) -> anyhow::Result<Status> {
        self.status = None;
        self.status(options)
    }

    /// Gives a status back for the next one who asks: nothing of the work tree has been waited for since.
    pub fn keep_status(&mut self, status: Status) {
        self.status = Some(Pending::Known(status));
    }

    /// The place of the session of HEAD.
    pub fn here(&self) -> anyhow::Result<Place> {
        match self.repository.current_branch()? {
            Some(branch) => self.place(&branch),
            None => Ok(Place {
                key: LiveKey::detached(self.repository.worktree_name().as_deref()),
                branch: None,
                renamed_from: None,
            }),
        }
    }

    /// The place of a branch's session. A branch without one may have been renamed, more than once since anybody
    /// looked: its reflog says from what, and the session of a name that no longer exists goes with it.
    pub fn place(&self, branch: &str) -> anyhow::Result<Place> {
        let key = LiveKey::branch(branch);
        let renamed_from = if self.has_session(&key) {
            None
        } else {
            self.repository
                .former_names(branch)
                .iter()
                .filter(|old| !self.repository.branch_exists(old))
                .map(|old| LiveKey::branch(old))
                .find(|old| self.has_session(old))
        };
        Ok(Place {
            key,
            branch: Some(branch.to_owned()),
            renamed_from,
        })
    }

    fn has_session(&self, key: &LiveKey) -> bool {
        self.layout
            .live_dir(key)
            .join("context.json")
            .symlink_metadata()
            .is_ok()
    }

    /// The live session at a place, open or ended.
    pub fn live(&self, place: &Place) -> anyhow::Result<ReadLive> {
        let key = place.renamed_from.as_ref().unwrap_or(&place.key);
        read_live(&self.repository, &self.layout, key, place.branch.as_deref())
    }

    /// The world as it is now, for `resume` to compare with later.
    pub fn touched(&self, branch: Option<&str>, base: Option<&str>) -> anyhow::Result<Touched> {
        let upstream = branch.and_then(|branch| self.repository.branch_upstream(branch));
        let id = |name: Option<&str>| -> anyhow::Result<Option<String>> {
            let found = name
                .map(|name| self.repository.resolve_branch(name))
                .transpose()?;
            Ok(found.flatten().map(|id| id.to_string()))
        };
        Ok(Touched {
            at: self.environment.now,
            head: self.repository.head_commit()?.map(|id| id.to_string()),
            upstream: id(upstream.as_deref())?,
            base: id(base)?,
        })
    }

    pub fn begin(&self) -> anyhow::Result<Transaction<'_>> {
        Transaction::begin(&self.repository, &self.layout, self.environment.now)
    }

    /// Reads the open session under the lock, counts the time, lets `change` alter it and writes it back. Warnings about
    /// damaged files come back with the result.
    pub fn change_session<T>(
        &self,
        place: &Place,
        change: impl FnOnce(&Transaction<'_>, &mut LiveSession) -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Vec<Warning>)> {
        self.change(place, |transaction, session| {
            // Before the change: what it adds to the record holds the context, and another clone goes on from that.
            let base = session.context.base.clone();
            session.context.touched = self.touched(place.branch.as_deref(), base.as_deref())?;
            change(transaction, session)
        })
    }

    /// As [`Workspace::change_session`], after something that began at `began` and was work all the while it took.
    pub fn change_session_since<T>(
        &self,
        place: &Place,
        began: Timestamp,
        change: impl FnOnce(&Transaction<'_>, &mut LiveSession) -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Vec<Warning>)> {
        self.change_from(place, Some(began), |transaction, session| {
            let base = session.context.base.clone();
            session.context.touched = self.touched(place.branch.as_deref(), base.as_deref())?;
            change(transaction, session)
        })
    }

    /// Notes that somebody is back in the open session of a branch, if it has one: time counts again. What `resume`
    /// compares with stays as it was left.
    pub fn come_back(
        &self,
        place: &Place,
        change: impl FnOnce(&mut LiveSession),
    ) -> anyhow::Result<Vec<Warning>> {
        match self.live(place)? {
            Some((session, _)) if session.context.is_open() => {}
            _ => return Ok(Vec::new()),
        }
        let ((), warnings) = self.change(place, |_, session| {
            change(session);
            Ok(())
        })?;
        Ok(warnings)
    }

    /// When this user committed since the session was last written: work that `session` did not see. Where there was no
    /// pause, there is nothing to fill.
    pub fn commit_times(&self, context: &LiveContext) -> anyhow::Result<Vec<Timestamp>> {
        let gap = (self.environment.now - context.touched.at).to_std();
        let head = self.repository.head_commit()?;
        let (Some(head), Ok(true)) = (head, gap.map(|gap| gap > LONGEST_PAUSE)) else {
            return Ok(Vec::new());
        };
        let left = context.touched.head.as_ref().and_then(|id| id.parse().ok());
        let left: Vec<_> = left
            .into_iter()
            .filter(|id| self.repository.commit_exists(*id))
            .collect();
        if left == [head] {
            return Ok(Vec::new());
        }
        let user = self.repository.identity();
        let commits = self.repository.commits(head, &left, MOST_COMMITS)?.list;
        let ours = commits
            .into_iter()
            .filter(|commit| user.as_ref() == Some(&commit.author));
        Ok(ours.map(|commit| commit.time).collect())
    }

    fn change<T>(
        &self,
        place: &Place,
        change: impl FnOnce(&Transaction<'_>, &mut LiveSession) -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Vec<Warning>)> {
        self.change_from(place, None, change)
    }

    fn change_from<T>(
        &self,
        place: &Place,
        began: Option<Timestamp>,
        change: impl FnOnce(&Transaction<'_>, &mut LiveSession) -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Vec<Warning>)> {
        let transaction = self.begin()?;
        if let Some(old) = &place.renamed_from {
            transaction.rename_live(old, &place.key)?;
        }
        let read = transaction.live(&place.key, place.branch.as_deref())?;
        let (mut session, warnings) = require_open(read, place)?;
        session.context.branch.clone_from(&place.branch);
        let commits = self.commit_times(&session.context)?;
        session.context.touch_between(commits, self.environment.now);
        if let Some(began) = began {
            session.context.touch(began);
        }
        session.context.touch(self.environment.now);
        let result = change(&transaction, &mut session)?;
        transaction.write_live(&place.key, &mut session)?;
        Ok((result, warnings))
    }
}

/// The open session, or the sentence that says how to get one.
pub fn require_open(read: ReadLive, place: &Place) -> anyhow::Result<(LiveSession, Vec<Warning>)> {
    let (session, warnings) = require_any(read, place)?;
    if session.context.is_open() {
        return Ok((session, warnings));
    }
    Err(user_error(
        format!(
            "the session on {} has ended ({})",
            place.name(),
            session.context.id
        ),
        "run `session resume` to go on with its open objectives, or `session start` to begin anew",
    ))
}

/// The session, open or ended, or the sentence that says how to get one.
pub fn require_any(read: ReadLive, place: &Place) -> anyhow::Result<(LiveSession, Vec<Warning>)> {
    read.ok_or_else(|| {
        user_error(
            format!("there is no session on {}", place.name()),
            "run `session start` to begin one",
        )
    })
}

fn read_config(
    environment: &Environment,
    repository: &Repository,
) -> anyhow::Result<(Config, Vec<Warning>)> {
    let chosen = environment
        .config
        .as_ref()
        .map(|path| environment.current_dir.join(path));
    let mut loaded = Config::of(repository.work_tree(), chosen.as_deref())?;
    if let Some(verbose) = &environment.verbose {
        loaded.config.display.verbose = config::verbosity(verbose)?;
    }
    Ok((loaded.config, loaded.warnings))
}
