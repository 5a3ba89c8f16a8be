//! What a plugin left for itself, and who finds it. Real components throughout. It must not test what a state may hold.

use crate::common::repository::{Repository, run};
use crate::common::{TestEnv, source_root};
use crate::plugin_trust::{configure, digest, entry};

/// It tells its state in both scopes, and leaves some at a checkpoint.
fn component() -> Vec<u8> {
    std::fs::read(source_root().join("tests/fixtures/contract/0.1.2.wasm")).unwrap()
}

/// Another one of the same kind: bytes behind the end of a section.
fn another() -> Vec<u8> {
    // A custom section without a name.
    [component(), vec![0, 1, 0]].concat()
}

fn project<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("tools/acme.wasm", component());
    repository.write("tools/other.wasm", another());
    configure(&repository, &[entry("acme", "")]);
    repository.commit("feat: all of it");
    run(&repository, &["start", "--objective", "one"]);
    repository
}

fn trust(repository: &Repository<'_>, file: &str) {
    let digest = digest(&std::fs::read(repository.path().join("tools").join(file)).unwrap());
    let trust = ["plugin", "trust", "acme", "--sha256", &digest];
    run(
        repository,
        &[&trust[..], &["--grant", "limit:time=10s"]].concat(),
    );
}

/// Whether it finds something, of the session and of the repository.
fn finds(repository: &Repository<'_>) -> [bool; 2] {
    let brief = run(repository, &["brief", "--json"]).json().to_string();
    assert!(brief.contains("Everything, for brief"), "{brief}");
    ["state: None", "state of the repository: None"].map(|nothing| !brief.contains(nothing))
}

#[test]
fn state_is_found_by_the_same_source_and_by_no_other() {
    let env = TestEnv::new();
    let repository = project(&env);
    trust(&repository, "acme.wasm");
    assert_eq!(finds(&repository), [false; 2]);
    run(&repository, &["checkpoint"]);
    assert_eq!(finds(&repository), [true; 2]);

    let elsewhere = entry("acme", "").replace("tools/acme.wasm", "tools/other.wasm");
    configure(&repository, &[elsewhere]);
    trust(&repository, "other.wasm");
    assert_eq!(finds(&repository), [false; 2]);

    // Back again, and updated.
    configure(&repository, &[entry("acme", "")]);
    repository.write("tools/acme.wasm", another());
    trust(&repository, "acme.wasm");
    assert_eq!(finds(&repository), [true; 2]);
}

#[test]
fn state_does_not_outlive_the_agreement_or_the_entry() {
    let env = TestEnv::new();
    let repository = project(&env);
    for end in [
        &["plugin", "trust", "--revoke", "acme"][..],
        &["plugin", "remove", "acme"],
    ] {
        configure(&repository, &[entry("acme", "")]);
        trust(&repository, "acme.wasm");
        assert_eq!(finds(&repository), [false; 2]);
        run(&repository, &["checkpoint"]);
        assert_eq!(finds(&repository), [true; 2]);
        run(&repository, end);
    }
    configure(&repository, &[entry("acme", "")]);
    trust(&repository, "acme.wasm");
    assert_eq!(finds(&repository), [false; 2]);
}
