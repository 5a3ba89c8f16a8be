//! The rules of a session: ids, lists, lifecycle, commit message. Pure: no files, no git, no clock of its own.

pub mod decision;
pub mod ids;
pub mod import;
pub mod list;
pub mod live;
pub mod record;
