//! The shared files of `.session/`, made from templates. It must not overwrite a file without keeping a copy, nor touch
//! what the older tool left behind.

use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::config::reference::TEMPLATE as CONFIG_TEMPLATE;
use crate::config::shared;
use crate::environment::Timestamp;
use crate::error::{Warning, user_error};
use crate::session::decision::parse_log;
use crate::session::import::{Imported, OldFiles, import};

#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub force: bool,
    pub import: bool,
    /// Names the copies that `force` keeps.
    pub now: Timestamp,
}

/// What was done. All paths are relative to the work tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Initialised {
    pub written: Vec<PathBuf>,
    /// Files that were there and stay as they are.
    pub kept: Vec<PathBuf>,
    /// Copies of what `force` replaced.
    pub backups: Vec<PathBuf>,
    /// With `import`: what the older tool left, for the caller to store. The configuration is written already.
    pub imported: Option<Imported>,
}

/// Writes `.session/`. Running it again completes what is missing and changes nothing else.
pub fn initialise(work_tree: &Path, options: Options) -> Result<Initialised> {
    let imported = options
        .import
        .then(|| old_files(work_tree))
        .transpose()?
        .map(|old| import(&old));
    let config = imported
        .as_ref()
        .and_then(|imported| imported.config.as_deref())
        .unwrap_or(CONFIG_TEMPLATE);
    make_directory(work_tree)?;
    let mut result = Initialised::default();
    for (name, text) in [
        (shared::CONFIG, config),
        (
            shared::ARCHITECTURE,
            include_str!("../../../assets/architecture.md"),
        ),
        (
            shared::CONVENTIONS,
            include_str!("../../../assets/conventions.md"),
        ),
        (
            shared::DECISION_LOG,
            include_str!("../../../assets/decision-log.md"),
        ),
        (
            shared::GIT_ATTRIBUTES,
            include_str!("../../../assets/gitattributes"),
        ),
    ] {
        put(work_tree, name, text, options, &mut result)?;
    }
    let directory = work_tree.join(shared::DIRECTORY);
    File::open(&directory)
        .and_then(|directory| directory.sync_all())
        .context("failed to make .session/ durable")?;
    result.imported = imported;
    warn_of_unused_values(&mut result);
    Ok(result)
}

/// The old configuration has no effect when ours was there before.
fn warn_of_unused_values(result: &mut Initialised) {
    let config = Path::new(shared::DIRECTORY).join(shared::CONFIG);
    let kept = result.kept.contains(&config);
    if let Some(imported) = &mut result.imported
        && imported.config.is_some()
        && kept
    {
        let warning = Warning::new("the values of .sessions/config.yaml were not taken over, since .session/config.yaml is there already")
            .hint("run `session init --import --force`, which keeps a copy of it");
        imported.warnings.push(warning);
    }
}

fn make_directory(work_tree: &Path) -> Result<()> {
    if shared::open_directory(work_tree, shared::DIRECTORY)?.is_some() {
        return Ok(());
    }
    std::fs::DirBuilder::new()
        .mode(0o777)
        .create(work_tree.join(shared::DIRECTORY))
        .context("failed to create .session/")?;
    File::open(work_tree)
        .and_then(|directory| directory.sync_all())
        .context("failed to make .session/ durable")
}

fn put(
    work_tree: &Path,
    name: &str,
    text: &str,
    options: Options,
    result: &mut Initialised,
) -> Result<()> {
    let relative = Path::new(shared::DIRECTORY).join(name);
    if !is_there(work_tree, name)? {
        write(work_tree, name, text, false)?;
        result.written.push(relative);
        return Ok(());
    }
    if !options.force {
        result.kept.push(relative);
        return Ok(());
    }
    // A file that cannot be read as text is what `force` is for: it differs, and its copy needs no reading.
    let present = shared::read(work_tree, name).ok().flatten();
    // The log is data, not settings: taken away, its decisions would be gone from every brief.
    let holds_data = name == shared::DECISION_LOG
        && present
            .as_deref()
            .is_none_or(|log| !parse_log(log).is_empty());
    if present.as_deref() == Some(text) || holds_data {
        result.kept.push(relative);
        return Ok(());
    }
    result.backups.push(back_up(work_tree, name, options.now)?);
    write(work_tree, name, text, true)?;
    result.written.push(relative);
    Ok(())
}

