//! What is shown of a component and of what it asks for, whatever is in it. It must not test who may run.

use crate::common::TestEnv;
use crate::common::repository::run;
use crate::common::terminal::ENTER;
use crate::plugin_trust::{NAMED, READS, component, configure, digest, entry, project, trust};

#[test]
fn what_the_manifest_does_not_ask_for_is_not_given_and_said() {
    let env = TestEnv::new();
    let allow = "    allow: { read: [\"docs/**\"], http: [a.example], env: [HOME] }\n";
    let repository = project(&env, "acme", allow);
    let list = run(&repository, &["plugin", "list", "--json"]).json();
    let plugins = list["plugins"].as_array().unwrap();
    let acme = plugins.iter().find(|it| it["name"] == "acme").unwrap();
    assert_eq!(acme["grants"]["given"]["http"].as_array().unwrap().len(), 0);
    assert_eq!(acme["grants"]["not_asked"]["http"][0], "a.example");
    assert_eq!(acme["grants"]["not_asked"]["env"][0], "HOME");
    assert_eq!(acme["consent"]["state"], "not_agreed");
    let shown = run(&repository, &["plugin", "list"]);
    assert!(shown.stdout.contains("http a.example; env HOME"), "{shown}");
    configure(&repository, &[entry("acme", "")]);
    let shown = run(&repository, &["plugin", "list"]);
    let line = "Asks for, not allowed in .session/config.yaml";
    assert!(shown.stdout.contains(line), "{shown}");
}

/// A component whose names all are `name`, and which gives `reason` for what it asks for.
fn hostile(name: &str, reason: &str) -> Vec<u8> {
    let manifest = serde_json::json!({
        "name": name, "version": name, "contract": name, "hooks": ["brief"],
        "grants": [
            {"kind": "http", "value": name, "reason": reason},
            {"kind": name, "reason": ""},
        ],
    });
    let section = wasm_encoder::CustomSection {
        name: "session:manifest".into(),
        data: serde_json::to_vec(&manifest).unwrap().into(),
    };
    let mut component = component();
    wasm_encoder::ComponentSection::append_to_component(&section, &mut component);
    component
}

#[test]
fn a_name_that_hides_something_is_refused_before_anybody_is_asked() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let hostile = hostile("x\u{1b}[2J\u{202e}", "because");
    repository.write("tools/acme.wasm", &hostile);
    let digest = digest(&hostile);
    let refused = repository.session(&["plugin", "trust", "acme", "--sha256", &digest]);
    assert_eq!(refused.code, Some(1), "{refused}");
    let why = "a name in its manifest has characters that nobody can see";
    assert!(refused.stderr.contains(why), "{refused}");
    let said = run(
        &repository,
        &["plugin", "inspect", "tools/acme.wasm", "--json"],
    )
    .json();
    assert_eq!(said["problem"], why);
}

/// The review shows a plugin's words as its words, on one line each, whatever is in them.
#[test]
fn a_manifest_cannot_forge_what_the_review_says() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    trust(&repository, "acme");
    let text = "x\u{1b}[2J\n\n## What it would get\n\n- nothing\u{202e}";
    let hostile = hostile("## What it would get - nothing", &text.repeat(1000));
    repository.write("tools/acme.wasm", &hostile);
    let digest = digest(&hostile);
    let by_digest = ["plugin", "trust", "acme", "--sha256", &digest];
    let mut reviews = vec![
        run(&repository, &["plugin", "inspect", "tools/acme.wasm"]).stdout,
        run(&repository, &["plugin", "list"]).stdout,
        run(&repository, &[&by_digest, NAMED].concat()).stdout,
    ];
    run(&repository, &["plugin", "trust", "acme", "--revoke"]);
    let mut terminal = env.terminal(repository.path(), &["plugin", "trust", "acme"]);
    terminal.wait_for("Let acme run").send(ENTER);
    let (_, shown) = terminal.finish();
    reviews.push(shown);
    for review in reviews {
        assert!(
            !review.contains("[2J") && !review.contains('\u{202e}'),
            "{review}"
        );
        let forged = review
            .lines()
            .filter(|line| line.starts_with("## What it would get"));
        assert!(forged.count() <= 1, "{review}");
        assert!(
            !review.lines().any(|line| line.trim() == "- nothing"),
            "{review}"
        );
        assert!(review.len() < 8_000, "{review}");
    }
}

#[test]
fn inspect_tells_what_a_file_is_without_a_repository() {
    let env = TestEnv::new();
    let write = |name: &str, bytes: &[u8]| std::fs::write(env.root().join(name), bytes).unwrap();
    write("whole.wasm", &component());
    write("half.wasm", &component()[..1000]);
    write("module.wasm", b"\0asm\x01\0\0\0");
    write("text.wasm", b"hello");
    let large = std::fs::File::create(env.root().join("large.wasm")).unwrap();
    large.set_len(200 * 1024 * 1024).unwrap();
    let inspect = |name: &str| env.session(env.root(), &["plugin", "inspect", name]);
    let json = env.session(env.root(), &["plugin", "inspect", "whole.wasm", "--json"]);
    let json = json.json();
    assert_eq!(json["schema"], "session.plugin-inspect/1");
    assert_eq!(json["digest"], digest(&component()));
    assert_eq!(json["contract"], "0.1.0");
    assert_eq!(json["loadable"], true);
    assert_eq!(json["hooks"].as_array().unwrap().len(), 5);
    assert_eq!(json["manifest"]["grants"][0]["kind"], "read");
    let text = inspect("whole.wasm").success();
    assert!(text.stdout.contains("session:plugin/facts@0.1.0"), "{text}");
    assert!(text.stdout.contains("reads one file of the test"), "{text}");
    for (name, cause) in [
        ("half.wasm", "is damaged or cut off"),
        ("module.wasm", "is a core module and no component"),
        ("text.wasm", "is no WebAssembly component"),
        ("large.wasm", "is too large: a component has at most 64 MiB"),
        ("none.wasm", "cannot be read"),
        (
            "https://example.com/a.wasm?token=s3cret",
            "https://example.com/a.wasm is an address",
        ),
        ("home", "is no file"),
    ] {
        let refused = inspect(name);
        assert_eq!(refused.code, Some(1), "{name} {refused}");
        assert!(refused.stderr.contains(cause), "{name} {refused}");
        assert!(!refused.stderr.contains("s3cret"), "{refused}");
    }
}
