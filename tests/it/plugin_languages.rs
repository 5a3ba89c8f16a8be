//! One plugin in three languages, made by `plugin new` and built by that language's own tool: the same facts, the same
//! contribution. It must not fetch anything: a tool that is not installed is passed over, and said to be.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::common::{TestEnv, session_program, source_root};

/// A cargo of the test's own: the machine's registry, no network, and what was compiled for another test is used again.
pub fn cargo(env: &TestEnv) {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    for (name, below) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let directory = std::env::var_os(name).map_or_else(|| home.join(below), PathBuf::from);
        env.set(name, directory);
    }
    if let Some(toolchain) = std::env::var_os("RUSTUP_TOOLCHAIN") {
        env.set("RUSTUP_TOOLCHAIN", toolchain);
    }
    env.set("CARGO_NET_OFFLINE", "true");
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffold-build");
    env.set("CARGO_BUILD_BUILD_DIR", shared);
}

/// Made by `plugin new`, with time limits for a busy machine: what is compared is what it says, not how fast.
fn project(env: &TestEnv, language: &str) -> PathBuf {
    let arguments = [
        "plugin",
        "new",
        "loose-ends",
        "--lang",
        language,
        "--directory",
        language,
    ];
    env.session(env.root(), &arguments).success();
    let project = env.root().join(language);
    for name in ["marks.json", "no-marks.json"] {
        let path = project.join("cases").join(name);
        let mut case: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        case["limits"] = serde_json::json!({"time_ms": 10_000});
        std::fs::write(&path, case.to_string()).unwrap();
    }
    project
}

/// The component of each language says what the cases of all of them expect.
fn says_the_same(env: &TestEnv, project: &Path, component: &str) {
    let outcome = env.session(project, &["plugin", "test", component, "--json"]);
    let answer: Json =
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome}"));
    let cases = answer["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2, "{outcome}");
    for case in cases {
        assert_eq!(case["outcome"], "as_expected", "{case:#}");
    }
    assert_eq!(answer["name"], "loose-ends");
    assert_eq!(
        answer["exports"],
        serde_json::json!(["brief", "checkpoint"])
    );
    assert_eq!(answer["notes"], serde_json::json!([]), "{answer:#}");
}

fn run(env: &TestEnv, project: &Path, program: &Path, arguments: &[&str]) {
    let mut command = env.command(program, project);
    env.outcome(command.args(arguments)).success();
}

/// Big components would fill the cache that all tests share.
fn own_cache(env: &TestEnv) {
    env.set("SESSION_CACHE_DIR", env.root().join("cache"));
}

#[test]
fn in_rust() {
    let env = TestEnv::new();
    cargo(&env);
    let project = project(&env, "rust");
    let build = ["build", "--release", "--target", "wasm32-wasip2"];
    run(&env, &project, Path::new("cargo"), &build);
    says_the_same(
        &env,
        &project,
        "target/wasm32-wasip2/release/loose_ends.wasm",
    );
}

#[test]
fn in_python() {
    let tool = std::env::var_os("SESSION_COMPONENTIZE_PY").map(PathBuf::from);
    let tool = tool.unwrap_or_else(|| "componentize-py".into());
    let env = TestEnv::new();
    own_cache(&env);
    let project = project(&env, "python");
    if !answers(Command::new(&tool).arg("--version")) {
        notice("there is no componentize-py; SESSION_COMPONENTIZE_PY can name one");
        return as_kept(&env, &project, "python");
    }
    let build = [
        "-d",
        "wit",
        "-w",
        "plugin",
        "componentize",
        "plugin",
        "-o",
        "component.wasm",
    ];
    run(&env, &project, &tool, &build);
    pack(&env, &project);
    says_the_same(&env, &project, "loose-ends.wasm");
}

#[test]
fn in_javascript() {
    let env = TestEnv::new();
    own_cache(&env);
    let project = project(&env, "javascript");
    let Some(modules) = std::env::var_os("SESSION_COMPONENTIZE_JS").map(PathBuf::from) else {
        notice("SESSION_COMPONENTIZE_JS names no node_modules with componentize-js");
        return as_kept(&env, &project, "javascript");
    };
    std::os::unix::fs::symlink(modules, project.join("node_modules")).unwrap();
    run(&env, &project, Path::new("node"), &["build.js"]);
    pack(&env, &project);
    says_the_same(&env, &project, "loose-ends.wasm");
}

fn pack(env: &TestEnv, project: &Path) {
    let pack = [
        "plugin",
        "pack",
        "component.wasm",
        "--manifest",
        "manifest.json",
    ];
    run(env, project, Path::new(session_program()), &pack);
}

/// The component that was built once and kept stands in for one that cannot be built here.
fn as_kept(env: &TestEnv, project: &Path, language: &str) {
    std::fs::write(project.join("loose-ends.wasm"), kept(language)).unwrap();
    says_the_same(env, project, "loose-ends.wasm");
}

/// `tests/fixtures/languages` says how it was made.
fn kept(language: &str) -> Vec<u8> {
    let file = format!("tests/fixtures/languages/{language}.wasm.zst");
    let file = std::fs::File::open(source_root().join(file)).unwrap();
    let mut component = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(file)
        .unwrap()
        .read_to_end(&mut component)
        .unwrap();
    component
}

/// Whole, and made by the templates; they need not be compiled for that.
#[test]
fn the_components_that_are_kept_are_the_templates_plugins() {
    for language in ["python", "javascript"] {
        let found = session::plugin::inspect(&kept(language)).unwrap();
        assert_eq!(found.problem, None, "{language}");
        let manifest = found.manifest.unwrap();
        assert_eq!(manifest.name, "loose-ends", "{language}");
        assert_eq!(manifest.hooks, ["brief", "checkpoint"], "{language}");
        assert_eq!(found.contract.as_deref(), Some("0.1.1"), "{language}");
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a test that ran with less than it could has to say so"
)]
pub fn notice(why: &str) {
    eprintln!("{why}");
}

fn answers(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// What CI installs is what the templates tell their readers to install.
#[test]
fn the_tools_that_are_tested_are_those_that_the_templates_name() {
    let read = |path: &str| std::fs::read_to_string(source_root().join(path)).unwrap();
    let script = read(".ci/run");
    assert!(script.contains("sdk/python/template/README.md"));
    assert!(script.contains("sdk/javascript/template/package.json"));
    assert!(read("sdk/python/template/README.md").contains("componentize-py=="));
}
