//! The live session's files. They are readable and editable; a damaged one is reported and kept aside, never overwritten
//! unseen.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::durable;
use super::layout::{Layout, LiveKey};
use super::lock::StoreLock;
use super::regular_file;
use crate::environment::Timestamp;
use crate::error::{Warning, user_error};
use crate::session::list::{CheckList, ListKind};
use crate::session::live::{CONTEXT_FORMAT, LiveContext, LiveSession};

/// The three files as they stand, before anything is made of them.
#[derive(Debug, Default, Clone)]
pub struct LiveFiles {
    pub context: FileState,
    pub objectives: FileState,
    pub blockers: FileState,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum FileState {
    #[default]
    Missing,
    Text(String),
    /// Not UTF-8, or not a file, or not readable: why.
    Damaged(String),
}

impl LiveFiles {
    pub fn read(layout: &Layout, key: &LiveKey) -> Self {
        let directory = layout.live_dir(key);
        Self {
            context: read_file(&directory.join("context.json")),
            objectives: read_file(&directory.join(ListKind::Objectives.file_name())),
            blockers: read_file(&directory.join(ListKind::Blockers.file_name())),
        }
    }
}

fn read_file(path: &Path) -> FileState {
    match read_regular(path) {
        Ok(None) => FileState::Damaged("it is not a regular file".into()),
        Ok(Some(bytes)) => match String::from_utf8(bytes) {
            Ok(text) => FileState::Text(text),
            Err(_) => FileState::Damaged("it is not UTF-8".into()),
        },
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            FileState::Missing
        }
        Err(error) => FileState::Damaged(error.to_string()),
    }
}

