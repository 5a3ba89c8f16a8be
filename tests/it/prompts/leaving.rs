//! Questions that are left, and questions that must not come: everything stays as it was. It must not look at answers.

use std::path::Path;

use super::*;

/// All that a command could have changed: refs, HEAD, index, files, the local store.
fn state(repository: &Repository<'_>) -> Vec<(String, Vec<u8>)> {
    let mut state = vec![
        (
            "refs".into(),
            repository
                .git(&["for-each-ref", "--include-root-refs"])
                .into(),
        ),
        (
            "index".into(),
            repository.git(&["ls-files", "--stage"]).into(),
        ),
    ];
    for directory in ["src", ".session", ".git/sessions"] {
        files(&repository.path().join(directory), &mut state);
    }
    state.sort();
    state
}

fn files(directory: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    // What can be made again at any time is no state.
    if !directory.exists() || directory.ends_with(".store/index") {
        return;
    }
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push((
                path.display().to_string(),
                std::fs::read(&path).unwrap_or_default(),
            ));
        }
    }
}

/// A way to a question.
struct Case {
    arguments: &'static [&'static str],
    /// The questions before it, with the keys that answer them.
    answers: &'static [(&'static str, &'static str)],
    question: &'static str,
}

const fn case(
    arguments: &'static [&'static str],
    answers: &'static [(&'static str, &'static str)],
    question: &'static str,
) -> Case {
    Case {
        arguments,
        answers,
        question,
    }
}

/// Without a session: an open one keeps its uncommitted changes from another branch.
const BEFORE_WORK: [Case; 2] = [
    case(&["start", "hotfix/a"], &[], ACHIEVE),
    case(
        &["start", "hotfix/a"],
        &[(ACHIEVE, "one\r")],
        "Another objective",
    ),
];

const AT_WORK: [Case; 7] = [
    case(&["start"], &[], WORK_ON),
    case(
        &["start"],
        &[(WORK_ON, "urgent\r")],
        "Name of the branch: hotfix/",
    ),
    case(
        &["checkpoint", "--decision=D"],
        &[(CHECKPOINT, "\x1b[B\x1b[B\x1b[B\r"), ("Notes", "n\r")],
        "Commit subject",
    ),
    case(&["end"], &[], ACCOMPLISHED),
    case(
        &["end", "--accomplished=A"],
        &[(DECIDED, "Opaque\r"), (DECIDED, ENTER)],
        REMEMBER,
    ),
    case(&["switch", "old"], &[], "What to do with"),
    case(&["switch", "hotfix/b"], &[], "Create it from main?"),
];

#[test]
fn leaving_any_question_leaves_everything_as_it_was() {
    let env = TestEnv::new();
    assert_left_as_it_was(&env, &project(&env), &BEFORE_WORK);
    let env = TestEnv::new();
    assert_left_as_it_was(&env, &at_work(&env), &AT_WORK);
}

#[track_caller]
fn assert_left_as_it_was(env: &TestEnv, repository: &Repository<'_>, cases: &[Case]) {
    let before = state(repository);
    for Case {
        arguments,
        answers,
        question,
    } in cases
    {
        for (key, code) in [(ESCAPE, 1), (CONTROL_C, 130)] {
            let mut terminal = env.terminal(repository.path(), arguments);
            for (question, keys) in *answers {
                terminal.wait_for(question).send(keys);
            }
            terminal.wait_for(question).send(key);
            let shown = finish(terminal, code);
            assert!(shown.contains("cancelled; nothing was changed"), "{shown}");
            assert!(
                state(repository) == before,
                "{arguments:?} left at {question:?} changed something"
            );
        }
    }
}

#[test]
fn no_question_is_asked_with_no_input_or_json() {
    // One after the other: each finds what the one before left.
    let steps: [(&[&str], u32); 8] = [
        (&["start", "feature/x"], 0),
        (&["checkpoint"], 0),
        (&["switch", "old"], 1),
        (&["switch", "hotfix/none"], 1),
        (&["switch", "old", "--park"], 0),
        (&["start"], 0),
        (&["end"], 0),
        (&["switch", "feature/x"], 0),
    ];
    for flag in ["--no-input", "--json"] {
        let env = TestEnv::new();
        let repository = project(&env);
        for (arguments, code) in steps {
            if arguments == ["checkpoint"] {
                repository.write("src/more.rs", "//! More.\n");
            }
            let mut arguments = arguments.to_vec();
            arguments.push(flag);
            let shown = finish(env.terminal(repository.path(), &arguments), code);
            assert!(!shown.contains("? "), "{arguments:?}: {shown}");
            assert_eq!(
                shown.contains("{\"schema\":\"session."),
                flag == "--json",
                "{arguments:?}: {shown}"
            );
        }
        assert!(repository.exists("src/more.rs"), "parked, and put back");
    }
}
