//! The CLAUDE.md and AGENTS.md files that matter now, and how stale they are. It must not write a file: it proposes.

use session_plugin::{Brief, Contribution, Request};

pub struct ContextManager;

session_plugin::plugin!(ContextManager: brief);

impl Brief for ContextManager {
    fn brief(_request: Request) -> Result<Contribution, String> {
        Ok(Contribution::default())
    }
}
