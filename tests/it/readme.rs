//! Every command of the README's tour is run as it stands there, on a terminal, and shows what the README shows.
//! It must not run the commands that build this program.

use crate::common::repository::Repository;
use crate::common::terminal::Terminal;
use crate::common::{TestEnv, session_program, source_root};

/// A fenced block of the tour. A number behind the mark is how many lines of an output are shown.
const MARK: &str = "```console tour";

/// The lines that make the tour's repository.
const SET_UP: &str = "```sh tour\n";

/// The repository that the tour begins in, made as the page says.
fn shop<'e>(env: &'e TestEnv, page: &str) -> Repository<'e> {
    let lines = page.split(SET_UP).nth(1).unwrap();
    let lines = lines.split("```").next().unwrap();
    let mut shell = env.command("sh", env.root());
    env.outcome(shell.args(["-e", "-c", lines])).success();
    let repository = Repository::at(env, env.root().join("shop"));
    env.advance_minutes(45);
    // A progress line comes and goes with time.
    env.set("NO_COLOR", "1");
    env.set("GIT_PAGER", "cat");
    // A busy machine may be slower than a plugin is allowed to be.
    let patient = env.root().join("patient.yaml");
    std::fs::write(
        &patient,
        "plugins: { context-manager: { limits: { time: 10s } } }\n",
    )
    .unwrap();
    env.set("SESSION_CONFIG", patient);
    let programs = std::path::Path::new(session_program()).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&path));
    env.set("PATH", std::env::join_paths(path).unwrap());
    repository
}

/// What a command shows on a terminal.
fn shown_by(env: &TestEnv, repository: &Repository<'_>, command: &str) -> String {
    // What `plugin` shows and changes is the repository's own configuration.
    let script = match command.starts_with("session plugin") {
        true => format!("unset SESSION_CONFIG; {command}"),
        false => command.to_owned(),
    };
    let terminal = Terminal::start(env, "sh", repository.path(), &["-c", &script]);
    let (code, shown) = terminal.finish();
    assert_eq!(code, 0, "$ {command}\n{shown}");
    shown
}

fn cut(shown: &str, most: usize) -> String {
    let lines: Vec<&str> = shown.trim_matches('\n').lines().collect();
    let mut text = lines[..lines.len().min(most)]
        .join("\n")
        .trim_end()
        .to_owned();
    if lines.len() > most {
        text.push_str("\n…");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// The page with the outputs of its tour as they really are.
fn with_real_outputs(page: &str) -> String {
    let env = TestEnv::new();
    let repository = shop(&env, page);
    let mut real = String::new();
    let mut in_tour = None;
    for line in page.lines() {
        if let Some(most) = line.strip_prefix(MARK) {
            in_tour = Some(most.trim().parse().unwrap_or(usize::MAX));
        } else if line == "```" {
            in_tour = None;
        }
        let command = line.strip_prefix("$ ");
        match (in_tour, command) {
            // What stands below a command is an output: it is made anew.
            (Some(_), None) if !line.starts_with("```") => continue,
            _ => real.push_str(line),
        }
        real.push('\n');
        if let (Some(most), Some(command)) = (in_tour, command) {
            real.push_str(&cut(&shown_by(&env, &repository, command), most));
            env.advance_minutes(15);
        }
    }
    real
}

#[test]
fn the_tour_shows_what_really_happens() {
    let path = source_root().join("README.md");
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.matches(MARK).count() > 5, "the tour was not found");
    let real = with_real_outputs(&page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &real).unwrap();
        return;
    }
    let differing = page
        .lines()
        .zip(real.lines())
        .find(|(told, real)| told != real);
    assert!(
        page == real,
        "README.md is out of date; run: UPDATE_DOCS=1 cargo test -p session --test it\n{differing:?}"
    );
}

#[test]
fn the_settings_for_an_agent_make_the_brief_arrive() {
    let page = std::fs::read_to_string(source_root().join("README.md")).unwrap();
    let settings = page.split("```json\n").nth(1).unwrap();
    let settings: serde_json::Value =
        serde_json::from_str(settings.split("```").next().unwrap()).unwrap();
    let group = &settings["hooks"]["SessionStart"][0];
    for source in ["startup", "resume", "clear", "compact"] {
        let matcher = group["matcher"].as_str().unwrap();
        assert!(matcher.split('|').any(|it| it == source), "{matcher}");
    }
    let command = group["hooks"][0]["command"].as_str().unwrap();
    let env = TestEnv::new();
    let repository = shop(&env, &page);
    repository
        .session(&["start", "feature/x", "--objective=Sign in"])
        .success();
    let reply = env
        .outcome(env.command("sh", repository.path()).args(["-c", command]))
        .json();
    let reply = &reply["hookSpecificOutput"];
    assert_eq!(reply["hookEventName"], "SessionStart");
    let brief = reply["additionalContext"].as_str().unwrap();
    assert!(brief.contains("- [▶] obj-1: Sign in"), "{brief}");
    assert!(brief.len() <= 9500);
}