fn read_regular(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some((mut file, _)) = regular_file::open(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Reads `context.json`. Ok(None): there is none. Err(why): it is damaged.
pub fn parse_context(state: &FileState) -> anyhow::Result<Option<Result<LiveContext, String>>> {
    let text = match state {
        FileState::Missing => return Ok(None),
        FileState::Damaged(why) => return Ok(Some(Err(why.clone()))),
        FileState::Text(text) => text,
    };
    #[derive(serde::Deserialize)]
    struct Format {
        format: u32,
    }
    if let Ok(Format { format }) = serde_json::from_str(text)
        && format > CONTEXT_FORMAT
    {
        return Err(user_error(
            format!(
                "this session was written by a newer `session` (format {format}; this one knows {CONTEXT_FORMAT})"
            ),
            "install the newer version of session; nothing was changed",
        ));
    }
    Ok(Some(
        serde_json::from_str(text).map_err(|error| error.to_string()),
    ))
}

/// The context of an open session, without anything else; none where there is no such session, or where it takes more
/// than reading to know.
pub fn open_context(layout: &Layout, key: &LiveKey) -> Option<LiveContext> {
    let state = read_file(&layout.live_dir(key).join("context.json"));
    let context = parse_context(&state).ok()??.ok()?;
    context.ended_at.is_none().then_some(context)
}

/// The last state of the live files that the record knows, for the files that are damaged.
#[derive(Debug, Default, Clone)]
pub struct Recovered {
    pub context: Option<LiveContext>,
    pub objectives: Option<String>,
    pub blockers: Option<String>,
}

/// Makes the session of the files, taking what is damaged from `recover`. None: the branch has no session.
pub fn assemble(
    files: &LiveFiles,
    key: &LiveKey,
    recover: impl FnOnce() -> Recovered,
) -> anyhow::Result<Option<(LiveSession, Vec<Warning>)>> {
    let parsed = parse_context(&files.context)?;
    let damaged_list = [&files.objectives, &files.blockers]
        .iter()
        .any(|state| matches!(state, FileState::Damaged(_)));
    let recovered = match &parsed {
        None => return Ok(None),
        Some(Err(_)) => recover(),
        Some(Ok(_)) if damaged_list => recover(),
        Some(Ok(_)) => Recovered::default(),
    };
    let mut warnings = Vec::new();
    let context = match parsed {
        Some(Ok(context)) => context,
        Some(Err(why)) => {
            let Some(context) = recovered.context else {
                return Err(user_error(
                    format!(
                        "the session's context.json is damaged ({why}), and there is no record to recover it from"
                    ),
                    format!(
                        "correct or move away sessions/{}/context.json in the git directory, then run `session start`",
                        key.as_str()
                    ),
                ));
            };
            warnings.push(damaged("context.json", &why));
            context
        }
        None => return Ok(None),
    };
    let objectives = list(
        ListKind::Objectives,
        &files.objectives,
        recovered.objectives,
        context.highest_objective,
        &mut warnings,
    );
    let blockers = list(
        ListKind::Blockers,
        &files.blockers,
        recovered.blockers,
        context.highest_blocker,
        &mut warnings,
    );
    Ok(Some((
        LiveSession {
            context,
            objectives,
            blockers,
        },
        warnings,
    )))
}

fn list(
    kind: ListKind,
    state: &FileState,
    recovered: Option<String>,
    highest: u32,
    warnings: &mut Vec<Warning>,
) -> CheckList {
    let text = match state {
        FileState::Text(text) => text.clone(),
        FileState::Missing => String::new(),
        FileState::Damaged(why) => {
            warnings.push(damaged(kind.file_name(), why));
            recovered.unwrap_or_default()
        }
    };
    CheckList::parse(kind, &text, highest)
}

fn damaged(name: &str, why: &str) -> Warning {
    Warning::new(format!("{name} of this session is damaged ({why}); its last recorded state is used"))
        .hint("the next command that writes keeps the damaged file aside in sessions/.store/kept of the git directory")
}

/// Writes the live files: the lists first, so that `context.json`, which names the highest ids, is never ahead of a list
/// that was lost. Damaged files are kept aside before they are replaced.
pub fn write(
    _lock: &StoreLock,
    layout: &Layout,
    key: &LiveKey,
    session: &mut LiveSession,
    now: Timestamp,
) -> anyhow::Result<()> {
    session.settle();
    let directory = layout.live_dir(key);
    durable::sweep(&directory);
    let files = LiveFiles::read(layout, key);
    let context = serde_json::to_string_pretty(&session.context)
        .context("failed to encode context.json")?
        + "\n";
    let context_damaged = matches!(parse_context(&files.context)?, Some(Err(_)));
    write_if_changed(
        layout,
        &directory.join("objectives.md"),
        &files.objectives,
        &session.objectives.to_text(),
        false,
        now,
    )?;
    write_if_changed(
        layout,
        &directory.join("blockers.md"),
        &files.blockers,
        &session.blockers.to_text(),
        false,
        now,
    )?;
    write_if_changed(
        layout,
        &directory.join("context.json"),
        &files.context,
        &context,
        context_damaged,
        now,
    )
}

fn write_if_changed(
    layout: &Layout,
    path: &Path,
    old: &FileState,
    new: &str,
    damaged: bool,
    now: Timestamp,
) -> anyhow::Result<()> {
    match old {
        FileState::Text(text) if text == new => return Ok(()),
        FileState::Damaged(_) => keep_aside(layout, path, now)?,
        FileState::Text(_) if damaged => keep_aside(layout, path, now)?,
        _ => {}
    }
    durable::write(path, new.as_bytes())
}

/// Moves a damaged file (or whatever stands in its place) out of the way.
pub(super) fn keep_aside(layout: &Layout, path: &Path, now: Timestamp) -> anyhow::Result<()> {
    let relative = path
        .strip_prefix(layout.sessions())
        .or_else(|_| path.strip_prefix(layout.common_dir()))
        .unwrap_or(path);
    let target = kept_name(layout, &relative.to_string_lossy(), now)?;
    std::fs::rename(path, &target).map_err(|error| durable::explain(error, &target))
}

/// Where something damaged is kept, under its own name and a time that is still free.
pub(super) fn kept_name(layout: &Layout, name: &str, now: Timestamp) -> anyhow::Result<PathBuf> {
    let kept = layout.kept();
    std::fs::create_dir_all(&kept).map_err(|error| durable::explain(error, &kept))?;
    let relative = name.replace('/', "%2F");
    let stamp = now.format("%Y%m%dT%H%M%SZ");
    (0..)
        .map(|n: u32| {
            kept.join(if n == 0 {
                format!("{relative}.{stamp}")
            } else {
                format!("{relative}.{stamp}.{n}")
            })
        })
        .find(|path: &PathBuf| path.symlink_metadata().is_err())
        .context("no free name for a damaged file")
}
