//! Third-party components that do what no plugin may, in a repository where the user agreed to them: every command goes
//! on, what it writes is complete, the other plugin is heard, one warning says who did what, and nothing is left behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};

/// A deed of `tests/guests/misbehaving`, what its limits are, and what the one warning says of it.
struct Misdeed {
    name: &'static str,
    limits: &'static str,
    cause: &'static str,
}

const fn misdeed(name: &'static str, cause: &'static str) -> Misdeed {
    Misdeed {
        name,
        limits: "{ time: 10s }",
        cause,
    }
}

const fn within(mut misdeed: Misdeed, limits: &'static str) -> Misdeed {
    misdeed.limits = limits;
    misdeed
}

const MISDEEDS: [Misdeed; 15] = [
    misdeed("panic", "panicked: no such thing as a free lunch"),
    misdeed("error", "failed: the service is down"),
    within(
        misdeed("loop", "took longer than its limit of 50 ms"),
        "{ time: 50ms }",
    ),
    within(
        misdeed("sleep", "took longer than its limit of 50 ms"),
        "{ time: 50ms }",
    ),
    misdeed("recursion", "recursed until its stack was full"),
    within(
        misdeed("memory", "of memory; its limit is 16 MiB"),
        "{ time: 10s, memory: 16MiB }",
    ),
    misdeed("output", "printed more than its limit of 65536 bytes"),
    misdeed("host-calls", "more than 1000 calls of host functions"),
    misdeed("sections", "more than its limit of 262144 bytes"),
    misdeed("shared-text", "more than its limit of 262144 bytes"),
    misdeed("invalid-text", "was stopped: "),
    misdeed("state", "bytes of state; the old state is kept"),
    misdeed("edits", "proposed to write"),
    // What is only denied costs no warning: the plugin was told so, and goes on.
    misdeed("read", ""),
    misdeed("environment", ""),
];

fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

/// A repository with the culprit and a plugin that behaves, both agreed to, and a session under way.
fn repository(env: &TestEnv) -> Repository<'_> {
    let repository = env.repository("work");
    repository.write("README.md", "# Work\n");
    repository.write("plain", "plain");
    repository.write("tools/culprit.wasm", session_guests::MISBEHAVING);
    repository.write("tools/contract.wasm", session_guests::CONTRACT);
    repository.commit("feat: begin");
    std::os::unix::fs::symlink("../outside", repository.path().join("link")).unwrap();
    std::fs::write(repository.path().join("../secret"), "secret").unwrap();
    configure(&repository, "nothing", "{ time: 10s }");
    run(
        &repository,
        &["start", "--objective", "Stay whole", "--no-input"],
    )
    .success();
    for (name, bytes, read) in [
        ("culprit", session_guests::MISBEHAVING, "read:plain*"),
        ("contract", session_guests::CONTRACT, "read:**/*.md"),
    ] {
        let digest = digest(bytes);
        let trust = ["plugin", "trust", name, "--sha256", &digest, "--no-input"];
        run(
            &repository,
            &[&trust[..], &["--grant", read, "--grant", "limit:time=10s"]].concat(),
        )
        .success();
    }
    repository
}

fn configure(repository: &Repository<'_>, deed: &str, limits: &str) {
    let text = format!(
        "plugins:\n  context-manager: {{ enabled: false }}\n  \
         culprit:\n    source: ./tools/culprit.wasm\n    allow: {{ read: [\"plain*\"] }}\n    \
         limits: {limits}\n    config: {deed}\n  \
         contract:\n    source: ./tools/contract.wasm\n    allow: {{ read: [\"**/*.md\"] }}\n    \
         limits: {{ time: 10s }}\n"
    );
    repository.write(".session/config.yaml", text);
}

/// Every file below these directories.
fn files(directories: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut left: Vec<PathBuf> = directories.to_vec();
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = entry.path();
            if path.symlink_metadata().is_ok_and(|it| it.is_dir()) {
                left.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    found
}

fn temporary(env: &TestEnv) -> Vec<PathBuf> {
    let of_ours = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains("tmp") || name.ends_with(".lock")
    };
    files(&[env.root().to_owned()])
        .into_iter()
        .filter(|path| of_ours(path))
        .collect()
}

/// The warnings that one plugin cost, and the plugins that contributed.
fn heard(
    answer: &serde_json::Value,
    contributions: &serde_json::Value,
) -> (Vec<String>, Vec<String>) {
    let texts = |list: &serde_json::Value, key: &str| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|item| item[key].as_str().unwrap().to_owned())
            .collect()
    };
    (
        texts(&answer["warnings"], "message"),
        texts(contributions, "plugin"),
    )
}

