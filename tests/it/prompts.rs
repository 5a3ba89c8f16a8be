//! The questions that verbs ask, on a real pseudo-terminal: what is offered, what an answer does, and that leaving a
//! question leaves everything as it was. The single kinds of question have unit tests beside `ui::prompt`.

mod context;
mod leaving;

use crate::common::TestEnv;
use crate::common::repository::Repository;
use crate::common::terminal::{CONTROL_C, DOWN, ENTER, ESCAPE, Terminal};

/// Enough for a busy machine: the plugin is to answer here, not to be quick.
const CONFIG: &str = "plugins:\n  context-manager:\n    limits: { time: 10s }\n";

const WORK_ON: &str = "What do you want to work on?";
const ACHIEVE: &str = "What do you want to achieve? (empty: say it later)";
const ANOTHER: &str = "Another objective (empty: no more)";
const CHECKPOINT: &str = "What should this checkpoint be?";
const ACCOMPLISHED: &str = "What was accomplished?";
const MORE_ACCOMPLISHED: &str = "Something else that was accomplished (empty: no more)";
const DECIDED: &str = "A decision that was made (empty: no more)";
const REMEMBER: &str = "What must the next one know? (empty: nothing more)";

/// `main` with a history, a branch `old`, and no session.
fn project(env: &TestEnv) -> Repository<'_> {
    let repository = env.repository("project");
    repository.write("src/pay.rs", "//! Payments.\n");
    repository.write(".session/config.yaml", CONFIG);
    repository.commit("feat: pay");
    repository.git(&["branch", "old"]);
    repository
}

/// A session on `feature/login`, with two objectives, one of them done, and a changed file.
fn at_work(env: &TestEnv) -> Repository<'_> {
    let repository = project(env);
    repository
        .session(&[
            "start",
            "feature/login",
            "--objective=Token store",
            "--objective=Refresh tokens",
        ])
        .success();
    repository
        .session(&["objectives", "complete", "obj-1"])
        .success();
    repository.write("src/login.rs", "//! Signing in.\n");
    repository
}

fn json(repository: &Repository<'_>, arguments: &[&str]) -> serde_json::Value {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    repository.session(&arguments).json()
}

/// The texts of a list, as `--json` gives it.
fn texts(value: &serde_json::Value) -> Vec<&str> {
    let list = value.as_array().unwrap();
    list.iter()
        .map(|item| item["text"].as_str().unwrap())
        .collect()
}

#[track_caller]
fn finish(terminal: Terminal, code: u32) -> String {
    let (ended_with, shown) = terminal.finish();
    assert_eq!(ended_with, code, "{shown}");
    shown
}

#[test]
fn start_makes_the_branch_that_was_chosen_and_asks_what_to_achieve() {
    let env = TestEnv::new();
    let repository = project(&env);
    let mut terminal = env.terminal(repository.path(), &["start"]);
    terminal
        .wait_for("Active branches")
        .wait_for(WORK_ON)
        .wait_for("main (here)")
        .wait_for("old")
        .wait_for("new branch for a feature (feature/…)")
        .wait_for("new branch for a bug fix (bugfix/…)")
        .wait_for("new branch for an urgent fix (hotfix/…)")
        .send(&DOWN.repeat(2))
        .send(ENTER)
        .wait_for("Name of the branch: feature/")
        .send("google login")
        .send(ENTER)
        .wait_for(ACHIEVE)
        .send("Google OAuth")
        .send(ENTER)
        .wait_for(ANOTHER)
        .send(ENTER);
    let shown = finish(terminal, 0);
    assert!(
        shown.contains("Session brief: feature/google-login"),
        "{shown}"
    );
    assert_eq!(
        repository.git(&["branch", "--show-current"]),
        "feature/google-login"
    );
    let list = json(&repository, &["objectives", "list"]);
    assert_eq!(texts(&list["objectives"]), ["Google OAuth"]);
}

#[test]
fn start_asks_again_for_a_name_that_is_taken_or_not_possible() {
    let env = TestEnv::new();
    let repository = project(&env);
    repository.git(&["branch", "bugfix/taken"]);
    let mut terminal = env.terminal(repository.path(), &["start", "--objective=X"]);
    terminal.wait_for(WORK_ON).send("bug fix").send(ENTER);
    for name in ["taken", "a..b"] {
        terminal
            .wait_for("Name of the branch: bugfix/")
            .send(name)
            .send(ENTER)
            .wait_for("choose another");
    }
    terminal
        .wait_for("Name of the branch: bugfix/")
        .send("free")
        .send(ENTER);
    let shown = finish(terminal, 0);
    assert!(!shown.contains(ACHIEVE), "a flag said it: {shown}");
    assert_eq!(repository.git(&["branch", "--show-current"]), "bugfix/free");
}

