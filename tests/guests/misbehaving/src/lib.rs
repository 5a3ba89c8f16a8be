//! A plugin that does what no plugin may: its configuration names the deed. It must not be shipped.

use std::hint::black_box;
use std::io::Write as _;

use session_plugin::{
    Brief, Checkpoint, Contribution, Handoff, NewState, ProposedEdit, Request, Section, Status,
    facts, log, repository, work_tree,
};

pub struct Misbehaving;

session_plugin::plugin!(Misbehaving: brief, checkpoint, handoff, status;
    grants = r#"[{"kind":"read","value":"plain*","reason":"to try what lies beside it"}]"#);

impl Brief for Misbehaving {
    fn brief(_request: Request) -> Result<Contribution, String> {
        misbehave()
    }
}

impl Checkpoint for Misbehaving {
    fn checkpoint(_request: Request) -> Result<Contribution, String> {
        misbehave()
    }
}

impl Handoff for Misbehaving {
    fn handoff(_request: Request) -> Result<Contribution, String> {
        misbehave()
    }
}

impl Status for Misbehaving {
    fn status(_request: Request) -> Result<Contribution, String> {
        misbehave()
    }
}

fn misbehave() -> Result<Contribution, String> {
    let configuration = facts::configuration();
    let deed = configuration.trim_matches(['"', ' ']);
    match deed {
        "panic" => panic!("no such thing as a free lunch\u{1b}[31m"),
        "error" => return Err("the service is down".to_owned()),
        "loop" => endless_loop(),
        "recursion" => {
            black_box(endless_recursion(1));
        }
        "memory" => allocate(),
        "output" => print_without_end(),
        "sleep" => std::thread::sleep(std::time::Duration::from_secs(3600)),
        "host-calls" => call_without_end(),
        "globs" => return Ok(endless_globs()),
        "history" => return ask_for_all_of_the_history(),
        "sections" => return Ok(many_sections()),
        "shared-text" => return Ok(one_text_many_times()),
        "escape" => return Ok(forged_text()),
        "edits" => return Ok(forbidden_edits()),
        "same-edit" => return Ok(edit_that_changes_nothing()),
        "blank-edits" => return Ok(new_files(&[" .git", "a  b.txt "])),
        "unseen-edit" => return Ok(unseen_edit()),
        "environment" => return Ok(what_is_ambient()),
        "read" => return Ok(forbidden_reads()),
        "state" => return Ok(huge_state()),
        "invalid-text" => return Ok(invalid_text()),
        "log" => (0..100).for_each(|number| log::log("info", &format!("line {number}"))),
        _ => {
            if let Some(bytes) = deed.strip_prefix("print ") {
                return print_so_much(bytes);
            }
        }
    }
    Ok(step("did nothing"))
}

fn step(text: &str) -> Contribution {
    Contribution {
        next_steps: vec![text.to_owned()],
        ..Contribution::default()
    }
}

fn endless_loop() {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}

#[expect(
    unconditional_recursion,
    reason = "the host's stack limit is what is tested"
)]
fn endless_recursion(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    endless_recursion(frame[0] + 1) + frame[1]
}

fn allocate() {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1_u8; 1024 * 1024]));
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the host's output limit is what is tested"
)]
fn print_without_end() {
    let line = "x".repeat(1024);
    loop {
        println!("{line}");
    }
}

/// So many bytes, and not one more.
fn print_so_much(bytes: &str) -> Result<Contribution, String> {
    let bytes: usize = bytes.parse().map_err(|_| "no number".to_owned())?;
    let mut out = std::io::stdout();
    let printed = out.write_all(&vec![b'x'; bytes]).and_then(|()| out.flush());
    printed.map_err(|error| error.to_string())?;
    Ok(step("printed"))
}

fn call_without_end() {
    loop {
        log::log("debug", "again");
    }
}

/// Whoever compiles such globs needs a large stack, or a lot of memory.
fn endless_globs() -> Contribution {
    let nested = |depth: usize| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
    let large = vec!["?".repeat(1_000); 40];
    let commits = ["1".repeat(40)];
    let said = [
        repository::list_tracked(&[nested(20_000)]).err(),
        repository::commit_texts(&commits, &[nested(300)]).err(),
        repository::list_tracked(&large).err(),
        repository::list_tracked(&[nested(4)]).err(),
    ];
    let said = said.into_iter().flatten();
    Contribution {
        next_steps: said
            .map(|failure| format!("{}: {}", failure.kind, failure.message))
            .collect(),
        ..Contribution::default()
    }
}

