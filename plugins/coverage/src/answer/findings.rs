//! What somebody has to look at: each with its place. It must not decide what holds up a merge.

use session_plugin::Finding;

use super::{MEASURE_AGAIN, MOST_LISTED, are, is_stale, new_code, runs, too_large, why_stale};
use crate::gather::Picture;

pub fn findings(picture: &Picture) -> Vec<Finding> {
    let mut findings: Vec<Finding> = picture
        .problems
        .iter()
        .take(MOST_LISTED)
        .map(trouble)
        .collect();
    if let (true, Some(report)) = (is_stale(picture), picture.reports.first()) {
        findings.push(finding(
            "warning",
            format!("{} is stale: {}", report.path, why_stale(picture, "it")),
            Some((&report.path, None)),
            MEASURE_AGAIN,
        ));
    }
    findings.extend(picture.lost.iter().take(MOST_LISTED).map(|path| {
        finding(
            "warning",
            "the coverage of this changed file was measured before, and no report knows it now"
                .to_owned(),
            Some((path, None)),
            "Run all tests with coverage again, or name every report in config.report.",
        )
    }));
    findings.extend(picture.unmeasured.iter().take(MOST_LISTED).map(|path| {
        finding(
            "warning",
            "no report knows this changed file, so its lines count as nothing".to_owned(),
            Some((path, None)),
            "Test it, or have the coverage tool report files that no test loads.",
        )
    }));
    if let Some(needed) = picture.too_large {
        let hint = format!(
            "Set the plugin's config.largest to {needed} or more, and raise its limits.time, to 5s say."
        );
        let report = picture.reports.first().map(|report| (&*report.path, None));
        findings.push(finding("warning", too_large(picture), report, &hint));
    } else if picture.outdated
        && let Some(report) = picture.reports.first()
    {
        let message = match picture.totals {
            Some(_) => format!(
                "{} has changed since its coverage was measured",
                report.path
            ),
            None => format!("{} is too large to be read here", report.path),
        };
        findings.push(finding(
            "info",
            message,
            Some((&report.path, None)),
            "Run `session checkpoint`, which measures it.",
        ));
    }
    if picture.escaped > 0 {
        let message = match picture.escaped {
            1 => "1 path of the report leads out of the repository and does not count".to_owned(),
            more => {
                format!("{more} paths of the report lead out of the repository and do not count")
            }
        };
        findings.push(finding(
            "info",
            message,
            None,
            "Make the report's paths relative to the repository, or absolute.",
        ));
    }
    let below = new_code(picture).is_some_and(|value| value < picture.settings.new_code_threshold);
    let files = picture
        .changed
        .iter()
        .flatten()
        .filter(|file| !file.uncovered.is_empty());
    for file in files.clone().take(MOST_LISTED) {
        let missing = file.changed.1 - file.changed.0;
        findings.push(finding(
            if below { "warning" } else { "info" },
            format!(
                "{missing} of {} changed lines {} not covered: {}",
                file.changed.1,
                are(picture),
                runs(&file.uncovered)
            ),
            Some((&file.path, file.uncovered.first().map(|(first, _)| *first))),
            "Cover them with a test.",
        ));
    }
    let more = files.count().saturating_sub(MOST_LISTED);
    if more > 0 {
        let message = format!(
            "{} more have changed lines that {} not covered",
            count(more, "file"),
            are(picture)
        );
        findings.push(finding(
            "info",
            message,
            None,
            "The section on coverage begins with the list.",
        ));
    }
    findings.sort_by_key(|finding| finding.severity != "warning");
    findings
}

fn trouble((path, what): &(String, String)) -> Finding {
    finding(
        "warning",
        format!("{path} {what}"),
        Some((path, None)),
        MEASURE_AGAIN,
    )
}

fn finding(
    severity: &str,
    message: String,
    place: Option<(&str, Option<u32>)>,
    hint: &str,
) -> Finding {
    Finding {
        severity: severity.to_owned(),
        message,
        path: place.map(|(path, _)| path.to_owned()),
        line: place.and_then(|(_, line)| line),
        hint: Some(hint.to_owned()),
    }
}

fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}
