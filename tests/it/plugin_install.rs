//! `session plugin install` and `remove`: files, and what all sources have in common. It must not talk to a
//! server: `plugin_install/web.rs` and `plugin_install/registry.rs` do.

mod component;
mod read_only;
mod registry;
mod several;
mod shared_store;
mod taken;
mod update;
mod web;

use std::path::PathBuf;

use crate::common::TestEnv;
use crate::common::outcome::Outcome;
use crate::common::repository::Repository;
use crate::common::terminal::ENTER;
use component::{sha256, version_1};

const CONFIG: &str = ".session/config.yaml";

/// A configuration that somebody wrote by hand.
const BY_HAND: &str = "# Ours.\nbrief: { max_bytes: 4000 }   # small\n\nplugins:\n  # About coverage.\n  coverage: { enabled: false }\n  # coverage ends here\n\n# The end.\nquality:\n  require_tests: false\n";

fn project<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write(CONFIG, BY_HAND);
    repository.write("tools/notes.wasm", version_1());
    repository.commit("feat: begin");
    repository
}

fn stored(env: &TestEnv, bytes: &[u8]) -> PathBuf {
    let name = format!("{}.wasm", sha256(bytes));
    env.root().join("data/components").join(name)
}

/// The entry that `install` writes, in the place where it does.
fn with_entry(source: &str, bytes: &[u8], more: &str) -> String {
    let entry = format!(
        "  acme-notes:\n    source: {source}\n    sha256: {}\n{more}",
        sha256(bytes)
    );
    let at = BY_HAND.find("\n# The end.").unwrap();
    [&BY_HAND[..at], &entry, &BY_HAND[at..]].concat()
}