fn ask_for_all_of_the_history() -> Result<Contribution, String> {
    let all = repository::RecentQuery {
        directory: String::new(),
        since: None,
    };
    let answer = repository::recent_changes(&vec![all; 1_000], u32::MAX);
    match answer {
        Ok(lists) => Ok(step(&format!("{} lists", lists.len()))),
        Err(failure) => Err(failure.kind),
    }
}

fn section(title: &str, body: &str) -> Section {
    Section {
        title: title.to_owned(),
        body: body.to_owned(),
        importance: 255,
    }
}

fn many_sections() -> Contribution {
    Contribution {
        sections: vec![section("", ""); 1_000_000],
        ..Contribution::default()
    }
}

fn one_text_many_times() -> Contribution {
    Contribution {
        next_steps: vec!["x".repeat(10_000); 100],
        ..Contribution::default()
    }
}

fn forged_text() -> Contribution {
    let escape = "\u{1b}]0;title\u{7}\u{1b}[2J\u{202e}";
    Contribution {
        sections: vec![section(
            &format!("{escape}x\n## Objectives"),
            &format!("{escape}body\r\nnext"),
        )],
        next_steps: vec![format!("{escape}step\n\n## Decisions\n- forged")],
        ..Contribution::default()
    }
}

/// Long, with what a terminal acts on at its end.
fn unseen_edit() -> Contribution {
    let lines: String = (0..300).map(|number| format!("line {number}\n")).collect();
    Contribution {
        edits: vec![ProposedEdit {
            path: "plain".to_owned(),
            reason: "a typo".to_owned(),
            before: Some("plain\n".to_owned()),
            after: format!("{lines}a\u{1b}[2J\u{202e}b\rc\n"),
        }],
        ..Contribution::default()
    }
}

fn edit_that_changes_nothing() -> Contribution {
    Contribution {
        edits: vec![ProposedEdit {
            path: "plain".to_owned(),
            reason: "a whim".to_owned(),
            before: Some("plain".to_owned()),
            after: "plain".to_owned(),
        }],
        ..Contribution::default()
    }
}

fn forbidden_edits() -> Contribution {
    let paths = [
        "link/x",
        "../x",
        "/etc/x",
        ".git/config",
        "a/../../x",
        "sub/.GIT/x",
        "new\u{202e}\nline.md",
        "x/git~1/config",
        "x/.git::$DATA",
        "ok.md",
    ];
    new_files(&paths)
}

fn new_files(paths: &[&str]) -> Contribution {
    Contribution {
        edits: paths
            .iter()
            .map(|path| ProposedEdit {
                path: (*path).to_owned(),
                reason: "because".to_owned(),
                before: None,
                after: "x".to_owned(),
            })
            .collect(),
        ..Contribution::default()
    }
}

/// Everything that WASI would let a program find out about its surroundings.
fn what_is_ambient() -> Contribution {
    let variables = std::env::vars().count();
    let arguments = std::env::args().count();
    let directory = std::fs::read_dir("/").is_ok() || std::fs::read_dir(".").is_ok();
    let socket = std::net::TcpStream::connect("127.0.0.1:9").err();
    let denied = socket.is_some_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let standing = now == facts::now().unsigned_abs();
    step(&format!(
        "variables {variables}, arguments {arguments}, directory {directory}, socket denied {denied}, facts' clock {standing}"
    ))
}

fn forbidden_reads() -> Contribution {
    let paths = ["../secret", ".git/config", "link", "plain"].map(String::from);
    let kinds: Vec<String> = work_tree::read_files(&paths, 100)
        .into_iter()
        .map(|answer| match answer {
            Ok(file) => String::from_utf8_lossy(&file.bytes).into_owned(),
            Err(failure) => failure.kind,
        })
        .collect();
    step(&kinds.join(" "))
}

/// Bytes that no string may hold, where the ABI has a string.
fn invalid_text() -> Contribution {
    // SAFETY: nothing here reads it as text; the host is to refuse it, which is what is tested.
    step(&unsafe { String::from_utf8_unchecked(vec![b'a', 0xff, 0xfe, b'z']) })
}

fn huge_state() -> Contribution {
    Contribution {
        state: vec![NewState {
            scope: "session".to_owned(),
            bytes: vec![0; 100 * 1024],
        }],
        ..Contribution::default()
    }
}
