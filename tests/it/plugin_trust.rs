//! Consent: what runs only after the user agreed, and what a pull request cannot change behind the user's back. Real
//! components throughout. It must not test what a plugin says, only whether it was asked.

use crate::common::repository::{Repository, run};
use crate::common::terminal::ENTER;
use crate::common::{TestEnv, source_root};

/// Exports every hook, and asks for `**/*.md`.
fn component() -> Vec<u8> {
    std::fs::read(source_root().join("tests/fixtures/contract/0.1.0.wasm")).unwrap()
}

/// The same with one character of its manifest changed: another component.
fn another_component() -> Vec<u8> {
    let mut bytes = component();
    let reason = b"reads one file";
    let at = bytes
        .windows(reason.len())
        .position(|part| part == reason)
        .unwrap();
    bytes[at..at + 5].copy_from_slice(b"Reads");
    bytes
}

fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

/// What the configuration says besides `source`.
const READS: &str = "    allow: { read: [\"docs/**\"] }\n";

fn entry(name: &str, more: &str) -> String {
    // Time enough for a busy machine.
    format!("  {name}:\n    source: ./tools/{name}.wasm\n    limits: {{ time: 20s }}\n{more}")
}

fn configure(repository: &Repository<'_>, entries: &[String]) {
    let text = format!("plugins:\n{}", entries.concat());
    repository.write(".session/config.yaml", text);
}

/// A session with a file that both globs match, and the component in the work tree under this name.
fn project<'e>(env: &'e TestEnv, name: &str, more: &str) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("README.md", "hello\n");
    repository.write(&format!("tools/{name}.wasm"), component());
    configure(&repository, &[entry(name, more)]);
    repository.commit("feat: all of it");
    run(&repository, &["start", "--objective", "one"]);
    repository
}

fn trust(repository: &Repository<'_>, name: &str) {
    let digest =
        digest(&std::fs::read(repository.path().join(format!("tools/{name}.wasm"))).unwrap());
    run(repository, &["plugin", "trust", name, "--sha256", &digest]);
}

/// The messages of a brief's warnings, and whether the plugin had a say.
#[track_caller]
fn brief(repository: &Repository<'_>, plugin: &str) -> (Vec<String>, bool) {
    let brief = run(repository, &["brief", "--json"]).json();
    let warnings = brief["warnings"].as_array().unwrap().iter();
    let messages = warnings.map(|warning| warning["message"].as_str().unwrap().to_owned());
    let said = brief["sections"].as_array().unwrap().iter();
    let said = said
        .filter(|section| section["name"] == format!("plugin_{plugin}"))
        .count();
    (messages.collect(), said > 0)
}

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

#[track_caller]
fn runs(repository: &Repository<'_>, plugin: &str) {
    assert_eq!(brief(repository, plugin), (Vec::new(), true));
}

#[test]
fn without_a_terminal_an_untrusted_plugin_costs_one_line_that_asks_for_the_users_review() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let brief = run(&repository, &["brief"]);
    let line = "plugin acme was skipped: it is third-party and you have not agreed to it; ask the user to review it";
    assert_eq!(brief.stdout.matches(line).count(), 1, "{brief}");
    assert!(
        brief.stdout.contains("session plugin trust acme"),
        "{brief}"
    );
    let digest = digest(&component());
    assert!(!brief.to_string().contains(&digest), "{brief}");
}

#[test]
fn at_a_terminal_the_user_sees_what_is_asked_for_and_agrees() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let trust = ["plugin", "trust", "acme"];
    let mut terminal = env.terminal(repository.path(), &trust);
    for shown in [
        "./tools/acme.wasm",
        &digest(&component()),
        "contract 0.1.0, as it says itself",
        "read **/*.md: “reads one file of the test”",
        "read files that match docs/** and **/*.md",
        "Let acme run in this repository?",
    ] {
        terminal.wait_for(shown);
    }
    // Enter alone is no.
    terminal.send(ENTER);
    assert_eq!(terminal.finish().0, 0);
    assert!(!brief(&repository, "acme").1);

    let mut terminal = env.terminal(repository.path(), &trust);
    terminal.wait_for("Let acme run").send("y").send(ENTER);
    let (code, shown) = terminal.finish();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("acme may run in this repository"), "{shown}");
    runs(&repository, "acme");
    // The component was kept: the file is not needed any more where it is pinned.
    let pin = format!("{READS}    sha256: {}\n", digest(&component()));
    configure(&repository, &[entry("acme", &pin)]);
    std::fs::remove_file(repository.path().join("tools/acme.wasm")).unwrap();
    runs(&repository, "acme");
}

