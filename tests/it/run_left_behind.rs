//! `session run`: what a command leaves behind when it ends is neither waited for nor cut off. It must not test the
//! command itself.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::repository::Repository;
use crate::common::terminal::Terminal;
use crate::common::{TestEnv, session_program};
use crate::run::{recorded, started};

/// A process that is left behind, and writes as long as somebody reads.
const CHATTERS: &str = "while echo noise; do :; done &";

/// One that waits until it is told what to write, on its standard output and its standard error.
const WAITS: &str = "{ read line < .git/told; echo $line; echo $line >&2; } &";

fn run(repository: &Repository<'_>, script: &str) -> (Child, BufReader<ChildStdout>) {
    let mut command = repository
        .env()
        .command(session_program(), repository.path());
    command.args(["run", "--", "sh", "-c", script]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output)
}

fn line(output: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn make_fifo(repository: &Repository<'_>) {
    let mut command = repository.env().command("mkfifo", repository.path());
    assert!(command.arg(".git/told").status().unwrap().success());
}

#[test]
fn what_it_leaves_behind_is_not_waited_for() {
    let env = TestEnv::new();
    let repository = started(&env);
    let (mut child, mut output) = run(&repository, "sleep 600 & echo $!");
    let left: i32 = line(&mut output).parse().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(recorded(&repository)["exit_code"], 0);
    let kill = format!("kill {left}");
    let mut command = env.command("sh", env.root());
    assert!(command.args(["-c", &kill]).status().unwrap().success());
    // Nobody else holds our output: without the process there is nothing to wait for.
    assert_eq!(output.read_to_end(&mut Vec::new()).unwrap(), 0);
}

#[test]
fn what_it_leaves_behind_goes_on_writing_into_a_pipe() {
    let env = TestEnv::new();
    let repository = started(&env);
    make_fifo(&repository);
    let script = format!("{WAITS} echo started; exit 3");
    let (mut child, mut output) = run(&repository, &script);
    assert_eq!(line(&mut output), "started");
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(recorded(&repository)["exit_code"], 3);
    repository.write(".git/told", "still here\n");
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "still here\n");
}

#[test]
fn what_it_leaves_behind_goes_on_writing_into_a_file() {
    let env = TestEnv::new();
    let repository = started(&env);
    make_fifo(&repository);
    let log = env.root().join("log");
    let file = std::fs::File::create(&log).unwrap();
    // Its end is seen by the one who reads this pipe, which nobody else writes to.
    let (mut ended, holds) = std::io::pipe().unwrap();
    let script = format!("{WAITS} echo started");
    let mut command = env.command(session_program(), repository.path());
    command.args(["run", "--", "sh", "-c", &script]);
    command.stdout(file).stderr(holds);
    assert!(command.status().unwrap().success());
    drop(command);
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "started\n");
    repository.write(".git/told", "still here\n");
    let mut rest = String::new();
    ended.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "still here\n");
    while std::fs::read_to_string(&log).unwrap() != "started\nstill here\n" {
        std::thread::yield_now();
    }
}

#[test]
fn what_it_leaves_behind_outlives_an_interrupt_as_it_would_alone() {
    let env = TestEnv::new();
    let repository = started(&env);
    make_fifo(&repository);
    let script = format!("exec {} run -- sh -c '{WAITS} echo $$'", session_program());
    let mut command = env.command("setsid", repository.path());
    command.args(["sh", "-c", &script]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let group = child.id();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    assert_ne!(line(&mut output), "");
    assert!(child.wait().unwrap().success());
    // A shell without job control has what it leaves behind ignore it.
    let kill = format!("kill -INT -{group}");
    let mut command = env.command("sh", env.root());
    assert!(command.args(["-c", &kill]).status().unwrap().success());
    repository.write(".git/told", "still here\n");
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "still here\n");
}

/// Reads until the end, or until nothing more is wanted. Returns how many zeros there were.
fn zeros(mut output: impl std::io::Read, is_enough: &AtomicBool) -> usize {
    let mut zeros = 0;
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        zeros += buffer[..length].iter().filter(|byte| **byte == 0).count();
        if is_enough.load(Ordering::SeqCst) {
            break;
        }
    }
    zeros
}

#[test]
fn a_slow_reader_gets_everything_also_beside_a_process_that_writes_on() {
    let env = TestEnv::new();
    let repository = started(&env);
    let script = format!("head -c 100000 /dev/zero; {CHATTERS} : > .git/written; exit 3");
    let (mut child, output) = run(&repository, &script);
    while !repository.path().join(".git/written").exists() {
        std::thread::yield_now();
    }
    for _ in 0..200 {
        repository.git(&["for-each-ref", "refs/sessions/"]);
    }
    let is_enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| zeros(output, &is_enough));
        // The noise has no end, and is not waited for.
        assert_eq!(child.wait().unwrap().code(), Some(3));
        assert_eq!(recorded(&repository)["exit_code"], 3);
        is_enough.store(true, Ordering::SeqCst);
        assert_eq!(reader.join().unwrap(), 100_000);
    });
}

#[test]
fn what_it_leaves_behind_ends_with_its_reader() {
    let env = TestEnv::new();
    let repository = started(&env);
    make_fifo(&repository);
    // The process holds this pipe, too: at its end we see that of the process.
    let script = format!("{{ {CHATTERS} }} 3> .git/told");
    let fifo = repository.path().join(".git/told");
    let held = std::thread::spawn(move || std::fs::File::open(fifo).unwrap());
    let (mut child, output) = run(&repository, &script);
    let is_enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| zeros(output, &is_enough));
        assert!(child.wait().unwrap().success());
        is_enough.store(true, Ordering::SeqCst);
    });
    let ended = held.join().unwrap().read_to_end(&mut Vec::new());
    assert_eq!(ended.unwrap(), 0);
}

#[test]
fn what_it_leaves_behind_on_a_terminal_keeps_it() {
    let env = TestEnv::new();
    let repository = started(&env);
    make_fifo(&repository);
    let bash = ["--norc", "--noprofile", "-i"];
    let mut shell = Terminal::start(&env, "bash", repository.path(), &bash);
    let program = session_program();
    shell.send(&format!(
        "{program} run -- sh -c '{WAITS} echo star\"\"ted'\r"
    ));
    shell.wait_for("started").wait_for("passed");
    shell.send("echo back $((40 + 2))\r").wait_for("back 42");
    shell.send("echo still $((20 + 2)) > .git/told\r");
    shell.wait_for("still 22").wait_for("still 22");
    shell.send("exit\r");
    let (_, raw) = shell.finish_raw();
    let raw = String::from_utf8(raw).unwrap();
    assert!(raw.contains("still 22\r\n"), "{raw:?}");
    assert!(!raw.contains("\r\r\n"), "{raw:?}");
}

#[test]
fn a_killed_session_takes_the_terminal_with_it() {
    let env = TestEnv::new();
    let repository = started(&env);
    let inner =
        "trap \"echo hung up > .git/told; exit\" HUP; echo ready; while :; do sleep 0.05; done";
    let script = format!(
        "echo $$ > .git/pid; exec {} run -- sh -c '{inner}'",
        session_program()
    );
    make_fifo(&repository);
    let mut terminal = Terminal::start(&env, "sh", repository.path(), &["-c", &script]);
    terminal.wait_for("ready");
    let mut command = env.command("sh", repository.path());
    let kill = command.args(["-c", "kill -KILL $(cat .git/pid)"]);
    assert!(kill.status().unwrap().success());
    assert_eq!(repository.read(".git/told"), "hung up\n");
}
