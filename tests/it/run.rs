//! `session run`: the command's terminal, streams, signals and exit code are its own. It must not test what evidence is
//! worth afterwards.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use serde_json::Value;

use crate::common::repository::{Repository, run};
use crate::common::terminal::{CONTROL_C, Terminal};
use crate::common::{TestEnv, session_program};

pub fn started<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("a", "a: one\n");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x"]);
    repository
}

/// The newest entry of the record.
#[track_caller]
pub fn recorded(repository: &Repository<'_>) -> Value {
    let name = repository.git(&["for-each-ref", "--format=%(refname)", "refs/sessions/"]);
    let text = repository.git(&["show", &format!("{}:entry.json", name.trim())]);
    let entry: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(entry["event"], "evidence");
    entry
}

#[test]
fn streams_and_exit_code_are_the_commands() {
    let env = TestEnv::new();
    let repository = started(&env);
    let outcome = repository.session(&[
        "run",
        "--",
        "sh",
        "-c",
        "printf out; printf err >&2; exit 3",
    ]);
    assert_eq!(outcome.stdout, "out");
    assert_eq!(outcome.stderr, "err");
    assert_eq!(outcome.code, Some(3));
    assert_eq!(recorded(&repository)["exit_code"], 3);
}

#[test]
fn a_command_that_does_not_run_has_the_shells_exit_code() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("plain", "no program\n");
    for (command, code) in [("no-such-command-here", 127), ("./plain", 126), (".", 126)] {
        let outcome = repository.session(&["run", "--", command]);
        assert_eq!(outcome.code, Some(code), "{command}: {outcome}");
        assert!(outcome.stderr.starts_with("error: "), "{outcome}");
        assert_eq!(recorded(&repository)["exit_code"], code);
    }
}

