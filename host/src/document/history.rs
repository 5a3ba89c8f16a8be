//! Past sessions as a document. It must not read anything but its arguments.

use super::count::count;
use super::sections::time_at_work;
use super::time_text::ago_at;
use super::{Document, Section};
use crate::environment::Timestamp;
use crate::session::record::SessionSummary;

/// `date` writes a point in time as the reader wants it.
pub fn history(
    sessions: &[SessionSummary],
    now: Timestamp,
    date: impl Fn(Timestamp) -> String,
) -> Document {
    let mut document = Document::new("Sessions");
    let mut section = Section::new("sessions", "Newest first")
        .importance(100)
        .more("session handoff SESSION");
    for session in sessions {
        let state = match session.ended_at {
            Some(at) => format!("ended {}, {}", date(at), ago_at(now, at)),
            None => format!("open, last written {}", ago_at(now, session.updated_at)),
        };
        let label = session
            .label
            .as_ref()
            .map(|label| format!(": {label}"))
            .unwrap_or_default();
        section.line(format!(
            "{} on {} ({state}; {}, {}, {} of {} objectives, {} at work){label}",
            session.id,
            session.branch.as_deref().unwrap_or("a detached HEAD"),
            count(session.checkpoints as usize, "checkpoint", "checkpoints"),
            count(session.commits as usize, "commit", "commits"),
            session.objectives_done,
            session.objectives_total,
            time_at_work(session.active_seconds)
        ));
    }
    if sessions.is_empty() {
        section.line("none yet; `session start` begins the first one");
    }
    document.push(section);
    document
}
