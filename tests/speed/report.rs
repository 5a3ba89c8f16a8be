//! The measurements as a page for people and as numbers for programs. It must not name the machine or a place on it.

use std::fmt::Write as _;

use serde_json::json;

use crate::Failure;
use crate::fixture::CHANGED;
use crate::measure::Samples;
use crate::plan::{Group, Results};
use crate::{parse, plugins};

pub fn summary(results: &Results) -> String {
    let mut text = String::from("# Speed\n\n");
    let _ = writeln!(
        text,
        "`cargo bench -p session-speed`, release build, on {} cores with {}. Every repository has {CHANGED} changed \
         files, a session under way and 10000 past ones. The commands of a table ran in turn, forwards and \
         backwards, {} times (a third of that for the large repository and the first brief), after two rounds of \
         warming up; the numbers are medians of wall time and of processor time (all processes together), in \
         milliseconds. A ratio is to the table's first row.",
        results.cores, results.git, results.rounds
    );
    for group in &results.groups {
        table(&mut text, group);
    }
    let _ = write!(
        text,
        "\n## Sizes\n\n| what | measured | at most |\n|---|---:|---:|\n"
    );
    if let Some(small) = results.group("700 files") {
        let peak = small
            .samples
            .iter()
            .find(|samples| samples.label == "session brief");
        let _ = writeln!(
            text,
            "| peak memory of `session brief`, 700 files | {} MiB | 40 MiB |",
            mebi(peak.map_or(0, Samples::peak) * 1024)
        );
    }
    let _ = writeln!(
        text,
        "| release binary | {} MiB | 20 MiB |",
        mebi(results.binary_bytes)
    );
    text
}

fn table(text: &mut String, group: &Group) {
    let _ = writeln!(text, "\n## {}\n", group.title);
    text.push_str("| command | wall ms | ratio | at most | cpu ms | ratio | peak MiB |\n|---|---:|---:|---:|---:|---:|---:|\n");
    let Some(first) = group.samples.first() else {
        return;
    };
    for (index, samples) in group.samples.iter().enumerate() {
        let target = index
            .checked_sub(1)
            .and_then(|index| group.targets.get(index));
        let _ = writeln!(
            text,
            "| `{}` | {} | {:.2} | {} | {} | {:.2} | {} |",
            samples.label,
            millis(samples.wall()),
            ratio(samples.wall(), first.wall()),
            target.map_or("–".to_owned(), |target| format!("{target:.1}")),
            millis(samples.cpu()),
            ratio(samples.cpu(), first.cpu()),
            mebi(samples.peak() * 1024),
        );
    }
    match (&*group.title, &group.samples[..]) {
        ("one plugin", [off, on]) => {
            let added = on.wall().saturating_sub(off.wall());
            let _ = writeln!(text, "\nAdded: {} ms; at most 0.5 ms.", millis(added));
        }
        ("first brief", _) => text.push_str("\nAt most 300 ms.\n"),
        ("run", [status, bare, run]) => {
            let over = run.wall().saturating_sub(bare.wall());
            let _ = writeln!(
                text,
                "\nAdded to the command: {} ms; at most one `git status` and 10 ms, {} ms.",
                millis(over),
                millis(status.wall() + 10_000)
            );
        }
        (parse::TITLE | parse::TITLE_OF_MANY, [native, off, on]) => {
            let inside = on.cpu().saturating_sub(off.cpu());
            let _ = write!(
                text,
                "\nInside the component: {} ms of processor time, {:.2} times the native parser's",
                millis(inside),
                ratio(inside, native.cpu()),
            );
            let target = match group.title == parse::TITLE {
                true => format!("; at most {:.1} times.", parse::MOST),
                false => ", which looks for no file.".to_owned(),
            };
            let _ = writeln!(text, "{target}");
        }
        (plugins::WARM, [none, rest @ ..]) => added_by_plugins(text, none, rest),
        (plugins::LIMIT, [none, looping]) => {
            let over = looping.wall().saturating_sub(none.wall());
            let over = over.saturating_sub(plugins::LIMIT_MILLIS * 1000);
            let _ = writeln!(text, "\nOvershoot: {} ms; at most 20 ms.", millis(over));
        }
        _ => {}
    }
}

fn added_by_plugins(text: &mut String, none: &Samples, rest: &[Samples]) {
    text.push('\n');
    for (samples, count) in rest.iter().zip(plugins::COUNTS) {
        let added = samples.wall().saturating_sub(none.wall());
        let each = added / count as u64;
        let _ = writeln!(
            text,
            "- {count} added {} ms, {} ms each.",
            millis(added),
            millis(each)
        );
    }
    text.push_str("\nAt most 0.5 ms each, and 50 ms for 64.\n");
}

pub fn raw(results: &Results) -> Result<String, Failure> {
    let groups = results.groups.iter().map(|group| {
        let commands = group.samples.iter().map(|samples| {
            let costs = &samples.costs;
            json!({
                "command": samples.label,
                "wall_us": costs.iter().map(|cost| cost.wall_us).collect::<Vec<_>>(),
                "cpu_us": costs.iter().map(|cost| cost.cpu_us).collect::<Vec<_>>(),
                "peak_kib": samples.peak(),
            })
        });
        json!({
            "title": group.title,
            "most_ratios": group.targets,
            "commands": commands.collect::<Vec<_>>(),
        })
    });
    let value = json!({
        "cores": results.cores,
        "git": results.git,
        "rounds": results.rounds,
        "files": results.files,
        "binary_bytes": results.binary_bytes,
        "groups": groups.collect::<Vec<_>>(),
    });
    Ok(format!("{value}\n"))
}

fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / other.max(1) as f64
}

fn millis(micros: u64) -> String {
    format!("{:.2}", micros as f64 / 1000.0)
}

fn mebi(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1024.0 / 1024.0)
}
