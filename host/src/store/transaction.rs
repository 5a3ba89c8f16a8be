//! One change to what is stored: taken under the lock, on what the files say *now*, in an order that kill -9 cannot
//! turn into a loss: objects, snapshot ref, record ref, live files.

use super::layout::{Layout, LiveKey};
use super::live::{self, LiveFiles};
use super::lock::StoreLock;
use super::record::{self, Found};
use super::{damaged_record, decisions};
use crate::environment::Timestamp;
use crate::error::Warning;
use crate::git::refs::RefUpdate;
use crate::git::{ObjectId, Repository};
use crate::plugin::host_data::Scope;
use crate::plugin::{NewState, state_owner};
use crate::session::decision::Decision;
use crate::session::ids::{CheckpointId, SessionId};
use crate::session::live::{HIGHEST_NUMBER, LiveSession};
use crate::session::record::Entry;

#[derive(Debug)]
pub struct Transaction<'a> {
    repository: &'a Repository,
    layout: &'a Layout,
    now: Timestamp,
    lock: StoreLock,
}

/// A live session as read: what it is, and what was damaged.
pub type ReadLive = Option<(LiveSession, Vec<Warning>)>;

/// Reads a live session without the lock: the files are replaced whole, so each is consistent in itself.
///
/// An `end` that was killed after it wrote the record but before it wrote the live files is completed here: the record
/// wins.
pub fn read_live(
    repository: &Repository,
    layout: &Layout,
    key: &LiveKey,
    branch: Option<&str>,
) -> anyhow::Result<ReadLive> {
    let files = LiveFiles::read(layout, key);
    let read = live::assemble(&files, key, || record::recover(repository, branch))?;
    let Some((mut session, mut warnings)) = read else {
        return Ok(None);
    };
    if session.context.is_open() {
        match record::find(repository, &session.context.id)? {
            Found::Nothing => {}
            Found::Damaged(warning) => warnings.push(warning),
            Found::Tip(tip) => {
                session.context.ended_at = tip.summary.ended_at;
                session.context.highest_checkpoint = session
                    .context
                    .highest_checkpoint
                    .max(tip.summary.checkpoints.min(HIGHEST_NUMBER));
                let context = &mut session.context;
                context.highest_evidence = context.highest_evidence.max(tip.summary.evidence);
            }
        }
    }
    Ok(Some((session, warnings)))
}

impl<'a> Transaction<'a> {
    /// Waits for the lock. Everything read through the transaction afterwards is current until it is dropped.
    pub fn begin(
        repository: &'a Repository,
        layout: &'a Layout,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let lock = StoreLock::acquire(layout)?;
        super::durable::sweep_old(&layout.index());
        repository.remove_leftover_worktrees(&layout.scratch());
        Ok(Self {
            repository,
            layout,
            now,
            lock,
        })
    }

    pub fn repository(&self) -> &'a Repository {
        self.repository
    }

    pub fn layout(&self) -> &'a Layout {
        self.layout
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn live(&self, key: &LiveKey, branch: Option<&str>) -> anyhow::Result<ReadLive> {
        read_live(self.repository, self.layout, key, branch)
    }

    /// The last step. Counts the time since the last write as work (see `LiveContext::touch`).
    pub fn write_live(&self, key: &LiveKey, session: &mut LiveSession) -> anyhow::Result<()> {
        live::write(&self.lock, self.layout, key, session, self.now)
    }

    pub fn keep_snapshot(
        &self,
        session: &SessionId,
        checkpoint: CheckpointId,
        commit: ObjectId,
    ) -> anyhow::Result<()> {
        // A snapshot ref of this name can only be left from a command that was killed before its record was written.
        let name = checkpoint.snapshot_ref(session);
        self.repository.replace_ref(&name, commit)
    }

    pub fn drop_snapshot(
        &self,
        session: &SessionId,
        checkpoint: CheckpointId,
    ) -> anyhow::Result<bool> {
        let name = checkpoint.snapshot_ref(session);
        match self.repository.read_ref(&name)? {
            Some(old) => Ok(self.repository.delete_ref(&name, old)? == RefUpdate::Done),
            None => Ok(false),
        }
    }

    /// As [`Transaction::drop_snapshot`], for a ref that was listed.
    pub fn drop_snapshot_ref(&self, name: &str, commit: ObjectId) -> anyhow::Result<()> {
        self.repository.delete_ref(name, commit).map(|_| ())
    }

    /// What a plugin wants to find again, in this session or in every one.
    pub fn write_plugin_state(&self, session: &SessionId, state: &NewState) -> anyhow::Result<()> {
        let path = match state.scope {
            Scope::Session => self.layout.plugin_state(session, &state.owner),
            Scope::Repository => self.layout.repository_state(&state.owner),
        };
        path.parent().into_iter().for_each(super::durable::sweep);
        super::durable::write(&path, &state.bytes)
    }

    /// Removes what plugins of this name that have a source left for themselves, in all sessions.
    pub fn forget_plugin_state(&self, plugin: &str) -> anyhow::Result<()> {
        // No plugin has left anything yet.
        let Ok(scopes) = std::fs::read_dir(self.layout.plugin_states()) else {
            return Ok(());
        };
        for scope in scopes {
            let scope = scope?;
            if !scope.file_type()?.is_dir() {
                continue;
            }
            for state in std::fs::read_dir(scope.path())? {
                let state = state?;
                let name = state.file_name();
                let name = name.to_str();
                if name.is_some_and(|name| state_owner::is_third_party(name, plugin)) {
                    super::durable::remove(&state.path())?;
                }
            }
        }
        Ok(())
    }

    /// Adds an entry to the record; a damaged one is set aside first, and a new one begun. `live` is what `write_live` is
    /// about to write.
    pub fn append_entry(
        &self,
        live: &LiveSession,
        entry: &Entry,
        document: Option<&str>,
    ) -> anyhow::Result<ObjectId> {
        let id = &live.context.id;
        if matches!(record::find(self.repository, id)?, Found::Damaged(_)) {
            damaged_record::set_aside(&self.lock, self.repository, self.layout, id, self.now)?;
        }
        record::append(&self.lock, self.repository, live, entry, document, self.now)
    }

    pub fn append_decision(&self, decision: &Decision) -> anyhow::Result<()> {
        decisions::append(&self.lock, self.repository.work_tree(), decision)
    }

    /// As if they had not been appended: see [`decisions::withdraw`].
    pub fn withdraw_decisions(&self, made: &[Decision]) -> anyhow::Result<()> {
        decisions::withdraw(&self.lock, self.repository.work_tree(), made)
    }

    /// Moves the live files of a branch that was renamed to its new name, so that the session goes on under it.
    pub fn rename_live(&self, from: &LiveKey, to: &LiveKey) -> anyhow::Result<()> {
        let (from, to) = (self.layout.live_dir(from), self.layout.live_dir(to));
        for name in ["objectives.md", "blockers.md", "context.json"] {
            let (source, target) = (from.join(name), to.join(name));
            if source.symlink_metadata().is_ok() && target.symlink_metadata().is_err() {
                std::fs::create_dir_all(&to)
                    .map_err(|error| super::durable::explain(error, &to))?;
                std::fs::rename(&source, &target)
                    .map_err(|error| super::durable::explain(error, &target))?;
            }
        }
        // Only when nothing else, such as `feature/x` below `feature`, is in it.
        let _ = std::fs::remove_dir(&from);
        Ok(())
    }
}
