//! Whether a report tells of the work as it stands: by the run that wrote it, or by the times of files. It must not ask
//! the host.

use crate::kept::Stamped;

const SECOND: i128 = 1_000_000_000;

/// When a file was written, in nanoseconds since 1970. The host's stamp is size, time and inode; where it is anything else,
/// the second has to do.
pub fn written(stamp: &str, modified_at: i64) -> i128 {
    let whole = i128::from(modified_at) * SECOND;
    let time = stamp.split('-').nth(1).and_then(|it| it.split_once('.'));
    let of_second = time.filter(|(seconds, _)| seconds.parse() == Ok(modified_at));
    let of_second = of_second.and_then(|(_, rest)| rest.parse::<u32>().ok());
    whole + of_second.map_or(0, |rest| i128::from(rest).min(SECOND - 1))
}

impl Stamped {
    pub fn written(&self) -> i128 {
        written(&self.stamp, self.modified_at)
    }
}

/// A command that `session run` saw.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: String,
    pub started_at: i64,
    pub milliseconds: u64,
    pub standing: String,
}

impl Run {
    /// It began at some time of a second that is known.
    fn latest_end(&self) -> i128 {
        let took = i128::from(self.milliseconds) * (SECOND / 1_000);
        (i128::from(self.started_at) + 1) * SECOND + took
    }

    fn may_have_written(&self, at: i128) -> bool {
        at >= i128::from(self.started_at) * SECOND && at <= self.latest_end()
    }
}

/// What the runs say that wrote the reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ByRuns {
    /// Nobody saw one, or it was not compared, or several may have written it: the times of files decide.
    #[default]
    Unknown,
    /// They were on the work tree as it stands, and had ended by then: what was written later is as it was.
    Verified {
        until: i128,
    },
    Stale {
        run: String,
    },
}

impl ByRuns {
    pub fn of(reports: &[Stamped], runs: &[Run]) -> Self {
        let mut all = reports.iter().map(|report| of_one(report, runs));
        let Some(mut together) = all.next() else {
            return Self::Unknown;
        };
        for one in all {
            together = match (together, one) {
                (stale @ Self::Stale { .. }, _) | (_, stale @ Self::Stale { .. }) => stale,
                (Self::Verified { until: one }, Self::Verified { until: other }) => {
                    Self::Verified {
                        until: one.max(other),
                    }
                }
                _ => Self::Unknown,
            };
        }
        together
    }

    /// Whether a file that was written then, after the report, is another one than the report is about.
    pub fn is_newer(&self, written: i128) -> bool {
        match self {
            Self::Unknown | Self::Stale { .. } => true,
            Self::Verified { until } => written <= *until,
        }
    }
}

fn of_one(report: &Stamped, runs: &[Run]) -> ByRuns {
    let at = report.written();
    let runs: Vec<&Run> = runs.iter().filter(|run| run.may_have_written(at)).collect();
    let all = |is: fn(&str) -> bool| runs.iter().all(|run| is(&run.standing));
    match runs.last() {
        None => ByRuns::Unknown,
        Some(_) if all(|standing| standing == "verified") => {
            let ends = runs.iter().map(|run| run.latest_end());
            ByRuns::Verified {
                until: ends.max().unwrap_or_default(),
            }
        }
        Some(newest) if all(|standing| !matches!(standing, "verified" | "unverified")) => {
            ByRuns::Stale {
                run: newest.id.clone(),
            }
        }
        Some(_) => ByRuns::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(seconds: i64, nanoseconds: u32) -> Stamped {
        Stamped {
            path: "lcov.info".to_owned(),
            stamp: format!("12-{seconds}.{nanoseconds:09}-7 as lcov"),
            modified_at: seconds,
        }
    }

    fn run(id: &str, started_at: i64, milliseconds: u64, standing: &str) -> Run {
        Run {
            id: id.to_owned(),
            started_at,
            milliseconds,
            standing: standing.to_owned(),
        }
    }

    #[test]
    fn a_stamp_has_the_time_to_the_nanosecond() {
        assert_eq!(report(5, 21).written(), 5_000_000_021);
        assert_eq!(written("12-5.000000021-7", 6), 6_000_000_000);
        assert_eq!(written("", 6), 6_000_000_000);
        assert_eq!(written("-6.999999999999-", -6), -6_000_000_000);
    }

    #[test]
    fn a_report_is_worth_what_the_run_is_that_wrote_it() {
        let by = |runs: &[Run]| ByRuns::of(&[report(102, 0)], runs);
        let stale = ByRuns::Stale { run: "ev-1".into() };
        let verified = ByRuns::Verified {
            until: 102_500_000_000,
        };
        assert_eq!(by(&[run("ev-1", 100, 1_500, "stale")]), stale);
        assert_eq!(by(&[run("ev-1", 100, 1_500, "verified")]), verified);
        assert_eq!(
            by(&[run("ev-1", 100, 1_500, "unverified")]),
            ByRuns::Unknown
        );
        // Neither before nor after.
        assert_eq!(by(&[run("ev-1", 100, 900, "stale")]), ByRuns::Unknown);
        assert_eq!(by(&[run("ev-1", 103, 1_500, "stale")]), ByRuns::Unknown);
        // Either may have written it.
        let both = [
            run("ev-1", 100, 1_500, "stale"),
            run("ev-2", 102, 30, "verified"),
        ];
        assert_eq!(by(&both), ByRuns::Unknown);
    }

    #[test]
    fn of_several_reports_one_that_is_stale_is_enough() {
        let runs = [
            run("ev-1", 100, 0, "verified"),
            run("ev-2", 200, 0, "stale"),
        ];
        let by = |at: [i64; 2]| ByRuns::of(&at.map(|at| report(at, 0)), &runs);
        assert_eq!(by([100, 200]), ByRuns::Stale { run: "ev-2".into() });
        assert_eq!(by([100, 300]), ByRuns::Unknown);
        assert!(matches!(by([100, 101]), ByRuns::Verified { .. }));
    }

    #[test]
    fn what_was_touched_long_after_a_run_that_still_holds_is_as_it_was() {
        let by = ByRuns::of(&[report(100, 0)], &[run("ev-1", 100, 20, "verified")]);
        assert!(!by.is_newer(150 * SECOND));
        assert!(
            by.is_newer(101 * SECOND),
            "or the report is none of that run"
        );
        assert!(ByRuns::Unknown.is_newer(150 * SECOND));
    }
}
