//! What the user reads when a plugin failed: plugin, hook, limit or cause, and the command to run next. It must not
//! repeat a plugin's text as it came.

use super::answer::line;
use super::call::Failure;
use super::contribution::{Contribution, Hook};
use super::hosts::Allowed;
use super::http::Refusal;
use super::kept::{Failed, Standing};
use super::terms::Change;
use super::third_party::Missing;
use crate::document::time_text::ago_at;
use crate::environment::Timestamp;
use crate::error::Warning;

/// A call that gave no contribution.
pub fn failed(plugin: &str, hook: Hook, failure: &Failure) -> Warning {
    Warning::new(format!(
        "plugin {plugin} ({}) {}",
        hook.name(),
        cause(failure)
    ))
    .hint(format!("session plugin disable {plugin}"))
}

/// What went wrong, in one line that follows the plugin's name.
pub fn cause(failure: &Failure) -> String {
    match failure {
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
    }
}

/// A call that wanted more of the network than it may have. What it failed with besides is most likely a consequence;
/// what is wrong with its answer stands in the same warning. `allowed` are the hosts that the configuration names.
pub fn refused(
    plugin: &str,
    hook: Hook,
    refusals: &[Refusal],
    allowed: &[String],
    besides: Option<Warning>,
) -> Warning {
    let wanted: Vec<String> = refusals.iter().map(refusal).collect();
    let stem = format!("plugin {plugin} ({})", hook.name());
    let mut message = format!("{stem} {}", wanted.join(", and "));
    if let Some(besides) = besides {
        let cause = besides.message.strip_prefix(&stem);
        message.push_str(", and it");
        message.push_str(cause.unwrap_or(" failed"));
    }
    Warning::new(message).hint(way_on(plugin, refusals, allowed))
}

/// Where a host is missing: consent alone does not help where the configuration does not allow it.
fn way_on(plugin: &str, refusals: &[Refusal], allowed: &[String]) -> String {
    let mut missing = refusals.iter().filter_map(|refusal| match refusal {
        Refusal::NotGranted(host) => Some(Allowed::parse(host)),
        _ => None,
    });
    let is_allowed = |host: &Allowed| allowed.iter().any(|it| Allowed::parse(it) == *host);
    match missing.next() {
        None => format!("session plugin disable {plugin}"),
        Some(host) if is_allowed(&host) && missing.all(|host| is_allowed(&host)) => {
            format!("session plugin trust {plugin}")
        }
        Some(_) => format!(
            "if it should have that, put the host into the plugin's `allow` in .session/config.yaml, then run `session plugin trust {plugin}`"
        ),
    }
}

fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotGranted(host) => format!("asked for {}, which it is not granted", line(host)),
        Refusal::NotEncrypted(host) => format!(
            "asked for http://{}, and only https may leave this machine",
            line(host)
        ),
        Refusal::Disguised => "asked for an address with a user name in it".to_owned(),
        Refusal::TooManyRequests => "made more requests than one call may".to_owned(),
        Refusal::TooMuchReceived => "was sent more bytes than one call may receive".to_owned(),
        Refusal::TooMuchSent => "sent more bytes than one call may".to_owned(),
    }
}

/// An answer that was taken only in part: one warning, whatever was wrong with the rest.
pub fn complaint(plugin: &str, hook: Hook, complaints: &[String]) -> Option<Warning> {
    if complaints.is_empty() {
        return None;
    }
    let message = format!(
        "plugin {plugin} ({}) {}",
        hook.name(),
        complaints.join("; it ")
    );
    Some(Warning::new(message).hint("session plugin list"))
}

/// A plugin that uses the network, in a command that does not.
pub fn not_asked_yet(plugin: &str) -> Warning {
    Warning::new(format!(
        "plugin {plugin} uses the network and was not asked on this branch yet"
    ))
    .hint(format!("session plugin refresh {plugin}"))
}

/// A plugin that uses the network and failed when it was asked, in a command that does not ask.
pub fn never_answered(plugin: &str, hook: Hook, failed: &Failed, now: Timestamp) -> Warning {
    Warning::new(format!(
        "plugin {plugin} ({}) was asked {} and {}",
        hook.name(),
        ago_at(now, failed.at),
        line(&failed.how)
    ))
    .hint(format!("session plugin refresh {plugin}"))
}

/// What it said before is shown instead.
pub fn fell_back(warning: Warning, earlier: &Contribution, now: Timestamp) -> Warning {
    match earlier.said_at {
        Some(said_at) => {
            let ago = ago_at(now, said_at);
            Warning::new(format!("{}; what it said {ago} stands", warning.message))
                .hint(format!("session plugin refresh {}", earlier.plugin))
        }
        None => warning,
    }
}

/// What was said now is not what the next brief shows.
pub fn earlier_stands(plugin: &str, hook: Hook, earlier: &Standing, now: Timestamp) -> Warning {
    let variables = earlier.with.join(" and ");
    let (are, were) = match earlier.with.len() {
        1 => ("is", "was"),
        _ => ("are", "were"),
    };
    let ago = ago_at(now, earlier.said_at);
    Warning::new(format!(
        "what plugin {plugin} ({}) said {ago} stands: {variables} {were} set then, and {are} not now",
        hook.name()
    ))
    .hint(format!("set {variables}, then run `session plugin refresh {plugin}`"))
}

/// The next brief will not have it.
pub fn answer_unkept(plugin: &str, error: &anyhow::Error) -> Warning {
    Warning::new(format!(
        "what plugin {plugin} said cannot be kept: {}",
        line(&format!("{error:#}"))
    ))
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
        Change::Raised(limit) => format!("`limits` raises {}", line(limit)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_allowed_in_the_configuration_before_anybody_can_agree_to_it() {
        let hint = |refused: &[&str], allowed: &[&str]| {
            let refusals = refused
                .iter()
                .map(|host| Refusal::NotGranted((*host).to_owned()));
            let refusals: Vec<_> = refusals.collect();
            let allowed: Vec<_> = allowed.iter().map(|&host| host.to_owned()).collect();
            let warning = super::refused("acme", Hook::Brief, &refusals, &allowed, None);
            warning.hint.unwrap()
        };
        let agree = "session plugin trust acme";
        assert_eq!(hint(&["a.example"], &["A.example"]), agree);
        assert_eq!(
            hint(&["a.example:81"], &["b.example", "a.example:81"]),
            agree
        );
        for (refused, allowed) in [
            (&["a.example"][..], &[][..]),
            (&["a.example:81"], &["a.example"]),
            (&["a.example", "b.example"], &["a.example"]),
        ] {
            let hint = hint(refused, allowed);
            assert!(hint.contains("`allow` in .session/config.yaml"), "{hint}");
            assert!(
                hint.ends_with(", then run `session plugin trust acme`"),
                "{hint}"
            );
        }
        let refusals = [Refusal::Disguised];
        let other = super::refused("acme", Hook::Brief, &refusals, &[], None);
        assert_eq!(other.hint.unwrap(), "session plugin disable acme");
    }
}
