//! Consent: what runs only after the user agreed. Real components throughout. It must not test what a plugin says, only
//! whether it was asked.

use crate::common::repository::{Repository, run};
use crate::common::terminal::{ENTER, Terminal};
use crate::common::{TestEnv, session_program, source_root};

/// Exports every hook, and asks for `**/*.md`.
pub fn component() -> Vec<u8> {
    std::fs::read(source_root().join("tests/fixtures/contract/0.1.0.wasm")).unwrap()
}

/// The same with one character of its manifest changed: another component.
pub fn another_component() -> Vec<u8> {
    let mut bytes = component();
    let reason = b"reads one file";
    // The last one: the text is among the module's data too.
    let at = bytes
        .windows(reason.len())
        .rposition(|part| part == reason)
        .unwrap();
    bytes[at..at + 5].copy_from_slice(b"Reads");
    bytes
}

pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

/// What the configuration says besides `source`.
pub const READS: &str = "    allow: { read: [\"docs/**\"] }\n";

/// All that it gives, named for who is not at a terminal.
pub const NAMED: &[&str] = &["--grant", "read:docs/**", "--grant", "limit:time=10s"];

pub fn entry(name: &str, more: &str) -> String {
    // Time enough for a busy machine.
    format!("  {name}:\n    source: ./tools/{name}.wasm\n    limits: {{ time: 10s }}\n{more}")
}

pub fn configure(repository: &Repository<'_>, entries: &[String]) {
    let text = format!("plugins:\n{}", entries.concat());
    repository.write(".session/config.yaml", text);
}

/// A session with a file that both globs match, and the component in the work tree under this name.
pub fn project<'e>(env: &'e TestEnv, name: &str, more: &str) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("README.md", "hello\n");
    repository.write(&format!("tools/{name}.wasm"), component());
    configure(&repository, &[entry(name, more)]);
    repository.commit("feat: all of it");
    run(&repository, &["start", "--objective", "one"]);
    repository
}

pub fn trust(repository: &Repository<'_>, name: &str) {
    let digest =
        digest(&std::fs::read(repository.path().join(format!("tools/{name}.wasm"))).unwrap());
    let trust = ["plugin", "trust", name, "--sha256", &digest];
    run(repository, &[&trust, NAMED].concat());
}

/// The messages of a brief's warnings, and whether the plugin had a say.
#[track_caller]
pub fn brief(repository: &Repository<'_>, plugin: &str) -> (Vec<String>, bool) {
    let brief = run(repository, &["brief", "--json"]).json();
    let warnings = brief["warnings"].as_array().unwrap().iter();
    let messages = warnings.map(|warning| warning["message"].as_str().unwrap().to_owned());
    let said = brief["sections"].as_array().unwrap().iter();
    let said = said
        .filter(|section| section["name"] == format!("plugin_{plugin}"))
        .count();
    (messages.collect(), said > 0)
}

#[track_caller]
pub fn runs(repository: &Repository<'_>, plugin: &str) {
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
        "take more than others may: time=10s",
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
}

/// The question was asked, and what it is about went into a file.
#[test]
fn what_is_agreed_to_is_seen_where_the_question_is_asked() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let program = session_program();
    let program = std::path::Path::new(&program).display();
    let script = format!("'{program}' plugin trust acme >../out");
    let mut terminal = Terminal::start(&env, "/bin/sh", repository.path(), &["-c", &script]);
    for shown in [
        &digest(&component()),
        "read **/*.md: “reads one file of the test”",
        "take more than others may: time=10s",
        "Let acme run in this repository?",
    ] {
        terminal.wait_for(shown);
    }
    terminal.send(ENTER);
    assert_eq!(terminal.finish().0, 0);
}

#[test]
fn what_a_component_did_is_not_said_of_the_one_that_took_its_place() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    trust(&repository, "acme");
    let has_run = || {
        let list = run(&repository, &["plugin", "list", "--json"]).json();
        let plugins = list["plugins"].as_array().unwrap();
        let acme = plugins.iter().find(|it| it["name"] == "acme").unwrap();
        acme["last_run"].is_object()
    };
    runs(&repository, "acme");
    assert!(has_run());
    repository.write("tools/acme.wasm", another_component());
    assert!(!has_run());
    trust(&repository, "acme");
    assert!(!has_run());
    // The clock of a test stands still: the outcome is the same, in the same minute.
    runs(&repository, "acme");
    assert!(has_run());
}

#[test]
fn a_pinned_component_that_is_compiled_is_not_even_opened() {
    let env = TestEnv::new();
    let pin = format!("{READS}    sha256: {}\n", digest(&component()));
    let repository = project(&env, "acme", &pin);
    trust(&repository, "acme");
    std::fs::remove_file(repository.path().join("tools/acme.wasm")).unwrap();
    // The store has it: it is compiled again when the cache is gone.
    env.set("SESSION_CACHE_DIR", env.root().join("cache"));
    runs(&repository, "acme");
    std::fs::remove_dir_all(env.root().join("data/components")).unwrap();
    runs(&repository, "acme");
    std::fs::remove_dir_all(env.root().join("cache")).unwrap();
    let (warnings, said) = brief(&repository, "acme");
    assert!(!said);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("plugin acme was skipped"),
        "{warnings:?}"
    );
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
    let trust = ["plugin", "trust", "acme", "--sha256", &right, "--json"];
    let trusted = run(&repository, &[&trust, NAMED].concat()).json();
    assert_eq!(trusted["schema"], "session.plugin-trust/1");
    assert_eq!(trusted["trusted"], true);
    assert_eq!(trusted["review"]["consent"]["state"], "not_agreed");
    assert_eq!(trusted["review"]["grants"]["given"]["read"][0], "docs/**");
    runs(&repository, "acme");
}

