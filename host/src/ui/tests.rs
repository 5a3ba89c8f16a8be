//! Tests of what reaches which stream in which mode.

use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

use super::*;
use crate::document::{Item, Section};
use crate::error::user_error;

#[derive(Clone, Default)]
struct Captured(Rc<RefCell<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

struct Failing(io::ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn environment(terminal: bool) -> Environment {
    Environment {
        current_dir: PathBuf::from("/"),
        now: Timestamp::UNIX_EPOCH,
        clock_stands: true,
        offset: FixedOffset::east_opt(3600).unwrap(),
        stdin_is_terminal: terminal,
        stdout_is_terminal: terminal,
        stderr_is_terminal: terminal,
        no_color: false,
        config: None,
        verbose: None,
        cache_dir: None,
        data_dir: None,
        offline: false,
        inside_session: false,
        docker_config: None,
        test_variables: Vec::new(),
    }
}

/// A `Ui` whose terminal, if it has one, is capable whatever the tests run in.
fn ui(terminal: bool, options: UiOptions) -> (Ui, Captured, Captured) {
    let (stdout, stderr) = (Captured::default(), Captured::default());
    let mut ui = Ui::with_streams(
        &environment(terminal),
        options,
        Stream::new(stdout.clone(), terminal),
        Stream::new(stderr.clone(), terminal),
    );
    ui.allows_color = true;
    ui.width = 80;
    (ui, stdout, stderr)
}

const JSON: UiOptions = UiOptions {
    json: true,
    quiet: false,
    no_input: false,
};

fn document() -> Document {
    let mut document = Document::new("T");
    document.push(Section::new("s", "S").item(Item::line("x")));
    document.warnings.push(Warning::new("careful").hint("look"));
    document
}

/// Everything a command may say.
fn say_all(ui: &Ui) {
    ui.document(&document());
    ui.line("data");
    ui.status("done");
    ui.note("by the way");
    ui.hint("go on");
    ui.warning(&Warning::new("careful").hint("look"));
    ui.json("brief", &document()).unwrap();
}

#[test]
fn a_pipe_gets_markdown_with_the_warnings_in_it() {
    let (ui, stdout, stderr) = ui(false, UiOptions::default());
    say_all(&ui);
    assert_eq!(
        stdout.text(),
        "# T\n\n## S\n\n- x\n\n## Warnings\n\n- careful (look)\ndata\n"
    );
    assert_eq!(stderr.text(), "done\nby the way\nhint: go on\n");
}

#[test]
fn a_terminal_gets_colour_and_the_warnings_on_stderr_once() {
    let (ui, stdout, stderr) = ui(true, UiOptions::default());
    say_all(&ui);
    assert_eq!(
        stdout.text(),
        "\u{1b}[1mT\u{1b}[0m\n\n\u{1b}[1;36mS\u{1b}[0m\n  • x\ndata\n"
    );
    assert_eq!(stderr.text().matches("careful").count(), 1);
    assert!(
        stderr
            .text()
            .starts_with("\u{1b}[1;33mwarning:\u{1b}[0m careful\n")
    );
}

#[test]
fn the_configuration_takes_colour_and_symbols_away() {
    let (mut ui, stdout, stderr) = ui(true, UiOptions::default());
    let mut display = crate::config::Config::default().display;
    display.color = false;
    display.emoji = false;
    ui.configure(&display);
    say_all(&ui);
    assert_eq!(stdout.text(), "T\n\nS\n  - x\ndata\n");
    assert!(!stderr.text().contains('\u{1b}'));
}

#[test]
fn json_stands_alone_on_stdout() {
    let (ui, stdout, _) = ui(true, JSON);
    say_all(&ui);
    assert!(
        stdout
            .text()
            .starts_with(r#"{"schema":"session.brief/1","title":"T""#)
    );
    assert_eq!(stdout.text().lines().count(), 1);
}

#[test]
fn quiet_leaves_data_warnings_and_errors() {
    let options = UiOptions {
        quiet: true,
        ..UiOptions::default()
    };
    let (ui, stdout, stderr) = ui(false, options);
    ui.line("data");
    ui.status("done");
    ui.note("by the way");
    ui.hint("go on");
    ui.warning(&Warning::new("careful"));
    ui.error(&anyhow::anyhow!("failed"));
    assert_eq!(stdout.text(), "data\n");
    assert_eq!(stderr.text(), "warning: careful\nerror: failed\n");
}

#[test]
fn an_error_shows_its_causes_and_the_way_out() {
    let (ui, stdout, stderr) = ui(false, UiOptions::default());
    let error = user_error("no session", "run `session start`").context("failed to resume");
    assert_eq!(ui.error(&error), 1);
    assert_eq!(
        stderr.text(),
        "error: failed to resume\n  caused by: no session\nhint: run `session start`\n"
    );
    assert_eq!(stdout.text(), "");
}

#[test]
fn an_error_in_json_mode_is_an_object_unless_the_result_is_out_already() {
    let error = user_error("no session", "run `session start`").context("failed to resume");
    let (ui, stdout, stderr) = ui(false, JSON);
    assert_eq!(ui.error(&error), 1);
    let object = "{\"schema\":\"session.error/1\",\"message\":\"failed to resume: no session\",\
                  \"hint\":\"run `session start`\"}\n";
    assert_eq!(stdout.text(), object);
    assert_eq!(stderr.text(), "");
    ui.error(&error);
    assert_eq!(stdout.text(), object);
    assert!(stderr.text().starts_with("error: failed to resume\n"));
}

#[test]
fn nothing_reaches_a_stream_uncleaned() {
    let (ui, stdout, stderr) = ui(false, UiOptions::default());
    let dirty = "a\u{1b}[31m\u{9b}2Jb\u{202e}\r";
    ui.line(dirty);
    ui.status(dirty);
    ui.note(dirty);
    ui.hint(dirty);
    ui.warning(&Warning::new(dirty).hint(dirty));
    ui.error(&user_error(dirty, dirty).context(dirty));
    for text in [stdout.text(), stderr.text()] {
        assert!(
            text.contains("ab") && !text.contains(text::is_harmful),
            "{text:?}"
        );
    }
}

#[test]
fn only_a_person_at_a_terminal_is_asked() {
    let may = |terminal, options| ui(terminal, options).0.prompt().is_some();
    let no_input = UiOptions {
        no_input: true,
        ..UiOptions::default()
    };
    assert_eq!(may(true, UiOptions::default()), !stream::terminal_is_dumb());
    assert!(!may(false, UiOptions::default()));
    assert!(!may(true, no_input));
    assert!(!may(true, JSON));
}

#[test]
fn a_closed_pipe_is_no_error_and_a_full_disk_is_one() {
    for (kind, code) in [
        (io::ErrorKind::BrokenPipe, 0),
        (io::ErrorKind::StorageFull, 1),
    ] {
        let (mut ui, _, stderr) = ui(false, UiOptions::default());
        ui.stdout = Stream::new(Failing(kind), false);
        ui.line("data");
        ui.line("more");
        assert_eq!(ui.finish(0), code);
        assert_eq!(stderr.text().is_empty(), code == 0, "{}", stderr.text());
    }
}

#[test]
fn a_time_is_shown_on_the_readers_clock() {
    let (ui, ..) = ui(false, UiOptions::default());
    assert_eq!(ui.time(Timestamp::UNIX_EPOCH), "1970-01-01 01:00");
}
