//! How much a plugin may take: time, memory, output, returned bytes, host calls. It must not have a default that
//! means "no limit".

use std::time::Duration;

use wasmtime::ResourceLimiter;

use super::contribution::Hook;
use crate::config;

/// Always on. All sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wall time of one call, instantiation included; `deadline` says what is not counted.
    pub time: Duration,
    /// All linear memories and tables of one call together.
    pub memory: usize,
    /// Standard output, and as much again for standard error.
    pub output: usize,
    /// What one call may hand to the host, as argument of a host function or as its answer.
    pub returned: usize,
    /// Log text that is kept.
    pub log: usize,
    pub host_calls: u32,
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// What a configuration can ask for at most. It refuses more; these hold whoever made the configuration.
const MOST_TIME: Duration = Duration::from_secs(10);
const MOST_MEMORY: u64 = 512 * MIB;
const MOST_OUTPUT: u64 = MIB;
const MOST_LOG: u64 = MIB;
const MOST_RETURNED: u64 = 4 * MIB;
const MOST_HOST_CALLS: u32 = 100_000;

impl Limits {
    /// The limits of one hook: the configuration's where it sets them, within the ceilings.
    pub fn of(hook: Hook, configured: &config::Limits) -> Self {
        let time = match hook {
            Hook::Brief | Hook::Status => Duration::from_millis(250),
            Hook::Checkpoint | Hook::Handoff | Hook::Analyze => Duration::from_secs(1),
        };
        let bytes = |asked: Option<u64>, usual: u64, most: u64| {
            usize::try_from(asked.unwrap_or(usual).min(most)).unwrap_or(usize::MAX)
        };
        Self {
            time: configured.time.unwrap_or(time).min(MOST_TIME),
            memory: bytes(configured.memory, 64 * MIB, MOST_MEMORY),
            output: bytes(configured.output, 64 * KIB, MOST_OUTPUT),
            returned: bytes(configured.returned, 256 * KIB, MOST_RETURNED),
            log: bytes(configured.log, 64 * KIB, MOST_LOG),
            host_calls: configured.host_calls.unwrap_or(1_000).min(MOST_HOST_CALLS),
        }
    }
}

/// What an element of a table takes: a pointer, or a little more.
const TABLE_ELEMENT: usize = 16;

/// Instances of core modules, tables and memories, of each: they take room beside what is counted. A Python plugin has
/// some ten.
const MOST_PARTS: usize = 100;

/// Counts the memory of one call, and remembers what it denied: the guest only sees an `unreachable`.
#[derive(Debug)]
pub struct Memory {
    limit: usize,
    used: usize,
    denied: Option<usize>,
}

impl Memory {
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            used: 0,
            denied: None,
        }
    }

    /// The bytes that it would have had in all, had the request not been denied.
    pub fn denied(&self) -> Option<usize> {
        self.denied
    }

    /// Whether there is room for so many bytes more; then they are taken.
    fn take(&mut self, bytes: usize) -> bool {
        let total = self.used.saturating_add(bytes);
        if total > self.limit {
            self.denied = Some(total);
            return false;
        }
        self.used = total;
        true
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.take(desired.saturating_sub(current)))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        // A Rust plugin has some hundred entries, a Python one some ten thousand; a hostile one would fill hundreds of
        // tables.
        let more = desired.saturating_sub(current);
        Ok(self.take(more.saturating_mul(TABLE_ELEMENT)))
    }

    fn instances(&self) -> usize {
        MOST_PARTS
    }

    fn tables(&self) -> usize {
        MOST_PARTS
    }

    fn memories(&self) -> usize {
        MOST_PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_can_not_ask_for_more_than_the_ceiling() {
        let asked = config::Limits {
            time: Some(Duration::from_secs(3600)),
            memory: Some(u64::MAX),
            output: Some(u64::MAX),
            log: Some(u64::MAX),
            returned: Some(u64::MAX),
            host_calls: Some(u32::MAX),
        };
        let most = Limits {
            time: MOST_TIME,
            memory: 512 << 20,
            output: 1 << 20,
            returned: 4 << 20,
            log: 1 << 20,
            host_calls: MOST_HOST_CALLS,
        };
        assert_eq!(Limits::of(Hook::Brief, &asked), most);
    }

    #[test]
    fn tables_count_as_memory() {
        let mut memory = Memory::new(100 * TABLE_ELEMENT);
        assert!(memory.table_growing(0, 60, None).unwrap());
        assert!(!memory.table_growing(0, 60, None).unwrap());
        assert_eq!(memory.denied(), Some(120 * TABLE_ELEMENT));
        assert!(memory.memory_growing(0, 40 * TABLE_ELEMENT, None).unwrap());
        assert!(!memory.table_growing(60, 61, None).unwrap());
    }

    #[test]
    fn memory_is_counted_over_all_memories_of_an_instance() {
        let mut memory = Memory::new(100);
        assert!(memory.memory_growing(0, 60, None).unwrap());
        assert!(!memory.memory_growing(0, 60, None).unwrap());
        assert_eq!(memory.denied(), Some(120));
        assert!(memory.memory_growing(60, 100, None).unwrap());
    }
}
