//! Several plugins by one command. It must not test what becomes of each.

use super::component::{version_1, version_2};
use super::{project, stored};
use crate::common::TestEnv;

#[test]
fn a_source_that_fails_does_not_hold_up_the_others() {
    let env = TestEnv::new();
    let repository = project(&env);
    for name in ["gone", "kept", "lost"] {
        let file = format!("tools/{name}.wasm");
        let is_kept = name == "kept";
        repository.write(&file, if is_kept { version_2() } else { version_1() });
        let install = ["plugin", "install", &file, "--name", name];
        repository.session(&install).success();
    }
    for name in ["gone", "lost"] {
        std::fs::remove_file(repository.path().join(format!("tools/{name}.wasm"))).unwrap();
    }
    std::fs::remove_dir_all(env.root().join("data/components")).unwrap();
    for (arguments, done) in [
        (&["plugin", "install"][..], "Installed"),
        (&["plugin", "update"], "Up to date"),
    ] {
        let outcome = repository.session(arguments);
        assert_eq!(outcome.code, Some(1), "{outcome}");
        for said in ["tools/gone.wasm", "tools/lost.wasm"] {
            assert!(outcome.stderr.contains(said), "{said}\n{outcome}");
        }
        assert!(outcome.stdout.contains(done), "{outcome}");
        assert!(stored(&env, &version_2()).exists(), "{outcome}");
    }
}