#[test]
fn a_command_that_a_signal_ends_has_128_more() {
    let env = TestEnv::new();
    let repository = started(&env);
    let outcome = repository.session(&["run", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(outcome.code, Some(137));
    let entry = recorded(&repository);
    assert_eq!(entry["exit_code"], 137);
    assert_eq!(entry["signal"], 9);
}

#[test]
fn without_a_session_or_a_repository_it_only_runs() {
    let env = TestEnv::new();
    let directory = env.root().join("nowhere");
    std::fs::create_dir(&directory).unwrap();
    let outcome = env.session(&directory, &["run", "--", "sh", "-c", "echo ran; exit 4"]);
    assert_eq!((outcome.stdout.as_str(), outcome.code), ("ran\n", Some(4)));
    assert_eq!(outcome.stderr, "");

    let repository = env.repository("project");
    repository.write("a", "a\n");
    repository.commit("feat: a");
    env.set("SESSION_VERBOSE", "true");
    let outcome = repository.session(&["run", "--", "echo", "ran"]);
    assert_eq!(outcome.stdout, "ran\n");
    assert!(
        outcome
            .stderr
            .contains("nothing is recorded: there is no session"),
        "{outcome}"
    );
    assert_eq!(repository.git(&["for-each-ref", "refs/sessions"]), "");
}

#[test]
fn with_json_only_the_evidence_is_on_standard_output() {
    let env = TestEnv::new();
    let repository = started(&env);
    let outcome = repository.session(&[
        "--json",
        "run",
        "--label",
        "tests",
        "--",
        "sh",
        "-c",
        "echo out; exit 2",
    ]);
    assert_eq!(outcome.code, Some(2));
    assert_eq!(outcome.stderr, "out\n");
    let shown: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(shown["schema"], "session.run/1");
    assert_eq!(shown["exit_code"], 2);
    assert_eq!(shown["evidence"]["label"], "tests");
    assert_eq!(shown["evidence"]["id"], "ev-1");
    assert_eq!(shown["evidence"]["standing"], "verified");
}

#[test]
fn a_signal_to_session_reaches_the_command_and_its_end_is_recorded() {
    let env = TestEnv::new();
    let repository = started(&env);
    for (signal, code) in [("TERM", 21), ("INT", 22), ("HUP", 23)] {
        let script =
            format!("trap 'exit {code}' {signal}; echo ready; while :; do sleep 0.05; done");
        // Away from the terminal of whoever runs the tests: there, Ctrl-C reaches the command without us.
        let mut command = env.command("setsid", repository.path());
        command.args([session_program(), "run", "--", "sh", "-c", &script]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = [0; 6];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut ready)
            .unwrap();
        let kill = format!("kill -{signal} {}", child.id());
        assert!(
            env.command("sh", env.root())
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(recorded(&repository)["exit_code"], code);
    }
}

#[test]
fn the_lock_is_free_while_the_command_runs() {
    let env = TestEnv::new();
    let repository = started(&env);
    let inner = format!("{} objectives add 'from inside'", session_program());
    run(&repository, &["run", "--", "sh", "-c", &inner]);
    let shown = repository.session(&["--json", "status"]).json();
    assert_eq!(shown["objectives"][0]["text"], "from inside");
    assert_eq!(shown["evidence"][0]["id"], "ev-1");
}

#[test]
fn secrets_of_a_command_line_are_masked_in_the_record() {
    let env = TestEnv::new();
    let repository = started(&env);
    let secret = format!("ghp_{}", "aB3d".repeat(9));
    run(
        &repository,
        &["run", "--", "true", &secret, "--password", "hunter22"],
    );
    let name = repository.git(&["for-each-ref", "--format=%(refname)", "refs/sessions/"]);
    let name = name.trim();
    for text in [&format!("{name}:entry.json"), name] {
        let text = repository.git(&["show", "--no-patch", text]);
        assert!(
            text.contains("masked: github token") && text.contains("masked: secret"),
            "{text}"
        );
        assert!(
            !text.contains(&secret) && !text.contains("hunter22"),
            "{text}"
        );
    }
}

#[test]
fn what_is_typed_into_a_pipe_reaches_the_command() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut command = env.command(session_program(), repository.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.args(["run", "--", "cat"]).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"through\n").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"through\n");
}

/// On a terminal of its own, in a repository with a session.
fn on_terminal(env: &TestEnv, repository: &Repository<'_>, script: &str) -> Terminal {
    env.terminal(repository.path(), &["run", "--", "sh", "-c", script])
}

#[test]
fn on_a_terminal_the_command_has_one_of_its_own_of_the_same_size() {
    let env = TestEnv::new();
    let repository = started(&env);
    let script = "test -t 0 && test -t 1 && test -t 2 && echo all three; stty size; printf '\\033[31mred\\033[0m\\n'";
    let (code, raw) = on_terminal(&env, &repository, script).finish_raw();
    let raw = String::from_utf8(raw).unwrap();
    assert!(
        raw.starts_with("all three\r\n40 100\r\n\x1b[31mred\x1b[0m\r\n"),
        "{raw:?}"
    );
    assert_eq!(code, 0);
}

#[test]
fn what_is_typed_reaches_the_command_and_ends_at_control_d() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut terminal = on_terminal(&env, &repository, "echo ready; cat; echo done");
    terminal
        .wait_for("ready")
        .send("typed\r")
        .wait_for("typed")
        .wait_for("typed");
    terminal.send("\x04").wait_for("done");
    let (code, _) = terminal.finish();
    assert_eq!(code, 0);
}

/// A script that runs a command which waits, on a terminal of its own.
fn script<'e>(env: &'e TestEnv, repository: &Repository<'e>, before: &str) -> Terminal {
    let run = r#""$0" run -- sh -c 'echo ready; exec sleep 600'; echo "code $?""#;
    let script = format!("{before}{run}");
    let arguments = ["-c", &script, session_program()];
    Terminal::start(env, "sh", repository.path(), &arguments)
}

#[test]
fn control_c_ends_the_command_and_is_recorded() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut terminal = script(&env, &repository, "trap : INT; ");
    terminal.wait_for("ready").send(CONTROL_C);
    let (_, shown) = terminal.finish();
    assert!(shown.contains("code 130"), "{shown}");
    let entry = recorded(&repository);
    assert_eq!(
        (&entry["signal"], &entry["exit_code"]),
        (&2.into(), &130.into())
    );
}

#[test]
fn control_c_ends_the_script_around_the_command_too() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut terminal = script(&env, &repository, "");
    terminal.wait_for("ready").send(CONTROL_C);
    let (_, shown) = terminal.finish();
    assert!(!shown.contains("code"), "{shown}");
    assert_eq!(recorded(&repository)["signal"], 2);
}

#[test]
fn a_command_that_handles_control_c_goes_on() {
    let env = TestEnv::new();
    let repository = started(&env);
    // A trap ends the shell's `read`, or comes before it.
    let script =
        "trap 'echo caught' INT; echo ready; until read line; do :; done; echo line $line; exit 7";
    let mut terminal = on_terminal(&env, &repository, script);
    terminal
        .wait_for("ready")
        .send(CONTROL_C)
        .wait_for("caught");
    terminal.send("on\r").wait_for("line on");
    assert_eq!(terminal.finish().0, 7);
}