#[test]
fn no_misdeed_costs_more_than_one_warning() {
    let env = TestEnv::new();
    let repository = repository(&env);
    for (index, misdeed) in MISDEEDS.iter().enumerate() {
        let name = misdeed.name;
        configure(&repository, name, misdeed.limits);
        let made = run(
            &repository,
            &["checkpoint", "--label", name, "--no-input", "--json"],
        )
        .json();
        let (warnings, plugins) = heard(&made, &made["checkpoint"]["contributions"]);
        assert!(
            plugins.contains(&"contract".to_owned()),
            "{name}: {plugins:?}"
        );
        let brief = run(&repository, &["brief", "--no-input", "--json"]).json();
        let (of_brief, in_brief) = heard(&brief, &brief["contributions"]);
        assert!(
            in_brief.contains(&"contract".to_owned()),
            "{name}: {in_brief:?}"
        );
        for (hook, warnings) in [("checkpoint", &warnings), ("brief", &of_brief)] {
            if misdeed.cause.is_empty() {
                assert!(warnings.is_empty(), "{name}: {warnings:?}");
            } else {
                assert_eq!(warnings.len(), 1, "{name} ({hook}): {warnings:?}");
                let warning = &warnings[0];
                let begin = format!("plugin culprit ({hook}) ");
                assert!(warning.starts_with(&begin), "{name}: {warning}");
                assert!(warning.contains(misdeed.cause), "{name}: {warning}");
                assert!(!warning.contains('\u{1b}'), "{name}: {warning:?}");
            }
        }
        let list = run(&repository, &["checkpoint", "list", "--json"]).json();
        let newest = &list["checkpoints"][0];
        assert_eq!(newest["id"], format!("cp-{}", index + 1), "{name}");
        assert_eq!(newest["label"], name);
        let shown = run(&repository, &["status", "--no-input", "--json"]).json();
        assert_eq!(shown["objectives"][0]["text"], "Stay whole", "{name}");
        assert_eq!(temporary(&env), Vec::<PathBuf>::new(), "{name}");
    }
    repository.git(&["fsck", "--connectivity-only"]);
    let secret = std::fs::read_to_string(repository.path().join("../secret")).unwrap();
    assert_eq!(secret, "secret");
    assert!(!repository.exists("ok.md"));
}

