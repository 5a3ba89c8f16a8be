//! The authoring guide's commands, run as they stand there: from nothing to a plugin in a repository. It must not judge
//! wording.

use std::path::Path;

use crate::common::repository::Repository;
use crate::common::terminal::{ENTER, Terminal};
use crate::common::{TestEnv, session_program, source_root};
use crate::plugin_languages::cargo;

const MARK: &str = "```sh guide\n";

fn page() -> String {
    std::fs::read_to_string(source_root().join("docs/plugins.md")).unwrap()
}

/// The lines of all marked blocks, in order.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split(MARK).skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
    lines.map(str::to_owned).collect()
}

/// A busy machine may be slower than a plugin is allowed to be.
fn patient(project: &Path) {
    for entry in std::fs::read_dir(project.join("cases")).unwrap() {
        let path = entry.unwrap().path();
        let mut case: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if case["schema"].is_string() {
            case["limits"] = serde_json::json!({"time_ms": 10_000});
            std::fs::write(&path, case.to_string()).unwrap();
        }
    }
}

/// What asks a person is asked, and answered, on a terminal.
fn agree(env: &TestEnv, directory: &Path, command: &str) {
    let mut terminal = Terminal::start(env, "sh", directory, &["-c", command]);
    terminal.wait_for("It looks for marks in the files that you have changed.");
    terminal.wait_for("Let loose-ends run in this repository?");
    terminal.send("y").send(ENTER);
    let (code, shown) = terminal.finish();
    assert_eq!(code, 0, "$ {command}\n{shown}");
}

#[test]
fn the_guide_leads_from_nothing_to_a_plugin_in_the_brief() {
    let env = TestEnv::new();
    cargo(&env);
    let programs = Path::new(session_program()).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&path));
    env.set("PATH", std::env::join_paths(path).unwrap());
    let repository: Repository<'_> = env.repository("shop");
    repository.write("src/pay.rs", "//! Pays.\n");
    repository.commit("feat: pay");
    let commands = commands(&page());
    assert!(
        commands.len() > 8,
        "the commands were not found: {commands:?}"
    );

    let mut directory = repository.path().to_owned();
    let mut brief = String::new();
    for command in commands {
        if let Some(below) = command.strip_prefix("cd ") {
            directory = directory.join(below).canonicalize().unwrap();
            continue;
        }
        if command.starts_with("session plugin trust") {
            agree(&env, &directory, &command);
            continue;
        }
        let mut shell = env.command("sh", &directory);
        let outcome = env.outcome(shell.args(["-e", "-c", &command]));
        assert_eq!(outcome.code, Some(0), "$ {command}\n{outcome}");
        if command.starts_with("session plugin new") {
            patient(&env.root().join("loose-ends"));
        }
        if command.starts_with("session brief") {
            brief = outcome.stdout;
        }
    }
    assert!(brief.contains("feature/refund"), "{brief}");
    // The section is the plugin's own.
    assert!(brief.contains("Loose ends"), "{brief}");
    assert!(
        brief.contains("src/pay.rs:2: // TODO: a part of the amount"),
        "{brief}"
    );
}
