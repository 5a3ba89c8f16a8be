//! Past sessions, newest first, from an index that is rebuilt from the refs whenever they changed. The refs are the
//! truth; the index can be removed at any time.
//!
//! The index is one line of JSON for each session, newest first, after a first line that says which state of the refs it
//! was made from. Listing ten of ten thousand sessions reads ten lines.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::record::RECORDS;
use crate::environment::Timestamp;
use crate::git::{ObjectId, Repository};
use crate::session::ids::SessionId;
use crate::session::record::SessionSummary;
use crate::session::summary;

const INDEX_FORMAT: u32 = 1;

/// The state of the refs below `refs/sessions/`: it changes whenever one of them does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RefsState {
    format: u32,
    /// Modification time, size and inode of `packed-refs`, and of the directory of loose refs. Git writes both by
    /// renaming a file into place, which changes them.
    packed: Option<[i64; 4]>,
    loose: Option<[i64; 4]>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    tip: String,
    /// None: the newest commit is not a summary that this program can read.
    summary: Option<SessionSummary>,
}

/// At most `count` sessions that were active at or after `since`, newest first.
pub fn list(
    repository: &Repository,
    layout: &Layout,
    count: usize,
    since: Option<Timestamp>,
) -> anyhow::Result<Vec<SessionSummary>> {
    let path = layout.index().join("history.jsonl");
    let state = refs_state(repository.common_dir());
    if let Some(found) = read_fresh(&path, &state, count, since) {
        return Ok(found);
    }
    let lines = rebuild(repository, &path)?;
    save(&path, &state, &lines);
    Ok(lines
        .into_iter()
        .filter_map(|line| line.summary)
        .take_while(|summary| since.is_none_or(|since| summary.updated_at >= since))
        .take(count)
        .collect())
}

/// The ids of all sessions, for a message that lists the known ones.
pub fn known_ids(repository: &Repository) -> anyhow::Result<Vec<SessionId>> {
    let refs = repository.refs_under(RECORDS)?;
    Ok(refs
        .iter()
        .filter_map(|(name, _)| SessionId::parse(&name[RECORDS.len()..]))
        .collect())
}

fn refs_state(common_dir: &Path) -> RefsState {
    let stamp = |path: PathBuf| {
        let metadata = path.metadata().ok()?;
        Some([
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.size().cast_signed(),
            metadata.ino().cast_signed(),
        ])
    };
    RefsState {
        format: INDEX_FORMAT,
        packed: stamp(common_dir.join("packed-refs")),
        loose: stamp(common_dir.join("refs/sessions")),
    }
}

fn read_fresh(
    path: &Path,
    state: &RefsState,
    count: usize,
    since: Option<Timestamp>,
) -> Option<Vec<SessionSummary>> {
    let file = std::fs::File::open(path).ok()?;
    let mut lines = BufReader::new(file).lines();
    let head: RefsState = serde_json::from_str(&lines.next()?.ok()?).ok()?;
    if head != *state {
        return None;
    }
    let mut found = Vec::new();
    for line in lines {
        if found.len() == count {
            break;
        }
        let line: Line = serde_json::from_str(&line.ok()?).ok()?;
        let Some(summary) = line.summary else {
            continue;
        };
        if since.is_some_and(|since| summary.updated_at < since) {
            break;
        }
        found.push(summary);
    }
    Some(found)
}

/// Lists the refs, and opens only the commits that the old index does not know.
fn rebuild(repository: &Repository, path: &Path) -> anyhow::Result<Vec<Line>> {
    let mut known: HashMap<String, Line> = HashMap::new();
    if let Ok(text) = std::fs::read_to_string(path) {
        let mut lines = text.lines();
        let same_format = lines
            .next()
            .and_then(|head| serde_json::from_str::<RefsState>(head).ok())
            .is_some_and(|head| head.format == INDEX_FORMAT);
        if same_format {
            known = lines
                .filter_map(|line| serde_json::from_str::<Line>(line).ok())
                .map(|line| (line.tip.clone(), line))
                .collect();
        }
    }
    let mut lines: Vec<Line> = repository
        .refs_under(RECORDS)?
        .into_iter()
        .map(|(_, commit)| {
            known
                .remove(&commit.to_string())
                .unwrap_or_else(|| read_line(repository, commit))
        })
        .collect();
    lines.sort_by(|a, b| {
        let key = |line: &Line| {
            line.summary
                .as_ref()
                .map(|summary| (summary.updated_at, summary.id.clone()))
        };
        key(b).cmp(&key(a))
    });
    Ok(lines)
}

fn read_line(repository: &Repository, commit: ObjectId) -> Line {
    let summary = repository
        .commit_message(commit)
        .ok()
        .and_then(|message| summary::parse_message(&message).ok());
    Line {
        tip: commit.to_string(),
        summary,
    }
}

/// A cache: failure to write it costs only time. A state younger than the file system's clock can tell apart is not
/// trusted, so it is not saved as current.
fn save(path: &Path, state: &RefsState, lines: &[Line]) {
    let mut text = String::new();
    let Ok(head) = serde_json::to_string(&trusted(state)) else {
        return;
    };
    let _ = writeln!(text, "{head}");
    for line in lines {
        let Ok(line) = serde_json::to_string(line) else {
            return;
        };
        let _ = writeln!(text, "{line}");
    }
    let Some(directory) = path.parent() else {
        return;
    };
    let written = std::fs::create_dir_all(directory)
        .and_then(|()| {
            tempfile::Builder::new()
                .prefix(super::durable::TEMPORARY_PREFIX)
                .tempfile_in(directory)
        })
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.persist(path).map_err(|error| error.error)
        });
    // A read-only repository can be listed too.
    drop(written);
}

/// Two changes within one tick of the clock leave the same time: such a state is saved as one that never matches.
fn trusted(state: &RefsState) -> RefsState {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs().cast_signed());
    let young = |stamp: &Option<[i64; 4]>| stamp.is_some_and(|[seconds, ..]| now - seconds < 1);
    let mut state = state.clone();
    if young(&state.packed) || young(&state.loose) {
        state.loose = Some([-1; 4]);
    }
    state
}
