//! A name that the configuration has already. It must not test what a new entry looks like.

use super::component::{named, sha256, version_1, version_2};
use super::{CONFIG, project, refused, stored};
use crate::common::TestEnv;

/// A component chooses its own name, and the entry's `allow` was written for another one.
#[test]
fn a_name_that_is_taken_by_another_source_is_not_taken_over() {
    let env = TestEnv::new();
    let repository = project(&env);
    let install = ["plugin", "install", "--allow", "tools/notes.wasm"];
    repository.session(&install).success();
    repository.write("tools/stranger.wasm", version_2());
    for more in [&[][..], &["--name", "acme-notes"]] {
        let arguments = [&["install", "tools/stranger.wasm"], more].concat();
        let said = "has another plugin acme-notes already: ./tools/notes.wasm";
        let outcome = refused(&repository, &arguments, said);
        for way_out in [
            "plugin update acme-notes",
            "plugin remove acme-notes",
            "--name OTHER",
        ] {
            assert!(outcome.stderr.contains(way_out), "{outcome}");
        }
        assert!(!stored(&env, &version_2()).exists());
    }
    // What the configuration says of a plugin of session's own was not said of this one either.
    let arguments = ["install", "tools/stranger.wasm", "--name", "coverage"];
    refused(&repository, &arguments, "coverage already: part of session");
    // The same source again is no other one.
    repository.session(&install).success();
}

/// It is on by default, and nothing in the configuration names it.
#[test]
fn a_component_does_not_call_itself_into_the_place_of_a_bundled_one() {
    let env = TestEnv::new();
    let repository = project(&env);
    let stranger = named("context-manager");
    repository.write("tools/stranger.wasm", &stranger);
    let install = ["plugin", "install", "tools/stranger.wasm"];
    let said = "calls itself context-manager, which is part of session";
    let outcome = refused(&repository, &install[1..], said);
    for way_out in ["--name OTHER", "--name context-manager"] {
        assert!(outcome.stderr.contains(way_out), "{outcome}");
    }
    assert!(!stored(&env, &stranger).exists());

    let before = repository.read(CONFIG);
    for (answer, code) in [("n\r", 1), ("y\r", 0)] {
        assert_eq!(repository.read(CONFIG), before);
        let mut terminal = env.terminal(repository.path(), &install);
        terminal.wait_for("in place of that one?").send(answer);
        assert_eq!(terminal.finish().0, code);
    }
    assert!(repository.read(CONFIG).contains(&sha256(&stranger)));
    // It is there now: the same source again is no question.
    repository.session(&install).success();
    repository.write(CONFIG, before);
    let named = [&install[..], &["--name", "context-manager"]].concat();
    repository.session(&named).success();
}

#[test]
fn what_is_to_be_set_by_hand_is_what_is_so() {
    let env = TestEnv::new();
    let repository = project(&env);
    repository.write(CONFIG, "brief: { max_bytes: 4000 }\n...\n");
    let install = ["install", "tools/notes.wasm"];
    let outcome = refused(&repository, &install, "without touching the rest");
    assert!(outcome.stderr.contains(&sha256(&version_1())), "{outcome}");
    // Nothing was looked at yet.
    let named = [&install[..], &["--name", "acme"]].concat();
    let outcome = refused(&repository, &named, "without touching the rest");
    assert!(
        outcome
            .stderr
            .contains("set source and sha256 of plugins.acme"),
        "{outcome}"
    );
}
