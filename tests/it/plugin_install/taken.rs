//! A name that the configuration has already. It must not test what a new entry looks like.

use super::component::version_2;
use super::{project, refused, stored};
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
