//! The limits that a configuration raises above what every plugin has, as part of what a user agrees to. It must not hold
//! a plugin to them: `limits` does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contribution::Hook;
use super::limits::Limits;
use crate::config;

/// By the limit's name, each that is above the default of some hook, as it would be in force: milliseconds, bytes, calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RaisedLimits(BTreeMap<String, u64>);

impl RaisedLimits {
    pub fn of(configured: &config::Limits) -> Self {
        // The hook with the shortest time, and so the first one for which it is raised.
        let asked = numbers(&Limits::of(Hook::Brief, configured));
        let usual = numbers(&Limits::of(Hook::Brief, &config::Limits::default()));
        let both = asked.into_iter().zip(usual);
        let raised = both.filter(|((_, asked), (_, usual))| asked > usual);
        Self(
            raised
                .map(|((name, asked), _)| (name.to_owned(), asked))
                .collect(),
        )
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As `time=10s`, with the unit that a configuration would have.
    pub fn shown(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, value)| shown(name, *value))
    }

    /// Those that are above what was agreed. Lowering a limit takes no agreement.
    pub fn beyond(&self, agreed: &Self) -> impl Iterator<Item = String> {
        let more =
            |(name, value): &(&String, &u64)| agreed.0.get(*name).is_none_or(|it| it < *value);
        let more = self.0.iter().filter(more);
        more.map(|(name, value)| shown(name, *value))
    }
}

fn numbers(limits: &Limits) -> [(&'static str, u64); 6] {
    let bytes = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let time = u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX);
    [
        ("time", time),
        ("memory", bytes(limits.memory)),
        ("output", bytes(limits.output)),
        ("log", bytes(limits.log)),
        ("returned", bytes(limits.returned)),
        ("host_calls", limits.host_calls.into()),
    ]
}

/// In the largest unit that is exact: one text for one limit, however it was written.
fn shown(name: &str, value: u64) -> String {
    let units: &[(u64, &str)] = match name {
        "time" => &[(1_000, "s"), (1, "ms")],
        "host_calls" => &[],
        _ => &[(1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")],
    };
    let exact = units.iter().find(|(unit, _)| value.is_multiple_of(*unit));
    let (unit, suffix) = exact.copied().unwrap_or((1, ""));
    format!("{name}={}{suffix}", value / unit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_limit_counts_where_it_is_above_the_default_of_some_hook() {
        let of = |milliseconds, memory| {
            RaisedLimits::of(&config::Limits {
                time: Some(Duration::from_millis(milliseconds)),
                memory: Some(memory),
                ..config::Limits::default()
            })
        };
        assert!(of(250, 64 << 20).is_empty());
        assert!(RaisedLimits::of(&config::Limits::default()).is_empty());
        // A checkpoint has a second without asking, a brief has not.
        let shown = |raised: RaisedLimits| raised.shown().collect::<Vec<_>>();
        assert_eq!(shown(of(251, 1 << 20)), ["time=251ms"]);
        assert_eq!(shown(of(2_000, 65 << 20)), ["memory=65MiB", "time=2s"]);
        // What is in force, not what was written.
        assert_eq!(shown(of(1, 1 << 40)), ["memory=512MiB"]);
        let shortest = Hook::ALL.map(|hook| Limits::of(hook, &config::Limits::default()).time);
        let brief = Limits::of(Hook::Brief, &config::Limits::default()).time;
        assert_eq!(shortest.into_iter().min(), Some(brief));
    }
}
