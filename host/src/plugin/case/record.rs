//! Makes a case of what the real host knows. It must not put more of the work tree into it than the plugin asks to read.

use std::collections::BTreeMap;

use globset::GlobSet;

use super::{
    Activity, Case, ChangedFile, ChangedLines, ChangedText, Checkpoint, Commit, CommitOrigin,
    CommitRef, Decision, EarlierRun, Entry, Evidence, Grants, Item, LineCount, RecentChange,
    Remote, SCHEMA, Session, Since,
};
use crate::glob;
use crate::path::RepoPath;
use crate::plugin::host_data::{self, HostData, RecentQuery, SessionCommit};
use crate::plugin::work_tree::{ReadGrant, WorkTree};

/// Enough to see how a plugin does; a case is to be read by people.
const MOST_TRACKED: usize = 1_000;
const MOST_FILES: usize = 50;
const MOST_RECENT: usize = 100;
const MOST_COMMITS: usize = 20;
/// Bytes of one file.
const LONGEST_FILE: usize = 64 * 1024;

/// All facts, and of the changed files those that `read` matches, as far as they are short and text.
pub fn record(host: &dyn HostData, read: &[String]) -> anyhow::Result<Case> {
    let readable = glob::set(read.iter().map(String::as_str))?;
    let everything = glob::set(["**"])?;
    let view = host.session();
    let changed = host.changed_files();
    let mut tracked = host.list_tracked(&["**".to_owned()], &everything)?;
    tracked.truncate(MOST_TRACKED);
    let everywhere = RecentQuery {
        directory: RepoPath::default(),
        since: None,
    };
    let recent = host.recent_changes(&[everywhere], MOST_RECENT)?;
    Ok(Case {
        schema: SCHEMA.to_owned(),
        hook: None,
        arguments: BTreeMap::new(),
        room: super::default_room(),
        now: host.now(),
        branch: view.branch,
        head: host.head(),
        session: view.session.map(session),
        objectives: view.objectives.into_iter().map(item).collect(),
        blockers: view.blockers.into_iter().map(item).collect(),
        decisions: view.decisions.into_iter().map(decision).collect(),
        line_counts: host.line_counts()?.into_iter().map(line_count).collect(),
        changed_lines: changed_lines(host)?,
        commits: host.commits()?.into_iter().map(commit).collect(),
        commit_texts: commit_texts(host, &readable)?,
        session_commits: host.session_commits()?.into_iter().map(commit).collect(),
        evidence: host.evidence()?.into_iter().map(evidence).collect(),
        checkpoints: host.checkpoints()?.into_iter().map(checkpoint).collect(),
        entries: host.entries()?.into_iter().map(entry).collect(),
        earlier_runs: host.earlier_runs()?.into_iter().map(earlier_run).collect(),
        commit_origins: host.commit_origins()?.into_iter().map(origin).collect(),
        commit_author_times: host.commit_author_times()?,
        remotes: host.remotes().into_iter().map(remote).collect(),
        path_activity: path_activity(host, &tracked)?,
        recent_changes: recent.into_iter().flatten().map(recent_change).collect(),
        files: files(host, &changed, &readable)?,
        tracked: tracked.iter().map(RepoPath::to_text).collect(),
        changed_files: changed.into_iter().map(changed_file).collect(),
        state: BTreeMap::new(),
        configuration: serde_json::Value::Null,
        grants: Grants {
            read: read.to_vec(),
            ..Grants::default()
        },
        limits: super::Limits::default(),
    })
}

fn changed_lines(host: &dyn HostData) -> anyhow::Result<BTreeMap<Since, Vec<ChangedLines>>> {
    let points = [
        (Since::Head, host_data::Since::Head),
        (Since::Checkpoint, host_data::Since::Checkpoint),
        (Since::Start, host_data::Since::Start),
    ];
    let mut found = BTreeMap::new();
    for (name, point) in points {
        if let Some(files) = host.changed_lines(point)? {
            let files = files.into_iter().map(|file| ChangedLines {
                path: file.path.to_text(),
                ranges: file.ranges,
            });
            found.insert(name, files.collect());
        }
    }
    Ok(found)
}

/// Of the newest commits, as far as `readable` matches their files.
fn commit_texts(
    host: &dyn HostData,
    readable: &GlobSet,
) -> anyhow::Result<BTreeMap<String, Vec<ChangedText>>> {
    let wanted = |path: &RepoPath| readable.is_match(path.to_path());
    let mut found = BTreeMap::new();
    for commit in host.session_commits()?.into_iter().take(MOST_COMMITS) {
        let id = commit.commit.id;
        let texts = host.commit_texts(&id, &wanted, MOST_FILES * LONGEST_FILE)?;
        let files = texts.into_iter().flat_map(|texts| texts.files);
        let short = files.filter(|file| file.text.len() <= LONGEST_FILE);
        found.insert(id, short.take(MOST_FILES).map(changed_text).collect());
    }
    found.retain(|_, files: &mut Vec<ChangedText>| !files.is_empty());
    Ok(found)
}

