//! What the documents say is what the program does: commands, JSON answers, variables, and every command line that a page
//! names. It must not judge wording.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use session::cli::Cli;
use session::commands::reference;

use crate::common::{TestEnv, source_root};

/// A component of no use but to be installed.
const CONTRACT: &[u8] = include_bytes!("../fixtures/contract/0.1.0.wasm");

/// Pages that name commands to users.
const PAGES: [&str; 11] = [
    "README.md",
    "CHANGELOG.md",
    "docs/commands.md",
    "docs/configuration.md",
    "docs/handoff.md",
    "docs/plugins.md",
    "sdk/README.md",
    "sdk/rust/template/README.md",
    "sdk/python/template/README.md",
    "sdk/javascript/template/README.md",
    "docs/troubleshooting.md",
];

fn read(path: &str) -> String {
    std::fs::read_to_string(source_root().join(path)).unwrap_or_default()
}

fn verbs() -> BTreeSet<String> {
    let command = Cli::command();
    let verbs = command.get_subcommands();
    verbs.map(|verb| verb.get_name().to_owned()).collect()
}

#[test]
fn the_page_of_commands_is_what_the_program_parses() {
    let path = source_root().join("docs/commands.md");
    let page = reference::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        read("docs/commands.md") == page,
        "docs/commands.md is out of date; run: UPDATE_DOCS=1 cargo test -p session --test it"
    );
}

#[test]
fn every_verb_is_documented() {
    let page = read("docs/commands.md");
    let readme = read("README.md");
    for verb in verbs() {
        assert!(page.contains(&format!("\n## session {verb}\n")), "{verb}");
        assert!(
            readme.contains(&format!("\n| `{verb}` |")),
            "README lacks {verb}"
        );
    }
}

#[test]
fn the_list_of_commands_in_the_readme_is_that_of_help() {
    let env = TestEnv::new();
    let help = env.session(env.root(), &["--help"]).success().stdout;
    let listed: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // What is indented further goes on with the line before.
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    let readme = read("README.md");
    let told: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| !name.contains([' ', '.', '/']))
        .collect();
    assert!(listed.len() > 10, "{help}");
    assert_eq!(told, listed);
}

/// `session …` inside of backticks or behind a prompt.
fn named_commands(page: &str) -> Vec<String> {
    let mut named = Vec::new();
    for marker in ["`session ", "$ session "] {
        for (at, _) in page.match_indices(marker) {
            let rest = &page[at + marker.len()..];
            let end = rest.find(['`', '\n']).unwrap_or(rest.len());
            named.push(rest[..end].to_owned());
        }
    }
    named
}

#[test]
fn every_command_that_a_page_names_exists() {
    let mut count = 0;
    for path in PAGES {
        for line in named_commands(&read(path)) {
            let mut command = Cli::command();
            for word in line.split(' ') {
                let below = command.find_subcommand(word).cloned();
                match below {
                    Some(below) => command = below,
                    None => break,
                }
            }
            assert!(
                command.get_name() != "session"
                    || line.starts_with("--")
                    || line.starts_with("COMMAND"),
                "{path} names `session {line}`"
            );
            // What stands behind a lone `--` is another program's.
            let words = line.split(' ').take_while(|word| *word != "--");
            for flag in words.filter(|word| word.starts_with("--")) {
                let name = flag[2..].split('=').next().unwrap_or_default();
                let known = ["help", "version", "json", "no-input", "quiet"].contains(&name)
                    || command
                        .get_arguments()
                        .any(|argument| argument.get_long() == Some(name));
                assert!(known, "{path} names `session {line}`: no --{name}");
            }
            count += 1;
        }
    }
    assert!(count > 40, "only {count} commands were found");
}

#[test]
fn every_variable_that_is_read_is_documented() {
    let mut read_by_code = BTreeSet::new();
    let mut directories = vec![source_root().join("host/src")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            for (at, _) in text.match_indices("\"SESSION_") {
                let name = text[at + 1..].split('"').next().unwrap();
                if !name.contains(' ') {
                    read_by_code.insert(name.to_owned());
                }
            }
        }
    }
    let documented: BTreeSet<String> = reference::VARIABLES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .filter(|name| name.starts_with("SESSION_"))
        .collect();
    assert_eq!(documented, read_by_code);
}

