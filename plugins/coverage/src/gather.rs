//! Asking the host, and reading reports through it. It must not say anything: what it returns is for `answer`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use session_plugin::{NewState, Request, facts, state, work_tree};

use crate::custom;
use crate::kept::{Kept, Last, SessionKept, Stamped, counts};
use crate::later::{find_newer, touched_files};
use crate::measure::{ChangedFile, ChangedLines, Reading, changed_files};
use crate::report::input::Pieces;
use crate::settings::{Settings, USUAL_PLACES};
use crate::table::{Counts, Lines};
use crate::tree::Tree;

/// How much a hook may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// `brief` and `status`: what is kept is enough.
    Quick,
    /// `checkpoint` and `end`: measure.
    Full,
}

impl Effort {
    /// MiB of reports that are read within the time of the hook.
    fn most(self, settings: &Settings) -> u64 {
        match self {
            Self::Quick => u64::from(settings.largest.min(2)),
            Self::Full => u64::from(settings.largest),
        }
    }
}

/// Bytes, as to the work that they are: XML takes twice as long as lines of text, JSON three times.
fn work(path: &str, size: u64) -> u64 {
    match crate::measure::extension(path) {
        Some("xml") => size.saturating_mul(2),
        Some("json") => size.saturating_mul(3),
        _ => size,
    }
}

const MIB: u64 = 1024 * 1024;

/// How it stands.
#[derive(Debug, Default)]
pub struct Picture {
    pub settings: Settings,
    pub reports: Vec<Stamped>,
    /// None: nothing could be measured.
    pub totals: Option<Counts>,
    /// None: not asked, or there is nothing to compare with.
    pub changed: Option<Vec<ChangedFile>>,
    /// Percentage points.
    pub since_checkpoint: Option<f64>,
    pub since_start: Option<f64>,
    /// Where nobody knows how the session began: since it was first measured in it.
    pub since_first: Option<f64>,
    /// Changed source files that no report knows.
    pub unmeasured: Vec<String>,
    /// Changed files that a report of this session knew, and that none knows now.
    pub lost: Vec<String>,
    /// Files that matter to a report and were written after it.
    pub newer: Vec<String>,
    /// The run that wrote a report, where the work tree has changed since.
    pub stale_run: Option<String>,
    /// The report has changed since these numbers were measured.
    pub outdated: bool,
    /// What `largest` has to be, in MiB, where the reports are beyond it.
    pub too_large: Option<u64>,
    pub escaped: usize,
    /// Files in the report that are none of the work tree, and lines that their file does not have: they do not count.
    pub outside: usize,
    pub beyond: u64,
    /// A report, and what is wrong with it.
    pub problems: Vec<(String, String)>,
}

/// How it stands, and what to keep of it.
pub fn picture(request: &Request, effort: Effort) -> Result<(Picture, Vec<NewState>), String> {
    let configuration = facts::configuration();
    let arguments = request.arguments.iter();
    let told = arguments.map(|argument| (&*argument.name, &*argument.value));
    let settings = Settings::read(&configuration)?.with_thresholds(&configuration, told);
    let mut picture = Picture::default();
    let work = find_reports(&settings, &mut picture);
    picture.settings = settings;
    if picture.reports.is_empty() {
        return Ok((picture, Vec::new()));
    }
    let session = state::get("session")
        .and_then(|bytes| SessionKept::read(&bytes))
        .unwrap_or_default();
    if effort == Effort::Quick
        && let Some(last) = session
            .last
            .as_ref()
            .filter(|last| last.reports == picture.reports)
    {
        recall(&mut picture, &session, last);
        return Ok((picture, Vec::new()));
    }
    let kept = state::get("repository").and_then(|bytes| Kept::read(&bytes));
    let earlier = kept
        .as_ref()
        .and_then(|kept| counts(kept.totals?).percent());
    let changed_lines = changed_lines(&mut picture);
    let wanted: BTreeSet<String> = changed_lines
        .iter()
        .flatten()
        .map(|(path, _)| path.clone())
        .collect();
    let kept = kept.filter(|kept| kept.reports == picture.reports && are_there(kept.described()));
    let known = kept.and_then(|kept| kept.found(&wanted).map(|found| (kept, found)));
    let (kept, found) = match known {
        Some(known) => known,
        None if work <= effort.most(&picture.settings) * MIB => read_reports(&picture, &wanted)?,
        None => {
            too_large(&mut picture, &session, work);
            return Ok((picture, Vec::new()));
        }
    };
    picture.totals = kept.totals.map(counts);
    picture.escaped = kept.escaped;
    picture.outside = kept.outside;
    picture.beyond = kept.beyond;
    picture.problems.extend(kept.problems.iter().cloned());
    // Of a report that could not be read it is said already.
    if picture.totals.is_some() {
        picture.lost = lost(session.last.as_ref(), &wanted, &found);
    }
    picture.unmeasured = unmeasured(&kept, &wanted, &found);
    picture
        .unmeasured
        .retain(|path| !picture.lost.contains(path));
    picture.changed = changed_lines.map(|changed| changed_files(&found, &changed));
    let matters = |path: &String| kept.is_source(path);
    let mut watched: BTreeSet<String> = wanted.iter().cloned().collect();
    watched.extend(touched_files(session.last.as_ref()));
    let watched = watched.into_iter().filter(matters).collect::<Vec<_>>();
    let mut paths: BTreeSet<String> = watched.iter().cloned().collect();
    paths.extend(kept.described().iter().cloned());
    find_newer(&mut picture, paths, matters);
    let states = compare(&mut picture, session, kept, earlier, watched);
    Ok((picture, states))
}

