//! The world that the other tests rely on is what it says. It must not test `session`.

use crate::common::terminal::{CONTROL_C, DOWN, ENTER, ESCAPE, Terminal};
use crate::common::{TestEnv, session_program};

#[test]
fn a_command_sees_nothing_of_the_outside() {
    let env = TestEnv::new();
    env.set("EXTRA", "1");
    let seen = env.outcome(&mut env.command("env", env.root())).success();
    let mut names: Vec<_> = seen
        .stdout
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    names.sort_unstable();
    insta::assert_snapshot!(names.join(" "), @"EXTRA GIT_AUTHOR_DATE GIT_CEILING_DIRECTORIES GIT_COMMITTER_DATE GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM GIT_EDITOR GIT_TERMINAL_PROMPT HOME LC_ALL PATH SESSION_CACHE_DIR SESSION_DATA_DIR SESSION_SEED SESSION_TIMESTAMP TMPDIR TZ XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME");
    assert!(seen.stdout.contains("HOME=$ROOT/home\n"), "{seen}");
}

#[test]
fn commits_are_the_same_on_every_machine_and_move_with_the_clock() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("src/a.txt", "a\n");
    let first = repository.commit("feat: begin");
    env.advance_minutes(90);
    repository.write("src/a.txt", "b\n");
    repository.commit("fix: go on");
    insta::assert_snapshot!(first, @"5944d28fef06f40f575f0cde9816d1d4fe5b8ed8");
    insta::assert_snapshot!(repository.git(&["log", "--format=%at %ct %an %s"]), @"
    1795347000 1795347000 Ada Example fix: go on
    1795341600 1795341600 Ada Example feat: begin
    ");
    assert_eq!(repository.read("src/a.txt"), "b\n");
    assert!(repository.exists("src/a.txt") && !repository.exists("src/b.txt"));
}

#[test]
fn an_outcome_shows_all_that_a_command_left() {
    let env = TestEnv::new();
    let script = "echo out; printf 'in %s' \"$PWD\" >&2; exit 3";
    let outcome = env.outcome(env.command("sh", env.root()).args(["-c", script]));
    insta::assert_snapshot!(outcome.clone().redact("o[ut]+", "…"), @"
    exit code: 3
    ----- stdout -----
    …
    ----- stderr -----
    in $ROOT⏎
    ");
    let json = env.outcome(
        env.command("sh", env.root())
            .args(["-c", "echo '{\"a\": 1}'"]),
    );
    assert_eq!(json.json()["a"], 1);
}

#[test]
fn a_terminal_is_typed_on_and_read_without_escape_sequences() {
    let env = TestEnv::new();
    let script = "test -t 0 && test -t 1 || exit 9\n\
        printf '\\033[31mName?\\033[0m '; read name; printf '\\033]0;title\\007Hello %s\\n' \"$name\"; exit 4";
    let mut terminal = Terminal::start(&env, "sh", env.root(), &["-c", script]);
    terminal
        .wait_for("Name? ")
        .send("Ada")
        .send(ENTER)
        .wait_for("Hello Ada");
    let (code, shown) = terminal.finish();
    assert_eq!(code, 4, "{shown}");
    assert_eq!(shown.replace('\n', "|"), "Name? Ada|Hello Ada|");
}

#[test]
fn keys_reach_the_program_as_a_terminal_sends_them() {
    let env = TestEnv::new();
    let script = "stty raw -echo; printf ready; head -c 4 | od -An -tx1; cat >/dev/null";
    let mut terminal = Terminal::start(&env, "sh", env.root(), &["-c", script]);
    terminal
        .wait_for("ready")
        .send(DOWN)
        .send(ESCAPE)
        .wait_for("1b 5b 42 1b");
    let script = "trap 'echo stopped; exit 5' INT; printf ready; while :; do read line; done";
    let mut terminal = Terminal::start(&env, "sh", env.root(), &["-c", script]);
    terminal
        .wait_for("ready")
        .send(CONTROL_C)
        .wait_for("stopped");
    assert_eq!(terminal.finish().0, 5);
}

#[test]
fn the_program_under_test_is_started_with_and_without_a_terminal() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    let plain = repository.session(&["--version"]).success();
    let (code, shown) = env.terminal(repository.path(), &["--version"]).finish();
    assert_eq!(code, 0, "{shown}");
    assert_eq!(shown, plain.stdout);
    assert!(std::path::Path::new(session_program()).is_absolute());
}

#[test]
fn a_kept_world_outlives_its_test() {
    let env = TestEnv::new();
    let root = env.keep();
    assert!(root.join("home").is_dir());
    std::fs::remove_dir_all(root).unwrap();
}
