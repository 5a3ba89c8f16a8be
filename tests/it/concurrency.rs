//! Sixteen processes on one session: nothing lost, nothing refused, nothing twice. It must not depend on who is first.

use std::collections::BTreeSet;
use std::path::Path;

use crate::common::outcome::Outcome;
use crate::common::repository::Repository;
use crate::common::{TestEnv, session_program};

const PROCESSES: usize = 16;

/// Starts all commands before waiting for any, and returns what they left, in order.
fn at_once(env: &TestEnv, commands: &[(&Path, Vec<String>)]) -> Vec<Outcome> {
    let children: Vec<_> = commands
        .iter()
        .map(|(directory, arguments)| {
            env.command(session_program(), directory)
                .arg("--no-input")
                .args(arguments)
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    children
        .into_iter()
        .map(|child| Outcome::new(&child.wait_with_output().unwrap()))
        .collect()
}

fn started<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("a", "one\n");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    let start = ["--no-input", "start", "feature/x"];
    repository.session(&start).success();
    repository
}

/// The column, sorted.
#[track_caller]
fn column(repository: &Repository<'_>, arguments: &[&str], list: &str, field: &str) -> Vec<String> {
    let shown = repository
        .session(&[&["--json"], arguments].concat())
        .json();
    let rows = shown[list].as_array().unwrap().iter();
    let mut column: Vec<String> = rows
        .map(|row| row[field].as_str().unwrap_or_default().to_owned())
        .collect();
    column.sort();
    column
}

#[test]
fn sixteen_processes_in_two_work_trees_lose_nothing() {
    let env = TestEnv::new();
    let first = started(&env);
    let path = env.root().join("linked");
    first.git(&[
        "worktree",
        "add",
        "--quiet",
        "--force",
        path.to_str().unwrap(),
        "feature/x",
    ]);
    let second = Repository::at(&env, path);
    let kinds: [&[&str]; 4] = [
        &["objectives", "add"],
        &["blockers", "add"],
        &["checkpoint", "--label"],
        &["decisions", "add"],
    ];
    let mut expected = Vec::new();
    for round in 0..2 {
        let mut commands = Vec::new();
        for process in 0..PROCESSES {
            let tree = [&first, &second][(process / 4 + round) % 2];
            let text = format!("{round}-{process}");
            let mut arguments: Vec<String> =
                kinds[process % 4].iter().map(|&s| s.to_owned()).collect();
            arguments.push(text.clone());
            commands.push((tree.path(), arguments));
            expected.push((process % 4, text));
        }
        for outcome in at_once(&env, &commands) {
            outcome.success();
        }
    }
    let of = |kind: usize| {
        let mut texts: Vec<String> = expected
            .iter()
            .filter(|(of, _)| *of == kind)
            .map(|(_, text)| text.clone())
            .collect();
        texts.sort();
        texts
    };
    let number = of(0).len();
    for (kind, (verb, list, field)) in [
        ("objectives", "objectives", "text"),
        ("blockers", "blockers", "text"),
        ("checkpoint", "checkpoints", "label"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(column(&first, &[verb, "list"], list, field), of(kind));
        let ids = column(&second, &[verb, "list"], list, "id");
        let prefix = ["obj", "blk", "cp"][kind];
        let mut numbered: Vec<_> = (1..=number).map(|n| format!("{prefix}-{n}")).collect();
        numbered.sort();
        assert_eq!(ids, numbered);
    }
    // A decision is in the work tree where it was made.
    let mut decided = Vec::new();
    for tree in [&first, &second] {
        decided.extend(column(tree, &["decisions", "list"], "decisions", "text"));
        let ids = column(tree, &["decisions", "list"], "decisions", "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
    decided.sort();
    assert_eq!(decided, of(3));
    assert_eq!(first.git(&["fsck", "--full", "--no-dangling"]), "");
}

#[test]
fn sixteen_processes_that_only_add_objectives_number_them_without_a_gap() {
    let env = TestEnv::new();
    let repository = started(&env);
    let commands: Vec<_> = (0..PROCESSES)
        .map(|n| {
            let arguments = [
                "objectives",
                "add",
                &format!("one of {n}"),
                &format!("two of {n}"),
            ];
            (repository.path(), arguments.map(str::to_owned).to_vec())
        })
        .collect();
    let mut told = Vec::new();
    for outcome in at_once(&env, &commands) {
        let outcome = outcome.success();
        told.extend(outcome.stdout.lines().map(str::to_owned));
    }
    told.sort();
    let shown = repository.session(&["--json", "objectives", "list"]).json();
    let mut stored: Vec<String> = shown["objectives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!(
                "{}: {}",
                row["id"].as_str().unwrap(),
                row["text"].as_str().unwrap()
            )
        })
        .collect();
    stored.sort();
    assert_eq!(
        stored, told,
        "each process was told the id that its objective has"
    );
    assert_eq!(stored.len(), 2 * PROCESSES);
}

#[test]
fn of_many_that_start_at_once_one_opens_the_session() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.git(&["switch", "--quiet", "main"]);
    let commands: Vec<_> = (0..6)
        .map(|n| {
            (
                repository.path(),
                vec!["start".to_owned(), "-o".into(), format!("{n}")],
            )
        })
        .collect();
    let outcomes = at_once(&env, &commands);
    let opened = outcomes
        .iter()
        .filter(|outcome| outcome.code == Some(0))
        .count();
    assert_eq!(opened, 1);
    for refused in outcomes.iter().filter(|outcome| outcome.code != Some(0)) {
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("session resume"), "{refused}");
    }
    let records = repository.git(&["for-each-ref", "refs/sessions/main-*"]);
    assert_eq!(records.lines().count(), 1, "{records}");
}
