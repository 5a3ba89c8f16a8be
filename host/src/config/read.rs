//! From the text of `config.yaml` to [`Config`]: every key there is, and what it may be.
//! It must not give a key an effect.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::fields::{Fields, Reading, Unknown};
use super::{
    CommitMetadata, Config, Verbosity, plugins, shared, tree,
    values::{
        annotation, boolean, date_format, duration, glob, integer, one_of, percentage, size, text,
    },
};
use crate::error::{UserError, Warning, user_error};
use crate::session::live::Mode;

/// A configuration, and what in its file deserves a word.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<Warning>,
}

const VERBOSITIES: &[(&str, Verbosity)] = &[
    ("false", Verbosity::Normal),
    ("true", Verbosity::Verbose),
    ("debug", Verbosity::Debug),
];

/// What `SESSION_VERBOSE` says.
pub fn verbosity(text: &str) -> Result<Verbosity> {
    let found = VERBOSITIES.iter().find(|(name, _)| *name == text);
    found.map(|(_, verbosity)| *verbosity).ok_or_else(|| {
        user_error(
            format!("SESSION_VERBOSE: expected false, true or debug, found {text:?}"),
            "correct or unset SESSION_VERBOSE",
        )
    })
}

impl Config {
    /// The configuration of a command: `chosen` (`SESSION_CONFIG`) if there is one, else the work tree's
    /// `.session/config.yaml`, else the defaults.
    pub fn of(work_tree: &Path, chosen: Option<&Path>) -> Result<Loaded> {
        if let Some(path) = chosen {
            return Self::load(path);
        }
        match shared::read(work_tree, shared::CONFIG)? {
            Some(text) => Ok(Self::parse(&text, ".session/config.yaml")?),
            None => Ok(Loaded {
                config: Self::default(),
                warnings: Vec::new(),
            }),
        }
    }

    /// Reads the file at `path`, which somebody named and which therefore has to be there.
    pub fn load(path: &Path) -> Result<Loaded> {
        let name = path.display().to_string();
        let file = match std::fs::File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(user_error(
                    format!("the configuration file {name:?} does not exist"),
                    "correct or unset SESSION_CONFIG",
                ));
            }
            file => file.with_context(|| format!("failed to open the configuration {name:?}"))?,
        };
        let text = shared::text_of(file, &name)?;
        Ok(Self::parse(&text, &name)?)
    }

    /// Reads the text of a configuration file. `file` is its name in messages, which begin with
    /// `file:line:column:`.
    ///
    /// An unknown key is a warning, and an error under `plugins`; whatever else is wrong is an error.
    pub fn parse(text: &str, file: &str) -> Result<Loaded, UserError> {
        let reading = Reading::new(file);
        let config = read(text, &reading)?;
        Ok(Loaded {
            config,
            warnings: reading.warnings.into_inner(),
        })
    }
}

impl Verbosity {
    /// What `SESSION_VERBOSE` asks for. Anything but a clear no is a yes.
    pub fn from_variable(value: &str) -> Self {
        match value {
            "0" | "false" => Self::Normal,
            "debug" | "2" => Self::Debug,
            _ => Self::Verbose,
        }
    }
}

/// Reads the text, and leaves in `reading` what it asked for on the way.
pub(super) fn read(text: &str, reading: &Reading<'_>) -> Result<Config, UserError> {
    let root = tree::parse(text).map_err(|error| reading.error(error.position, error.message))?;
    let mut config = Config::default();
    let mut top = Fields::new(reading, "", root.as_ref())?;
    session(&mut config, top.below("session")?)?;
    context(&mut config, top.below("context")?)?;
    tracking(&mut config, top.below("tracking")?)?;
    quality(&mut config, top.below("quality")?)?;
    display(&mut config, top.below("display")?)?;
    commit(&mut config, top.below("commit")?)?;
    brief(&mut config, top.below("brief")?)?;
    snapshots(&mut config, top.below("snapshots")?)?;
    config.plugins = plugins::read(reading, top.node("plugins"))?;
    top.finish(Unknown::Warn)?;
    Ok(config)
}

