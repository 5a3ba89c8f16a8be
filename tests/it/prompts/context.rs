//! `Update FILE, as PLUGIN proposes? [y/N]`, which comes after the checkpoint is made. It must not judge what the plugin proposes.

use sha2::Digest as _;

use super::*;

const CONTEXT: &str = "# Auth\n\nIssues tokens.\n";

/// A changed directory whose context file has missed many commits.
fn stale_context(env: &TestEnv) -> Repository<'_> {
    let repository = project(env);
    repository.write("src/auth/CLAUDE.md", CONTEXT);
    repository.commit("docs: say what auth is");
    for number in 0..8 {
        env.advance_minutes(60);
        repository.write(
            "src/auth/token.rs",
            format!("//! Issues tokens.\npub const V: u8 = {number};\n"),
        );
        repository.commit("feat(auth): go on");
    }
    repository
        .session(&["start", "feature/auth", "--no-input"])
        .success();
    repository.write("src/auth/oauth.rs", "//! OAuth.\n");
    repository
}

fn context_question<'e>(env: &'e TestEnv, repository: &Repository<'e>) -> Terminal {
    let mut terminal = env.terminal(repository.path(), &["checkpoint", "--notes=x"]);
    terminal
        .wait_for("context-manager proposes to update src/auth/CLAUDE.md")
        .wait_for("+")
        .wait_for("Update src/auth/CLAUDE.md, as context-manager proposes? [y/N]");
    terminal
}

#[test]
fn an_accepted_update_of_context_is_written_and_a_refused_one_is_not() {
    let env = TestEnv::new();
    let repository = stale_context(&env);
    for keys in [ENTER, "n\r"] {
        let mut terminal = context_question(&env, &repository);
        terminal.send(keys);
        finish(terminal, 0);
        assert_eq!(repository.read("src/auth/CLAUDE.md"), CONTEXT);
    }
    let mut terminal = context_question(&env, &repository);
    terminal.send("maybe").send(ENTER).wait_for("answer y or n");
    terminal
        .send(&"\x7f".repeat("maybe".len()))
        .send("y")
        .send(ENTER)
        .wait_for("src/auth/CLAUDE.md is updated");
    finish(terminal, 0);
    let written = repository.read("src/auth/CLAUDE.md");
    assert!(written.starts_with(CONTEXT), "{written}");
    assert!(written.contains("- `token.rs`"), "{written}");
}

#[test]
fn leaving_the_question_after_a_checkpoint_keeps_the_checkpoint() {
    let env = TestEnv::new();
    let repository = stale_context(&env);
    for (key, code) in [(ESCAPE, 0), (CONTROL_C, 130)] {
        let mut terminal = context_question(&env, &repository);
        terminal.send(key);
        let shown = finish(terminal, code);
        assert!(!shown.contains("nothing was changed"), "{shown}");
        assert_eq!(repository.read("src/auth/CLAUDE.md"), CONTEXT);
    }
    let list = json(&repository, &["checkpoint", "list"]);
    assert_eq!(list["checkpoints"].as_array().unwrap().len(), 2);
}

/// A repository with a plugin that was agreed to and does this.
fn culprit<'e>(env: &'e TestEnv, deed: &str) -> Repository<'e> {
    let repository = project(env);
    repository.write("plain", "plain\n");
    repository.write("tools/culprit.wasm", session_guests::MISBEHAVING);
    repository.write(
        ".session/config.yaml",
        format!(
            "plugins:\n  context-manager: {{ enabled: false }}\n  culprit:\n    source: ./tools/culprit.wasm\n    \
             allow: {{ read: [\"plain*\"] }}\n    limits: {{ time: 10s }}\n    config: {deed}\n"
        ),
    );
    repository.commit("chore: take a plugin");
    repository
        .session(&["start", "feature/plain", "--no-input"])
        .success();
    let digest = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(session_guests::MISBEHAVING));
    repository
        .session(&[
            "plugin",
            "trust",
            "culprit",
            "--sha256",
            &digest,
            "--grant=read:plain*",
            "--grant=limit:time=10s",
        ])
        .success();
    repository
}

/// ` .git` was shown as `.git`, and `a  b.txt ` as another file that may be there.
#[test]
fn a_name_is_asked_about_with_its_blanks() {
    let env = TestEnv::new();
    let repository = culprit(&env, "blank-edits");
    let checkpoint = ["checkpoint", "--notes=x"];
    let mut terminal = env.terminal(repository.path(), &checkpoint);
    terminal
        .wait_for(r#"culprit proposes to update " .git": because"#)
        .wait_for(r#"Update " .git", as culprit proposes? [y/N]"#)
        .send("n\r")
        .wait_for(r#"Update "a  b.txt ", as culprit proposes? [y/N]"#)
        .send("y\r");
    let shown = finish(terminal, 0);
    assert!(shown.contains(r#""a  b.txt " is updated"#), "{shown}");
    repository.write("a  b.txt ", "mine");
    let left = repository.session(&["checkpoint", "--no-input", "--notes=x"]);
    let why = r#""a  b.txt " is left as it is, although"#;
    assert!(left.stderr.contains(why), "{left}");
}

#[test]
fn nothing_is_written_that_was_not_shown_before_the_question() {
    let env = TestEnv::new();
    let repository = culprit(&env, "unseen-edit");
    // Not even when little is to be said.
    let checkpoint = ["checkpoint", "--notes=x", "--quiet"];
    let mut terminal = env.terminal(repository.path(), &checkpoint);
    terminal
        .wait_for("Update plain, as culprit proposes? [y/N]")
        .send("y\r");
    let shown = finish(terminal, 0);
    for number in 0..300 {
        let line = format!("+line {number}\n");
        assert!(shown.contains(&line), "{number}: {shown}");
    }
    for text in [
        "culprit proposes to update plain: a typo",
        "-plain\n",
        "+a‹U+001B›[2J‹U+202E›b‹U+000D›c\n",
        "301 lines added, 1 line removed in plain",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let written = repository.read("plain");
    assert!(written.ends_with("a\u{1b}[2J\u{202e}b\rc\n"), "{written:?}");
}
