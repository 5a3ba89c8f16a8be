//! `session history`: past sessions, newest first. It only reads.

use chrono::NaiveDate;
use serde::Serialize;

use crate::document::history::history;
use crate::environment::{Environment, Timestamp};
use crate::error::user_error;
use crate::session::record::SessionSummary;
use crate::store;
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Show past sessions, newest first
#[derive(Debug, clap::Args)]
pub struct Args {
    /// At most this many
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub count: u32,
    /// Only those active on or after this date (2026-11-22), this time (RFC 3339), or within this span (7d, 12h)
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
}

#[derive(Debug, Serialize)]
struct HistoryView {
    sessions: Vec<SessionSummary>,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let since = args
        .since
        .as_deref()
        .map(|text| parse_since(text, environment))
        .transpose()?;
    let workspace = Workspace::open(environment, None)?;
    ui.configure(&workspace.config.display);
    let sessions = store::history::list(
        &workspace.repository,
        &workspace.layout,
        args.count as usize,
        since,
    )?;
    if ui.wants_json() {
        return ui.json("history", &HistoryView { sessions });
    }
    ui.document(&history(&sessions, environment.now, |time| ui.time(time)));
    Ok(())
}

fn parse_since(text: &str, environment: &Environment) -> anyhow::Result<Timestamp> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        let midnight = date
            .and_time(chrono::NaiveTime::MIN)
            .and_local_timezone(environment.offset)
            .single();
        if let Some(midnight) = midnight {
            return Ok(midnight.to_utc());
        }
    }
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let units = [('d', 86_400), ('h', 3_600), ('m', 60)];
    for (unit, seconds) in units {
        if let Some(number) = text
            .strip_suffix(unit)
            .and_then(|number| number.parse::<i64>().ok())
            && let Some(span) = number
                .checked_mul(seconds)
                .and_then(chrono::TimeDelta::try_seconds)
            && let Some(time) = environment.now.checked_sub_signed(span)
        {
            return Ok(time);
        }
    }
    Err(user_error(
        format!("--since {text:?} is neither a date, a time nor a span"),
        "write a date (2026-11-22), an RFC 3339 time, or a span such as 7d or 12h",
    ))
}
