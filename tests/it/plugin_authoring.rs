//! `plugin new` and `plugin test` for who writes a plugin. It must not build one: `plugin_languages` does, nor pack one:
//! `plugin_pack` does.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use crate::common::outcome::Outcome;
use crate::common::terminal::CONTROL_C;
use crate::common::{TestEnv, source_root};
use crate::plugin_languages::notice;

/// A component with every hook, without hooks of its own mind: it tells what it was given.
pub fn component() -> String {
    let path = source_root().join("tests/fixtures/contract/0.1.0.wasm");
    path.to_str().unwrap().to_owned()
}

pub fn plugin(env: &TestEnv, arguments: &[&str]) -> Outcome {
    env.session(env.root(), &[&["plugin"], arguments].concat())
}

#[track_caller]
pub fn refused(outcome: &Outcome, message: &str) {
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains(message), "{outcome}");
}

/// The names of everything in the test's directory: nothing may be left there by accident.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

pub fn write(env: &TestEnv, path: &str, value: &Json) {
    std::fs::write(env.root().join(path), value.to_string()).unwrap();
}

/// A case about one hook, patient with a busy machine.
fn case(more: Json) -> Json {
    let mut case = json!({
        "schema": "session.plugin-case/1",
        "hook": "brief",
        "branch": "feature/x",
        "files": {"README.md": "hello\n"},
        "limits": {"time_ms": 10_000},
    });
    for (key, value) in more.as_object().unwrap() {
        case[key] = value.clone();
    }
    case
}

#[test]
fn a_case_holds_a_component_to_what_it_said() {
    let env = TestEnv::new();
    let built = component();
    let test = |more: &[&str]| plugin(&env, &[&["test", &built, "--case=a.json"], more].concat());
    write(&env, "a.json", &case(json!({"arguments": {"label": "x"}})));
    let nothing = plugin(&env, &["test", &built, "--update"]);
    refused(&nothing, "there is no case to write down");
    let unknown = test(&[]);
    refused(&unknown, "1 of 1 case not as expected");
    assert!(
        unknown.stdout.contains("nothing says what is expected"),
        "{unknown}"
    );
    test(&["--update"]).success();
    let expected = std::fs::read_to_string(env.root().join("a.expected.json")).unwrap();
    assert!(
        expected.contains("Everything, for brief") && expected.contains("label"),
        "{expected}"
    );
    // What a machine or a moment could change is not in it.
    assert!(!expected.contains("contract-") && !expected.contains(env.root().to_str().unwrap()));

    let same = test(&[]).success().stdout;
    assert!(
        same.contains("a.json: as expected\n  brief logged info: asked for brief"),
        "{same}"
    );
    let answer = test(&["--json"]).json();
    assert_eq!(answer["cases"][0]["outcome"], "as_expected");

    let other = expected.replace("Keep the contract", "Break the contract");
    std::fs::write(env.root().join("a.expected.json"), other).unwrap();
    let differs = test(&[]);
    refused(&differs, "run it again with --update");
    assert!(
        differs
            .stdout
            .contains("-      \"Break the contract\"\n+      \"Keep the contract\""),
        "{differs}"
    );
    let answer = test(&["--json"]);
    assert_eq!(answer.code, Some(1));
    let answer: Json = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(answer["cases"][0]["outcome"], "differs");
}

#[test]
fn nothing_is_open_but_what_the_case_grants() {
    let env = TestEnv::new();
    let told = |grants: Json| {
        write(&env, "a.json", &case(json!({"grants": grants})));
        plugin(&env, &["test", &component(), "--case=a.json"]).stdout
    };
    assert!(told(json!({})).contains("work tree: denied, denied"));
    assert!(told(json!({"read": ["docs/**"]})).contains("work tree: denied, denied"));
    assert!(told(json!({"read": ["*.md"]})).contains("work tree: 6 bytes, denied"));
}

#[test]
fn a_glob_of_a_case_is_held_to_the_same_bounds_as_any() {
    let env = TestEnv::new();
    let glob = format!("{}a{}", "{".repeat(20_000), "}".repeat(20_000));
    write(&env, "a.json", &case(json!({"grants": {"read": [glob]}})));
    let outcome = plugin(&env, &["test", &component(), "--case=a.json"]);
    refused(&outcome, "a glob has more than 1024 bytes");
}

#[test]
fn the_limits_are_on() {
    let env = TestEnv::new();
    std::fs::write(env.root().join("bad.wasm"), session_guests::MISBEHAVING).unwrap();
    let case = case(json!({"configuration": "loop", "limits": {"time_ms": 100}}));
    write(&env, "a.json", &case);
    let outcome = plugin(&env, &["test", "bad.wasm", "--case=a.json"]);
    refused(&outcome, "not as expected");
    let sentence = "warning: plugin misbehaving (brief) took longer than its limit of 100 ms";
    assert!(outcome.stdout.contains(sentence), "{outcome}");
    assert!(
        !names(env.root())
            .iter()
            .any(|name| name.starts_with(".session-tmp-"))
    );
}

#[test]
fn a_case_that_is_none_is_refused() {
    let env = TestEnv::new();
    let built = component();
    write(&env, "a.json", &case(json!({"objektives": []})));
    let test = || plugin(&env, &["test", &built, "--case=a.json"]);
    refused(&test(), "objektives");
    // Beside the root is everybody's directory for temporary files.
    let outside = format!("../{}-x", env.root().file_name().unwrap().display());
    write(&env, "a.json", &case(json!({"files": {&outside: ""}})));
    refused(&test(), "outside of a work tree");
    assert!(!env.root().join(&outside).exists());
    write(&env, "a.json", &json!({"schema": "session.plugin-case/9"}));
    refused(&test(), "expected session.plugin-case/1");
}

