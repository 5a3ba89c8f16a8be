//! What `session plugin list` says of a plugin, and that it is so. Real components throughout. It must not test consent.

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};
use crate::plugin_trust::{brief, component, configure, digest, entry, project, trust};

fn told(repository: &Repository<'_>) -> String {
    let list = run(repository, &["plugin", "list"]).stdout;
    let at = list.find("## acme").unwrap();
    list[at..].split("\n## ").next().unwrap().to_owned()
}

#[test]
fn what_is_not_compiled_says_who_does_it() {
    let env = TestEnv::new();
    env.set("SESSION_CACHE_DIR", env.root().join("cache"));
    let repository = project(&env, "acme", "");
    let said = told(&repository);
    assert!(
        said.contains("not yet; `session plugin trust acme` does it"),
        "{said}"
    );
    trust(&repository, "acme");
    assert!(told(&repository).contains("Compiled: yes"));
    std::fs::remove_dir_all(env.root().join("cache")).unwrap();
    let said = told(&repository);
    let next = "not yet; the next command that asks it does it, but no hook";
    assert!(said.contains(next), "{said}");
    run(&repository, &["brief", "--for", "claude-code"]);
    assert!(told(&repository).contains(next));
    // It need not be at a terminal.
    run(&repository, &["brief"]);
    assert!(told(&repository).contains("Compiled: yes"));
    repository.write("tools/acme.wasm", b"\0asm\x0d\0\x01\0");
    let said = told(&repository);
    assert!(said.contains("no; it cannot be loaded"), "{said}");
}

#[test]
fn a_plugin_is_asked_what_its_manifest_names() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", "");
    let pack = [
        "plugin",
        "pack",
        "tools/acme.wasm",
        "--name",
        "acme",
        "--version",
        "1.0.0",
        "--hook",
        "status",
        "--output",
        "tools/packed.wasm",
    ];
    run(&repository, &pack);
    std::fs::rename(
        repository.path().join("tools/packed.wasm"),
        repository.path().join("tools/acme.wasm"),
    )
    .unwrap();
    trust(&repository, "acme");
    assert!(
        told(&repository).contains("Hooks: status\n"),
        "{}",
        told(&repository)
    );
    assert_eq!(brief(&repository, "acme"), (Vec::new(), false));
}

#[test]
fn large_components_that_nobody_agreed_to_are_not_all_looked_into() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", "");
    configure(&repository, &[entry("acme", ""), entry("big", "")]);
    let big = std::fs::File::create(repository.path().join("tools/big.wasm")).unwrap();
    // With nothing in it: together they are too much.
    big.set_len(64 << 20).unwrap();
    let list = run(&repository, &["plugin", "list"]).stdout;
    let (acme, big) = list.split_once("## big").unwrap();
    assert!(acme.contains(&digest(&component())), "{list}");
    assert!(big.contains("it was not looked into"), "{list}");
    assert!(
        big.contains("not yet; `session plugin trust big` does it"),
        "{list}"
    );
}