#[test]
fn an_installed_plugin_runs_once_it_is_trusted() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    run(
        &repository,
        &[
            "plugin",
            "install",
            "tools/acme.wasm",
            "--name",
            "other",
            "--allow",
        ],
    );
    let (warnings, said) = brief(&repository, "other");
    assert!(!said, "{warnings:?}");
    let digest = digest(&component());
    run(
        &repository,
        &[
            "plugin",
            "trust",
            "other",
            "--sha256",
            &digest,
            "--grant",
            "read:**/*.md",
        ],
    );
    assert!(brief(&repository, "other").1);
    // Removed and installed again it is the same component, and to be agreed to anew.
    let removed = run(&repository, &["plugin", "remove", "other"]);
    let said = "what you agreed to about it is withdrawn";
    assert!(removed.stdout.contains(said), "{removed}");
    run(
        &repository,
        &[
            "plugin",
            "install",
            "tools/acme.wasm",
            "--name",
            "other",
            "--allow",
        ],
    );
    let (warnings, said) = brief(&repository, "other");
    assert!(
        !said && warnings[0].contains("you have not agreed"),
        "{warnings:?}"
    );
}

#[test]
fn what_cannot_be_seen_is_shown_to_who_agrees() {
    let env = TestEnv::new();
    let hidden =
        "    allow: { read: [\"docs/\u{200b}**\"] }\n    config: { project: \"SH\u{200d}OP\" }\n";
    let repository = project(&env, "acme", hidden);
    let digest = digest(&component());
    let trust = ["plugin", "trust", "acme", "--sha256", &digest];
    let named = [
        "--grant",
        "read:docs/\u{200b}**",
        "--grant",
        "limit:time=10s",
    ];
    let shown = run(&repository, &[&trust[..], &named].concat()).stdout;
    for seen in ["docs/‹U+200B›**", "SH‹U+200D›OP"] {
        assert!(shown.contains(seen), "{shown}");
    }
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
fn what_takes_the_place_of_a_repository_is_asked_about_anew() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    trust(&repository, "acme");
    runs(&repository, "acme");
    std::fs::remove_dir_all(repository.path()).unwrap();
    let repository = project(&env, "acme", READS);
    let (messages, said) = brief(&repository, "acme");
    assert!(!said && messages[0].contains("you have not agreed to it"));
    trust(&repository, "acme");
    runs(&repository, "acme");
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
    let list = run(&repository, &["plugin", "list", "--json"]).json();
    let digest = list["plugins"][0]["digest"].as_str().unwrap();
    run(
        &repository,
        &["plugin", "trust", "context-manager", "--sha256", digest],
    );
    assert_eq!(brief(&repository, "context-manager").0, [""; 0]);
}

#[test]
fn a_consent_file_that_cannot_be_believed_is_left_alone_and_gives_nothing() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    trust(&repository, "acme");
    let directory = env.root().join("data/consent");
    let files = std::fs::read_dir(&directory).unwrap().flatten();
    let mut files = files.map(|entry| entry.path());
    let file = files
        .find(|path| path.extension().is_some_and(|it| it == "json"))
        .unwrap();
    let agreed = std::fs::read_to_string(&file).unwrap();
    for (text, cause) in [
        (
            agreed.replace("\"version\": 1,", "\"version\": 2,"),
            "newer version",
        ),
        (agreed[..agreed.len() / 2].to_owned(), "is damaged"),
    ] {
        std::fs::write(&file, &text).unwrap();
        let (warnings, said) = brief(&repository, "acme");
        assert!(!said && warnings.len() == 1, "{warnings:?}");
        assert!(warnings[0].contains(cause), "{warnings:?}");
        let digest = digest(&component());
        let trust = ["plugin", "trust", "acme", "--sha256", &digest];
        let refused = repository.session(&[&trust, NAMED].concat());
        assert_eq!(refused.code, Some(1));
        assert!(refused.stderr.contains(cause), "{refused}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
    std::fs::write(&file, agreed).unwrap();
    runs(&repository, "acme");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(&directory, open).unwrap();
    let (warnings, said) = brief(&repository, "acme");
    assert!(
        !said && warnings[0].contains("open to other users"),
        "{warnings:?}"
    );
}

#[test]
fn a_umask_that_shares_files_does_not_spoil_what_is_kept() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let digest = digest(&component());
    let mut shell = env.command("sh", repository.path());
    let trust = "umask 002; exec \"$0\" plugin trust acme --sha256 \"$@\"";
    shell
        .args(["-c", trust, session_program(), &digest])
        .args(NAMED);
    env.outcome(&mut shell).success();
    env.set("SESSION_CACHE_DIR", env.root().join("cache"));
    runs(&repository, "acme");
}

#[test]
fn the_review_says_what_changed_since_the_last_one() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    trust(&repository, "acme");
    repository.write("tools/acme.wasm", another_component());
    configure(
        &repository,
        &[entry("acme", "    allow: { read: [\"**\"] }\n")],
    );
    let mut terminal = env.terminal(repository.path(), &["plugin", "trust", "acme"]);
    for shown in [
        &*digest(&another_component()),
        "What you agreed to before",
        &*digest(&component()),
        "since then: its component was replaced",
        "since then: `allow` gained read **",
        "since then: `allow` lost read docs/**",
        "since then: another reason; before, read **/*.md: “reads one file of the test”",
    ] {
        terminal.wait_for(shown);
    }
    terminal.wait_for("Let acme run").send("y").send(ENTER);
    assert_eq!(terminal.finish().0, 0);
    runs(&repository, "acme");
}
