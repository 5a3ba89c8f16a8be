//! The authoring guide's commands, run as they stand there: from nothing to a plugin in a repository. It must not run
//! what asks a person: consent is given here as CI gives it.

use clap::CommandFactory as _;
use session::cli::Cli;

use crate::common::repository::Repository;
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
fn patient(project: &std::path::Path) {
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

fn has_verb(verb: &str) -> bool {
    let cli = Cli::command();
    let plugin = cli.find_subcommand("plugin").unwrap();
    plugin.find_subcommand(verb).is_some()
}

#[test]
fn the_guide_leads_from_nothing_to_a_plugin_in_the_brief() {
    let env = TestEnv::new();
    cargo(&env);
    let programs = std::path::Path::new(session_program()).parent().unwrap();
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
        let verb = command
            .strip_prefix("session plugin ")
            .and_then(|rest| rest.split(' ').next());
        if verb.is_some_and(|verb| !has_verb(verb)) {
            continue;
        }
        // On a terminal it is a question; without one whoever sets it up names the digest.
        let command = match verb {
            Some("trust") => {
                let component = std::fs::read(directory.join("tools/loose-ends.wasm")).unwrap();
                format!("{command} --sha256 {}", session::plugin::digest(&component))
            }
            _ => command.clone(),
        };
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
    if has_verb("install") && has_verb("trust") {
        assert!(brief.contains("TODO: a part of the amount"), "{brief}");
    }
}
