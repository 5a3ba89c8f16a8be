//! What the user reads when a plugin failed: plugin, hook, limit or cause, and the command to run next. It must not
//! repeat a plugin's text as it came.

use super::answer::line;
use super::call::Failure;
use super::consent::Change;
use super::contribution::Hook;
use super::third_party::Missing;
use crate::error::Warning;

/// A call that gave no contribution.
pub fn failed(plugin: &str, hook: Hook, failure: &Failure) -> Warning {
    let cause = match failure {
        Failure::Time(limit) => format!("took longer than its limit of {} ms", limit.as_millis()),
        Failure::Memory { asked, limit } => format!(
            "asked for {} MiB of memory; its limit is {} MiB",
            mebibytes(*asked),
            mebibytes(*limit)
        ),
        Failure::Output(limit) => format!("printed more than its limit of {limit} bytes"),
        Failure::Stack => "recursed until its stack was full".to_owned(),
        Failure::Returned(limit) => {
            format!("handed over more than its limit of {limit} bytes at once")
        }
        Failure::Panic(text) => format!("panicked: {}", line(text)),
        Failure::Said(text) => format!("failed: {}", line(text)),
        Failure::Trap(text) => format!("was stopped: {}", line(text)),
    };
    Warning::new(format!("plugin {plugin} ({}) {cause}", hook.name()))
        .hint(format!("session plugin disable {plugin}"))
}

/// An answer that was taken only in part.
pub fn complaint(plugin: &str, hook: Hook, complaint: &str) -> Warning {
    Warning::new(format!("plugin {plugin} ({}) {complaint}", hook.name()))
        .hint("session plugin list")
}

/// A component that is no plugin for this host.
pub fn unusable(plugin: &str, error: &anyhow::Error) -> Warning {
    Warning::new(format!(
        "plugin {plugin} could not be loaded: {}",
        line(&format!("{error:#}"))
    ))
    .hint("session plugin list")
}

/// A name that this version knows nothing of.
pub fn unavailable(plugin: &str) -> Warning {
    Warning::new(format!("plugin {plugin} is not available in this version"))
        .hint("session plugin list")
}

/// Somebody else's code that the user never agreed to run here.
pub fn untrusted(plugin: &str) -> Warning {
    review(
        plugin,
        "it is third-party and you have not agreed to it; ask the user to review it",
    )
}

/// A component of ours that the configuration gives more than the work tree.
pub fn reaches_out(plugin: &str) -> Warning {
    review(
        plugin,
        "its entry allows it hosts or variables and you have not agreed to that; ask the user to review it",
    )
}

/// Not what the user agreed to any more.
pub fn changed(plugin: &str, changes: &[Change]) -> Warning {
    let what: Vec<String> = changes.iter().map(change).collect();
    review(
        plugin,
        &format!(
            "since you agreed to it {}; ask the user to review it again",
            what.join(", ")
        ),
    )
}

/// A point in which a plugin is not what was agreed to: a clause.
pub fn change(change: &Change) -> String {
    match change {
        Change::Component => "its component was replaced".to_owned(),
        Change::Source => "its source changed".to_owned(),
        Change::Configuration => "its configuration changed".to_owned(),
        Change::Added { kind, value } => format!("`allow` gained {kind} {}", line(value)),
        Change::Removed { kind, value } => format!("`allow` lost {kind} {}", line(value)),
    }
}

/// A component that is not where it should be.
pub fn missing(plugin: &str, missing: &Missing) -> Warning {
    let next = match missing {
        Missing::NotInstalled => format!("session plugin install {plugin}"),
        _ => "session plugin list".to_owned(),
    };
    Warning::new(format!(
        "plugin {plugin} was skipped: {}",
        line(&missing.to_string())
    ))
    .hint(next)
}

/// Nobody knows what was agreed.
pub fn consent_unreadable(plugin: &str, cause: &str) -> Warning {
    Warning::new(format!(
        "plugin {plugin} was skipped: what you agreed to cannot be read: {}",
        line(cause)
    ))
    .hint("session plugin list")
}

fn review(plugin: &str, why: &str) -> Warning {
    Warning::new(format!("plugin {plugin} was skipped: {why}"))
        .hint(format!("session plugin trust {plugin}"))
}

/// An agent's or git's hook does not wait for a compiler.
pub fn cold(plugin: &str) -> Warning {
    Warning::new(format!(
        "plugin {plugin} was left out: it is not compiled yet, and hooks do not wait for that"
    ))
    .hint("session status")
}

/// There is nowhere to keep what was compiled.
pub fn unkept(reason: &str) -> Warning {
    Warning::new(format!(
        "compiled plugins cannot be kept, so every command compiles them: {}",
        line(reason)
    ))
    .hint("session plugin list")
}

fn mebibytes(bytes: usize) -> usize {
    bytes.div_ceil(1024 * 1024)
}
