//! The enhanced commit: what goes in, the message, and git's own commit with the user's hooks and signing.

use super::Request;
use super::measured::Measured;
use crate::ask::Asked;
use crate::commands::decisions;
use crate::document::count::count;
use crate::error::{UserError, user_error};
use crate::git::dot_git::Protection;
use crate::git::status::{Change, ChangeKind};
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use crate::session::commit_message::CommitMessage;
use crate::session::decision::Decision;
use crate::session::live::LiveSession;
use crate::session::subject::{self, ChangedFile, FileChange};
use crate::store::decisions::LOG;
use crate::ui::Ui;
use crate::workspace::{Workspace, require_open};

/// Commits and returns the new HEAD, with what its message says was measured. When git or a hook refuses, nothing is
/// recorded, and untracked files are untracked again.
pub fn commit(
    ui: &Ui,
    workspace: &Workspace,
    asked: &Asked,
    request: &Request,
) -> anyhow::Result<(ObjectId, Measured)> {
    let facts = &asked.facts;
    refuse_conflicts(&facts.changes)?;
    let staged: Vec<&Change> = facts
        .changes
        .iter()
        .filter(|change| is_staged(change))
        .collect();
    let everything = staged.is_empty();
    let chosen: Vec<&Change> = if everything {
        without_refused(ui, workspace, &facts.changes)
    } else {
        staged
    };
    if chosen.is_empty() && facts.operation != Some("merge") {
        return Err(user_error(
            "there is nothing to commit",
            "run `session checkpoint` without --commit for a save point of what is committed already",
        ));
    }
    let place = workspace.here()?;
    let (session, _) = require_open(workspace.live(&place)?, &place)?;
    let mut files: Vec<ChangedFile> = chosen
        .iter()
        .map(|change| changed_file(change, everything))
        .collect();
    let log = request.decision.is_some().then(|| RepoPath::from(LOG));
    if let Some(log) = &log
        && !files.iter().any(|file| file.path == *log)
    {
        files.push(changed_log(workspace, log)?);
    }
    let subject = match &request.message {
        Some(message) => message.clone(),
        None => subject::derive(place.branch.as_deref(), request.label.as_deref(), &files),
    };
    // The log is read again: this very command may have added a decision.
    let decisions = decisions_since_last_commit(workspace, &session)?;
    let trailers: Vec<(String, String)> = asked
        .contributions
        .iter()
        .flat_map(|from| from.trailers.clone())
        .collect();
    let measured = Measured::of(workspace, asked, &session, everything)?;
    let message = CommitMessage {
        subject: &subject,
        notes: request.notes.as_deref(),
        metadata: workspace.config.commit.metadata,
        session: &session,
        decisions: &decisions,
        files: &files,
        active: session.context.active(workspace.environment.now),
        measured: &measured.lines,
        trailers: &trailers,
    }
    .to_text();
    if everything {
        ui.note(&format!(
            "nothing is staged, so {} into the commit:",
            if files.len() == 1 {
                "1 changed file goes".into()
            } else {
                format!("all {} changed files go", files.len())
            }
        ));
        for file in files.iter().take(20) {
            ui.note(&format!("  {}", file.path.to_text()));
        }
        if files.len() > 20 {
            ui.note(&format!(
                "  and {}",
                count(files.len() - 20, "more file", "more files")
            ));
        }
    }
    let untracked = chosen
        .iter()
        .filter(|change| everything && change.kind() == ChangeKind::Untracked)
        .map(|change| &change.path)
        .collect();
    run_git(
        workspace,
        &facts.changes,
        everything,
        untracked,
        log.as_ref(),
        &message,
    )?;
    let ((), _) = workspace.change_session(&place, |_, session| {
        let now = workspace.environment.now;
        let last = session.context.decisions_committed_at.replace(now);
        if last.map(|time| time.timestamp()) != Some(now.timestamp()) {
            session.context.decisions_committed.clear();
        }
        let listed = decisions.iter().map(|decision| decision.id.clone());
        session.context.decisions_committed.extend(listed);
        Ok(())
    })?;
    let head = workspace.repository.head_commit()?.ok_or_else(|| {
        user_error(
            "git committed, but HEAD names no commit",
            "look at `git status`",
        )
    })?;
    Ok((head, measured))
}

/// `git commit --all` would take the conflict markers for the resolution, and conclude the merge with them.
fn refuse_conflicts(changes: &[Change]) -> anyhow::Result<()> {
    let conflicts: Vec<String> = changes
        .iter()
        .filter(|change| change.kind() == ChangeKind::Conflicted)
        .map(|change| change.path.to_text())
        .collect();
    if conflicts.is_empty() {
        return Ok(());
    }
    let named = conflicts[..conflicts.len().min(10)].join(", ");
    let more = match conflicts.len().saturating_sub(10) {
        0 => String::new(),
        hidden => format!(" and {}", count(hidden, "more file", "more files")),
    };
    Err(user_error(
        format!("a conflict is not resolved yet, so nothing was committed: {named}{more}"),
        "resolve it, `git add` the files, then run the command again; `session checkpoint` without --commit keeps them as they are",
    ))
}

