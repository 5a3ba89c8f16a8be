//! What the reports of coverage tools say: in all, of each changed file and of the changed lines. It must not run tests,
//! nor take a report's word for its own totals.
//!
//! `gather` asks the host; everything else is plain functions over plain data, tested and measured without one.

mod answer;
mod counted;
mod custom;
mod gather;
mod kept;
mod later;
mod measure;
mod paths;
pub mod report;
mod settings;
mod standing;
pub mod table;
mod tree;

use session_plugin::{Brief, Checkpoint, Contribution, Handoff, Request, Status};

use gather::{Effort, picture};

pub struct Coverage;

session_plugin::plugin!(Coverage: brief, checkpoint, handoff, status);

impl Brief for Coverage {
    fn brief(request: Request) -> Result<Contribution, String> {
        Ok(answer::contribution(&picture(&request, Effort::Quick)?.0))
    }
}

impl Status for Coverage {
    fn status(request: Request) -> Result<Contribution, String> {
        Ok(answer::contribution(&picture(&request, Effort::Quick)?.0))
    }
}

impl Checkpoint for Coverage {
    fn checkpoint(request: Request) -> Result<Contribution, String> {
        measured(&request)
    }
}

impl Handoff for Coverage {
    fn handoff(request: Request) -> Result<Contribution, String> {
        measured(&request)
    }
}

fn measured(request: &Request) -> Result<Contribution, String> {
    let (picture, state) = picture(request, Effort::Full)?;
    Ok(Contribution {
        verdict: answer::verdict(&picture),
        state,
        ..answer::contribution(&picture)
    })
}
