//! The CLAUDE.md and AGENTS.md files that matter now, and how stale they are. It must not write a file: it proposes.
//!
//! `gather` asks the host; everything else is plain functions over plain data, tested without one.

mod answer;
mod block;
mod choose;
mod context_file;
mod describe;
mod extract;
mod gather;

use session_plugin::{Brief, Checkpoint, Contribution, Handoff, Request, Status};

pub struct ContextManager;

session_plugin::plugin!(ContextManager: brief, checkpoint, handoff, status);

impl Brief for ContextManager {
    fn brief(_request: Request) -> Result<Contribution, String> {
        let situation = gather::situation()?;
        let chosen = choose::choose(&situation);
        let texts = gather::texts(&chosen);
        Ok(answer::brief(&situation, &chosen, &texts))
    }
}

impl Checkpoint for ContextManager {
    fn checkpoint(_request: Request) -> Result<Contribution, String> {
        let situation = gather::situation()?;
        let stale = choose::stale_beside_changes(&situation);
        let drafts = gather::drafts(&stale, &situation)?;
        Ok(answer::checkpoint(&situation, &drafts))
    }
}

impl Handoff for ContextManager {
    fn handoff(_request: Request) -> Result<Contribution, String> {
        Ok(answer::handoff(&gather::situation()?))
    }
}

impl Status for ContextManager {
    fn status(_request: Request) -> Result<Contribution, String> {
        Ok(answer::status(&gather::situation()?))
    }
}
