//! Persisting: the live files, the record, the snapshots, the locks. It must not decide or compose.

mod all_live;
pub mod damaged_record;
pub mod decisions;
pub mod durable;
pub mod edits;
pub mod events;
pub mod failed_elsewhere;
pub mod history;
pub mod housekeeping;
pub mod layout;
pub mod live;
pub mod lock;
pub mod record;
pub mod recorded_evidence;
mod regular_file;
pub mod shared_files;
pub mod snapshot;
pub mod transaction;
