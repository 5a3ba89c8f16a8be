//! Recording evidence: what the work tree was before and after, and one entry in the session's record. The lock is held
//! only for that entry, never while the command runs. It must not run the command.

use std::ffi::OsString;
use std::path::Path;

use super::{changed, project, setup};
use crate::commands::{auto_checkpoint, phase_checkpoint};
use crate::document::{secret_words, secrets};
use crate::environment::Environment;
use crate::evidence::Refused;
use crate::evidence::report::Reports;
use crate::facts::gather::Options;
use crate::facts::tree_state::{self, Observed};
use crate::git::{ObjectId, StatusProcess};
use crate::path::RepoPath;
use crate::process::Ran;
use crate::session::evidence::{Counted, EvidenceRecord, NothingRan};
use crate::session::ids::{EvidenceId, SessionId};
use crate::session::live::LiveSession;
use crate::session::record::{Entry, RECORD_FORMAT};
use crate::session::selection;
use crate::session::test_command::only_shows;
use crate::store::recorded_evidence;
use crate::store::snapshot::Limits;
use crate::store::transaction::Transaction;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace, require_open};

/// Knows where to record.
pub struct Recorder {
    workspace: Workspace,
    place: Place,
    session: SessionId,
}

/// The work tree before the command.
pub struct Before {
    /// Where the command runs, from the root of the work tree.
    directory: Option<RepoPath>,
    observed: Observed,
    head: Option<ObjectId>,
    reports: Reports,
}

/// What was seen of a command.
pub struct Observation<'a> {
    pub label: Option<String>,
    pub command: &'a [OsString],
    pub ran: &'a Ran,
    pub counted: Vec<Counted>,
    pub refused: Refused,
    pub before: Before,
}

impl Recorder {
    /// Looks at the work tree.
    ///
    /// # Errors
    /// There is no repository or no open session: nothing can be recorded.
    pub fn open(
        ui: &mut Ui,
        environment: &Environment,
        begun: Option<StatusProcess>,
    ) -> anyhow::Result<(Self, Before)> {
        let mut workspace = Workspace::open_with(environment, begun, Options::snapshot().status)?;
        ui.configure(&workspace.config.display);
        let place = workspace.here()?;
        let (live, _) = require_open(workspace.live(&place)?, &place)?;
        let directory = directory(&workspace);
        let reports = Reports::look(workspace.repository.work_tree(), directory.as_ref());
        let status = workspace.status(Options::snapshot().status)?;
        let observed = tree_state::observe(
            &workspace.repository,
            &status,
            Limits::of(&workspace.config),
        )?;
        let before = Before {
            directory,
            observed,
            head: status.head,
            reports,
        };
        let recorder = Self {
            workspace,
            place,
            session: live.context.id,
        };
        Ok((recorder, before))
    }

    /// Looks at the work tree again, and writes the entry.
    pub fn record(
        mut self,
        ui: &Ui,
        mut observation: Observation<'_>,
    ) -> anyhow::Result<EvidenceRecord> {
        let started = self.workspace.environment.now;
        self.stay_in_the_work_tree();
        let status = self.workspace.fresh_status(Options::snapshot().status)?;
        let repository = &self.workspace.repository;
        let mut after =
            tree_state::observe(repository, &status, Limits::of(&self.workspace.config))?;
        self.read_large(&mut after)?;
        observation.before.observed.take_large(&after);
        let before = observation.before.observed.clone();
        let head = observation.before.head;
        let mut evidence = evidence(&self.workspace, observation, &after)?;
        self.workspace.environment.advance(evidence.milliseconds);
        let write = |transaction: &Transaction<'_>, session: &mut LiveSession| {
            let repository = transaction.repository();
            changed::note(repository, session, head, &before, &mut evidence)?;
            if evidence.passed() && evidence.is_test() && evidence.holds {
                let failed = recorded_evidence::failed(repository, &session.context.id)?;
                let whole = failed
                    .into_iter()
                    .filter(|(_, one)| evidence.shows_whole(one));
                evidence.shown_whole = whole.map(|(key, _)| key).collect();
            }
            session.context.highest_evidence += 1;
            evidence.id = EvidenceId(session.context.highest_evidence);
            transaction.append_entry(session, &Entry::Evidence(evidence.clone()), None)?;
            Ok(evidence)
        };
        let (recorded, _) = self
            .workspace
            .change_session_since(&self.place, started, write)?;
        self.workspace.keep_status(status);
        self.keep_track(ui);
        Ok(recorded)
    }
}

impl Recorder {
    /// The command may have removed the directory that it was run in, where git cannot be started any more.
    fn stay_in_the_work_tree(&mut self) {
        if !self.workspace.environment.current_dir.is_dir() {
            let root = self.workspace.repository.work_tree().to_owned();
            self.workspace.environment.current_dir = root;
        }
    }

