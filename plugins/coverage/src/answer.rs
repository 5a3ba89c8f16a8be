//! What is said at each hook, from what was gathered. It must not ask the host.

mod findings;

use session_plugin::{Contribution, Metric, Section, Verdict};

use crate::gather::Picture;
use crate::measure::{ChangedFile, sum};
use crate::table::Counts;
use findings::findings;

const MOST_LISTED: usize = 20;
const MOST_RUNS: usize = 6;
const MEASURE_AGAIN: &str = "Run the tests with coverage, then `session checkpoint`.";

/// Brief, checkpoint, handoff and status differ in what the host takes of this.
pub fn contribution(picture: &Picture) -> Contribution {
    Contribution {
        sections: section(picture).into_iter().collect(),
        metrics: metrics(picture),
        findings: findings(picture),
        next_steps: next_steps(picture),
        ..Contribution::default()
    }
}

/// Whether the work may be merged, as far as coverage goes; none without a measurement, unless nothing is to hold it up.
pub fn verdict(picture: &Picture) -> Option<Verdict> {
    if picture.totals.is_none() && picture.settings.block {
        return None;
    }
    let mut reasons = shortfalls(picture);
    // Where nothing is demanded, nothing needs to be known.
    if picture.settings.threshold > 0.0 || picture.settings.new_code_threshold > 0.0 {
        reasons.extend(not_current(picture));
        let lost = few(&picture.lost);
        reasons.extend(lost.map(|files| {
            format!(
                "coverage of changed files was measured before and is not now: {files}; run all tests with coverage again"
            )
        }));
    }
    if picture.settings.block_unmeasured && picture.settings.new_code_threshold > 0.0 {
        reasons.extend(few(&picture.unmeasured).map(|files| format!("no report knows {files}")));
    }
    let block = picture.settings.block && !reasons.is_empty();
    Some(Verdict {
        outcome: if block { "block" } else { "allow" }.to_owned(),
        reason: reasons.join("; "),
    })
}

/// `b/b.go and 2 more`; none of none.
fn few(paths: &[String]) -> Option<String> {
    let first = paths.first()?;
    Some(match paths.len() - 1 {
        0 => first.clone(),
        more => format!("{first} and {more} more"),
    })
}

/// Why the numbers say nothing of the work as it stands, and what satisfies it; none where they do.
fn not_current(picture: &Picture) -> Option<String> {
    let report = picture.reports.first()?;
    if is_stale(picture) {
        return Some(format!(
            "{} is stale: {}; run the tests with coverage again",
            report.path,
            why_stale(picture, "it")
        ));
    }
    picture.outdated.then(|| match picture.too_large {
        Some(needed) => {
            format!(
                "{}: set its config.largest to {needed} or more",
                too_large(picture)
            )
        }
        None => format!(
            "{} has changed since its coverage was measured, and could not be measured anew",
            report.path
        ),
    })
}

/// `lcov.info is too large to be read`
fn too_large(picture: &Picture) -> String {
    let paths: Vec<&str> = picture.reports.iter().map(|it| &*it.path).collect();
    let are = if paths.len() == 1 { "is" } else { "are" };
    format!("{} {are} too large to be read", paths.join(", "))
}

fn total(picture: &Picture) -> Option<f64> {
    picture.totals.and_then(Counts::percent)
}

fn new_code(picture: &Picture) -> Option<f64> {
    sum(picture.changed.as_deref()?).percent()
}

fn is_stale(picture: &Picture) -> bool {
    !picture.newer.is_empty() || picture.stale_run.is_some()
}

/// What is below its threshold.
fn shortfalls(picture: &Picture) -> Vec<String> {
    let settings = &picture.settings;
    let parts = [
        (total(picture), settings.threshold, "of all lines"),
        (
            new_code(picture),
            settings.new_code_threshold,
            "of the changed lines",
        ),
    ];
    let short = parts.into_iter().filter_map(|(value, threshold, what)| {
        let value = value.filter(|value| *value < threshold)?;
        Some(format!(
            "{} {what} are covered, below {threshold}%",
            percent(value)
        ))
    });
    short.collect()
}

/// Numbers that say nothing of the work as it stands have names of their own, so that nobody takes them for others.
fn metrics(picture: &Picture) -> Vec<Metric> {
    let settings = &picture.settings;
    let current = not_current(picture).is_none();
    let (all, changed) = match current {
        true => ("total_coverage", "changed_lines_coverage"),
        false => ("stale_total_coverage", "stale_changed_lines_coverage"),
    };
    let levels = [
        (all, total(picture), "percent", Some(settings.threshold)),
        (
            changed,
            new_code(picture),
            "percent",
            Some(settings.new_code_threshold),
        ),
    ];
    let changes = [
        ("coverage_since_checkpoint", picture.since_checkpoint),
        ("coverage_since_start", picture.since_start),
        ("coverage_since_first_measured", picture.since_first),
    ];
    let changes = changes.map(|(name, value)| (name, value.filter(|_| current), "points", None));
    let missing = picture.unmeasured.len() + picture.lost.len();
    let missing = (
        "unmeasured_changed_files",
        (missing > 0).then_some(missing as f64),
        "count",
        None,
    );
    let metrics = levels
        .into_iter()
        .chain([missing])
        .chain(changes)
        .filter_map(|(name, value, unit, threshold)| {
            Some(Metric {
                name: name.to_owned(),
                value: value?,
                unit: unit.to_owned(),
                better: if unit == "count" { "down" } else { "up" }.to_owned(),
                threshold,
            })
        });
    metrics.collect()
}

