//! `docs/commands.md`, made from what clap parses and from the constants that the program itself goes by. It must not
//! describe a command or a flag in words of its own.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use crate::cli::Cli;
use crate::error::EXIT_CODES;
use crate::session::subject;

/// What `--json` answers with: the schema's name and the keys of the object, in no promised order. A key with a `?` is
/// left out where it has nothing to say. Tests hold it against the real answers.
pub const SCHEMAS: [(&str, &[&str]); 33] = [
    ("init", &["written", "kept", "backups", "session"]),
    ("start", BRIEF),
    ("resume", BRIEF),
    ("switch", BRIEF),
    ("brief", BRIEF),
    (
        "status",
        &[
            "session",
            "tdd_phase",
            "head",
            "objectives",
            "blockers",
            "evidence",
            "handoff_evidence",
            "changes",
            "metrics",
            "next_actions",
            "contributions",
            "title",
            "sections",
            "warnings",
            "left_out",
        ],
    ),
    (
        "checkpoint",
        &[
            "session",
            "checkpoint",
            "title",
            "sections",
            "warnings",
            "left_out",
        ],
    ),
    ("checkpoint-list", &["session", "checkpoints"]),
    ("checkpoint-show", &["session", "record", "checkpoint"]),
    (
        "checkpoint-restore",
        &[
            "session",
            "restored",
            "before",
            "written",
            "deleted",
            "kept_extra",
            "left_alone",
        ],
    ),
    ("checkpoint-drop", &["session", "dropped"]),
    ("end", END),
    ("handoff", END),
    ("objectives", &["objectives", "changed"]),
    ("blockers", &["blockers", "changed"]),
    ("decisions", &["decisions"]),
    ("history", &["sessions"]),
    ("run", &["exit_code", "milliseconds", "evidence"]),
    ("hooks-install", &["hooks"]),
    ("hooks-uninstall", &["hooks"]),
    ("plugin-list", &["plugins"]),
    ("plugin", &["plugins"]),
    ("plugin-install", &["plugins", "next_steps"]),
    ("plugin-update", &["plugins"]),
    (
        "plugin-remove",
        &["removed", "digest?", "consent_withdrawn"],
    ),
    ("plugin-new", &["name", "language", "directory", "files"]),
    ("plugin-pack", &["file", "size", "sha256", "manifest"]),
    ("plugin-trust", &["name", "trusted", "review?"]),
    (
        "plugin-inspect",
        &[
            "file", "digest", "size", "imports", "exports", "hooks", "contract", "manifest",
            "problem", "loadable",
        ],
    ),
    ("plugin-refresh", &["refreshed", "warnings"]),
    (
        "plugin-test",
        &[
            "file",
            "size?",
            "name?",
            "version?",
            "contract?",
            "exports?",
            "notes?",
            "cases?",
            "recorded?",
        ],
    ),
    ("demo", &["directory"]),
    ("error", &["message", "hint"]),
];

const BRIEF: &[&str] = &[
    "session",
    "tdd_phase",
    "head",
    "objectives",
    "blockers",
    "evidence",
    "handoff_evidence",
    "decisions",
    "next_actions",
    "since_you_left?",
    "contributions",
    "title",
    "sections",
    "warnings",
    "left_out",
];

const END: &[&str] = &[
    "format",
    "session",
    "branch",
    "started_at",
    "time",
    "mode",
    "head",
    "checkpoint",
    "active_seconds",
    "commits",
    "more_commits",
    "files",
    "objectives_done",
    "objectives_total",
    "checkpoints",
    "claims",
    "evidence",
    "decisions",
    "next_steps",
    "merged_into?",
    "merge_commit?",
    "handoff",
    "tdd_phase?",
    "contributions?",
    "pushed_to?",
    "markdown",
    "warnings?",
];

/// Every variable of ours that the program reads; git's own are read as git reads them.
pub const VARIABLES: [(&str, &str); 12] = [
    (
        "SESSION_CONFIG",
        "a configuration file to use instead of `.session/config.yaml`; what changes the configuration, such as `session plugin install`, still changes `.session/config.yaml`",
    ),
    (
        "SESSION_VERBOSE",
        "`false`, `true` or `debug`; wins over `display.verbose`",
    ),
    (
        "SESSION_CACHE_DIR",
        "where compiled plugins are kept, an absolute path; a relative one is ignored [default: `$XDG_CACHE_HOME/session`, else `~/.cache/session`]",
    ),
    (
        "SESSION_DATA_DIR",
        "where your consent to plugins is kept, an absolute path; a relative one is ignored [default: `$XDG_DATA_HOME/session`, else `~/.local/share/session`]",
    ),
    (
        "SESSION_OFFLINE",
        "set, and not `0`: `session plugin install` and `update` fetch nothing",
    ),
    (
        "SESSION_INSIDE",
        "set by `session` for the git that it starts: the call of an installed git hook does nothing there",
    ),
    (
        "DOCKER_CONFIG",
        "where `docker login` keeps logins to registries [default: `~/.docker`]",
    ),
    (
        "SESSION_TIMESTAMP",
        "a fixed clock (RFC 3339), for reproducible output",
    ),
    (
        "SESSION_SEED",
        "fixed random parts of ids, for reproducible output",
    ),
    ("NO_COLOR", "no colour, when it is set and not empty"),
    ("TERM", "`dumb`: no colour and no questions"),
    (
        "GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, …",
        "which repository, as git itself takes them; set inside git hooks",
    ),
];

