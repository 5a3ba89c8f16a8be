//! When the time of one call is over. It must not run on while the host works for another plugin, nor end while the call
//! could not have the processor: nobody pays for others.
//!
//! A limit is wall time, as people wait for it. Where plugins that compute without end, or other programs, take the
//! processor away, an honest one would lose its contribution for nothing: it has its limit in time on the processor, and
//! at most as much again for waiting for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One point in time, held by both threads of a call.
#[derive(Debug, Clone)]
pub struct Deadline {
    at: Instant,
    /// How long the call may be on the processor, where that is less than what passed.
    limit: Duration,
    /// Nanoseconds by which it was put off while the host worked for others.
    later: Arc<AtomicU64>,
    /// And while the call waited for the processor.
    starved: Arc<AtomicU64>,
}

impl Deadline {
    pub fn after(limit: Duration) -> Self {
        Self::of(limit, Instant::now() + limit)
    }

    /// Of a call that has `limit`, and would be over at this point.
    pub fn of(limit: Duration, at: Instant) -> Self {
        Self {
            at,
            limit,
            later: Arc::default(),
            starved: Arc::default(),
        }
    }

    /// The same, for a call that is given nothing for waiting for the processor.
    pub fn strict(self) -> Self {
        let limit = Duration::ZERO;
        Self { limit, ..self }
    }

    pub fn instant(&self) -> Instant {
        let off = [&self.later, &self.starved].map(|it| it.load(Ordering::Relaxed));
        self.at + Duration::from_nanos(off[0]) + Duration::from_nanos(off[1])
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.instant()
    }

    /// Whether it is over for a call that was on the processor for so long. If that is less than its limit, it is put off
    /// by the rest. Only the call's own thread may ask: one that sleeps does not, and is not waited for.
    pub fn is_over_after(&self, used: Duration) -> bool {
        if self.is_over() {
            let lacking = self.limit.saturating_sub(used);
            let starved = Duration::from_nanos(self.starved.load(Ordering::Relaxed));
            let most = self.limit.saturating_sub(starved);
            add(&self.starved, lacking.min(most));
        }
        self.is_over()
    }

    pub fn put_off(&self, by: Duration) {
        add(&self.later, by);
    }
}

fn add(to: &AtomicU64, more: Duration) {
    let more = u64::try_from(more.as_nanos()).unwrap_or(u64::MAX);
    to.fetch_add(more, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_could_not_have_the_processor_has_as_long_again_and_no_longer() {
        const LIMIT: Duration = Duration::from_hours(1);
        let begun = Instant::now();
        let over = || Deadline::of(LIMIT, begun);
        assert!(over().is_over_after(LIMIT));
        let starved = over();
        assert!(!starved.is_over_after(LIMIT / 4));
        assert_eq!(starved.instant(), begun + LIMIT * 3 / 4);
        // Not over yet: nothing changes.
        assert!(!starved.is_over_after(LIMIT));
        assert_eq!(starved.instant(), begun + LIMIT * 3 / 4);
        for ago in [LIMIT, LIMIT * 2] {
            let Some(at) = begun.checked_sub(ago) else {
                continue;
            };
            let never_ran = Deadline::of(LIMIT, at);
            assert!(never_ran.is_over_after(Duration::ZERO));
            assert!(never_ran.is_over_after(Duration::ZERO));
            assert_eq!(never_ran.instant(), at + LIMIT);
        }
    }
}
