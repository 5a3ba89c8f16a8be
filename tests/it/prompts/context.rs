//! `Update context? [y/N]`, which comes after the checkpoint is made. It must not judge what the plugin proposes.

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
        .wait_for("Update context? [y/N]");
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