const INTRODUCTION: &str = "\
<!-- Made from host/src/cli.rs and host/src/commands. To make it again: UPDATE_DOCS=1 cargo test -p session --test it -->

# Commands

`session COMMAND --help` says the same at the terminal. What flags leave out is asked on a terminal, by multiple choice,
and takes its default elsewhere. Data goes to standard output, everything else to standard error.
";

const AFTER_JSON: &str = "\
Keys are snake case and times RFC 3339. Lists stand under their plural: `objectives[].id/text/state`, `blockers[]`,
`decisions[]`, `checkpoints[].id/label`. A path that is not UTF-8 has its bytes in `path_bytes`, in base64. The answer of
a command that failed is `session.error/1`, with the same exit code as without `--json`. New keys may be added to a
schema; when one changes its meaning or goes, the number at the end of the schema's name goes up.
";

/// The whole page.
pub fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut page = String::from(INTRODUCTION);
    overview(&mut page, &root);
    options(&mut page, "Options of every command", &root);
    for command in root.get_subcommands() {
        describe(&mut page, command);
    }
    let _ = write!(
        page,
        "\n## The subject of an enhanced commit\n\nWithout `--message` it is derived from the change: {}\n",
        subject::RULE
    );
    table(
        &mut page,
        "Exit codes",
        ["code", "meaning"],
        EXIT_CODES.map(|(code, meaning)| [code.to_string(), meaning.to_owned()]),
    );
    table(
        &mut page,
        "Environment",
        ["variable", "effect"],
        VARIABLES.map(|(name, effect)| [name.replace(", ", "`, `"), effect.to_owned()]),
    );
    table(
        &mut page,
        "JSON",
        ["schema", "keys beside `schema`"],
        SCHEMAS.map(|(name, keys)| [format!("session.{name}/1"), key_list(keys)]),
    );
    page.push('\n');
    page.push_str(AFTER_JSON);
    page
}

fn overview(page: &mut String, root: &Command) {
    let rows = root.get_subcommands().map(|command| {
        let name = command.get_name();
        [name.to_owned(), about(command)]
    });
    page.push_str("\n| command | does |\n|---|---|\n");
    for [name, about] in rows {
        let _ = writeln!(page, "| [`{name}`](#session-{name}) | {about} |");
    }
}

/// A command and those below it.
fn describe(page: &mut String, command: &Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let level = if name.split(' ').count() > 2 {
        "###"
    } else {
        "##"
    };
    let text = command.get_long_about().or(command.get_about());
    let _ = writeln!(
        page,
        "\n{level} {name}\n\n{}",
        text.map(ToString::to_string).unwrap_or_default()
    );
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").lines();
    page.push_str("\n```text\n");
    for line in usage {
        let _ = writeln!(page, "{}", line.trim());
    }
    page.push_str("```\n");
    options(page, "", command);
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        describe(page, below);
    }
}

/// What can be given to a command; the options of every command are shown once, for the root.
fn options(page: &mut String, title: &str, command: &Command) {
    let is_root = !title.is_empty();
    let rows: Vec<[String; 2]> = command
        .get_arguments()
        .filter(|arg| arg.is_global_set() == is_root && arg.get_id() != "help")
        .map(|arg| [shape(arg), help(arg)])
        .collect();
    if is_root {
        table(page, title, ["option", "meaning"], rows);
    } else if !rows.is_empty() {
        page.push('\n');
        rows_of(page, ["argument", "meaning"], rows);
    }
}

fn table(
    page: &mut String,
    title: &str,
    head: [&str; 2],
    rows: impl IntoIterator<Item = [String; 2]>,
) {
    let _ = write!(page, "\n## {title}\n\n");
    rows_of(page, head, rows);
}

fn rows_of(page: &mut String, head: [&str; 2], rows: impl IntoIterator<Item = [String; 2]>) {
    let _ = writeln!(page, "| {} | {} |\n|---|---|", head[0], head[1]);
    for [first, second] in rows {
        // A bar would end the cell, even inside of code.
        let _ = writeln!(
            page,
            "| `{}` | {} |",
            first.replace('|', "\\|"),
            second.replace('|', "\\|")
        );
    }
}

/// `-l`, `--label L`, as one writes it.
fn shape(arg: &Arg) -> String {
    let value: Vec<&str> = match arg.get_value_names() {
        Some(names) if arg.get_action().takes_values() => {
            names.iter().map(|n| n.as_str()).collect()
        }
        _ => Vec::new(),
    };
    let value = value.join(" ");
    let Some(long) = arg.get_long() else {
        return value;
    };
    let short = arg
        .get_short()
        .map(|short| format!("-{short}, "))
        .unwrap_or_default();
    format!("{short}--{long} {value}").trim_end().to_owned()
}

fn help(arg: &Arg) -> String {
    let text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let defaults: Vec<String> = arg
        .get_default_values()
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    let mut help = text;
    if !values.is_empty() {
        let _ = write!(help, " ({})", values.join(", "));
    }
    if !defaults.is_empty() {
        let _ = write!(help, " [default: {}]", defaults.join(" "));
    }
    help.trim().to_owned()
}

fn about(command: &Command) -> String {
    let text = command.get_about().map(ToString::to_string);
    text.unwrap_or_default()
}

fn key_list(keys: &[&str]) -> String {
    let list: Vec<String> = keys
        .iter()
        .map(|key| match key.strip_suffix('?') {
            Some(key) => format!("`{key}` (at times)"),
            None => format!("`{key}`"),
        })
        .collect();
    list.join(", ")
}