#[test]
fn text_of_a_plugin_can_neither_forge_a_section_nor_reach_the_terminal() {
    let env = TestEnv::new();
    let repository = repository(&env);
    configure(&repository, "escape", "{ time: 10s }");
    let brief = run(&repository, &["brief", "--no-input"]).success();
    for text in [&brief.stdout, &brief.stderr] {
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{7}'),
            "{text:?}"
        );
        assert!(!text.contains('\u{202e}'), "{text:?}");
    }
    let forged = |line: &&str| line.trim() == "- forged" || line.trim() == "## Decisions";
    assert_eq!(brief.stdout.lines().filter(forged).count(), 0, "{brief}");
    let json = run(&repository, &["brief", "--no-input", "--json"]).json();
    let by_plugin = json["sections"].as_array().unwrap().iter();
    let titles: Vec<_> = by_plugin
        .filter(|section| section["provenance"]["name"] == "culprit")
        .map(|section| section["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
}

#[test]
fn a_quiet_checkpoint_still_says_on_stderr_what_went_wrong() {
    let env = TestEnv::new();
    let repository = repository(&env);
    configure(&repository, "panic", "{ time: 10s }");
    let quiet = run(&repository, &["checkpoint", "--no-input", "--quiet"]).success();
    assert_eq!(quiet.stdout, "cp-1\n");
    let warning = "warning: plugin culprit (checkpoint) panicked: ";
    assert!(quiet.stderr.starts_with(warning), "{quiet}");
    assert_eq!(quiet.stderr.matches("warning: ").count(), 1, "{quiet}");
}

#[test]
fn nobody_is_asked_about_an_edit_that_could_not_be_made_or_changes_nothing() {
    let env = TestEnv::new();
    let repository = repository(&env);
    repository.write("ok.md", "mine");
    for (deed, proposal) in [("same-edit", "plain"), ("edits", "ok.md")] {
        configure(&repository, deed, "{ time: 10s }");
        let checkpoint = ["checkpoint", "--notes=x"];
        let made = run(&repository, &checkpoint).success();
        let asked = format!("culprit proposes to update {proposal}: ");
        assert!(!made.stderr.contains(&asked), "{made}");
        let mut terminal = env.terminal(repository.path(), &checkpoint);
        terminal
            .wait_for("Update CONTRACT.md, as contract proposes? [y/N]")
            .send("\r");
        let (code, shown) = terminal.finish();
        assert_eq!(code, 0, "{shown}");
        assert!(!shown.contains("as culprit proposes?"), "{shown}");
        let why = "ok.md is left as it is, although culprit proposes to update it: the proposal is for a new file, and there is one already";
        assert_eq!(made.stderr.contains(why), deed == "edits", "{made}");
    }
    assert_eq!(repository.read("ok.md"), "mine");
}

/// A gate that breaks down lets the merge pass, and must not do so unnoticed.
#[test]
fn a_merge_is_told_which_plugin_did_not_answer() {
    for json in [false, true] {
        let env = TestEnv::new();
        let repository = repository(&env);
        configure(&repository, "panic", "{ time: 10s }");
        repository.commit("chore: configure");
        // Nor where something else stops the merge.
        let refused = repository.session(&["end", "--merge-to", "none"]);
        assert_eq!(refused.code, Some(1), "{refused}");
        let said = "plugin culprit (handoff) panicked";
        assert_eq!(refused.stderr.matches(said).count(), 1, "{refused}");
        repository.git(&["branch", "other", "HEAD~"]);
        let end = ["end", "--merge-to", "other"];
        let warned = if json {
            let ended = run(&repository, &[&end[..], &["--json"]].concat()).json();
            heard(&ended, &ended["contributions"]).0
        } else {
            let ended = run(&repository, &end).success();
            let said = ended.stdout.lines().chain(ended.stderr.lines());
            let said = said.filter(|line| line.contains("plugin culprit"));
            said.map(|line| line.trim_start_matches("- ").to_owned())
                .collect()
        };
        assert_eq!(warned.len(), 1, "{json}: {warned:?}");
        let begin = "plugin culprit (handoff) panicked: no such thing as a free lunch";
        assert!(warned[0].starts_with(begin), "{json}: {warned:?}");
        assert_ne!(repository.git(&["log", "-1", "--format=%P", "other"]), "");
    }
}

#[test]
fn what_is_no_component_is_told_and_nothing_else_suffers() {
    let env = TestEnv::new();
    let repository = repository(&env);
    let whole = session_guests::CONTRACT;
    let core_module = b"\0asm\x01\0\0\0".to_vec();
    for (what, bytes) in [
        ("text", b"not a component".to_vec()),
        ("empty", Vec::new()),
        ("truncated", whole[..whole.len() / 2].to_vec()),
        ("core module", core_module),
    ] {
        repository.write("tools/culprit.wasm", &bytes);
        let brief = run(&repository, &["brief", "--no-input", "--json"]).json();
        let (warnings, plugins) = heard(&brief, &brief["contributions"]);
        assert_eq!(warnings.len(), 1, "{what}: {warnings:?}");
        assert!(
            warnings[0].contains("plugin culprit"),
            "{what}: {warnings:?}"
        );
        assert_eq!(plugins, ["contract"], "{what}");
        let digest = digest(&bytes);
        let trust = [
            "plugin",
            "trust",
            "culprit",
            "--sha256",
            &digest,
            "--no-input",
        ];
        let refused = repository.session(&trust);
        assert_eq!(refused.code, Some(1), "{what}: {refused}");
        assert!(refused.stderr.contains("culprit"), "{what}: {refused}");
    }
}

/// Sparse, so that it costs no disk; it is refused by its size, not by what it holds.
#[test]
fn a_component_of_200_mb_is_refused_by_its_size() {
    let env = TestEnv::new();
    let repository = repository(&env);
    let file = std::fs::File::create(repository.path().join("tools/culprit.wasm")).unwrap();
    file.set_len(200 * 1000 * 1000).unwrap();
    let brief = run(&repository, &["brief", "--no-input", "--json"]).json();
    let (warnings, plugins) = heard(&brief, &brief["contributions"]);
    assert_eq!(plugins, ["contract"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("64 MiB"), "{warnings:?}");
    let inspected = repository.session(&["plugin", "inspect", "tools/culprit.wasm"]);
    assert_eq!(inspected.code, Some(1), "{inspected}");
    assert!(inspected.stderr.contains("64 MiB"), "{inspected}");
}
