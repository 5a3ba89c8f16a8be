//! `session run`: a command that stops is a stopped job of the user's shell, and one that does not stop is none. It must
//! not test what a command does that is never stopped.

use crate::common::repository::Repository;
use crate::common::terminal::Terminal;
use crate::common::{TestEnv, session_program};
use crate::run::{recorded, started};

const CONTROL_Z: &str = "\x1a";

fn shell(repository: &Repository<'_>) -> Terminal {
    let bash = ["--norc", "--noprofile", "-i"];
    Terminal::start(repository.env(), "bash", repository.path(), &bash)
}

fn run(script: &str) -> String {
    format!("{} run -- sh -c '{script}'\r", session_program())
}

/// The terminal is the shell's: it echoes and takes lines.
fn is_the_shells(shell: &mut Terminal) {
    shell.send("echo back $((40 + 2))\r").wait_for("back 42");
}

#[test]
fn a_command_that_stops_itself_is_a_stopped_job() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut shell = shell(&repository);
    for signal in ["STOP", "TSTP"] {
        let script = format!("kill -{signal} $$; echo went on; read line; echo g\"\"ot $line");
        shell.send(&run(&script)).wait_for("Stopped");
        is_the_shells(&mut shell);
        shell.send("fg\r").wait_for("went on");
        shell.send("more\r").wait_for("got more").wait_for("passed");
    }
    shell.send("exit\r");
    shell.finish();
    assert_eq!(recorded(&repository)["exit_code"], 0);
}

#[test]
fn a_command_that_handles_control_z_tidies_up_before_it_stops() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut shell = shell(&repository);
    let script = "stop() { echo ti\"\"dy; kill -STOP $$; echo went on; }; \
        trap stop TSTP; echo rea\"\"dy; until read line; do :; done; echo g\"\"ot $line";
    let script = script.replace("trap stop", "trap \"stop\"");
    shell.send(&run(&script)).wait_for("ready");
    shell.send(CONTROL_Z).wait_for("tidy").wait_for("Stopped");
    is_the_shells(&mut shell);
    shell.send("fg\r").wait_for("went on");
    shell.send("more\r").wait_for("got more").wait_for("passed");
    shell.send("exit\r");
    shell.finish();
}

#[test]
fn a_command_that_ignores_control_z_is_not_stopped() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut shell = shell(&repository);
    let script = "trap \"\" TSTP; echo rea\"\"dy; read line; echo g\"\"ot $line";
    shell.send(&run(script)).wait_for("ready");
    shell.send(CONTROL_Z).send("more\r").wait_for("got more");
    shell.wait_for("passed").send("exit\r");
    let (_, shown) = shell.finish();
    assert!(!shown.contains("Stopped"), "{shown}");
}

#[test]
fn a_command_that_reads_the_terminal_from_the_background_is_a_stopped_job() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut shell = shell(&repository);
    let script = run("read line; echo g\"\"ot $line").replace('\r', " &\r");
    shell.send(&script).send("wait %1\r").wait_for("Stopped");
    is_the_shells(&mut shell);
    shell.send("fg\r").wait_for("run --");
    // What is typed while the shell's own editor still has the terminal has no line end for the command.
    while !shell.takes_lines() {
        std::thread::yield_now();
    }
    shell.send("more\r").wait_for("got more");
    shell.wait_for("passed").send("exit\r");
    shell.finish();
}

/// Nobody is there to continue us, and a terminal's key stops nothing.
#[test]
fn without_a_shell_control_z_does_nothing() {
    let env = TestEnv::new();
    let repository = started(&env);
    let script = "echo ready; read line; echo got $line";
    let mut terminal = env.terminal(repository.path(), &["run", "--", "sh", "-c", script]);
    terminal
        .wait_for("ready")
        .send(CONTROL_Z)
        .send("more\r")
        .wait_for("got more");
    assert_eq!(terminal.finish().0, 0);
}

#[test]
fn in_the_background_lines_end_as_they_do_in_front() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut shell = shell(&repository);
    let mut command = env.command("mkfifo", repository.path());
    assert!(command.arg(".git/told").status().unwrap().success());
    let script = "kill -TSTP $$; read told < .git/told; echo $told; stty -a | grep -o \"[-]*opost\"; \
        read line; echo g\"\"ot $line; stty -a | grep -o \"[-]*opost\"";
    shell.send(&run(script)).wait_for("Stopped");
    shell.send("bg\r").wait_for("run --");
    shell
        .send("echo behind $((20 + 2)) > .git/told\r")
        .wait_for("behind 22")
        .wait_for("opost");
    shell.send("fg\r").wait_for("run --");
    // The shell tells nobody that the terminal is the job's again: it is seen after a moment.
    while shell.takes_lines() {
        std::thread::yield_now();
    }
    shell
        .send("more\r")
        .wait_for("got more")
        .wait_for("\nopost")
        .wait_for("passed");
    shell.send("exit\r");
    let (_, raw) = shell.finish_raw();
    let raw = String::from_utf8(raw).unwrap();
    assert!(raw.contains("behind 22\r\n"), "{raw:?}");
    assert!(raw.contains("got more\r\n"), "{raw:?}");
}
