//! Bytes on their way in, never more than a component may have. It must not know where they come from.

use super::too_large;
use crate::plugin::components::LARGEST;

/// Collects bytes and tells of them.
pub struct Bounded<'a> {
    bytes: Vec<u8>,
    total: Option<u64>,
    progress: &'a dyn Fn(u64, Option<u64>),
}

impl<'a> Bounded<'a> {
    /// An error if it is known beforehand that there are too many.
    pub fn new(total: Option<u64>, progress: &'a dyn Fn(u64, Option<u64>)) -> anyhow::Result<Self> {
        if total.is_some_and(|total| total > LARGEST) {
            return Err(too_large());
        }
        progress(0, total);
        Ok(Self {
            bytes: Vec::new(),
            total,
            progress,
        })
    }

    pub fn push(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let length = (self.bytes.len() + bytes.len()) as u64;
        if length > LARGEST {
            return Err(too_large());
        }
        self.bytes.extend_from_slice(bytes);
        (self.progress)(length, self.total);
        Ok(())
    }

    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
