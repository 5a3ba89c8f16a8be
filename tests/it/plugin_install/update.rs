//! `session plugin update`. It must not talk to a server.

use super::component::{sha256, version_1, version_2};
use super::{CONFIG, project, refused, stored, with_entry};
use crate::common::TestEnv;
use crate::common::repository::run;
use crate::plugin_trust;

#[test]
fn an_update_pins_what_is_new_and_asks_for_trust_again() {
    let env = TestEnv::new();
    let repository = project(&env);
    let update = |more: &[&str]| repository.session(&[&["plugin", "update"], more].concat());
    repository
        .session(&["plugin", "install", "tools/notes.wasm"])
        .success();
    let current = update(&[]).success();
    assert!(
        current.stdout.contains("Up to date: version 1.0.0"),
        "{current}"
    );

    repository.write("tools/notes.wasm", version_2());
    // The store has the component of this digest, and the file has not.
    refused(
        &repository,
        &[
            "install",
            "tools/notes.wasm",
            "--sha256",
            &sha256(&version_1()),
        ],
        "is not the component that was expected",
    );
    let before = repository.read(CONFIG);
    let told = update(&["--check"]).success();
    for said in [
        "1.0.0 → 1.1.0",
        &sha256(&version_1()),
        &sha256(&version_2()),
        "http api.example.com: “sends the notes”",
    ] {
        assert!(told.stdout.contains(said), "{said}\n{told}");
    }
    assert!(!told.stdout.contains("docs/**"), "{told}");
    assert_eq!(repository.read(CONFIG), before);
    let checked = update(&["--check", "--json"]).json();
    assert_eq!(checked["plugins"][0]["outcome"], "available");
    // The file is another one by now than what is pinned; the store has the pinned one.
    repository
        .session(&["plugin", "install", "acme-notes"])
        .success();

    let done = update(&["acme-notes"]).success();
    assert!(
        done.stdout.contains("session plugin trust acme-notes"),
        "{done}"
    );
    assert_eq!(
        repository.read(CONFIG),
        with_entry("./tools/notes.wasm", &version_2(), "")
    );
    assert!(stored(&env, &version_2()).exists());
    refused(&repository, &["update", "coverage"], "known: acme-notes");
    repository.write("tools/notes.wasm", "broken");
    refused(&repository, &["update"], "no WebAssembly component");
}

#[test]
fn it_runs_once_it_is_trusted_and_no_longer_after_an_update() {
    let env = TestEnv::new();
    let repository = project(&env);
    let runs = |expected: bool| {
        let (warnings, said) = plugin_trust::brief(&repository, "acme-notes");
        assert_eq!(said, expected, "{warnings:?}");
        assert_eq!(warnings.is_empty(), expected, "{warnings:?}");
    };
    let trust = |bytes: &[u8]| {
        let digest = sha256(bytes);
        let trust = ["plugin", "trust", "acme-notes", "--sha256", &digest];
        run(
            &repository,
            &[&trust[..], &["--grant", "limit:time=10s"]].concat(),
        );
    };
    run(&repository, &["start", "--objective", "one"]);
    run(&repository, &["plugin", "install", "tools/notes.wasm"]);
    // Time enough for a busy machine.
    let limits = format!("{}\n    limits: {{ time: 10s }}", sha256(&version_1()));
    let config = repository
        .read(CONFIG)
        .replace(&sha256(&version_1()), &limits);
    repository.write(CONFIG, config);
    runs(false);
    trust(&version_1());
    runs(true);
    repository.write("tools/notes.wasm", version_2());
    // The pinned one is in the store.
    runs(true);
    run(&repository, &["plugin", "update"]);
    runs(false);
    trust(&version_2());
    runs(true);
    run(&repository, &["plugin", "remove", "acme-notes"]);
    assert!(!plugin_trust::brief(&repository, "acme-notes").1);
}

