//! What the user reads when a plugin failed: plugin, hook, limit or cause, and the command to run next. It must not
//! repeat a plugin's text as it came.

use super::answer::line;
use super::call::Failure;
use super::contribution::Hook;
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
