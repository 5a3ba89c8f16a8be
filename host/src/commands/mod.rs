//! One file per verb: its arguments, and the line it runs. A rule that grows here belongs in `session`.

pub mod auto_checkpoint;
pub mod blockers;
pub mod brief;
pub mod checkpoint;
pub mod checkpointing;
pub mod completions;
pub mod decisions;
pub mod demo;
pub mod end;
pub mod handoff;
pub mod history;
pub mod hooks;
pub mod init;
pub mod lists;
pub mod objectives;
pub mod opening;
pub mod parking;
pub mod phase_checkpoint;
pub mod plugin;
pub mod reference;
pub mod resume;
pub mod run;
pub mod shown;
pub mod start;
pub mod status;
pub mod switch;