/// A file that nothing pins is agreed to as it is: pinned as it is, it stays agreed, and a newer one is not.
#[test]
fn what_was_not_pinned_is_pinned_and_what_was_agreed_stays_agreed() {
    let env = TestEnv::new();
    let repository = project(&env);
    repository
        .session(&["start", "--objective", "one"])
        .success();
    repository
        .session(&["plugin", "install", "tools/notes.wasm"])
        .success();
    let digest = sha256(&version_1());
    let pin = format!("    sha256: {digest}\n");
    let unpinned = repository.read(CONFIG).replace(&pin, "");
    repository.write(CONFIG, &unpinned);
    let trust = ["plugin", "trust", "acme-notes", "--sha256", &digest];
    repository.session(&trust).success();
    let update = |more: &[&str]| repository.session(&[&["plugin", "update"], more].concat());

    let told = update(&["--check"]).success();
    assert!(
        told.stdout
            .contains("Nothing is new, but .session/config.yaml names no sha256"),
        "{told}"
    );
    assert!(
        !told.stdout.contains('→') && !told.stdout.contains("Newly"),
        "{told}"
    );
    repository.write("tools/notes.wasm", version_2());
    let told = update(&["--check"]).success();
    for said in ["1.0.0 → 1.1.0", &digest, "http api.example.com"] {
        assert!(told.stdout.contains(said), "{said}\n{told}");
    }
    assert!(!told.stdout.contains("docs/**"), "{told}");
    assert_eq!(repository.read(CONFIG), unpinned);

    repository.write("tools/notes.wasm", version_1());
    let done = update(&[]).success();
    assert!(
        done.stdout
            .contains("It is pinned now, and what you agreed to"),
        "{done}"
    );
    assert!(!done.stdout.contains("plugin trust"), "{done}");
    assert!(repository.read(CONFIG).contains(&pin));
    assert!(plugin_trust::brief(&repository, "acme-notes").1);

    // Pinned to the new one by somebody, and back again: that one was agreed to.
    repository.write("tools/notes.wasm", version_2());
    let newer = update(&[]).success();
    assert!(
        newer.stdout.contains("session plugin trust acme-notes"),
        "{newer}"
    );
    repository.write("tools/notes.wasm", version_1());
    let back = update(&[]).success();
    assert!(
        back.stdout
            .contains("You have agreed to this component already"),
        "{back}"
    );
    assert!(plugin_trust::brief(&repository, "acme-notes").1);
}

/// It was said to be agreed to, and did not run.
#[test]
fn where_only_what_it_gets_changed_since_it_was_agreed_to_that_is_said() {
    let env = TestEnv::new();
    let repository = project(&env);
    let install = ["plugin", "install", "tools/notes.wasm"];
    run(&repository, &install);
    let digest = sha256(&version_1());
    run(
        &repository,
        &["plugin", "trust", "acme-notes", "--sha256", &digest],
    );
    let pin = format!("    sha256: {digest}\n");
    let allow = "    allow: { read: [\"docs/**\"] }\n";
    let config = repository.read(CONFIG);
    let update = |more: &[&str]| run(&repository, &[&["plugin", "update"], more].concat());
    let says = |shown: &str| {
        assert!(!shown.contains("and what you agreed to"), "{shown}");
        assert!(!shown.contains("already"), "{shown}");
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = "but since then `allow` gained read docs/**; it runs again once you agree: session plugin trust acme-notes";
        assert!(shown.contains(said), "{shown}");
    };
    // Pinned for the first time, to another one than before, and not at all.
    repository.write(CONFIG, config.replace(&pin, allow));
    says(&update(&[]).stdout);
    let older = format!("    sha256: {}\n{allow}", "0".repeat(64));
    repository.write(CONFIG, config.replace(&pin, &older));
    says(&update(&[]).stdout);
    says(&update(&[]).stdout);
    let shown = update(&["--json"]).json();
    let plugin = &shown["plugins"][0];
    assert_eq!(plugin["agreed"], false);
    let changed = serde_json::json!(["`allow` gained read docs/**"]);
    assert_eq!(plugin["changed_since_agreed"], changed);

    repository.write(CONFIG, config);
    let shown = update(&["--json"]).json();
    let plugin = &shown["plugins"][0];
    assert_eq!(plugin["agreed"], true);
    assert!(plugin.get("changed_since_agreed").is_none());
}