#[test]
fn a_change_of_the_component_runs_it_again_until_ctrl_c() {
    let env = TestEnv::new();
    std::fs::copy(component(), env.root().join("a.wasm")).unwrap();
    let mut terminal = env.terminal(env.root(), &["plugin", "test", "a.wasm", "--watch"]);
    terminal.wait_for("exports brief").wait_for("Ctrl-C ends");
    let pack = |version: &str| {
        let version = format!("--version={version}");
        plugin(
            &env,
            &[
                "pack",
                &component(),
                "--name=again",
                &version,
                "--output=a.wasm",
            ],
        )
        .success();
    };
    pack("2.0.0");
    terminal.wait_for("again 2.0.0").wait_for("Ctrl-C ends");
    // One that cannot be run ends nothing.
    std::fs::write(env.root().join("a.wasm"), "half a component").unwrap();
    terminal
        .wait_for("is no WebAssembly")
        .wait_for("Ctrl-C ends");
    pack("3.0.0");
    terminal.wait_for("again 3.0.0").wait_for("Ctrl-C ends");
    terminal.send(CONTROL_C);
    let (code, _) = terminal.finish();
    assert_eq!(code, 0);
    assert!(
        !names(env.root())
            .iter()
            .any(|name| name.starts_with(".session-tmp-"))
    );
}

#[test]
fn the_facts_of_a_repository_become_a_case_that_gives_the_same_answer() {
    let env = TestEnv::new();
    let repository = env.repository("shop");
    repository.write("docs/guide.md", "# Guide\n");
    repository.write("src/pay.rs", "//! Pays.\n");
    repository.commit("feat: pay");
    repository
        .session(&[
            "start",
            "feature/refund",
            "--objective=Refund",
            "--no-input",
        ])
        .success();
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    repository.write("docs/guide.md", format!("# Guide\n\n{token}\n"));
    repository.write("src/pay.rs", "//! Pays.\npub fn pay() {}\n");
    let grant = "--grant=read:docs/**=It quotes the guide.";
    plugin(
        &env,
        &[
            "pack",
            &component(),
            "--name=a",
            "--version=1",
            grant,
            "--output=a.wasm",
        ],
    )
    .success();

    let file = env.root().join("a.wasm");
    let file = file.to_str().unwrap();
    repository
        .session(&["plugin", "test", file, "--record", "case.json"])
        .success();
    let text = repository.read("case.json");
    assert!(!text.contains(&token), "{text}");
    let case: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(case["branch"], "feature/refund");
    assert_eq!(case["objectives"][0]["text"], "Refund");
    let files = case["files"].as_object().unwrap();
    // What the plugin does not ask to read is not taken along.
    assert_eq!(files.keys().collect::<Vec<_>>(), ["docs/guide.md"]);
    let masked = files["docs/guide.md"].as_str().unwrap();
    assert!(masked.starts_with("# Guide\n\n‹masked: "), "{masked}");
    assert_eq!(case["grants"]["read"], json!(["docs/**"]));
    assert_eq!(case["changed_lines"]["head"][0]["path"], "docs/guide.md");
    let test = repository.session(&["plugin", "test", file, "--case", "case.json"]);
    assert!(test.stdout.contains("objectives: 1"), "{test}");
    refused(
        &repository.session(&["plugin", "test", file, "--record", "case.json"]),
        "is there already",
    );
}

#[test]
fn a_new_plugin_is_all_there_or_not_at_all() {
    let env = TestEnv::new();
    plugin(&env, &["new", "loose-ends", "--lang=rust"]).success();
    let project = env.root().join("loose-ends");
    for file in [
        "Cargo.toml",
        ".gitignore",
        "src/lib.rs",
        "wit/facts.wit",
        "cases/marks.json",
        "vendor/session-plugin/src/lib.rs",
    ] {
        assert!(project.join(file).is_file(), "{file}");
    }
    let before = names(env.root());
    refused(
        &plugin(&env, &["new", "loose-ends", "--lang=python"]),
        "is there already, and not empty",
    );
    refused(
        &plugin(&env, &["new", "Loose", "--lang=rust"]),
        "is no name for a plugin",
    );
    for taken in ["session-plugin", "coverage"] {
        let outcome = plugin(&env, &["new", taken, "--lang=rust"]);
        refused(&outcome, "is session's own");
    }
    refused(
        &plugin(&env, &["new", "a", "--lang=rust", "--directory=gitconfig"]),
        "is there already",
    );
    refused(
        &plugin(
            &env,
            &["new", "a", "--lang=rust", "--directory=gitconfig/a"],
        ),
        "cannot be written",
    );
    assert_eq!(names(env.root()), before);
    std::fs::create_dir(env.root().join("empty")).unwrap();
    plugin(
        &env,
        &["new", "a", "--lang=javascript", "--directory=empty"],
    )
    .success();
    assert!(env.root().join("empty/plugin.js").is_file());
    assert_eq!(plugin(&env, &["new", "a", "--lang=cobol"]).code, Some(2));
}

/// The unit tests of the two templates that need no toolchain beyond their own interpreter.
#[test]
fn the_tests_of_a_new_plugin_pass() {
    let env = TestEnv::new();
    for (language, program, arguments) in [
        ("python", "python3", &["-m", "unittest"][..]),
        ("javascript", "node", &["--test"][..]),
    ] {
        let is_there = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if !is_there.is_ok_and(|status| status.success()) {
            notice(&format!("passed over: there is no {program}"));
            continue;
        }
        plugin(&env, &["new", language, "--lang", language]).success();
        let mut command = env.command(program, &env.root().join(language));
        env.outcome(command.args(arguments)).success();
    }
}