#[test]
fn start_suggests_what_the_chosen_branch_left_open_and_the_work_items() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.write("src/login.rs", "// TODO: log out too\n");
    repository.commit("feat: log in");
    repository.session(&["end", "--no-input"]).success();
    repository.git(&["switch", "--quiet", "main"]);
    let mut terminal = env.terminal(repository.path(), &["start", "feature/login"]);
    terminal
        .wait_for("Objectives from open work?")
        .wait_for("Refresh tokens")
        .send(" ")
        .send(ENTER)
        .wait_for(ANOTHER)
        .send("Log out")
        .send(ENTER)
        .wait_for(ANOTHER)
        .send(ENTER);
    finish(terminal, 0);
    let list = json(&repository, &["objectives", "list"]);
    assert_eq!(texts(&list["objectives"]), ["Refresh tokens", "Log out"]);
}

#[test]
fn start_tells_which_choice_has_a_session_already() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let mut terminal = env.terminal(repository.path(), &["start"]);
    terminal
        .wait_for(WORK_ON)
        .wait_for("feature/login (here, its session is open)")
        .send(ENTER)
        .wait_for("session resume feature/login");
    finish(terminal, 1);
}

#[test]
fn checkpoint_asks_what_it_should_be() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let head = repository.git(&["rev-parse", "HEAD"]);
    let mut terminal = env.terminal(repository.path(), &["checkpoint", "--label=first"]);
    terminal
        .wait_for(CHECKPOINT)
        .wait_for("save point only")
        .send(DOWN)
        .send(ENTER)
        .wait_for("Notes (empty: none)")
        .send("Tested by hand")
        .send(ENTER);
    finish(terminal, 0);
    assert_eq!(repository.git(&["rev-parse", "HEAD"]), head);

    let mut terminal = env.terminal(repository.path(), &["checkpoint"]);
    terminal
        .wait_for(CHECKPOINT)
        .wait_for("with a commit")
        .send(&DOWN.repeat(2))
        .send(ENTER)
        .wait_for("Commit subject (empty: derived from the change)")
        .send(ENTER);
    finish(terminal, 0);
    assert_eq!(
        repository.git(&["log", "-1", "--format=%s"]),
        "feat: add login.rs"
    );

    repository.write("src/login.rs", "//! Signing in and out.\n");
    let mut terminal = env.terminal(repository.path(), &["checkpoint"]);
    terminal
        .wait_for(CHECKPOINT)
        .send(&DOWN.repeat(3))
        .send(ENTER)
        .wait_for("Notes")
        .send("Both ways")
        .send(ENTER)
        .wait_for("Commit subject")
        .send("feat: sign out")
        .send(ENTER);
    finish(terminal, 0);
    let message = repository.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with("feat: sign out\n\nBoth ways\n"),
        "{message}"
    );

    let list = json(&repository, &["checkpoint", "list"]);
    let notes: Vec<_> = list["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|checkpoint| checkpoint["notes"].as_str())
        .collect();
    assert_eq!(notes, [Some("Both ways"), None, Some("Tested by hand")]);
}

#[test]
fn checkpoint_offers_no_commit_where_there_is_nothing_to_commit() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    repository.commit("feat: log in");
    let mut terminal = env.terminal(repository.path(), &["checkpoint"]);
    terminal
        .wait_for(CHECKPOINT)
        .wait_for("with notes")
        .send(ENTER);
    let shown = finish(terminal, 0);
    assert!(!shown.contains("with a commit"), "{shown}");
}