#[test]
fn control_z_stops_the_job_and_the_shell_brings_it_back() {
    let env = TestEnv::new();
    let repository = started(&env);
    let bash = ["--norc", "--noprofile", "-i"];
    let mut shell = Terminal::start(&env, "bash", repository.path(), &bash);
    let program = session_program();
    let script = "echo rea\"\"dy; read line; echo g\"\"ot $line";
    let typed = format!("{program} run -- sh -c '{script}'\r");
    shell.send(&typed).wait_for("ready");
    shell.send("\x1a").wait_for("Stopped");
    // The terminal is the shell's again: it echoes and takes lines.
    shell.send("echo back $((40 + 2))\r").wait_for("back 42");
    shell.send("fg\r").wait_for("run --");
    shell.send("more\r").wait_for("got more").wait_for("ev-1");
    shell
        .send("stty -a | grep -c ' icanon'; exit\r")
        .wait_for("1");
    shell.finish();
    assert_eq!(recorded(&repository)["exit_code"], 0);
}

#[test]
fn what_is_typed_after_the_commands_end_is_the_shells() {
    let env = TestEnv::new();
    let repository = started(&env);
    // While it is held, the end of the command is not recorded yet, and we are still there.
    let lock = repository.path().join(".git/sessions/.store/lock");
    let lock = std::fs::File::options().write(true).open(lock).unwrap();
    lock.lock().unwrap();
    let bash = ["--norc", "--noprofile", "-i"];
    let mut shell = Terminal::start(&env, "bash", repository.path(), &bash);
    let typed = format!("{} run -- sh -c 'echo rea\"\"dy'\r", session_program());
    shell.send(&typed).wait_for("ready");
    while !shell.takes_lines() {
        std::thread::yield_now();
    }
    shell.send("echo back $((40 + 2))\r");
    lock.unlock().unwrap();
    shell.wait_for("ev-1").wait_for("back 42");
    shell.send("exit\r");
    shell.finish();
}

#[test]
fn the_terminal_is_as_it_was_when_the_command_left_it_raw() {
    let env = TestEnv::new();
    let repository = started(&env);
    let script = format!(
        "{} run -- sh -c 'stty raw -echo; kill -9 $$'; stty -a | grep -o ' icanon\\| echo ' | tr -d '\\n'; echo .",
        session_program()
    );
    let (_, shown) = Terminal::start(&env, "sh", repository.path(), &["-c", &script]).finish();
    assert!(shown.contains(" icanon echo ."), "{shown}");
}

#[test]
fn a_pipe_on_one_side_leaves_the_terminal_on_the_other() {
    let env = TestEnv::new();
    let repository = started(&env);
    let program = session_program();
    let inner = "test -t 0 || echo no input; test -t 1 && echo output";
    let script = format!("echo x | {program} run -- sh -c '{inner}'");
    let (_, shown) = Terminal::start(&env, "sh", repository.path(), &["-c", &script]).finish();
    assert!(shown.starts_with("no input\noutput\n"), "{shown}");
    let inner = "test -t 1 || echo no output; test -t 0 && test -t 2 && echo input and error";
    let script = format!("{program} run -- sh -c '{inner}' | cat");
    let (_, shown) = Terminal::start(&env, "sh", repository.path(), &["-c", &script]).finish();
    assert!(shown.contains("no output\ninput and error\n"), "{shown}");
}

#[test]
fn a_killed_session_leaves_a_record_that_can_be_read() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut command = env.command(session_program(), repository.path());
    command.args(["run", "--", "sh", "-c", "echo $$; exec sleep 600"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    child.kill().unwrap();
    let mut rest = String::new();
    let mut output = child.stdout.take().unwrap();
    let mut byte = [0; 1];
    while output.read(&mut byte).unwrap_or(0) == 1 && byte[0] != b'\n' {
        rest.push(char::from(byte[0]));
    }
    child.wait().unwrap();
    drop(output);
    let left = format!("kill {}{rest}", char::from(first[0]));
    let _ = env.command("sh", env.root()).args(["-c", &left]).status();
    let next = repository.session(&["--json", "run", "--", "true"]).json();
    assert_eq!(next["evidence"]["id"], "ev-1");
}
