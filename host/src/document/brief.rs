//! The brief: what puts a person or an agent back into the work. Most important first; the budget is applied later.
//! It must not read anything but its arguments.

use super::count::count;
use super::time_text::ago_at;
use super::{Document, Item, Provenance, Section};
use super::{changes, evidence, sections};
use crate::facts::Facts;
use crate::facts::since::{Moved, SinceYouLeft};
use crate::facts::standing::Held;
use crate::plugin::contribution::Contribution;
use crate::session::next_actions::next_actions;
use crate::session::record::EndRecord;

/// How many of anything a brief lists before it only counts.
const LISTED: usize = 8;

pub fn brief(
    facts: &Facts,
    contributions: &[Contribution],
    since: Option<&SinceYouLeft>,
) -> Document {
    let name = facts.head.branch.as_deref().unwrap_or("detached HEAD");
    let mut document = Document::new(format!("Session brief: {name}"));
    document.push(sections::state(facts, contributions));
    if let Some(since) = since {
        document.push(since_you_left(facts, since));
    }
    if let Some(session) = &facts.session {
        document.push(sections::blockers(session));
    }
    document.push(sections::next_actions(&next_actions(facts, contributions)));
    if let Some(session) = &facts.session {
        document.push(sections::objectives(session));
    }
    document.push(evidence::section(&facts.evidence_facts(), facts.now));
    document.push(changes::new_commits(facts, LISTED));
    document.push(changes::uncommitted(facts, LISTED));
    if let Some(handoff) = &facts.handoff {
        document.push(handoff_claims(facts, handoff));
        document.push(handoff_facts(facts, handoff));
        document.push(handoff_evidence(facts));
    }
    document.push(sections::decisions(&facts.decisions, LISTED));
    for section in sections::contributions(contributions, facts.now) {
        document.push(section);
    }
    document.push(how_we_build(facts));
    document.push(shared(
        "architecture",
        "Architecture (.session/architecture.md)",
        facts.shared.architecture.as_deref(),
    ));
    document.push(shared(
        "conventions",
        "Conventions (.session/conventions.md)",
        facts.shared.conventions.as_deref(),
    ));
    document.push(work_items(facts));
    document.push(lately(facts));
    document.push(sections::metrics(contributions, facts.now));
    document.warnings.clone_from(&facts.warnings);
    document
}

fn since_you_left(facts: &Facts, since: &SinceYouLeft) -> Section {
    let mut section = Section::new("since_you_left", "Since you left").importance(97);
    if since.is_nothing() {
        section.line("nothing moved: no new commit, and base, upstream and the handoff's files are as they were");
        return section;
    }
    changes::commits(&mut section, &since.commits, facts, LISTED);
    if since.rewritten {
        section.line("the branch was rewritten: the commit you left is no longer on it");
    }
    let moved = |moved: &Moved| match moved.gained {
        Some(gained) => format!(
            "{} gained {}",
            moved.name,
            count(
                usize::try_from(gained).unwrap_or(usize::MAX),
                "commit",
                "commits"
            )
        ),
        None => format!("{} was rewritten", moved.name),
    };
    for change in [&since.upstream, &since.base].into_iter().flatten() {
        section.line(moved(change));
    }
    for path in since.handoff_files.iter().take(LISTED) {
        section.line(format!(
            "{} differs from what the handoff saw",
            path.to_text()
        ));
    }
    for stale in &since.stale {
        section.line(format!("no longer verified: {stale}"));
    }
    if let Some(handoff) = facts.handoff.as_ref().filter(|_| !since.stale.is_empty()) {
        for text in handoff.claims.accomplished.iter().take(LISTED) {
            section.line(format!("said of that older tree: accomplished: {text}"));
        }
    }
    if since.handoff_files.len() > LISTED {
        section.line(format!(
            "and {} more files of the handoff",
            since.handoff_files.len() - LISTED
        ));
    }
    section
}

/// What somebody said at the end of the last session.
fn handoff_claims(facts: &Facts, handoff: &EndRecord) -> Section {
    let mut section = Section::new(
        "handoff",
        format!("Last handoff, {}", ago_at(facts.now, handoff.time)),
    )
    .importance(85)
    .provenance(Provenance::Person)
    .more("session handoff");
    let claims = &handoff.claims;
    for text in &claims.remember {
        section.line(format!("remember: {text}"));
    }
    for text in &claims.accomplished {
        section.line(format!("accomplished: {text}"));
    }
    for text in &claims.decisions {
        section.line(format!("decided: {text}"));
    }
    section
}

