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

/// Arguments, questions with their answers, and the question that is left.
type Case = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    &'static str,
);

#[test]
fn leaving_any_question_leaves_everything_as_it_was() {
    let cases: [Case; 9] = [
        (&["start"], &[], WORK_ON),
        (
            &["start"],
            &[(WORK_ON, "urgent\r")],
            "Name of the branch: hotfix/",
        ),
        (&["start", "hotfix/a"], &[], ACHIEVE),
        (
            &["start", "hotfix/a"],
            &[(ACHIEVE, "one\r")],
            "Another objective",
        ),
        (
            &["checkpoint", "--decision=D"],
            &[(CHECKPOINT, "\x1b[B\x1b[B\x1b[B\r"), ("Notes", "n\r")],
            "Commit subject",
        ),
        (&["end"], &[], ACCOMPLISHED),
        (
            &["end", "--accomplished=A"],
            &[(DECIDED, "Opaque\r"), (DECIDED, ENTER)],
            REMEMBER,
        ),
        (&["switch", "old"], &[], "What to do with"),
        (&["switch", "hotfix/b"], &[], "Create it from main?"),
    ];
    let env = TestEnv::new();
    let repository = at_work(&env);
    let before = state(&repository);
    for (arguments, answers, question) in cases {
        for (key, code) in [(ESCAPE, 1), (CONTROL_C, 130)] {
            let mut terminal = env.terminal(repository.path(), arguments);
            for (question, keys) in answers {
                terminal.wait_for(question).send(keys);
            }
            terminal.wait_for(question).send(key);
            let shown = finish(terminal, code);
            assert!(shown.contains("cancelled; nothing was changed"), "{shown}");
            assert!(
                state(&repository) == before,
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