/// The configured reports, or the newest one in a usual place; gives the work of reading them.
fn find_reports(settings: &Settings, picture: &mut Picture) -> u64 {
    const MOST_REPORTS: usize = 50;
    let configured = !settings.report.is_empty();
    let places: Vec<String> = match configured {
        true => settings.report.iter().take(MOST_REPORTS).cloned().collect(),
        false => USUAL_PLACES.map(str::to_owned).to_vec(),
    };
    // What the configuration expects of a report is part of what was found in it.
    let format = settings.format.iter();
    let expected: String = format.flat_map(|format| [" as ", format]).collect();
    let infos = work_tree::stat_files(&places);
    let mut found = Vec::new();
    for (path, info) in places.into_iter().zip(infos) {
        match info {
            Ok(info) => {
                let (stamp, modified_at) = (info.stamp + &expected, info.modified_at);
                found.push((
                    Stamped {
                        path,
                        stamp,
                        modified_at,
                    },
                    info.size,
                ));
            }
            Err(failure) if configured && failure.kind == "not-found" => {
                picture.problems.push((path, "is not there".to_owned()));
            }
            Err(failure) if configured => picture
                .problems
                .push((path, format!("could not be read: {}", failure.message))),
            Err(_) => {}
        }
    }
    if !configured {
        // The first of those that are as new.
        let newest = found.iter().map(|(report, _)| report.modified_at).max();
        found.retain(|(report, _)| Some(report.modified_at) == newest);
        found.truncate(1);
    }
    let all = found.iter();
    let all = all.map(|(report, size)| work(&report.path, *size)).sum();
    picture.reports = found.into_iter().map(|(report, _)| report).collect();
    all
}

/// By path, first and last lines; since the session's start, or since HEAD without a session.
fn changed_lines(picture: &mut Picture) -> Option<Vec<ChangedLines>> {
    let answer = match facts::changed_lines("start") {
        Err(failure) if failure.kind == "not-found" => facts::changed_lines("head"),
        answer => answer,
    };
    match answer {
        Ok(files) => {
            let files = files.into_iter().map(|file| {
                let ranges = file.ranges.iter();
                let ranges = ranges.map(|range| {
                    (
                        range.first,
                        range.first.saturating_add(range.count.saturating_sub(1)),
                    )
                });
                (file.path, ranges.collect())
            });
            Some(files.collect())
        }
        Err(failure) => {
            let about = picture
                .reports
                .first()
                .map(|report| report.path.clone())
                .unwrap_or_default();
            picture.problems.push((
                about,
                format!("has nothing to be compared with: {}", failure.message),
            ));
            None
        }
    }
}

fn read_reports(
    picture: &Picture,
    wanted: &BTreeSet<String>,
) -> Result<(Kept, BTreeMap<String, Lines>), String> {
    const AT_ONCE: u32 = 1024 * 1024;
    let expected = picture.settings.expected()?;
    let mut reading = Reading::default();
    let mut tree = Tree::ask();
    let mut problems = Vec::new();
    for report in &picture.reports {
        let input = Pieces::new(|offset| {
            work_tree::read_range(&report.path, offset, AT_ONCE)
                .map_err(|failure| io::Error::other(failure.message))
        });
        match reading.add(&report.path, input, expected, wanted, &mut tree) {
            Ok(()) => {}
            Err(problem) => problems.push((report.path.clone(), problem.to_string())),
        }
    }
    let totals = reading.totals();
    if totals.lines == 0 && reading.outside > 0 {
        let paths: Vec<&str> = picture.reports.iter().map(|it| &*it.path).collect();
        let what = "describes no file of the work tree".to_owned();
        problems.push((paths.join(", "), what));
    }
    let mut kept = Kept::default();
    kept.reports.clone_from(&picture.reports);
    kept.totals = (totals.lines > 0).then_some((totals.covered, totals.lines));
    kept.extensions = reading.extensions;
    kept.escaped = reading.escaped;
    kept.outside = reading.outside;
    kept.beyond = reading.beyond;
    kept.problems = problems;
    kept.describe(reading.described);
    kept.answer(wanted, &reading.found);
    Ok((kept, reading.found))
}