fn handoff_facts(facts: &Facts, handoff: &EndRecord) -> Section {
    let mut section = Section::new("handoff_facts", "What the last session did")
        .importance(72)
        .more("session handoff");
    section.line(format!(
        "{} ended {}: {} of {}, {}, {}",
        handoff.session,
        ago_at(facts.now, handoff.time),
        handoff.objectives_done,
        count(handoff.objectives_total as usize, "objective", "objectives"),
        count(handoff.commits.len(), "commit", "commits"),
        sections::time_at_work(handoff.active_seconds),
    ));
    if let Some(branch) = &handoff.merged_into {
        section.line(format!("merged into {branch}"));
    }
    for commit in handoff.commits.iter().take(LISTED) {
        section.line(format!(
            "{} {}",
            sections::short(&commit.id),
            commit.subject
        ));
    }
    section
}

/// What held when the handoff was written, as it stands now.
fn handoff_evidence(facts: &Facts) -> Section {
    let held: Vec<_> = facts.handoff_evidence().map(Held::fact).collect();
    let mut section = evidence::section(&held, facts.now).importance(84);
    "handoff_evidence".clone_into(&mut section.name);
    "Evidence of the handoff, as it stands now".clone_into(&mut section.title);
    section
}

/// `context.*` of the configuration.
fn how_we_build(facts: &Facts) -> Section {
    let context = &facts.config.context;
    let mut section =
        Section::new("patterns", "How we build it (.session/config.yaml)").importance(68);
    if let Some(architecture) = &context.architecture {
        section.pair("Architecture", architecture.clone());
    }
    if !context.patterns.is_empty() {
        section.pair("Patterns", context.patterns.join(", "));
    }
    for convention in &context.conventions {
        section.line(format!("convention: {convention}"));
    }
    section
}

/// One item for each block of the text, so that a cut falls between them.
fn shared(name: &str, title: &str, text: Option<&str>) -> Section {
    let mut section = Section::new(name, title)
        .importance(50)
        .provenance(Provenance::Person)
        .more(format!("cat .session/{name}.md"));
    for block in blocks(text.unwrap_or_default()) {
        section.push(Item::Quote { text: block });
    }
    section
}

/// Splits Markdown at empty lines, but not inside a fence.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        }
        if line.trim().is_empty() && !fenced {
            blocks.push(String::new());
        } else if let Some(last) = blocks.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    blocks.retain(|block| !block.trim().is_empty());
    blocks
}

fn work_items(facts: &Facts) -> Section {
    let mut section = Section::new("work_items", "Work items").importance(40);
    let counts: Vec<String> = facts
        .work_items
        .counts
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(annotation, number)| format!("{} {number}", annotation.trim_end_matches(':')))
        .collect();
    if !counts.is_empty() {
        let partly = if facts.work_items.complete {
            ""
        } else {
            " (in the files looked at so far)"
        };
        section.line(format!("{}{partly}", counts.join(", ")));
    }
    for item in facts.work_items.nearest.iter().take(LISTED) {
        section.line(format!(
            "{}:{} {} {}",
            item.path.to_text(),
            item.line,
            item.annotation,
            item.text
        ));
    }
    section
}

fn lately(facts: &Facts) -> Section {
    let mut section = Section::new("recent", "Changed most lately")
        .importance(30)
        .more("git log");
    for recent in facts.history.recent_paths(LISTED) {
        section.line(format!(
            "{} ({}, {})",
            recent.path.to_text(),
            count(recent.commits as usize, "commit", "commits"),
            ago_at(facts.now, recent.time)
        ));
    }
    let authors: Vec<String> = facts
        .history
        .recent_authors(5)
        .into_iter()
        .map(|author| format!("{} ({})", author.person.name, author.commits))
        .collect();
    if !authors.is_empty() {
        section.pair("Recent authors", authors.join(", "));
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_one_block_with_its_empty_lines() {
        let text = "One.\n\n```\na\n\nb\n```\nafter\n\n\nTwo.\n";
        assert_eq!(
            blocks(text),
            ["One.\n", "```\na\n\nb\n```\nafter\n", "Two.\n"]
        );
    }
}
