//! When the time of one call is over. It must not run on while the host works for another plugin: nobody pays for that but
//! the one who asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One point in time, held by both threads of a call.
#[derive(Debug, Clone)]
pub struct Deadline {
    at: Instant,
    /// Nanoseconds by which it was put off.
    later: Arc<AtomicU64>,
}

impl Deadline {
    pub fn after(limit: Duration) -> Self {
        Self {
            at: Instant::now() + limit,
            later: Arc::new(AtomicU64::new(0)),
        }
    }

    pub fn instant(&self) -> Instant {
        self.at + Duration::from_nanos(self.later.load(Ordering::Relaxed))
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.instant()
    }

    pub fn put_off(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.later.fetch_add(by, Ordering::Relaxed);
    }
}
