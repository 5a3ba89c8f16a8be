//! What is said at each hook, from what was gathered. It must not ask the host.

use session_plugin::{Contribution, Finding, Metric, ProposedEdit, Section};

use crate::block::{BrokenMarks, count};
use crate::choose::Situation;
use crate::context_file::ContextFile;
use crate::extract::{Essence, extract};

/// A context file and what it could say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub file: ContextFile,
    pub before: String,
    pub after: Result<String, BrokenMarks>,
}

/// Percent. Below it, the health is worth a word.
const HEALTHY: f64 = 70.0;
const MOST_LISTED: usize = 10;
const MOST_STEPS: usize = 3;
/// The most telling file's section, and how much less each next one matters.
const IMPORTANCE: u8 = 65;
const STEP: usize = 6;

pub fn brief(
    situation: &Situation,
    chosen: &[&ContextFile],
    texts: &[Option<String>],
) -> Contribution {
    let mut sections: Vec<Section> = Vec::new();
    for (rank, (file, text)) in chosen.iter().zip(texts).enumerate() {
        let essence = text.as_deref().map(extract).unwrap_or_default();
        let body = essence_body(file, &essence);
        // AGENTS.md beside an equal CLAUDE.md would say everything twice.
        if !body.is_empty() && sections.iter().all(|section| section.body != body) {
            sections.push(Section {
                title: file.path.clone(),
                body,
                importance: IMPORTANCE.saturating_sub(u8::try_from(rank * STEP).unwrap_or(u8::MAX)),
            });
        }
    }
    Contribution {
        sections,
        metrics: metrics(situation),
        next_steps: next_steps(chosen.iter().copied()),
        findings: findings(chosen.iter().copied()),
        ..Contribution::default()
    }
}

pub fn checkpoint(situation: &Situation, drafts: &[Draft]) -> Contribution {
    let mut findings = findings(drafts.iter().map(|draft| &draft.file));
    let mut edits = Vec::new();
    for draft in drafts {
        match &draft.after {
            Ok(after) if *after != draft.before => edits.push(ProposedEdit {
                path: draft.file.path.clone(),
                reason: format!(
                    "its directory has had {} since it last changed",
                    behind(&draft.file)
                ),
                before: Some(draft.before.clone()),
                after: after.clone(),
            }),
            Ok(_) => {}
            Err(BrokenMarks) => findings.push(Finding {
                severity: "warning".to_owned(),
                message: format!(
                    "{} has `session:context` marks that are not one pair; it is left alone",
                    draft.file.path
                ),
                path: Some(draft.file.path.clone()),
                line: None,
                hint: Some("Remove the stray mark by hand.".to_owned()),
            }),
        }
    }
    Contribution {
        metrics: metrics(situation),
        findings,
        edits,
        ..Contribution::default()
    }
}

pub fn handoff(situation: &Situation) -> Contribution {
    let files = &situation.context_files;
    let stale = stalest(situation);
    let mut body = match health(files) {
        Some(health) => format!(
            "Health {health}% over {}.\n",
            count(files.len(), "context file")
        ),
        None => "There is no CLAUDE.md or AGENTS.md.\n".to_owned(),
    };
    if !stale.is_empty() {
        body.push_str("\nTo be updated:\n");
        for file in stale.iter().take(MOST_LISTED) {
            body.push_str(&format!("- {}: {} behind\n", file.path, behind(file)));
        }
        if stale.len() > MOST_LISTED {
            body.push_str(&format!("- and {} more\n", stale.len() - MOST_LISTED));
        }
    }
    body.push_str(&format!("\n{}\n", recommendation(files.len(), stale.len())));
    Contribution {
        sections: vec![Section {
            title: "Context health".to_owned(),
            body,
            importance: if stale.is_empty() { 30 } else { 50 },
        }],
        metrics: metrics(situation),
        findings: findings(stale.iter().copied()),
        next_steps: next_steps(stale.iter().copied()),
        ..Contribution::default()
    }
}

pub fn status(situation: &Situation) -> Contribution {
    let stale = stalest(situation);
    Contribution {
        metrics: metrics(situation),
        findings: findings(stale.iter().copied()),
        next_steps: next_steps(stale.iter().copied()),
        ..Contribution::default()
    }
}

/// The mean over all files, in whole percent; None without any.
fn health(files: &[ContextFile]) -> Option<u32> {
    let sum: u32 = files.iter().map(ContextFile::health).sum();
    let number = u32::try_from(files.len()).ok()?;
    (sum + number / 2).checked_div(number)
}

fn metrics(situation: &Situation) -> Vec<Metric> {
    let files = &situation.context_files;
    let Some(health) = health(files) else {
        return Vec::new();
    };
    let stale = files.iter().filter(|file| file.is_stale()).count();
    vec![
        Metric {
            name: "context_health".to_owned(),
            value: f64::from(health),
            unit: "percent".to_owned(),
            better: "up".to_owned(),
            threshold: Some(HEALTHY),
        },
        Metric {
            name: "stale_context_files".to_owned(),
            value: stale as f64,
            unit: "count".to_owned(),
            better: "down".to_owned(),
            threshold: Some(1.0),
        },
    ]
}

