//! `session run`: everything that the command writes reaches our own reader, and what cannot is told. It must not test the
//! command's terminal.

use std::io::Read as _;
use std::process::Stdio;

use crate::common::repository::run;
use crate::common::{TestEnv, session_program};
use crate::run::{recorded, started};

#[test]
fn bytes_pass_as_they_are_and_both_streams_to_one_file_keep_their_order() {
    let env = TestEnv::new();
    let repository = started(&env);
    let all: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    repository.write("binary", &all);
    let mut command = env.command(session_program(), repository.path());
    let output = command
        .args(["run", "--", "cat", "binary"])
        .output()
        .unwrap();
    assert!(output.stdout == all, "binary output was changed");

    let log = std::fs::File::create(env.root().join("log")).unwrap();
    let mut command = env.command(session_program(), repository.path());
    command.stdout(log.try_clone().unwrap()).stderr(log);
    let script = "i=0; while [ $i -lt 200 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done";
    command.args(["run", "--", "sh", "-c", script]);
    assert!(command.status().unwrap().success());
    let expected: String = (0..200).map(|i| format!("out {i}\nerr {i}\n")).collect();
    assert_eq!(
        std::fs::read_to_string(env.root().join("log")).unwrap(),
        expected
    );
}

#[test]
fn output_without_end_is_passed_on_in_bounded_memory() {
    let env = TestEnv::new();
    let repository = started(&env);
    // 200 MB without a single line end: nothing of it may be kept. The limit is on the address space.
    let script = format!(
        "ulimit -v 400000; exec {} run -- sh -c 'head -c 200000000 /dev/zero'",
        session_program()
    );
    let mut command = env.command("sh", repository.path());
    let mut child = command
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut total = 0;
    let mut output = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        total += length;
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(total, 200_000_000);
    assert_eq!(recorded(&repository)["exit_code"], 0);
}

#[test]
fn a_reader_that_is_slow_gets_everything() {
    let env = TestEnv::new();
    let repository = started(&env);
    // More than one pipe holds, and little enough for the command to end before anything was read.
    let script = "head -c 100000 /dev/zero; : > .git/written";
    let mut command = env.command(session_program(), repository.path());
    let mut child = command
        .args(["run", "--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while !repository.path().join(".git/written").exists() {
        std::thread::yield_now();
    }
    // With its output lost, the evidence would be written at once.
    for _ in 0..200 {
        repository.git(&["for-each-ref", "refs/sessions/"]);
    }
    let mut output = Vec::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut output)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(output.len(), 100_000);
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_told_and_recorded() {
    let env = TestEnv::new();
    let repository = started(&env);
    let full = || {
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let mut command = env.command(session_program(), repository.path());
    command.args(["run", "--", "sh", "-c", "echo lost; echo kept >&2"]);
    let outcome = env.outcome(command.stdout(full()));
    // `echo` itself would have failed with it.
    assert_eq!(outcome.code, Some(1), "{outcome}");
    let told = "output of the command is lost: standard output cannot be written: No space left";
    assert!(outcome.stderr.starts_with("kept\n"), "{outcome}");
    assert!(outcome.stderr.contains(told), "{outcome}");
    let entry = recorded(&repository);
    assert_eq!(entry["exit_code"], 0);
    let lost = entry["output_lost"].as_str().unwrap();
    assert!(lost.contains("No space left"), "{lost}");

    let mut command = env.command(session_program(), repository.path());
    command.args(["run", "--", "yes"]);
    let outcome = env.outcome(command.stdout(full()));
    assert_eq!(outcome.code, Some(128 + 13), "{outcome}");
    assert!(outcome.stderr.contains(told), "{outcome}");
    let text = run(&repository, &["status"]).stdout;
    assert!(text.contains("its output is lost: No space left"), "{text}");
}

#[test]
fn a_reader_that_has_enough_ends_the_command_as_it_would_alone() {
    let env = TestEnv::new();
    let repository = started(&env);
    let mut command = env.command(session_program(), repository.path());
    let mut child = command
        .args(["run", "--", "yes"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 2];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"y\n");
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(128 + 13));
    assert_eq!(recorded(&repository)["signal"], 13);
}
