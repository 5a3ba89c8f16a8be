//! What a pull request cannot change behind the user's back: each costs one warning, and nothing else. It must not test
//! how the user agrees.

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};
use crate::plugin_trust::{
    READS, another_component, brief, component, configure, digest, entry, project, runs, trust,
};

/// One warning that names the plugin, no contribution of it, and everything else there.
#[track_caller]
fn skipped(repository: &Repository<'_>, plugin: &str, cause: &str) {
    let (warnings, said) = brief(repository, plugin);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let expected = format!("plugin {plugin} was skipped: ");
    assert!(warnings[0].starts_with(&expected), "{warnings:?}");
    assert!(warnings[0].contains(cause), "{warnings:?}");
    assert!(!said);
    assert!(
        brief(repository, "other").1,
        "the other plugin was not asked"
    );
    let status = run(repository, &["status", "--json"]).json();
    assert_eq!(status["objectives"][0]["text"], "one");
}

/// A trusted plugin beside the one that the pull request is about.
fn with_a_trusted_neighbour<'e>(env: &'e TestEnv, more: &str) -> Repository<'e> {
    let repository = project(env, "acme", more);
    repository.write("tools/other.wasm", component());
    configure(&repository, &[entry("acme", more), entry("other", READS)]);
    repository.commit("feat: another plugin");
    trust(&repository, "acme");
    trust(&repository, "other");
    assert_eq!(brief(&repository, "acme"), (Vec::new(), true));
    repository
}

#[test]
fn a_pull_request_that_enables_a_plugin() {
    let env = TestEnv::new();
    let repository = with_a_trusted_neighbour(&env, READS);
    run(&repository, &["plugin", "trust", "acme", "--revoke"]);
    skipped(&repository, "acme", "ask the user to review it");
}

#[test]
fn a_pull_request_that_replaces_a_component() {
    let env = TestEnv::new();
    let repository = with_a_trusted_neighbour(&env, READS);
    repository.write("tools/acme.wasm", another_component());
    skipped(&repository, "acme", "its component was replaced");
    // Going back is covered: it is what was agreed to.
    repository.write("tools/acme.wasm", component());
    runs(&repository, "acme");
}

#[test]
fn a_pull_request_that_changes_a_digest() {
    let env = TestEnv::new();
    let pin = |bytes: &[u8]| format!("{READS}    sha256: {}\n", digest(bytes));
    let repository = with_a_trusted_neighbour(&env, &pin(&component()));
    let change = |bytes: &[u8]| {
        configure(
            &repository,
            &[entry("acme", &pin(bytes)), entry("other", READS)],
        );
    };
    // The file is not the one that is named now.
    change(&another_component());
    skipped(&repository, "acme", "is not the component that `sha256`");
    repository.write("tools/acme.wasm", another_component());
    skipped(&repository, "acme", "its component was replaced");
}

#[test]
fn a_pull_request_that_widens_grants() {
    let env = TestEnv::new();
    let repository = with_a_trusted_neighbour(&env, READS);
    for (allow, cause) in [
        ("read: [\"docs/**\", \"**\"]", "`allow` gained read **"),
        (
            "read: [\"docs/**\"], http: [evil.example]",
            "`allow` gained http evil.example",
        ),
        (
            "read: [\"docs/**\"], env: [HOME]",
            "`allow` gained env HOME",
        ),
    ] {
        let more = format!("    allow: {{ {allow} }}\n");
        configure(&repository, &[entry("acme", &more), entry("other", READS)]);
        skipped(&repository, "acme", cause);
    }
}

#[test]
fn a_pull_request_that_raises_limits() {
    let env = TestEnv::new();
    let repository = with_a_trusted_neighbour(&env, READS);
    let more = entry("acme", READS).replace("time: 10s", "time: 10s, memory: 512MiB");
    configure(&repository, &[more, entry("other", READS)]);
    skipped(&repository, "acme", "`limits` raises memory=512MiB");
}