    /// The evidence before may have read the same files.
    fn read_large(&self, after: &mut Observed) -> anyhow::Result<()> {
        if after.large.is_empty() {
            return Ok(());
        }
        let repository = &self.workspace.repository;
        let newest = recorded_evidence::last(repository, &self.session)?;
        after.read_large(repository, newest.as_ref().map(EvidenceRecord::after));
        Ok(())
    }

    /// What evidence leads to. A rule that makes a checkpoint of its own accord comes first: then none is due any more.
    fn keep_track(&mut self, ui: &Ui) {
        phase_checkpoint::if_new(ui, &mut self.workspace, &self.place);
        auto_checkpoint::if_due(ui, &self.workspace, &self.place);
    }
}

fn directory(workspace: &Workspace) -> Option<RepoPath> {
    use std::os::unix::ffi::OsStrExt as _;
    let current = &workspace.environment.current_dir;
    let below = current.strip_prefix(workspace.repository.work_tree());
    let below = below.ok()?.as_os_str().as_bytes();
    (!below.is_empty()).then(|| RepoPath::new(below))
}

/// All but the number, and what changed since the evidence before: both are known under the lock.
fn evidence(
    workspace: &Workspace,
    observation: Observation<'_>,
    after: &Observed,
) -> anyhow::Result<EvidenceRecord> {
    let Observation { ran, before, .. } = observation;
    let repository = &workspace.repository;
    let root = repository.work_tree();
    let typed = observation.command.iter();
    let typed: Vec<_> = typed.map(|argument| argument.to_string_lossy()).collect();
    let command = secret_words::masked(typed.iter().map(|argument| &**argument));
    let environment = variables(workspace, &command);
    let mut runners = observation.counted;
    let shows = only_shows(&command);
    let mut reports_not_read = None;
    if shows {
        runners.clear();
    } else if runners.iter().all(|counted| counted.counts.is_none()) {
        let told = Reports::look(root, before.directory.as_ref()).told_since(&before.reports, root);
        runners.extend(told.counted);
        reports_not_read = told.not_read;
    }
    let directory = &workspace.environment.current_dir;
    let mut counted = runners.iter().filter_map(|counted| counted.counts);
    // unittest counts a module that is not there as a test that failed.
    let is_unittest = selection::runner(&command).as_deref() == Some("unittest");
    let ran_none = counted.all(|counts| counts.ran() == 0 || is_unittest && counts.passed == 0);
    let broke_down = ran.exit_code != 0 && ran.signal.is_none() && ran_none;
    let nothing_ran = match broke_down {
        true => nothing_ran(&command, directory, &runners, &observation.refused),
        false => None,
    };
    let different = before.observed.difference(repository, after)?;
    let state = before.observed.state(repository)?;
    let after_state = match different.is_empty() {
        true => None,
        false => Some(after.state(repository)?),
    };
    Ok(EvidenceRecord {
        nothing_ran,
        setup: setup::of(&command, directory, root),
        format: RECORD_FORMAT,
        id: EvidenceId(0),
        label: observation.label,
        command,
        environment,
        directory: before.directory,
        exit_code: ran.exit_code,
        signal: ran.signal,
        output_lost: ran.lost.as_ref().map(|lost| lost.error.to_string()),
        started_at: workspace.environment.now,
        milliseconds: ran.milliseconds,
        head: before.head.map(|head| head.to_string()),
        holds: before
            .observed
            .differs_in_untracked_only(repository, after, &different),
        before: state,
        after: after_state,
        runners,
        shown_whole: Vec::new(),
        reports_not_read,
        changed_files: Vec::new(),
        more_changed_files: false,
        unwritten_files: Vec::new(),
    })
}

/// Those that the runner takes for more words of its command. Where make itself runs a runner, make's flags are no word of
/// the runner's.
fn variables(workspace: &Workspace, command: &[String]) -> Vec<String> {
    let runner = selection::runner(command);
    let is_of_another = |variable: &&String| {
        let name = variable.split('=').next().unwrap_or_default();
        name.ends_with("MAKEFLAGS")
            && runner
                .as_ref()
                .is_some_and(|runner| !runner.contains("make "))
    };
    let all = workspace.environment.test_variables.iter();
    let own = all.filter(|variable| !is_of_another(variable));
    own.map(|variable| secrets::mask(variable).into_owned())
        .collect()
}

fn nothing_ran(
    command: &[String],
    directory: &Path,
    runners: &[Counted],
    refused: &Refused,
) -> Option<NothingRan> {
    let missing = project::missing(command, directory);
    // Of a script, the runner that was recognised in it.
    let known = selection::runner(command);
    let runner = known.or_else(|| Some(runners.first()?.runner.clone()))?;
    missing.or_else(|| refused.of(&runner, command))
}
