//! `session plugin pack`: what a component is given, and what is refused. The rules are the host's own unit tests'.

use serde_json::json;

use crate::common::TestEnv;
use crate::plugin_authoring::{component, names, plugin, refused, write};

#[test]
fn a_packed_component_has_the_manifest_and_the_original_is_kept() {
    let env = TestEnv::new();
    std::fs::copy(component(), env.root().join("built.wasm")).unwrap();
    let original = std::fs::read(env.root().join("built.wasm")).unwrap();
    let grants = json!([{"kind": "read", "value": "docs/**", "reason": "It quotes the guide."}]);
    let manifest =
        json!({"name": "guide", "version": "1.2.0", "hooks": ["brief"], "grants": grants});
    write(&env, "manifest.json", &manifest);
    let pack = ["pack", "built.wasm", "--manifest", "manifest.json"];
    let answer = plugin(&env, &[&pack[..], &["--json"]].concat()).json();
    assert_eq!(
        answer["file"],
        env.root()
            .join("guide.wasm")
            .to_str()
            .unwrap()
            .replace(env.root().to_str().unwrap(), "$ROOT")
    );
    assert_eq!(answer["manifest"]["contract"], "0.1.0");
    assert_eq!(answer["manifest"]["grants"], grants);
    assert_eq!(
        std::fs::read(env.root().join("built.wasm")).unwrap(),
        original
    );

    let notes = &plugin(&env, &["test", "guide.wasm", "--json"]).json()["notes"];
    let never = "it exports status, but its manifest does not name it: status is never called";
    assert!(notes.as_array().unwrap().contains(&json!(never)), "{notes}");

    // Packed once more, it has the new manifest alone.
    let again = [
        "pack",
        "guide.wasm",
        "--name=guide",
        "--version=1.3.0",
        "--output=again.wasm",
    ];
    plugin(&env, &again).success();
    std::fs::rename(env.root().join("again.wasm"), env.root().join("guide.wasm")).unwrap();
    let shown = plugin(&env, &["test", "guide.wasm"]).success().stdout;
    assert!(shown.starts_with("guide 1.3.0, "), "{shown}");
    assert!(
        shown.contains("contract 0.1.0\nexports brief, checkpoint, handoff, status, analyze\n")
    );
    refused(
        &plugin(&env, &["pack", "guide.wasm", "--name=guide", "--version=2"]),
        "written over",
    );
    assert!(
        plugin(&env, &["test", "guide.wasm"])
            .stdout
            .starts_with("guide 1.3.0, ")
    );
    std::os::unix::fs::symlink("guide.wasm", env.root().join("link.wasm")).unwrap();
    let over = ["--name=guide", "--version=2", "--output=link.wasm"];
    let over = plugin(&env, &[&["pack", "guide.wasm"], &over[..]].concat());
    refused(&over, "link.wasm is there and is no regular file");
    assert!(over.stderr.contains("with --output FILE"), "{over}");
    assert!(env.root().join("link.wasm").is_symlink());
    std::fs::remove_file(env.root().join("link.wasm")).unwrap();
    let left = [
        "data",
        "gitconfig",
        "home",
        "built.wasm",
        "guide.wasm",
        "manifest.json",
    ];
    assert!(
        names(env.root()).iter().all(|name| left.contains(&&**name)),
        "{:?}",
        names(env.root())
    );
}

#[test]
fn a_manifest_that_is_wrong_is_refused_with_what_would_be_right() {
    let env = TestEnv::new();
    let built = component();
    let pack = |more: &[&str]| plugin(&env, &[&["pack", &built, "--output=a.wasm"], more].concat());
    refused(
        &pack(&["--name=a", "--version=1", "--hook=later"]),
        "it exports brief, checkpoint, handoff",
    );
    refused(
        &pack(&["--name=a", "--version=1", "--grant=run:x=Why not"]),
        "a grant is read, http or env",
    );
    refused(&pack(&["--version=1"]), "the plugin has no name");
    refused(
        &pack(&["--manifest=none.json"]),
        "hint: docs/plugins.md says what a manifest looks like",
    );
    write(
        &env,
        "m.json",
        &json!({"name": "a", "version": "1", "contract": "0.2.0"}),
    );
    refused(
        &pack(&["--manifest=m.json"]),
        "says contract 0.2.0, the component was built for 0.1.0",
    );
    write(
        &env,
        "m.json",
        &json!({"name": "a", "version": "1", "hoooks": []}),
    );
    refused(&pack(&["--manifest=m.json"]), "hoooks");
    refused(
        &plugin(&env, &["pack", "m.json", "--name=a", "--version=1"]),
        "is no WebAssembly component",
    );
    assert!(!env.root().join("a.wasm").exists());
}

#[test]
fn what_no_configuration_can_allow_is_packed_and_warned_of() {
    let env = TestEnv::new();
    let built = component();
    let pack = |grants: &[&str]| {
        let pack = ["pack", &built, "--output=a.wasm", "--name=a", "--version=1"];
        plugin(&env, &[&pack[..], grants].concat())
    };
    refused(
        &pack(&["--grant=http:=E"]),
        "asks for http with an empty value",
    );
    assert!(!env.root().join("a.wasm").exists());
    let grants = [
        "--grant=read:../x=E",
        "--grant=http:*=E",
        "--grant=env:TOKEN=E",
    ];
    let packed = pack(&grants).success();
    for what in ["read ../x", "http *"] {
        let warning = format!("warning: no configuration can allow {what} as it stands");
        assert!(packed.stderr.contains(&warning), "{packed}");
    }
    assert_eq!(packed.stderr.matches("warning: ").count(), 2, "{packed}");
    assert!(env.root().join("a.wasm").exists());
}

#[test]
fn a_plugin_is_written_over_neither_its_component_nor_what_is_gits() {
    let env = TestEnv::new();
    let built = env.root().join("built.wasm");
    std::fs::copy(component(), &built).unwrap();
    std::fs::create_dir_all(env.root().join(".git/hooks")).unwrap();
    let pack = |output: &str| {
        let pack = ["pack", "built.wasm", "--name=a", "--version=1", "--output"];
        plugin(&env, &[&pack[..], &[output]].concat())
    };
    let before = std::fs::read(&built).unwrap();
    for own in ["built.wasm", ".git/../built.wasm"] {
        refused(&pack(own), "the plugin would be written over");
    }
    for gits in [".git/a.wasm", ".git/hooks/../config", ".GIT"] {
        refused(&pack(gits), "is in git's own directory");
    }
    assert_eq!(std::fs::read(&built).unwrap(), before);
    assert!(!env.root().join(".git/a.wasm").exists());
    // Any other file is the user's to name.
    write(&env, "older.wasm", &json!("older"));
    pack("older.wasm").success();
    pack("older.wasm").success();
}
