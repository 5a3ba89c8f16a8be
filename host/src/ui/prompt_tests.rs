//! Prompts through a real pseudo-terminal: this test program runs itself there. They must not depend on timing: keys
//! are sent when the question is on the screen.

use std::io::{Read as _, Write as _};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::*;

/// The process at the terminal: asks what `QUESTION` names and exits with an answer, or as a cancelled command would.
#[test]
#[ignore = "the process that the tests below start: it waits for keys"]
fn asking_process() {
    let Ok(question) = std::env::var("QUESTION") else {
        return;
    };
    let prompt = Prompt::new(false);
    let options = ["one\u{1b}[31m", "two", "three"].map(String::from);
    let answer = match &*question {
        "select" => prompt
            .select("Which", &options, 1)
            .map(|index| index.to_string()),
        "several" => prompt
            .multi_select("Which", &options, &[2])
            .map(|all| format!("{all:?}")),
        "text" => prompt.text("Which"),
        "blanks" => prompt
            .confirm("Which \" a  b\u{1b}[31m\n\"", false)
            .map(|yes| yes.to_string()),
        _ => prompt.confirm("Which", false).map(|yes| yes.to_string()),
    };
    let code = match &answer {
        Ok(_) => 0,
        Err(error) => error.downcast_ref::<Cancelled>().unwrap().exit_code(),
    };
    write!(std::io::stderr(), "answer: {answer:?};").unwrap();
    std::process::exit(code.into());
}

/// What stood on the screen, and the exit code, after `keys`.
fn ask(question: &str, keys: &str) -> (String, u32) {
    let terminal = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "--test-threads=1"]);
    command.arg("ui::prompt::tests::asking_process");
    command.env("QUESTION", question);
    command.env("TERM", "xterm");
    let mut child = terminal.slave.spawn_command(command).unwrap();
    drop(terminal.slave);
    let mut reader = terminal.master.try_clone_reader().unwrap();
    let mut writer = terminal.master.take_writer().unwrap();
    let mut screen = Vec::new();
    let mut sent = false;
    let mut buffer = [0; 4096];
    // The end of the terminal is an error on Linux and a zero elsewhere.
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        screen.extend_from_slice(&buffer[..count]);
        if !sent && String::from_utf8_lossy(&screen).contains("Which") {
            writer.write_all(keys.as_bytes()).unwrap();
            sent = true;
        }
    }
    let code = child.wait().unwrap().exit_code();
    (String::from_utf8_lossy(&screen).into_owned(), code)
}

#[test]
fn answers_are_what_was_chosen() {
    for (question, keys, answer) in [
        ("select", "\r", "Ok(\"1\")"),
        ("select", "\u{1b}[B\r", "Ok(\"2\")"),
        ("several", " \r", "Ok(\"[0, 2]\")"),
        ("text", "\r", "Ok(\"\")"),
        ("text", " mine \r", "Ok(\"mine\")"),
        ("confirm", "\r", "Ok(\"false\")"),
        ("confirm", "y\r", "Ok(\"true\")"),
    ] {
        let (screen, code) = ask(question, keys);
        assert!(screen.contains(&format!("answer: {answer};")), "{screen:?}");
        assert_eq!(code, 0);
    }
}

#[test]
fn leaving_a_question_cancels_with_its_own_exit_code() {
    for question in ["select", "several", "text", "confirm"] {
        assert_eq!(ask(question, "\u{3}").1, 130, "{question}");
        assert_eq!(ask(question, "\u{1b}").1, 1, "{question}");
    }
}

#[test]
fn options_reach_the_terminal_cleaned() {
    let (screen, _) = ask("select", "\r");
    assert!(
        screen.contains("one") && !screen.contains("[31m"),
        "{screen:?}"
    );
}

#[test]
fn what_is_agreed_to_is_shown_with_its_blanks_and_on_one_line() {
    let (screen, _) = ask("blanks", "\r");
    let shown = r#"Which " a  b‹U+001B›[31m‹U+000A›""#;
    assert!(screen.contains(shown), "{screen:?}");
}