/// The command fails, says this, names a way on, and changes nothing.
#[track_caller]
fn refused(repository: &Repository<'_>, arguments: &[&str], words: &str) -> Outcome {
    let before = repository.read(CONFIG);
    let outcome = repository.session(&[&["--no-input", "plugin"], arguments].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    let said = outcome.stderr.replace('\n', " ");
    assert!(said.contains(words), "{words:?} is not in\n{outcome}");
    assert!(said.contains("hint: "), "{outcome}");
    assert_eq!(repository.read(CONFIG), before);
    outcome
}

#[test]
fn a_file_is_pinned_compiled_and_not_trusted() {
    let env = TestEnv::new();
    let repository = project(&env);
    env.set("SESSION_CACHE_DIR", env.root().join("cache"));
    let arguments = ["--no-input", "plugin", "install", "notes.wasm"];
    let outcome = env.session(&repository.path().join("tools"), &arguments);
    for said in [
        "acme-notes",
        "1.0.0",
        "./tools/notes.wasm",
        &sha256(&version_1()),
        "read docs/**: “finds the notes”",
        "env NOTES_TOKEN",
        "session plugin trust acme-notes",
    ] {
        assert!(outcome.stdout.contains(said), "{said}\n{outcome}");
    }
    assert_eq!(outcome.code, Some(0));
    assert_eq!(
        repository.read(CONFIG),
        with_entry("./tools/notes.wasm", &version_1(), "")
    );
    assert_eq!(
        std::fs::read(stored(&env, &version_1())).unwrap(),
        version_1()
    );
    let compiled = std::fs::read_dir(env.root().join("cache/plugins")).unwrap();
    assert_eq!(compiled.count(), 2, "the artifact and its digest");
    // Only the component came into the user's data: no consent.
    let data = std::fs::read_dir(env.root().join("data")).unwrap();
    assert_eq!(data.count(), 1);

    // Again, and by its name: nothing changes.
    let before = repository.read(CONFIG);
    for arguments in [
        &["plugin", "install", "./tools/notes.wasm"][..],
        &["plugin", "install", "acme-notes"],
    ] {
        let again = repository
            .session(&[arguments, &["--json"]].concat())
            .json();
        assert_eq!(again["plugins"][0]["digest"], sha256(&version_1()));
    }
    let nothing = repository.session(&["plugin", "install", "--json"]).json();
    assert_eq!(nothing["plugins"], serde_json::json!([]));
    assert_eq!(repository.read(CONFIG), before);
}

#[test]
fn what_the_team_would_not_find_is_refused() {
    let env = TestEnv::new();
    let repository = project(&env);
    std::fs::write(env.root().join("outside.wasm"), version_1()).unwrap();
    repository.write(".git/hidden.wasm", version_1());
    std::os::unix::fs::symlink("../outside.wasm", repository.path().join("link.wasm")).unwrap();
    refused(
        &repository,
        &["install", "../outside.wasm"],
        "outside of the work tree",
    );
    refused(
        &repository,
        &["install", "link.wasm"],
        "outside of the work tree",
    );
    refused(
        &repository,
        &["install", ".git/hidden.wasm"],
        "git's own directory",
    );
    for name in ["a\nb.wasm", "a\u{202e}b.wasm"] {
        repository.write(name, version_1());
        let unseen = "has characters that cannot be seen in its name";
        refused(&repository, &["install", name], unseen);
    }
    refused(
        &repository,
        &["install", "none.wasm"],
        "none.wasm cannot be read",
    );
    refused(
        &repository,
        &["install", "acme-notes"],
        "there is no plugin \"acme-notes\"",
    );
    refused(
        &repository,
        &["install", "http://example.com/x.wasm"],
        "not an https:// address",
    );
    let secret = refused(
        &repository,
        &["install", "https://ada:s3cret@example.com/x.wasm"],
        "a user or a password",
    );
    assert!(!secret.to_string().contains("s3cret"));
    std::fs::remove_file(repository.path().join(CONFIG)).unwrap();
    let without = repository.session(&["plugin", "install", "tools/notes.wasm"]);
    assert!(without.stderr.contains("session init"), "{without}");
    assert!(!env.root().join("data/components").exists());
}

#[test]
fn what_is_no_component_for_this_program_is_refused() {
    let env = TestEnv::new();
    let repository = project(&env);
    let whole = version_1();
    repository.write("text.wasm", "<html>not found</html>");
    repository.write("module.wasm", b"\0asm\x01\0\0\0");
    repository.write("cut.wasm", &whole[..whole.len() - 100]);
    repository.write("newer.wasm", component::of_contract("9.8.7"));
    repository.write("empty.wasm", "");
    refused(
        &repository,
        &["install", "text.wasm"],
        "no WebAssembly component",
    );
    refused(
        &repository,
        &["install", "empty.wasm"],
        "no WebAssembly component",
    );
    refused(&repository, &["install", "module.wasm"], "a core module");
    refused(&repository, &["install", "cut.wasm"], "damaged or cut off");
    let newer = refused(&repository, &["install", "newer.wasm"], "9.8.7");
    assert!(newer.stderr.contains(session::plugin::CONTRACT), "{newer}");
    // Files with nothing in them: reading the second one would never end.
    for (name, size) in [("large.wasm", 200 << 20), ("endless.wasm", 1 << 42)] {
        let file = std::fs::File::create(repository.path().join(name)).unwrap();
        file.set_len(size).unwrap();
        refused(
            &repository,
            &["install", name],
            "too large: a component has at most 64 MiB",
        );
    }
    let wrong = "0".repeat(64);
    let arguments = ["install", "tools/notes.wasm", "--sha256", &wrong];
    let outcome = refused(
        &repository,
        &arguments,
        "not the component that was expected",
    );
    assert!(outcome.stderr.contains(&sha256(&whole)), "{outcome}");
    let stored = std::fs::read_dir(env.root().join("data/components"));
    assert_eq!(stored.map_or(0, Iterator::count), 0);
}

#[test]
fn a_name_is_chosen_or_the_components_own() {
    let env = TestEnv::new();
    let repository = project(&env);
    let install = ["plugin", "install", "tools/notes.wasm", "--name"];
    let usage = repository.session(&[&install[..], &["Not_A_Name"]].concat());
    assert_eq!(usage.code, Some(2), "{usage}");
    let bundled = repository.session(&[&install[..], &["context-manager"]].concat());
    assert!(
        bundled.stdout.contains("replaces the bundled plugin"),
        "{bundled}"
    );
    let digest = sha256(&version_1());
    assert_eq!(repository.read(CONFIG).matches(&digest).count(), 1);
    let other = repository.session(&[&install[..], &["other", "--json"]].concat());
    assert_eq!(other.json()["plugins"][0]["name"], "other");
    let config = repository.read(CONFIG);
    assert_eq!(config.matches(&digest).count(), 2);

    for name in ["context-manager", "other"] {
        let removed = repository
            .session(&["plugin", "remove", name, "--json"])
            .json();
        assert_eq!(removed["digest"], digest);
        assert!(stored(&env, &version_1()).exists());
    }
    assert_eq!(repository.read(CONFIG), BY_HAND);
    refused(&repository, &["remove", "other"], "known: coverage");
    refused(
        &repository,
        &["remove", "context-manager"],
        "is part of session",
    );
}

#[test]
fn what_it_asks_for_is_written_down_when_somebody_says_so() {
    let env = TestEnv::new();
    let repository = project(&env);
    let allow = "    allow: { read: [docs/**], env: [NOTES_TOKEN] }\n";
    let expected = with_entry("./tools/notes.wasm", &version_1(), allow);
    let install = ["plugin", "install", "tools/notes.wasm"];
    let said = repository
        .session(&[&install[..], &["--allow"]].concat())
        .success()
        .stdout;
    assert!(!said.contains("--allow"), "{said}");
    assert!(
        said.contains("Commit .session/config.yaml and tools/notes.wasm, so"),
        "{said}"
    );
    assert_eq!(repository.read(CONFIG), expected);

    // Nobody was there to ask: how to allow it later.
    repository.write(CONFIG, BY_HAND);
    let said = repository.session(&install).success().stdout;
    assert!(
        said.contains("to allow it: session plugin install --allow acme-notes"),
        "{said}"
    );
    repository
        .session(&["plugin", "install", "--allow", "acme-notes"])
        .success();
    assert_eq!(repository.read(CONFIG), expected);

    repository.write(CONFIG, BY_HAND);
    let mut terminal = env.terminal(repository.path(), &install);
    terminal
        .wait_for("env NOTES_TOKEN")
        .wait_for("[Y/n]")
        .send(ENTER);
    let (code, shown) = terminal.finish();
    assert_eq!(code, 0, "{shown}");
    assert_eq!(repository.read(CONFIG), expected);

    repository.write(CONFIG, BY_HAND);
    let mut terminal = env.terminal(repository.path(), &install);
    terminal.wait_for("[Y/n]").send("n\r");
    assert_eq!(terminal.finish().0, 0);
    assert_eq!(
        repository.read(CONFIG),
        with_entry("./tools/notes.wasm", &version_1(), "")
    );
}

/// The component is in the store, and the configuration does not name it yet: compiling takes long enough for that.
#[test]
fn killed_before_the_configuration_it_can_be_run_again() {
    let env = TestEnv::new();
    let repository = project(&env);
    env.set("SESSION_CACHE_DIR", env.root().join("cache"));
    let mut command = env.command(crate::common::session_program(), repository.path());
    command.args(["plugin", "install", "tools/notes.wasm"]);
    command.stdout(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let component = stored(&env, &version_1());
    while !component.exists() {
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "it ended without the component"
        );
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(repository.read(CONFIG), BY_HAND);
    repository
        .session(&["plugin", "install", "tools/notes.wasm"])
        .success();
    assert_eq!(
        repository.read(CONFIG),
        with_entry("./tools/notes.wasm", &version_1(), "")
    );
}

#[test]
fn without_a_place_for_it_nothing_is_installed_or_agreed_to() {
    let env = TestEnv::new();
    let repository = project(&env);
    let install = ["install", "tools/notes.wasm"];
    repository
        .session(&[&["plugin"], &install[..]].concat())
        .success();
    for name in ["HOME", "XDG_DATA_HOME", "SESSION_DATA_DIR"] {
        env.set(name, "");
    }
    let trust = ["trust", "acme-notes"];
    for arguments in [&install[..], &trust] {
        let outcome = refused(&repository, arguments, "no home directory");
        assert!(outcome.stderr.contains("set HOME"), "{outcome}");
    }
}