fn stalest(situation: &Situation) -> Vec<&ContextFile> {
    let files = situation.context_files.iter();
    let mut stale: Vec<&ContextFile> = files.filter(|file| file.is_stale()).collect();
    stale.sort_by_key(|file| (file.health(), &file.path));
    stale
}

fn findings<'a>(files: impl Iterator<Item = &'a ContextFile>) -> Vec<Finding> {
    files
        .filter(|file| file.is_stale())
        .take(MOST_LISTED)
        .map(|file| Finding {
            severity: "warning".to_owned(),
            message: format!(
                "{} has not changed since {} to its directory",
                file.path,
                behind(file)
            ),
            path: Some(file.path.clone()),
            line: None,
            hint: Some(
                "`session checkpoint` offers an update where the work has changed files."
                    .to_owned(),
            ),
        })
        .collect()
}

fn next_steps<'a>(files: impl Iterator<Item = &'a ContextFile>) -> Vec<String> {
    files
        .filter(|file| file.is_stale())
        .take(MOST_STEPS)
        .map(|file| format!("Update {}: {} behind", file.path, behind(file)))
        .collect()
}

fn behind(file: &ContextFile) -> String {
    let commits = count(file.commits_since as usize, "commit");
    format!("{commits} ({})", count(file.files_since as usize, "file"))
}

fn recommendation(files: usize, stale: usize) -> &'static str {
    match (files, stale) {
        (0, _) => "An AGENTS.md at the root would tell the next agent what the project is for.",
        (_, 0) => "Nothing to do: every context file has kept up with its directory.",
        (files, stale) if stale * 2 > files => {
            "Most context files are behind: go through them before the next piece of work."
        }
        _ => "Update the files above when their directories are next worked on.",
    }
}

fn essence_body(file: &ContextFile, essence: &Essence) -> String {
    let mut body = String::new();
    if let Some(purpose) = &essence.purpose {
        body.push_str(&format!("{purpose}\n"));
    }
    for (title, items) in [
        ("Gotchas", &essence.gotchas),
        ("Patterns", &essence.patterns),
    ] {
        if !items.is_empty() {
            body.push_str(&format!("{title}:\n"));
            for item in items {
                body.push_str(&format!("- {item}\n"));
            }
        }
    }
    if !body.is_empty() && file.is_stale() {
        body.push_str(&format!("May be out of date: {} behind.\n", behind(file)));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context_file::tests::file;

    fn situation(files: &[(&str, u32)]) -> Situation {
        Situation {
            context_files: files
                .iter()
                .map(|(path, commits)| file(path, *commits))
                .collect(),
            ..Situation::default()
        }
    }

    #[test]
    fn a_handoff_gives_health_files_and_a_recommendation() {
        let given = handoff(&situation(&[
            ("a/CLAUDE.md", 10),
            ("b/CLAUDE.md", 0),
            ("CLAUDE.md", 0),
        ]));
        assert_eq!(
            given.sections[0].body,
            "Health 67% over 3 context files.\n\nTo be updated:\n- a/CLAUDE.md: 10 commits (10 files) behind\n\n\
             Update the files above when their directories are next worked on.\n"
        );
        assert_eq!(
            given.next_steps,
            ["Update a/CLAUDE.md: 10 commits (10 files) behind"]
        );
        assert_eq!(given.metrics[0].value, 67.0);
    }

    #[test]
    fn without_context_files_there_is_no_health_to_measure() {
        assert_eq!(status(&situation(&[])), Contribution::default());
    }

    #[test]
    fn equal_files_side_by_side_are_shown_once() {
        let situation = situation(&[("AGENTS.md", 0), ("CLAUDE.md", 0), ("x/CLAUDE.md", 5)]);
        let chosen: Vec<&ContextFile> = situation.context_files.iter().collect();
        let same = Some("To greet.".to_owned());
        let given = brief(
            &situation,
            &chosen,
            &[same.clone(), same, Some("X.".to_owned())],
        );
        let titles: Vec<_> = given
            .sections
            .iter()
            .map(|section| section.title.as_str())
            .collect();
        assert_eq!(titles, ["AGENTS.md", "x/CLAUDE.md"]);
        assert_eq!(
            given.sections[1].body,
            "X.\nMay be out of date: 5 commits (5 files) behind.\n"
        );
    }

    #[test]
    fn an_edit_is_proposed_only_where_it_changes_something() {
        let draft = |after: Result<&str, BrokenMarks>| Draft {
            file: file("a/CLAUDE.md", 6),
            before: "old".to_owned(),
            after: after.map(str::to_owned),
        };
        let drafts = [draft(Ok("new")), draft(Ok("old")), draft(Err(BrokenMarks))];
        let given = checkpoint(&situation(&[]), &drafts);
        assert_eq!(given.edits.len(), 1);
        assert_eq!(given.edits[0].before.as_deref(), Some("old"));
        assert_eq!(given.findings.len(), 4);
    }
}
