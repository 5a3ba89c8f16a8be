//! What was written after a report, and which run wrote that, asked of the host. It must not read a report.

use std::collections::BTreeSet;

use session_plugin::{facts, work_tree};

use crate::gather::Picture;
use crate::kept::{Last, Stamped};
use crate::standing::{ByRuns, Run, written};

/// What the session changed, committed or not; what was known at the last checkpoint need not be asked again.
pub fn touched_files(last: Option<&Last>) -> BTreeSet<String> {
    let commits = match last {
        Some(_) => facts::commits(),
        None => facts::session_commits(),
    };
    let files = commits.into_iter().flat_map(|commit| commit.files);
    let known = last
        .into_iter()
        .flat_map(|last| last.watched.iter().cloned());
    let here = facts::changed_files().into_iter().map(|file| file.path);
    files.chain(known).chain(here).collect()
}

/// What speaks against the reports: the run that wrote them, or else files among these and those that differ from HEAD.
pub fn find_newer(
    picture: &mut Picture,
    mut paths: BTreeSet<String>,
    matters: impl Fn(&String) -> bool,
) {
    const MOST: usize = 10_000;
    const AT_ONCE: usize = 1_000;
    let by_runs = ByRuns::of(&picture.reports, &runs(&picture.reports));
    let moved = facts::changed_files().into_iter().map(|file| file.path);
    match &by_runs {
        // Anything may be why.
        ByRuns::Stale { run } => {
            picture.stale_run = Some(run.clone());
            paths.extend(moved.filter(|path| !path.starts_with(".session/")));
        }
        _ => paths.extend(moved.filter(matters)),
    }
    picture.reports.iter().for_each(|report| {
        paths.remove(&report.path);
    });
    let Some(oldest) = picture.reports.iter().map(Stamped::written).min() else {
        return;
    };
    let paths: Vec<String> = paths.into_iter().take(MOST).collect();
    for some in paths.chunks(AT_ONCE) {
        let infos = some.iter().zip(work_tree::stat_files(some));
        let newer = infos.filter(|(_, info)| {
            info.as_ref().is_ok_and(|info| {
                let at = written(&info.stamp, info.modified_at);
                at > oldest && by_runs.is_newer(at)
            })
        });
        picture.newer.extend(newer.map(|(path, _)| path.clone()));
    }
}

/// The runs of this session that may have written the reports: none, where all of them are older than it is.
fn runs(reports: &[Stamped]) -> Vec<Run> {
    let started = facts::session().map(|session| session.started_at);
    let newest = reports.iter().map(|report| report.modified_at).max();
    if started.is_none() || newest < started {
        return Vec::new();
    }
    let all = facts::evidence().into_iter().map(|evidence| Run {
        id: evidence.id,
        started_at: evidence.started_at,
        milliseconds: evidence.milliseconds,
        standing: evidence.standing,
    });
    all.collect()
}