fn session(config: &mut Config, mut fields: Fields<'_, '_>) -> Result<(), UserError> {
    let target = &mut config.session;
    let modes = &[("normal", Mode::Normal), ("tdd", Mode::Tdd)];
    fields.value("auto_track", boolean(), &mut target.auto_track)?;
    fields.value("auto_checkpoint", boolean(), &mut target.auto_checkpoint)?;
    fields.value(
        "checkpoint_interval",
        duration("1m", "7d"),
        &mut target.checkpoint_interval,
    )?;
    fields.value("handoff_on_end", boolean(), &mut target.handoff_on_end)?;
    fields.value(
        "archive_after_days",
        integer(1..=36_500),
        &mut target.archive_after_days,
    )?;
    fields.value("mode", one_of(modes), &mut target.mode)?;
    fields.finish(Unknown::Warn)
}

fn context(config: &mut Config, mut fields: Fields<'_, '_>) -> Result<(), UserError> {
    let target = &mut config.context;
    fields.optional("architecture", text(), &mut target.architecture)?;
    fields.list("patterns", text(), &mut target.patterns)?;
    fields.list("conventions", text(), &mut target.conventions)?;
    fields.finish(Unknown::Warn)
}

fn tracking(config: &mut Config, mut fields: Fields<'_, '_>) -> Result<(), UserError> {
    let target = &mut config.tracking;
    fields.globs("watch_patterns", glob(), &mut target.watch_patterns)?;
    fields.globs("ignore_patterns", glob(), &mut target.ignore_patterns)?;
    fields.list("annotations", annotation(), &mut target.annotations)?;
    fields.finish(Unknown::Warn)
}

fn quality(config: &mut Config, mut fields: Fields<'_, '_>) -> Result<(), UserError> {
    let target = &mut config.quality;
    fields.value(
        "coverage_threshold",
        percentage(),
        &mut target.coverage_threshold,
    )?;
    fields.value(
        "new_code_coverage_threshold",
        percentage(),
        &mut target.new_code_coverage_threshold,
    )?;
    fields.value("require_tests", boolean(), &mut target.require_tests)?;
    fields.value(
        "block_merge_on_quality",
        boolean(),
        &mut target.block_merge_on_quality,
    )?;
    fields.finish(Unknown::Warn)
}

fn display(config: &mut Config, mut fields: Fields<'_, '_>) -> Result<(), UserError> {
    let target = &mut config.display;
    fields.value("color", boolean(), &mut target.color)?;
    fields.value("verbose", one_of(VERBOSITIES), &mut target.verbose)?;
    fields.value("emoji", boolean(), &mut target.emoji)?;
    fields.value("date_format", date_format(), &mut target.date_format)?;
    fields.finish(Unknown::Warn)
}

fn commit(config: &mut Config, mut fields: Fields<'_, '_>) -> Result<(), UserError> {
    let choices = &[
        ("full", CommitMetadata::Full),
        ("trailers", CommitMetadata::Trailers),
        ("none", CommitMetadata::None),
    ];
    fields.value("metadata", one_of(choices), &mut config.commit.metadata)?;
    fields.finish(Unknown::Warn)
}

fn brief(config: &mut Config, mut fields: Fields<'_, '_>) -> Result<(), UserError> {
    let mut max_bytes = u32::try_from(config.brief.max_bytes).unwrap_or(u32::MAX);
    fields.value("max_bytes", integer(1_000..=1_000_000), &mut max_bytes)?;
    config.brief.max_bytes = max_bytes as usize;
    fields.finish(Unknown::Warn)
}

fn snapshots(config: &mut Config, mut fields: Fields<'_, '_>) -> Result<(), UserError> {
    let target = &mut config.snapshots;
    fields.value("keep", duration("1d", "3650d"), &mut target.keep)?;
    fields.value("max_file", size("1KiB", "1GiB"), &mut target.max_file)?;
    fields.finish(Unknown::Warn)
}

#[cfg(test)]
mod tests;
