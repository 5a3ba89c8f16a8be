//! The rules of a session: ids, lists, lifecycle, commit message. Pure: no files, no git, no clock of its own.

pub mod commit_message;
pub mod decision;
pub mod evidence;
pub mod gates;
pub mod ids;
pub mod import;
pub mod lifecycle;
pub mod list;
pub mod live;
pub mod measured;
pub mod next_actions;
pub mod phase;
pub mod record;
pub mod selection;
pub mod subject;
pub mod summary;
pub mod test_command;