/// Git adds nothing at all where it is asked to add one file of a name that it refuses. Such a file stays as it is.
fn without_refused<'c>(ui: &Ui, workspace: &Workspace, changes: &'c [Change]) -> Vec<&'c Change> {
    let protection = Protection::of(&workspace.repository);
    let is_refused = |change: &&Change| protection.forbids(change.path.as_bytes());
    let (refused, chosen): (Vec<&Change>, _) = changes.iter().partition(is_refused);
    for change in refused {
        ui.note(&format!(
            "{} stays out of the commit: git takes its name for its own",
            change.path.to_text()
        ));
    }
    chosen
}

fn is_staged(change: &Change) -> bool {
    !matches!(
        change.staged,
        ChangeKind::Unchanged | ChangeKind::Untracked | ChangeKind::Conflicted
    )
}

fn changed_file(change: &Change, everything: bool) -> ChangedFile {
    let kind = match if everything {
        change.kind()
    } else {
        change.staged
    } {
        ChangeKind::Added | ChangeKind::Untracked => FileChange::Added,
        ChangeKind::Deleted => FileChange::Removed,
        _ => FileChange::Changed,
    };
    ChangedFile {
        path: change.path.clone(),
        kind,
    }
}

/// The log has changed since the facts were gathered: this command has added a decision to it.
fn changed_log(workspace: &Workspace, log: &RepoPath) -> anyhow::Result<ChangedFile> {
    let repository = &workspace.repository;
    let known = match repository.head_commit()? {
        Some(head) => repository.tree_entry(repository.commit_tree(head)?, log)?,
        None => None,
    };
    let kind = known.map_or(FileChange::Added, |_| FileChange::Changed);
    Ok(ChangedFile {
        path: log.clone(),
        kind,
    })
}

fn decisions_since_last_commit(
    workspace: &Workspace,
    session: &LiveSession,
) -> anyhow::Result<Vec<Decision>> {
    let context = &session.context;
    let mut found = decisions::read(workspace)?;
    // The log has whole seconds.
    let since = context
        .decisions_committed_at
        .unwrap_or(context.started_at)
        .timestamp();
    found.retain(|decision| {
        let since_then = decision
            .time
            .parse::<crate::environment::Timestamp>()
            .is_ok_and(|time| time.timestamp() >= since);
        since_then && !context.decisions_committed.contains(&decision.id)
    });
    Ok(found)
}

/// Untracked files are only announced to the index (`add --intent-to-add`), so that a refused commit can be undone
/// without having staged anything of the user's.
fn run_git(
    workspace: &Workspace,
    changes: &[Change],
    everything: bool,
    untracked: Vec<&RepoPath>,
    log: Option<&RepoPath>,
    message: &str,
) -> anyhow::Result<()> {
    let repository = &workspace.repository;
    // The message lists the decision, so its entry belongs to the commit. An ignored log stays out of it.
    if let Some(log) = log {
        repository
            .git()
            .args(["add", "--", log.to_text().as_str()])
            .try_output()?;
    }
    let list = untracked.iter().fold(Vec::new(), |mut list, path| {
        list.extend_from_slice(path.as_bytes());
        list.push(0);
        list
    });
    let from_list = ["--pathspec-from-file=-", "--pathspec-file-nul"];
    if !untracked.is_empty() {
        repository
            .git()
            .arg("--literal-pathspecs")
            .args(["add", "--intent-to-add"])
            .args(from_list)
            .input(list.clone())
            .output()?;
    }
    let mut command = repository
        .git_with_hooks()
        // Nothing in the message is a comment, whatever `commit.cleanup` says.
        .args(["commit", "--quiet", "--file=-", "--cleanup=whitespace"]);
    if everything {
        command = command.arg("--all");
    }
    command
        .input(message.as_bytes().to_vec())
        .output()
        .map(|_| ())
        .map_err(|error| {
            if let Some(log) = log {
                unstage(repository, changes, log);
            }
            if !untracked.is_empty() {
                // Only the announcement is taken back; the files stay as they are.
                let _ = repository
                    .git()
                    .arg("--literal-pathspecs")
                    .args(["rm", "--cached", "--force", "--quiet", "--ignore-unmatch"])
                    .args(from_list)
                    .input(list)
                    .try_output();
            }
            match error.downcast_ref::<UserError>() {
                Some(user) => UserError::new(user.message.clone())
                    .hint(
                        "nothing was committed or recorded; put it right and run the command again",
                    )
                    .into(),
                None => error,
            }
        })
}

/// Gives a path back the index entry that it had when the facts were gathered.
fn unstage(repository: &Repository, changes: &[Change], path: &RepoPath) {
    let path_text = path.to_text();
    let before = changes
        .iter()
        .find(|change| change.path == *path && is_staged(change))
        .and_then(|change| change.index);
    let git = repository.git();
    // As with the announcements, the refusal itself is what the user has to hear of.
    let _ = match before {
        Some(blob) => git
            .args(["update-index", "--cacheinfo"])
            .arg(format!("{:o},{},{path_text}", blob.mode, blob.id)),
        None => git.args(["reset", "--quiet", "--", path_text.as_str()]),
    }
    .try_output();
}
