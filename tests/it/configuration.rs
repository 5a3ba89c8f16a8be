//! `docs/configuration.md` says what the program reads. It must not test single values: they have unit tests.

use session::config::reference;

use crate::common::{TestEnv, source_root};

#[test]
fn the_page_is_what_the_template_and_the_code_say() {
    let path = source_root().join("docs/configuration.md");
    let page = reference::page().unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        present == page,
        "docs/configuration.md is out of date; run: UPDATE_DOCS=1 cargo test -p session --test it"
    );
}

#[test]
fn a_wrong_value_stops_a_command_and_says_where_it_stands() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.session(&["init"]).success();
    repository.write(".session/config.yaml", "session:\n  mode: fast\n");
    let outcome = repository.session(&["status", "--no-input"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert_eq!(outcome.stdout, "", "{outcome}");
    let message = ".session/config.yaml:2:9: session.mode: expected normal or tdd, found \"fast\"";
    assert!(outcome.stderr.contains(message), "{outcome}");
}

#[test]
fn an_unknown_key_is_mentioned_and_stops_nothing() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.session(&["init"]).success();
    repository.write(".session/config.yaml", "session:\n  auto_trak: true\n");
    let outcome = repository.session(&["status", "--no-input"]).success();
    for part in ["\"session.auto_trak\"", "auto_track"] {
        // Away from a terminal a document carries its warnings: an agent reads nothing else.
        assert!(outcome.stdout.contains(part), "{outcome}");
    }
}

#[test]
fn a_file_named_by_the_environment_is_used_instead() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write(".session/config.yaml", "session:\n  mode: fast\n");
    std::fs::write(env.root().join("mine.yaml"), "brief: { max_bytes: 1 }").unwrap();
    env.set("SESSION_CONFIG", env.root().join("mine.yaml"));
    let outcome = repository.session(&["status", "--no-input"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(
        outcome
            .stderr
            .contains("$ROOT/mine.yaml:1:21: brief.max_bytes"),
        "{outcome}"
    );

    // What the team shares is changed all the same, and that is said.
    repository.write(".session/config.yaml", "session: { mode: normal }\n");
    std::fs::write(env.root().join("mine.yaml"), "brief: {}\n").unwrap();
    let disabled = repository.session(&["plugin", "disable", "context-manager"]);
    let said =
        "warning: this is about .session/config.yaml, which is not in use while SESSION_CONFIG";
    assert!(disabled.success().stderr.contains(said));
}

#[test]
fn the_environment_says_how_much_is_said() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    let says_more = || {
        let outcome = repository.session(&["status"]).success();
        outcome.stdout.contains("## Where things are")
    };
    assert!(!says_more());
    repository.write(".session/config.yaml", "display: { verbose: true }\n");
    assert!(says_more());
    env.set("SESSION_VERBOSE", "false");
    assert!(!says_more());
    env.set("SESSION_VERBOSE", "debug");
    assert!(says_more());
    env.set("SESSION_VERBOSE", "loud");
    let outcome = repository.session(&["status"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(
        outcome
            .stderr
            .contains("SESSION_VERBOSE: expected false, true or debug, found \"loud\""),
        "{outcome}"
    );
}
