//! Test-driven development as evidence shows it: phases, cycles, and how well their order was kept. It must not believe a
//! phase because somebody says so.
//!
//! `gather` and `beside` ask the host; everything else is plain functions over plain data, tested without one.

mod answer;
mod beside;
mod discipline;
mod failing;
mod files;
mod gather;
mod glob;
mod inline;
mod kept;
mod machine;
mod outcome;
mod runs;
mod settings;

use session_plugin::{Brief, Checkpoint, Contribution, Handoff, Request, Status};

use gather::{Effort, picture};

pub struct TddWorkflow;

session_plugin::plugin!(TddWorkflow: brief, checkpoint, handoff, status);

impl Brief for TddWorkflow {
    fn brief(request: Request) -> Result<Contribution, String> {
        Ok(answer::brief(&picture(&request, Effort::Quick)?.0))
    }
}

impl Status for TddWorkflow {
    fn status(request: Request) -> Result<Contribution, String> {
        Ok(answer::status(&picture(&request, Effort::Quick)?.0))
    }
}

impl Checkpoint for TddWorkflow {
    fn checkpoint(request: Request) -> Result<Contribution, String> {
        let (picture, state) = picture(&request, Effort::Full)?;
        Ok(Contribution {
            state,
            ..answer::checkpoint(&picture)
        })
    }
}

impl Handoff for TddWorkflow {
    fn handoff(request: Request) -> Result<Contribution, String> {
        let (picture, state) = picture(&request, Effort::Full)?;
        Ok(Contribution {
            state,
            ..answer::handoff(&picture)
        })
    }
}