#[test]
fn without_a_terminal_only_the_digest_agrees_and_the_refusal_does_not_say_it() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let right = digest(&component());
    let wrong = "0".repeat(64);
    for more in [&[][..], &["--sha256", &wrong], &["--json"], &["--no-input"]] {
        let arguments = [&["plugin", "trust", "acme"], more].concat();
        let refused = repository.session(&arguments);
        assert_eq!(refused.code, Some(1), "{refused}");
        let said = refused.to_string();
        assert!(
            !said.contains(&right) && !said.contains("--sha256"),
            "{said}"
        );
        assert!(!brief(&repository, "acme").1);
    }
    let trusted = run(
        &repository,
        &["plugin", "trust", "acme", "--sha256", &right, "--json"],
    );
    let trusted = trusted.json();
    assert_eq!(trusted["schema"], "session.plugin-trust/1");
    assert_eq!(trusted["trusted"], true);
    assert_eq!(trusted["review"]["consent"]["state"], "not_agreed");
    assert_eq!(trusted["review"]["grants"]["given"]["read"][0], "docs/**");
    runs(&repository, "acme");
}

#[test]
fn a_withdrawn_consent_is_none() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    trust(&repository, "acme");
    runs(&repository, "acme");
    run(&repository, &["plugin", "trust", "acme", "--revoke"]);
    let (warnings, said) = brief(&repository, "acme");
    assert!(
        warnings[0].contains("you have not agreed to it"),
        "{warnings:?}"
    );
    assert!(!said);
    let again = run(&repository, &["plugin", "trust", "acme", "--revoke"]);
    assert!(again.stdout.contains("nothing was agreed"), "{again}");
}

#[test]
fn linked_worktrees_share_a_consent_and_another_clone_does_not() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    trust(&repository, "acme");
    let linked = env.root().join("linked");
    let path = linked.to_str().unwrap();
    repository.git(&["worktree", "add", "--quiet", "-b", "feature/x", path]);
    let linked = Repository::at(&env, linked);
    runs(&linked, "acme");
    let clone = env.root().join("clone");
    repository.git(&["clone", "--quiet", ".", clone.to_str().unwrap()]);
    assert!(!brief(&Repository::at(&env, clone), "acme").1);
}

#[test]
fn a_bundled_plugin_without_network_needs_no_consent() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let said = run(&repository, &["plugin", "trust", "context-manager"]);
    assert!(said.stdout.contains("needs no consent"), "{said}");
    let hosts = "  context-manager:\n    allow: { http: [a.example] }\n";
    configure(&repository, &[hosts.to_owned()]);
    let (warnings, _) = brief(&repository, "context-manager");
    assert!(warnings[0].contains("hosts or variables"), "{warnings:?}");
}

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
    let line = "Asks for, not allowed in .session/config.yaml: read **/*.md";
    assert!(
        shown
            .stdout
            .replace("**Asks", "Asks")
            .contains("not allowed in .session/config.yaml"),
        "{line}\n{shown}"
    );
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
        ("half.wasm", "is damaged or cut short"),
        ("module.wasm", "is a core module, not a component"),
        ("text.wasm", "is no WebAssembly component"),
        ("large.wasm", "is too large: a component has at most 64 MiB"),
        ("none.wasm", "cannot be read"),
        ("home", "is no file"),
    ] {
        let refused = inspect(name);
        assert_eq!(refused.code, Some(1), "{name} {refused}");
        assert!(refused.stderr.contains(cause), "{name} {refused}");
    }
}