/// Whether there is a file of that name; anything else in its place is refused, a symlink wherever it points.
fn is_there(work_tree: &Path, name: &str) -> Result<bool> {
    let path = work_tree.join(shared::DIRECTORY).join(name);
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(_) => Err(user_error(
            format!(".session/{name} is no plain file, and nothing is written through it"),
            format!("put a file in place of .session/{name}, then run `session init` again"),
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("failed to look at .session/{name}")),
    }
}

/// Keeps a copy under a name that is free: `config.yaml.2026-11-22T100000Z.bak`, then `…Z-2.bak`.
fn back_up(work_tree: &Path, name: &str, now: Timestamp) -> Result<PathBuf> {
    let stamp = now.format("%Y-%m-%dT%H%M%SZ");
    let directory = Path::new(shared::DIRECTORY);
    for attempt in 1_u32.. {
        let copy = directory.join(match attempt {
            1 => format!("{name}.{stamp}.bak"),
            _ => format!("{name}.{stamp}-{attempt}.bak"),
        });
        // A second link to the same bytes: it never overwrites, and the original's name then goes to a new file.
        match std::fs::hard_link(work_tree.join(directory).join(name), work_tree.join(&copy)) {
            Ok(()) => return Ok(copy),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("failed to keep a copy of .session/{name}"));
            }
        }
    }
    anyhow::bail!("no name is free for a copy of .session/{name}")
}

/// Durable up to the directory's own entry, and all or nothing: a temporary file, put in place when it is on disk.
fn write(work_tree: &Path, name: &str, text: &str, replace: bool) -> Result<()> {
    let context = || format!("failed to write .session/{name}");
    let directory = work_tree.join(shared::DIRECTORY);
    let mut file = tempfile::Builder::new()
        .prefix(crate::store::durable::TEMPORARY_PREFIX)
        // What a plain file gets, less the user's umask; temporary files are private otherwise.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(&directory)
        .with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)?;
    file.as_file().sync_all().with_context(context)?;
    let target = directory.join(name);
    if replace {
        file.persist(target).map(drop).with_context(context)
    } else {
        file.persist_noclobber(target)
            .map(drop)
            .with_context(context)
    }
}

/// Everything the older tool may have left. Symlinks are not followed there either.
fn old_files(work_tree: &Path) -> Result<OldFiles> {
    let old = OldFiles {
        config: shared::read_in(work_tree, ".sessions", "config.yaml")?,
        state: shared::read_in(work_tree, ".sessions", "state.json")?,
        shared_state: shared::read_in(work_tree, ".ccmp", "state.json")?,
        checkpoints: old_checkpoints(work_tree)?,
    };
    if old.is_empty() {
        return Err(user_error(
            "there is nothing to import: neither .sessions/ nor .ccmp/state.json is here",
            "run `session init` without `--import`",
        ));
    }
    Ok(old)
}

fn old_checkpoints(work_tree: &Path) -> Result<Vec<(String, String)>> {
    if shared::open_directory(work_tree, ".sessions")?.is_none()
        || shared::open_directory(work_tree, ".sessions/checkpoints")?.is_none()
    {
        return Ok(Vec::new());
    }
    let context = "failed to list .sessions/checkpoints";
    let mut checkpoints = Vec::new();
    let entries = std::fs::read_dir(work_tree.join(".sessions/checkpoints")).context(context)?;
    for entry in entries {
        let name = entry.context(context)?.file_name();
        let Some(name) = name.to_str().filter(|name| name.ends_with(".md")) else {
            continue;
        };
        if let Some(text) = shared::read_in(work_tree, ".sessions/checkpoints", name)? {
            checkpoints.push((name.to_owned(), text));
        }
    }
    checkpoints.sort();
    Ok(checkpoints)
}