fn changed_text(file: host_data::ChangedText) -> ChangedText {
    let changes = file.changes.iter();
    ChangedText {
        path: file.path.to_text(),
        text: file.text,
        changes: changes
            .map(|change| (change.first, change.added, change.removed))
            .collect(),
    }
}

fn path_activity(
    host: &dyn HostData,
    tracked: &[RepoPath],
) -> anyhow::Result<BTreeMap<String, Activity>> {
    let activity = host.path_activity(tracked)?;
    let known = tracked.iter().zip(activity).map(|(path, activity)| {
        let activity = Activity {
            last_change: activity.last_change.map(commit_ref),
            directory_commits: activity.directory_commits,
            directory_files: activity.directory_files,
        };
        (path.to_text(), activity)
    });
    Ok(known.collect())
}

/// Read as the plugin would read them: no link is followed, nothing but regular files.
fn files(
    host: &dyn HostData,
    changed: &[host_data::ChangedFile],
    readable: &GlobSet,
) -> anyhow::Result<BTreeMap<String, String>> {
    let tree = WorkTree::open(host.work_tree(), ReadGrant::Matching(readable.clone()))?;
    let paths = changed.iter().filter_map(|file| file.path.as_str());
    let texts = paths.filter_map(|path| {
        let start = tree.read(path, LONGEST_FILE).ok()?;
        let text = String::from_utf8(start.bytes).ok()?;
        (!start.truncated).then(|| (path.to_owned(), text))
    });
    Ok(texts.take(MOST_FILES).collect())
}

fn session(session: host_data::SessionInfo) -> Session {
    Session {
        id: session.id,
        started_at: session.started_at,
        mode: session.mode,
        tdd_phase: session.tdd_phase,
        base: session.base,
        active_seconds: session.active_seconds,
    }
}

fn item(item: host_data::ItemView) -> Item {
    Item {
        id: item.id,
        text: item.text,
        done: item.done,
        current: item.current,
        issue: item.issue,
    }
}

fn decision(decision: crate::session::decision::Decision) -> Decision {
    Decision {
        time: decision.time.parse().ok(),
        id: decision.id,
        text: decision.text,
        rationale: decision.rationale,
        alternatives: decision.alternatives,
    }
}

fn changed_file(file: host_data::ChangedFile) -> ChangedFile {
    ChangedFile {
        path: file.path.to_text(),
        status: file.status,
    }
}

fn line_count(count: crate::git::tree_diff::LineCount) -> LineCount {
    LineCount {
        path: count.path.to_text(),
        added: count.added,
        removed: count.removed,
    }
}

fn commit(commit: SessionCommit) -> Commit {
    Commit {
        id: commit.commit.id,
        time: commit.commit.time,
        subject: commit.commit.subject,
        author: commit.author,
        files: commit.files.iter().map(RepoPath::to_text).collect(),
    }
}

fn commit_ref(commit: host_data::CommitRef) -> CommitRef {
    CommitRef {
        id: commit.id,
        time: commit.time,
        subject: commit.subject,
    }
}

fn recent_change(change: host_data::RecentChange) -> RecentChange {
    RecentChange {
        path: change.path.to_text(),
        commits: change.commits,
        last: commit_ref(change.last),
    }
}

fn remote(remote: host_data::Remote) -> Remote {
    Remote {
        name: remote.name,
        url: remote.url,
    }
}

fn evidence(evidence: host_data::EvidenceView) -> Evidence {
    Evidence {
        id: evidence.id,
        label: evidence.label,
        command: evidence.command,
        exit_code: evidence.exit_code,
        started_at: evidence.started_at,
        milliseconds: evidence.milliseconds,
        standing: evidence.standing,
        runner: evidence.runner,
        tests: evidence.tests,
        changed_files: evidence
            .changed_files
            .iter()
            .map(RepoPath::to_text)
            .collect(),
    }
}

fn checkpoint(checkpoint: host_data::CheckpointView) -> Checkpoint {
    Checkpoint {
        id: checkpoint.id,
        label: checkpoint.label,
        time: checkpoint.time,
        tdd_phase: checkpoint.tdd_phase,
    }
}

fn entry(entry: host_data::EntryView) -> Entry {
    Entry {
        id: entry.id,
        tests: entry.tests,
        directory: entry.directory.as_ref().map(RepoPath::to_text),
        unwritten: entry.unwritten.iter().map(RepoPath::to_text).collect(),
    }
}

fn earlier_run(run: host_data::EarlierRun) -> EarlierRun {
    EarlierRun {
        session: run.session,
        evidence: evidence(run.evidence),
        entry: entry(run.entry),
    }
}

fn origin(origin: host_data::CommitOrigin) -> CommitOrigin {
    CommitOrigin {
        id: origin.id,
        by_user: origin.by_user,
        unwritten: origin.unwritten.iter().map(RepoPath::to_text).collect(),
    }
}