#[test]
fn a_pull_request_that_points_a_trusted_plugin_elsewhere() {
    let env = TestEnv::new();
    let aimed = |host: &str| {
        format!("    allow: {{ http: [a.example] }}\n    config: {{ host: {host} }}\n")
    };
    let repository = with_a_trusted_neighbour(&env, &aimed("a.example"));
    let more = aimed("evil.example");
    configure(&repository, &[entry("acme", &more), entry("other", READS)]);
    skipped(&repository, "acme", "its configuration changed");
    // The review says so too.
    let list = run(&repository, &["plugin", "list", "--json"]).json();
    let plugins = list["plugins"].as_array().unwrap();
    let acme = plugins.iter().find(|it| it["name"] == "acme").unwrap();
    assert_eq!(acme["consent"]["changes"][0], "its configuration changed");
}

/// The line that a pipeline runs on every pull request, with the digest that was reviewed: the component is the same.
#[test]
fn a_pull_request_that_widens_grants_where_a_pipeline_agrees() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("tools/acme.wasm", session_guests::NETWORK);
    repository.commit("feat: a plugin");
    let digest = digest(session_guests::NETWORK);
    let trust = |more: &[&str]| {
        let trust = ["plugin", "trust", "acme", "--sha256", &digest];
        repository.session(&[&trust, more].concat())
    };
    let named = [
        "--grant=http:a.example",
        "--grant=env:TOKEN",
        "--grant=limit:time=10s",
        "--grant=config:{\"to\": \"a\"}",
    ];
    let reviewed = "    allow: { http: [a.example], env: [TOKEN] }\n    config: { to: a }\n";
    configure(&repository, &[entry("acme", reviewed)]);
    trust(&named).success();
    for (more, unnamed) in [
        (
            reviewed.replace("[a.example]", "[a.example, b.example]"),
            "http b.example",
        ),
        (reviewed.replace("[TOKEN]", "[TOKEN, HOME]"), "env HOME"),
        (reviewed.replace("to: a", "to: b"), "its `config`"),
        (
            reviewed.replace("    config: { to: a }\n", ""),
            "its `config`",
        ),
    ] {
        configure(&repository, &[entry("acme", &more)]);
        let refused = trust(&named);
        assert_eq!(refused.code, Some(1), "{refused}");
        let said = format!("no --grant names: {unnamed}");
        assert!(refused.stderr.contains(&said), "{refused}");
        assert!(!refused.to_string().contains(&digest), "{refused}");
        let list = run(&repository, &["plugin", "list", "--json"]).json();
        let plugins = list["plugins"].as_array().unwrap();
        let acme = plugins.iter().find(|it| it["name"] == "acme").unwrap();
        assert_eq!(acme["consent"]["state"], "changed", "{list:#}");
    }
    configure(&repository, &[entry("acme", reviewed)]);
    let refused = trust(&[]);
    assert_eq!(refused.code, Some(1), "{refused}");
    let all = "http a.example, env TOKEN, limit time=10s, its `config`";
    assert!(refused.stderr.contains(all), "{refused}");
}

#[test]
fn a_pull_request_that_gives_a_bundled_name_a_source() {
    let env = TestEnv::new();
    let repository = with_a_trusted_neighbour(&env, READS);
    repository.write("tools/context-manager.wasm", component());
    let entries = [
        entry("acme", READS),
        entry("other", READS),
        entry("context-manager", READS),
    ];
    configure(&repository, &entries);
    skipped(&repository, "context-manager", "it is third-party");
}

#[test]
fn what_is_no_component_or_not_there_costs_one_warning() {
    let env = TestEnv::new();
    let repository = with_a_trusted_neighbour(&env, READS);
    std::fs::remove_file(repository.path().join("tools/acme.wasm")).unwrap();
    skipped(&repository, "acme", "tools/acme.wasm is not there");
    std::os::unix::fs::symlink("other.wasm", repository.path().join("tools/acme.wasm")).unwrap();
    skipped(&repository, "acme", "symbolic link");
    let remote = format!(
        "  acme:\n    source: https://a.example/x.wasm\n    sha256: {}\n",
        "0".repeat(64)
    );
    configure(&repository, &[remote, entry("other", READS)]);
    skipped(&repository, "acme", "it is not installed");
    let refused = repository.session(&["plugin", "trust", "acme"]);
    assert!(
        refused.stderr.contains("session plugin install acme"),
        "{refused}"
    );
}