fn section(picture: &Picture) -> Option<Section> {
    let total = picture.totals?;
    let are = are(picture);
    let mut body = format!(
        "{} of {} lines {are} covered",
        percent(total.percent()?),
        total.lines
    );
    let names: Vec<&str> = picture
        .reports
        .iter()
        .map(|report| report.path.as_str())
        .collect();
    body.push_str(&format!(" ({})", names.join(", ")));
    for (change, since) in [
        (picture.since_checkpoint, "the last checkpoint"),
        (picture.since_start, "the session's start"),
        (picture.since_first, "it was first measured in this session"),
    ] {
        if let Some(change) = change {
            body.push_str(&format!("; {} since {since}", points(change)));
        }
    }
    body.push_str(".\n");
    if let Some(left_out) = left_out(picture) {
        body.push_str(&format!("Not counted: {left_out}.\n"));
    }
    if picture.outdated {
        // Where it is too much for a checkpoint as well, a finding says what to do.
        body.push_str(match picture.too_large {
            None => "Stale: the report has changed since this was measured; `session checkpoint` measures it anew.\n",
            Some(_) => "Stale: the report has changed since this was measured, and is too large to be read.\n",
        });
    }
    if is_stale(picture) {
        body.push_str(&format!(
            "Stale: {}.\n",
            why_stale(picture, "the report was")
        ));
    }
    if let Some(files) = picture.changed.as_deref() {
        let changed = sum(files);
        match changed.percent() {
            Some(value) => body.push_str(&format!(
                "Changed lines: {} of {} {are} covered.\n",
                percent(value),
                changed.lines
            )),
            None => body.push_str("No changed line is one that the report knows.\n"),
        }
        if let Some(files) = few(&picture.unmeasured) {
            body.push_str(&format!(
                "Not among them, since no report knows it: {files}.\n"
            ));
        }
        if let Some(files) = few(&picture.lost) {
            body.push_str(&format!(
                "Not among them any more, since no report knows it now: {files}.\n"
            ));
        }
        for file in files.iter().take(MOST_LISTED) {
            body.push_str(&format!("- {}\n", file_line(file)));
        }
        if files.len() > MOST_LISTED {
            body.push_str(&format!("- and {} more\n", files.len() - MOST_LISTED));
        }
    }
    Some(Section {
        title: "Coverage".to_owned(),
        body,
        importance: if shortfalls(picture).is_empty() {
            35
        } else {
            60
        },
    })
}

/// For what is covered, or was when it was measured.
fn are(picture: &Picture) -> &'static str {
    match not_current(picture) {
        Some(_) => "were",
        None => "are",
    }
}

/// `3 files that are not in the work tree, and 8 lines that their files do not have`
fn left_out(picture: &Picture) -> Option<String> {
    let outside = match picture.outside {
        0 => None,
        1 => Some("1 file that is not in the work tree".to_owned()),
        more => Some(format!("{more} files that are not in the work tree")),
    };
    let beyond = match picture.beyond {
        0 => None,
        1 => Some("1 line that its file does not have".to_owned()),
        more => Some(format!("{more} lines that their files do not have")),
    };
    match (outside, beyond) {
        (Some(files), Some(lines)) => Some(format!("{files}, and {lines}")),
        (one, other) => one.or(other),
    }
}

fn file_line(file: &ChangedFile) -> String {
    let (covered, lines) = file.file;
    let whole = Counts { covered, lines }
        .percent()
        .map(percent)
        .unwrap_or_default();
    let mut line = format!("{}: {whole}", file.path);
    if file.changed.1 > 0 {
        line.push_str(&format!(
            "; {} of {} changed lines",
            file.changed.0, file.changed.1
        ));
    }
    if !file.uncovered.is_empty() {
        line.push_str(&format!(", not {}", runs(&file.uncovered)));
    }
    line
}

fn next_steps(picture: &Picture) -> Vec<String> {
    let mut steps = Vec::new();
    if is_stale(picture) {
        steps.push(format!(
            "Run the tests with coverage again: {}",
            why_stale(picture, "the report")
        ));
    }
    if let Some(needed) = picture.too_large {
        steps.push(format!(
            "Set config.largest to {needed} or more: {}",
            too_large(picture)
        ));
    }
    let below = new_code(picture).filter(|value| *value < picture.settings.new_code_threshold);
    // What nobody measured on the work as it stands may be covered by now.
    if below.is_some() && !picture.outdated {
        let files = picture.changed.iter().flatten();
        let worst = files.max_by_key(|file| file.changed.1 - file.changed.0);
        if let Some(file) = worst {
            steps.push(format!(
                "Cover the changed lines of {}: {}",
                file.path,
                runs(&file.uncovered)
            ));
        }
    }
    steps
}

/// `src/a.c and 2 more were written after the report`, or what run of another tree wrote it.
fn why_stale(picture: &Picture, report: &str) -> String {
    let Some(first) = picture.newer.first() else {
        let run = picture.stale_run.as_deref().unwrap_or_default();
        return format!("the work tree has changed since {run}, which wrote it");
    };
    match picture.newer.len() - 1 {
        0 => format!("{first} was written after {report}"),
        more => format!("{first} and {more} more were written after {report}"),
    }
}

/// Never up: 84.99% is not 85%.
fn percent(value: f64) -> String {
    format!("{:.1}%", (value * 10.0 + 1e-6).floor() / 10.0)
}

fn points(value: f64) -> String {
    match format!("{value:+.1}") {
        same if same == "+0.0" || same == "-0.0" => "no change".to_owned(),
        text => text.replace('-', "−"),
    }
}

fn runs(runs: &[(u32, u32)]) -> String {
    let words = runs
        .iter()
        .take(MOST_RUNS)
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        });
    let mut text = words.collect::<Vec<_>>().join(", ");
    if runs.len() > MOST_RUNS {
        text.push_str(", …");
    }
    text
}

#[cfg(test)]
mod tests;
