//! What nobody has needed for a long time of the user's components, and of what was compiled. It must not take anything
//! that the user agreed to, and must never fail a command.
//!
//! The store is the user's, and all of their clones share it: what one of them lets go of, another may have pinned. Nobody
//! knows all clones, so a component goes with age, counted from when somebody last installed, updated or trusted it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;

use super::cache::Cache;
use super::components::{Components, Stored};
use super::{bundled, consent, engine};
use crate::environment::Environment;

const AGE: Duration = Duration::from_hours(90 * 24);

/// Bytes of components that nobody agreed to. Of more the oldest go, however young: they are fetched again by
/// `session plugin install`.
const MOST: u64 = 1024 * 1024 * 1024;

/// For commands that put something into the store, or let go of something. What cannot be removed now is tried again by
/// the next one.
pub fn tidy(environment: &Environment) {
    let _ = tidy_components(environment.data_dir.as_deref());
    let _ = tidy_artifacts(environment);
}

fn tidy_components(base: Option<&Path>) -> anyhow::Result<()> {
    let base = base.context("there is no store")?;
    let components = Components::open(Some(base))?;
    let oldest = SystemTime::now().checked_sub(AGE);
    let all = components.all()?;
    let whole: u64 = all.iter().map(|stored| stored.size).sum();
    let is_old = |stored: &Stored| oldest.is_some_and(|oldest| stored.wanted < oldest);
    if whole <= MOST && !all.iter().any(is_old) {
        return Ok(());
    }
    let agreed = consent::components(base)?;
    for digest in unneeded(all, |stored| agreed.contains(&stored.digest), is_old, MOST) {
        components.remove(&digest)?;
    }
    Ok(())
}

fn unneeded(
    mut all: Vec<Stored>,
    is_agreed: impl Fn(&Stored) -> bool,
    is_old: impl Fn(&Stored) -> bool,
    most: u64,
) -> Vec<String> {
    all.retain(|stored| !is_agreed(stored));
    all.sort_by_key(|stored| std::cmp::Reverse(stored.wanted));
    let mut kept = 0;
    let goes = |stored: &Stored| {
        kept += stored.size;
        kept > most || is_old(stored)
    };
    all.retain(goes);
    all.into_iter().map(|stored| stored.digest).collect()
}

fn tidy_artifacts(environment: &Environment) -> anyhow::Result<()> {
    let cache = Cache::open(environment.cache_dir.as_deref(), &engine::engine()?);
    let components = Components::open(environment.data_dir.as_deref())?;
    let is_bundled = |digest: &str| bundled::BUNDLED.iter().any(|it| it.digest == digest);
    cache.forget(|digest| is_bundled(digest) || components.holds(digest), AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_what_is_agreed_to_never() {
        let stored = |digest: &str, days: u64| Stored {
            digest: digest.to_owned(),
            size: 10,
            wanted: SystemTime::UNIX_EPOCH + Duration::from_hours(days * 24),
        };
        let all = || ["a", "b", "c", "d"].map(|name| stored(name, u64::from(name.as_bytes()[0])));
        let gone = |agreed: &str, most| {
            let is_old = |stored: &Stored| stored.digest == "a";
            unneeded(
                all().into(),
                |it| agreed.contains(&*it.digest),
                is_old,
                most,
            )
        };
        assert_eq!(gone("", 100), ["a"]);
        assert_eq!(gone("a", 100), [""; 0]);
        assert_eq!(gone("", 25), ["b", "a"]);
        assert_eq!(gone("bd", 10), ["a"]);
    }
}