/// A file that is gone does not count any more.
fn are_there(paths: &[String]) -> bool {
    const AT_ONCE: usize = 1_000;
    let mut some = paths.chunks(AT_ONCE);
    some.all(|some| work_tree::stat_files(some).iter().all(Result::is_ok))
}

/// Of the kinds of files that a report knows, and no tests: their lines count neither as covered nor as not.
fn unmeasured(
    kept: &Kept,
    wanted: &BTreeSet<String>,
    found: &BTreeMap<String, Lines>,
) -> Vec<String> {
    let unknown = wanted.iter().filter(|path| {
        !found.contains_key(*path) && kept.is_source(path) && !custom::is_exempt(path)
    });
    unknown.cloned().collect()
}

/// What a report knew before and is changed still: it has not become what nobody measures.
fn lost(
    last: Option<&Last>,
    wanted: &BTreeSet<String>,
    found: &BTreeMap<String, Lines>,
) -> Vec<String> {
    let known = last.map(Last::known).unwrap_or_default();
    let is_lost = |path: &String| {
        wanted.contains(path) && !found.contains_key(path) && !custom::is_exempt(path)
    };
    known.into_iter().filter(is_lost).collect()
}

/// What was measured at the last checkpoint still holds.
fn recall(picture: &mut Picture, session: &SessionKept, last: &Last) {
    picture.totals = Some(counts(last.totals));
    picture.changed = Some(last.files.clone());
    picture.unmeasured.clone_from(&last.unmeasured);
    picture.lost.clone_from(&last.lost);
    (picture.outside, picture.beyond) = last.left_out;
    if let Some(now) = counts(last.totals).percent() {
        since_before(picture, session, now);
    }
    let files = last.files.iter().map(|file| file.path.clone());
    let paths: BTreeSet<String> = files.chain(last.watched.iter().cloned()).collect();
    let kinds: BTreeSet<Option<String>> = paths.iter().map(|path| kind(path)).collect();
    find_newer(picture, paths, |path| kinds.contains(&kind(path)));
}

fn kind(path: &str) -> Option<String> {
    crate::measure::extension(path).map(str::to_owned)
}

/// Too large for this hook, or for a checkpoint as well.
fn too_large(picture: &mut Picture, session: &SessionKept, work: u64) {
    let needed = work.div_ceil(MIB);
    picture.too_large = Some(needed).filter(|_| work > Effort::Full.most(&picture.settings) * MIB);
    if let Some(last) = &session.last {
        recall(picture, session, last);
        picture.newer.clear();
        picture.stale_run = None;
    }
    picture.outdated = true;
}

/// The changes against what was kept, and what to keep now.
fn compare(
    picture: &mut Picture,
    mut session: SessionKept,
    kept: Kept,
    earlier: Option<f64>,
    watched: Vec<String>,
) -> Vec<NewState> {
    let keep = |scope: &str, bytes: Vec<u8>| NewState {
        scope: scope.to_owned(),
        bytes,
    };
    let mut states = Vec::new();
    if let (Some(totals), Some(percent)) =
        (picture.totals, picture.totals.and_then(Counts::percent))
    {
        let last = session
            .last
            .as_ref()
            .and_then(|last| counts(last.totals).percent());
        picture.since_checkpoint = last.map(|last| percent - last);
        if session.start.is_none() && session.first.is_none() {
            session.start = at_start(picture, percent, earlier);
        }
        since_before(picture, &session, percent);
        if session.start.is_none() {
            session.first.get_or_insert(percent);
        }
        session.last = Some(Last {
            reports: picture.reports.clone(),
            totals: (totals.covered, totals.lines),
            files: picture.changed.clone().unwrap_or_default(),
            unmeasured: picture.unmeasured.clone(),
            lost: match (&picture.changed, &session.last) {
                // Nobody knows what is changed: what was known is not forgotten for that.
                (None, Some(last)) => last.known().into_iter().collect(),
                _ => picture.lost.clone(),
            },
            left_out: (picture.outside, picture.beyond),
            watched,
        });
        states.push(keep("session", session.write()));
    }
    states.push(keep("repository", kept.write()));
    states
}

/// Against how the session began, or else against the first that was measured in it.
fn since_before(picture: &mut Picture, session: &SessionKept, now: f64) {
    picture.since_start = session.start.map(|start| now - start);
    picture.since_first = session.first.map(|first| now - first);
}

/// A report that is older than the session says how it began, or else what another session of this clone measured last.
/// Otherwise nobody knows.
fn at_start(picture: &Picture, percent: f64, earlier: Option<f64>) -> Option<f64> {
    let started = facts::session().map(|session| session.started_at);
    let newest = picture
        .reports
        .iter()
        .map(|report| report.modified_at)
        .max();
    match (started, newest) {
        (Some(started), Some(newest)) if newest > started => earlier,
        _ => Some(percent),
    }
}
