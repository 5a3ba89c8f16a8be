//! A plugin that exports every hook, calls every function of the contract and gives back every kind of thing. Built
//! once for each version of the contract and kept in `tests/fixtures/contract`: what it says must stay the same for ever.

use session_plugin::{
    Analyze, Brief, Checkpoint, Contribution, Finding, Handoff, Metric, NewState, ProposedEdit,
    Request, Section, Status, Trailer, Verdict, facts, log, repository, state, work_tree,
};

pub struct Contract;

session_plugin::plugin!(Contract: brief, checkpoint, handoff, status, analyze;
    grants = r#"[{"kind":"read","value":"**/*.md","reason":"reads one file of the test"}]"#);

impl Brief for Contract {
    fn brief(request: Request) -> Result<Contribution, String> {
        everything("brief", &request)
    }
}

impl Checkpoint for Contract {
    fn checkpoint(request: Request) -> Result<Contribution, String> {
        everything("checkpoint", &request)
    }
}

impl Handoff for Contract {
    fn handoff(request: Request) -> Result<Contribution, String> {
        everything("handoff", &request)
    }
}

impl Status for Contract {
    fn status(request: Request) -> Result<Contribution, String> {
        everything("status", &request)
    }
}

impl Analyze for Contract {
    fn analyze(request: Request) -> Result<Contribution, String> {
        everything("analyze", &request)
    }
}

/// One line for each function of the host, in the order of the contract, and one of each kind of answer.
fn everything(hook: &str, request: &Request) -> Result<Contribution, String> {
    log::log("info", &format!("asked for {hook}"));
    let lines = [
        format!("arguments: {:?}", named(request)),
        format!("now: {}", facts::now()),
        format!("branch: {:?}", facts::branch()),
        format!("session: {:?}", facts::session().map(|session| session.id)),
        format!("objectives: {}", facts::objectives().len()),
        format!("blockers: {}", facts::blockers().len()),
        format!("decisions: {}", facts::decisions().len()),
        format!("changed files: {}", facts::changed_files().len()),
        format!("line counts: {}", facts::line_counts().len()),
        format!("commits: {}", facts::commits().len()),
        format!("configuration: {}", facts::configuration()),
        format!(
            "state: {:?}",
            state::get("session").map(|bytes| bytes.len())
        ),
        of_repository()?,
        of_work_tree(),
        format!("head: {:?}", facts::head().map(|id| id.len())),
        format!("remotes: {:?}", remotes()),
        format!("session commits: {}", facts::session_commits().len()),
        format!("changed lines: {:?}", changed_lines()),
        format!("evidence: {}", facts::evidence().len()),
        format!("checkpoints: {}", facts::checkpoints().len()),
        of_files(),
        format!("state of the repository: {:?}", state::get("repository")),
        commit_texts(),
        format!("entries: {}", facts::entries().len()),
        format!("earlier runs: {}", facts::earlier_runs().len()),
        format!("commit origins: {}", facts::commit_origins().len()),
        format!(
            "commit author times: {}",
            facts::commit_author_times().len()
        ),
    ];
    Ok(Contribution {
        sections: vec![Section {
            title: format!("Everything, for {hook}"),
            body: lines.join("\n\n"),
            importance: 50,
        }],
        metrics: vec![Metric {
            name: "functions".to_owned(),
            value: 27.0,
            unit: "count".to_owned(),
            better: "up".to_owned(),
            threshold: Some(1.0),
        }],
        findings: vec![Finding {
            severity: "info".to_owned(),
            message: "a finding".to_owned(),
            path: Some("README.md".to_owned()),
            line: Some(1),
            hint: Some("a hint".to_owned()),
        }],
        trailers: vec![Trailer {
            key: "Contract".to_owned(),
            value: "kept".to_owned(),
        }],
        next_steps: vec!["Keep the contract".to_owned()],
        verdict: Some(Verdict {
            outcome: "allow".to_owned(),
            reason: "all is well".to_owned(),
        }),
        edits: vec![ProposedEdit {
            path: "CONTRACT.md".to_owned(),
            reason: "to have one of each".to_owned(),
            before: None,
            after: "kept\n".to_owned(),
        }],
        state: ["session", "repository"]
            .map(|scope| NewState {
                scope: scope.to_owned(),
                bytes: hook.as_bytes().to_vec(),
            })
            .to_vec(),
    })
}

fn named(request: &Request) -> Vec<&str> {
    let arguments = request.arguments.iter();
    arguments.map(|argument| argument.name.as_str()).collect()
}

fn of_repository() -> Result<String, String> {
    let said = |failure: session_plugin::Failure| failure.message;
    let activity = repository::path_activity(&["README.md".to_owned()]).map_err(said)?;
    let tracked = repository::list_tracked(&["*.md".to_owned()]).map_err(said)?;
    let queries = [repository::RecentQuery {
        directory: String::new(),
        since: None,
    }];
    let recent = repository::recent_changes(&queries, 10).map_err(said)?;
    Ok(format!(
        "repository: {} activity, {} tracked, {} recent",
        activity.len(),
        tracked.len(),
        recent.len()
    ))
}

fn of_work_tree() -> String {
    let answers = work_tree::read_files(&["README.md".to_owned(), ".git/config".to_owned()], 100);
    let kinds: Vec<String> = answers
        .into_iter()
        .map(|answer| match answer {
            Ok(file) => format!("{} bytes", file.bytes.len()),
            Err(failure) => failure.kind,
        })
        .collect();
    format!("work tree: {}", kinds.join(", "))
}

fn remotes() -> Vec<String> {
    let remotes = facts::remotes().into_iter();
    remotes
        .map(|remote| format!("{} {}", remote.name, remote.url))
        .collect()
}

/// Per point: the runs of each file, or why there are none.
fn changed_lines() -> Vec<String> {
    ["head", "start", "yesterday"]
        .into_iter()
        .map(|since| match facts::changed_lines(since) {
            Ok(files) => files
                .iter()
                .map(|file| {
                    let runs = file.ranges.iter();
                    let runs: Vec<String> = runs
                        .map(|run| format!("{}+{}", run.first, run.count))
                        .collect();
                    format!("{} {}", file.path, runs.join(" "))
                })
                .collect(),
            Err(failure) => failure.kind,
        })
        .collect()
}

/// Of a commit of the session and of another one.
fn commit_texts() -> String {
    let commits = ["1".repeat(40), "2".repeat(40)];
    let globs = ["**/*.md".to_owned()];
    let texts = match repository::commit_texts(&commits, &globs) {
        Ok(texts) => texts,
        Err(failure) => return format!("commit texts: {}", failure.kind),
    };
    let words = texts.iter().map(|commit| {
        let files = commit.files.iter().map(|file| {
            let changes = file.changes.iter();
            let changes: Vec<String> = changes
                .map(|change| format!("{}+{}-{}", change.first, change.added, change.removed))
                .collect();
            format!("{} {} {:?}", file.path, changes.join(" "), file.text)
        });
        let files: Vec<String> = files.collect();
        format!("{files:?}, partial {}", commit.partial)
    });
    format!("commit texts: {}", words.collect::<Vec<_>>().join("; "))
}

fn of_files() -> String {
    let kinds: Vec<String> = work_tree::stat_files(&["README.md".to_owned(), "../x".to_owned()])
        .into_iter()
        .map(|answer| match answer {
            Ok(info) => format!("{} bytes, stamped {}", info.size, !info.stamp.is_empty()),
            Err(failure) => failure.kind,
        })
        .collect();
    let range = match work_tree::read_range("README.md", 2, 3) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(failure) => failure.kind,
    };
    format!("files: {}; {range}", kinds.join(", "))
}
