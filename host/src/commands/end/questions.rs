//! Completing the request of `end`: flags first, then questions on a terminal, then defaults.

use super::{Args, Request};
use crate::ask::Asked;
use crate::commands::shown;
use crate::document::text;
use crate::session::record::Claims;
use crate::sharing;
use crate::store::record;
use crate::ui::{Prompt, Ui};
use crate::workspace::Workspace;

pub fn complete(
    ui: &Ui,
    workspace: &Workspace,
    asked: &Asked,
    args: Args,
) -> anyhow::Result<Request> {
    let lines = |texts: &[String], what: &str| {
        texts
            .iter()
            .map(|text| shown::typed(text, what))
            .collect::<anyhow::Result<Vec<_>>>()
    };
    let mut request = Request {
        claims: Claims {
            accomplished: lines(&args.accomplished, "an accomplishment")?,
            decisions: lines(&args.decisions, "a decision")?,
            remember: lines(&args.remember, "what to remember")?,
        },
        handoff: match (args.handoff, args.no_handoff) {
            (true, _) => true,
            (_, true) => false,
            _ => workspace.config.session.handoff_on_end,
        },
        push: args.push,
        merge_to: args.merge_to,
        r#override: args
            .r#override
            .map(|reason| shown::typed(&reason, "a reason"))
            .transpose()?,
    };
    let Some(prompt) = ui.prompt() else {
        return Ok(request);
    };
    if request.claims.accomplished.is_empty() {
        request.claims.accomplished = ask_accomplished(&prompt, workspace, asked)?;
    }
    if request.claims.decisions.is_empty() {
        request.claims.decisions = ask_lines(&prompt, "A decision that was made (empty: no more)")?;
    }
    if request.claims.remember.is_empty() {
        request.claims.remember = ask_lines(
            &prompt,
            "What must the next one know? (empty: nothing more)",
        )?;
    }
    let may_push = !args.push && !args.no_push;
    if may_push && sharing::remote_of(workspace, asked.facts.head.branch.as_deref()).is_some() {
        request.push = prompt.confirm("Push the branch and this session's record?", false)?;
    }
    Ok(request)
}

/// Suggested from objectives that are done, labels of checkpoints and subjects of commits.
fn ask_accomplished(
    prompt: &Prompt,
    workspace: &Workspace,
    asked: &Asked,
) -> anyhow::Result<Vec<String>> {
    let mut suggestions: Vec<String> = Vec::new();
    if let Some(session) = &asked.facts.session {
        suggestions.extend(
            session
                .objectives
                .items()
                .filter(|item| item.done)
                .map(|item| item.text.clone()),
        );
        let checkpoints = record::checkpoints(&workspace.repository, &session.context.id)?.found;
        suggestions.extend(
            checkpoints
                .iter()
                .filter_map(|(_, checkpoint)| checkpoint.label.clone()),
        );
        suggestions.extend(checkpoints.iter().flat_map(|(_, checkpoint)| {
            checkpoint
                .commits
                .iter()
                .map(|commit| commit.subject.clone())
        }));
    }
    suggestions.extend(
        asked
            .facts
            .commits
            .list
            .iter()
            .map(|commit| commit.subject.clone()),
    );
    let mut unique: Vec<String> = Vec::new();
    for suggestion in suggestions {
        let suggestion = text::line(&suggestion);
        if !suggestion.is_empty() && !unique.contains(&suggestion) {
            unique.push(suggestion);
        }
    }
    unique.truncate(12);
    let mut accomplished = Vec::new();
    if !unique.is_empty() {
        let chosen = prompt.multi_select("What was accomplished?", &unique, &[])?;
        accomplished.extend(chosen.into_iter().map(|index| unique[index].clone()));
    }
    accomplished.extend(ask_lines(
        prompt,
        "Something else that was accomplished (empty: no more)",
    )?);
    Ok(accomplished)
}

fn ask_lines(prompt: &Prompt, question: &str) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let answer = prompt.text(question)?;
        if answer.trim().is_empty() {
            return Ok(lines);
        }
        lines.push(shown::typed(&answer, "an answer")?);
    }
}
