//! Times and durations as people say them. It must not read the clock: both ends of a span are given.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::FixedOffset;

use crate::environment::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `at` on the reader's clock, by a strftime format (`display.date_format`). A format that is none gives RFC 3339.
pub fn date(at: Timestamp, offset: FixedOffset, format: &str) -> String {
    let local = at.with_timezone(&offset);
    let mut text = String::new();
    // `to_string()` would panic on a bad format.
    match write!(text, "{}", local.format(format)) {
        Ok(()) => text,
        Err(_) => local.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    }
}

/// `just now`, `5 minutes ago`, `3 days ago`, `2 years ago`: one unit, rounded down.
pub fn ago(passed: Duration) -> String {
    let seconds = passed.as_secs();
    let (count, unit) = match seconds {
        0..MINUTE => return "just now".into(),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        _ => match seconds / DAY {
            days @ 0..14 => (days, "day"),
            days @ 14..60 => (days / 7, "week"),
            days @ 60..730 => (days / 30, "month"),
            days => (days / 365, "year"),
        },
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// How long ago `then` was at `now`. A `then` in the future (clocks differ) was just now.
pub fn ago_at(now: Timestamp, then: Timestamp) -> String {
    ago((now - then).to_std().unwrap_or_default())
}

/// `45s`, `12m`, `2h 15m`, `3d 4h`: the two largest units, rounded down.
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let pair = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit} {small}{small_unit}"),
    };
    match seconds {
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => pair(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m"),
        _ => pair(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ago_uses_one_unit_and_its_singular() {
        for (seconds, text) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (2 * HOUR - 1, "1 hour ago"),
            (DAY, "1 day ago"),
            (3 * DAY, "3 days ago"),
            (13 * DAY, "13 days ago"),
            (14 * DAY, "2 weeks ago"),
            (60 * DAY, "2 months ago"),
            (729 * DAY, "24 months ago"),
            (730 * DAY, "2 years ago"),
        ] {
            assert_eq!(ago(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_lies_ahead_was_just_now() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(ago_at(now, now + chrono::TimeDelta::days(2)), "just now");
        assert_eq!(ago_at(now + chrono::TimeDelta::days(2), now), "2 days ago");
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        for (seconds, text) in [
            (45, "45s"),
            (12 * MINUTE + 5, "12m"),
            (2 * HOUR + 15 * MINUTE, "2h 15m"),
            (2 * HOUR, "2h"),
            (3 * DAY + 4 * HOUR + 59 * MINUTE, "3d 4h"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_date_follows_the_format_and_the_offset() {
        let offset = FixedOffset::east_opt(2 * 3600).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(date(at, offset, "%Y-%m-%d %H:%M"), "1970-01-01 02:00");
        assert_eq!(date(at, offset, "%Q"), "1970-01-01T02:00:00+02:00");
    }
}