#[test]
fn end_suggests_what_was_accomplished_and_asks_for_the_rest() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let remote = env.root().join("remote.git");
    repository.git(&["init", "--quiet", "--bare", &remote.to_string_lossy()]);
    repository.git(&["remote", "add", "origin", &remote.to_string_lossy()]);
    repository
        .session(&["checkpoint", "--label=login-page"])
        .success();
    repository.commit("feat: log in");
    let mut terminal = env.terminal(repository.path(), &["end"]);
    terminal
        .wait_for(ACCOMPLISHED)
        .wait_for("Token store")
        .wait_for("login-page")
        .wait_for("feat: log in")
        // The first one and the last one.
        .send(" ")
        .send(&DOWN.repeat(2))
        .send(" ")
        .send(ENTER)
        .wait_for(MORE_ACCOMPLISHED)
        .send("Talked to Bob")
        .send(ENTER)
        .wait_for(MORE_ACCOMPLISHED)
        .send(ENTER)
        .wait_for(DECIDED)
        .send("Tokens are opaque")
        .send(ENTER)
        .wait_for(DECIDED)
        .send(ENTER)
        .wait_for(REMEMBER)
        .send("The clock is off")
        .send(ENTER)
        .wait_for(REMEMBER)
        .send(ENTER)
        .wait_for("Push the branch and this session's record? [y/N]")
        .send("y")
        .send(ENTER);
    let shown = finish(terminal, 0);
    assert!(
        shown.contains("pushed to origin, with the session's record"),
        "{shown}"
    );
    let claims = &json(&repository, &["handoff"])["claims"];
    assert_eq!(
        claims["accomplished"],
        serde_json::json!(["Token store", "feat: log in", "Talked to Bob"])
    );
    assert_eq!(
        claims["decisions"],
        serde_json::json!(["Tokens are opaque"])
    );
    assert_eq!(claims["remember"], serde_json::json!(["The clock is off"]));
    let decisions = json(&repository, &["decisions", "list"]);
    assert_eq!(texts(&decisions["decisions"]), ["Tokens are opaque"]);
    let pushed = repository.git(&["ls-remote", "origin"]);
    assert!(pushed.contains("refs/heads/feature/login"), "{pushed}");
    assert!(pushed.contains("refs/sessions/feature-login-"), "{pushed}");
}

#[test]
fn end_does_not_ask_to_push_where_there_is_nowhere_to() {
    let env = TestEnv::new();
    let repository = at_work(&env);
    let flags = [
        "end",
        "--accomplished=A",
        "--decisions=D",
        "--remember=R",
        "--summary",
    ];
    let shown = finish(env.terminal(repository.path(), &flags), 0);
    assert!(
        !shown.contains("Push"),
        "flags said everything else: {shown}"
    );
}

#[test]
fn switch_asks_what_becomes_of_changes() {
    let question = "What to do with the uncommitted changes (1 untracked)?";
    for (downs, stays) in [(0, false), (1, false), (2, true)] {
        let env = TestEnv::new();
        let repository = at_work(&env);
        let mut terminal = env.terminal(repository.path(), &["switch", "old"]);
        terminal
            .wait_for(question)
            .wait_for("park: keep them here in a checkpoint, put back on return")
            .wait_for("carry: take them along")
            .wait_for("stay here")
            .send(&DOWN.repeat(downs))
            .send(ENTER);
        finish(terminal, u32::from(stays));
        let branch = if stays { "feature/login" } else { "old" };
        assert_eq!(repository.git(&["branch", "--show-current"]), branch);
        assert_eq!(repository.exists("src/login.rs"), downs != 0);
        let mut back = env.terminal(repository.path(), &["switch", "feature/login"]);
        if downs == 0 {
            // Parked changes come back by themselves.
            back.wait_for("1 file parked in cp-1 is back");
            finish(back, 0);
            assert_eq!(repository.read("src/login.rs"), "//! Signing in.\n");
        }
    }
}

#[test]
fn switch_offers_to_create_a_branch_that_is_unknown() {
    let env = TestEnv::new();
    let repository = project(&env);
    let question = "There is no branch hotfix/leak. Create it from main?";
    let mut terminal = env.terminal(repository.path(), &["switch", "hotfix/leak"]);
    terminal
        .wait_for(question)
        .wait_for("[Y/n]")
        .send("n")
        .send(ENTER);
    finish(terminal, 1);
    assert_eq!(repository.git(&["branch", "--show-current"]), "main");
    let mut terminal = env.terminal(repository.path(), &["switch", "hotfix/leak"]);
    terminal.wait_for(question).send(ENTER);
    finish(terminal, 0);
    assert_eq!(repository.git(&["branch", "--show-current"]), "hotfix/leak");
    let status = json(&repository, &["status"]);
    assert!(status["session"].is_object(), "{status}");
}
