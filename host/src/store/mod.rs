//! Persisting: the live files, the record, the snapshots, the locks. It must not decide or compose.

pub mod snapshot;