#[test]
fn every_json_answer_has_the_keys_of_its_schema() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("src/a.rs", "//! A.\n");
    repository.commit("feat: begin");
    let demo = env.root().join("demo");
    let demo = demo.to_str().unwrap();
    repository.write("notes.wasm", CONTRACT);
    let steps: [&[&str]; 37] = [
        &["init"],
        &["start", "feature/a", "--objective=One"],
        &["start"],
        &["objectives", "add", "Two"],
        &["objectives", "list"],
        &["blockers", "add", "Keys"],
        &["blockers", "list"],
        &["decisions", "add", "PKCE"],
        &["decisions", "list"],
        &["checkpoint", "--label=a", "--commit"],
        &["checkpoint", "list"],
        &["checkpoint", "show", "cp-1"],
        &["checkpoint", "restore", "cp-1"],
        &["checkpoint", "drop", "cp-1"],
        &["run", "--json", "--", "true"],
        &["status"],
        &["brief"],
        &["plugin", "list"],
        &["switch", "main", "--carry"],
        &["switch", "feature/a", "--carry"],
        &["end", "--accomplished=One"],
        &["handoff"],
        &["resume"],
        &["history"],
        &["hooks", "install"],
        &["hooks", "uninstall"],
        &["plugin", "disable", "context-manager"],
        &["plugin", "new", "loose-ends", "--lang=python"],
        &["plugin", "pack", "notes.wasm", "--name=a", "--version=1"],
        &["plugin", "test", "a.wasm"],
        &["plugin", "install", "notes.wasm"],
        &["plugin", "inspect", "notes.wasm"],
        &["plugin", "trust", "contract", "--revoke"],
        &["plugin", "refresh"],
        &["plugin", "update"],
        &["plugin", "remove", "contract"],
        &["demo", demo],
    ];
    let mut seen = BTreeSet::new();
    for arguments in steps {
        let mut arguments = arguments.to_vec();
        // What stands behind a command of its own is that command's.
        if !arguments.contains(&"--json") {
            arguments.push("--json");
        }
        let outcome = repository.session(&arguments);
        let answer: serde_json::Value = serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{outcome}"));
        let schema = answer["schema"].as_str().unwrap();
        let name = schema
            .strip_prefix("session.")
            .and_then(|schema| schema.strip_suffix("/1"))
            .unwrap_or_else(|| panic!("{schema}"));
        let (_, keys) = reference::SCHEMAS
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("{schema} is not documented: {answer}"));
        let given: BTreeSet<&str> = answer
            .as_object()
            .unwrap()
            .keys()
            .map(|key| &**key)
            .collect();
        for key in *keys {
            let there = given.contains(key.trim_end_matches('?'));
            assert!(there || key.ends_with('?'), "{schema} lacks {key}");
        }
        for key in given {
            let known = keys.iter().any(|known| known.trim_end_matches('?') == key);
            assert!(known || key == "schema", "{schema} has {key} too");
        }
        seen.insert(name.to_owned());
    }
    let documented: BTreeSet<String> = reference::SCHEMAS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(seen, documented);
}

#[test]
fn the_demo_shows_the_life_of_a_session() {
    let env = TestEnv::new();
    let outcome = env.session(env.root(), &["demo", "shop"]).success();
    let mut rest = &*outcome.stdout;
    for landmark in [
        "scratch repository $ROOT/shop",
        "$ session init",
        "- .session/config.yaml",
        "$ session start feature/auth-google",
        "# Project status",
        "# Session brief: feature/auth-google",
        "[▶] obj-1: Provider interface",
        "src/auth/CLAUDE.md — from plugin context-manager",
        "Tokens never leave this module.",
        "Use PKCE for every flow",
        "blk-1: Waiting for the API keys",
        "# Checkpoint cp-1: provider-interface",
        "- src/auth/provider.rs (untracked, +3 -0)",
        "$ git log -1",
        "Session-Objectives:\n- [x] Provider interface\n- [▶] Sign in with Google",
        "Session-Time: 1h 0m",
        "$ session switch hotfix/double-payment --create --park",
        "Merged: into main as ",
        "1 file parked in cp-3 is back",
        "# Handoff: feature/auth-google",
        "- Remember: The Google provider has no tests yet",
        "Observed by session",
        "$ session resume",
        "## Since you left",
        "Last handoff, 14 hours ago",
        "$ session history",
        "hotfix/double-payment (ended ",
        "Look around in $ROOT/shop",
    ] {
        let at = rest
            .find(landmark)
            .unwrap_or_else(|| panic!("{landmark:?} is missing or out of place:\n{outcome}"));
        rest = &rest[at + landmark.len()..];
    }
    assert!(
        outcome.stdout.lines().count() < 320,
        "too long for a first look: {}",
        outcome.stdout.lines().count()
    );
    let again = env.session(env.root(), &["demo", "shop"]);
    assert_eq!(again.code, Some(1), "{again}");
    let shop = env.root().join("shop");
    let status = env.session(&shop, &["status", "--json"]).json();
    assert_eq!(status["session"]["branch"], "feature/auth-google");
}
