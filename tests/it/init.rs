//! `session init`: what it writes, what it leaves alone, what survives. It must not repeat what the templates say.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use session::config::Config;
use session::error::UserError;
use session::store::shared_files::{Initialised, Options, initialise};

use crate::common::TestEnv;
use crate::common::repository::Repository;

const FILES: [&str; 5] = [
    ".session/config.yaml",
    ".session/architecture.md",
    ".session/conventions.md",
    ".session/decision-log.md",
    ".session/.gitattributes",
];

fn run(env: &TestEnv, repository: &Repository<'_>, force: bool, import: bool) -> Initialised {
    try_run(env, repository, force, import).unwrap()
}

fn try_run(
    env: &TestEnv,
    repository: &Repository<'_>,
    force: bool,
    import: bool,
) -> anyhow::Result<Initialised> {
    let options = Options {
        force,
        import,
        now: env.now(),
    };
    initialise(repository.path(), options)
}

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

#[test]
fn a_new_repository_gets_the_five_files_and_no_others() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    let result = run(&env, &repository, false, false);
    assert_eq!(result.written, paths(&FILES));
    assert_eq!((result.kept, result.backups), (vec![], vec![]));
    let mut untracked: Vec<_> = repository
        .git(&["status", "--porcelain", "--untracked-files=all"])
        .lines()
        .map(|line| line[3..].to_owned())
        .collect();
    untracked.sort();
    let mut expected = FILES.to_vec();
    expected.sort_unstable();
    assert_eq!(untracked, expected);
    let loaded = Config::of(repository.path(), None).unwrap();
    assert_eq!(
        (loaded.config, loaded.warnings),
        (Config::default(), vec![])
    );
}

#[test]
fn files_are_as_readable_as_git_and_an_editor_make_them() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("plain", "");
    run(&env, &repository, false, false);
    let mode = |path: &str| {
        let metadata = repository.path().join(path).metadata().unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(".session/config.yaml"), mode("plain"));
}

#[test]
fn a_second_run_completes_what_is_missing_and_changes_nothing() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    run(&env, &repository, false, false);
    repository.write(".session/conventions.md", "Ours.\n");
    std::fs::remove_file(repository.path().join(".session/architecture.md")).unwrap();
    let result = run(&env, &repository, false, false);
    assert_eq!(result.written, paths(&[".session/architecture.md"]));
    assert_eq!(result.kept.len(), 4);
    assert_eq!(repository.read(".session/conventions.md"), "Ours.\n");
}

#[test]
fn force_keeps_a_copy_and_never_overwrites_one() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    run(&env, &repository, false, false);
    let template = repository.read(".session/conventions.md");
    let copy = ".session/conventions.md.2026-11-22T100000Z.bak";
    let second_copy = ".session/conventions.md.2026-11-22T100000Z-2.bak";

    repository.write(".session/conventions.md", "first");
    let result = run(&env, &repository, true, false);
    assert_eq!(result.written, paths(&[".session/conventions.md"]));
    assert_eq!(result.backups, paths(&[copy]));
    assert_eq!(
        result.kept.len(),
        4,
        "what is as the template has it needs no copy"
    );

    repository.write(".session/conventions.md", b"second \xff");
    assert_eq!(
        run(&env, &repository, true, false).backups,
        paths(&[second_copy])
    );
    assert_eq!(repository.read(".session/conventions.md"), template);
    assert_eq!(repository.read(copy), "first");
    let kept = std::fs::read(repository.path().join(second_copy)).unwrap();
    assert_eq!(kept, b"second \xff");
}

#[test]
fn force_does_not_take_decisions_away() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    let log = "# Decisions\n\n## D-2026-11-22-k3f: Use PKCE\n";
    repository.write(".session/decision-log.md", log);
    let result = run(&env, &repository, true, false);
    assert_eq!(result.kept, paths(&[".session/decision-log.md"]));
    assert_eq!(repository.read(".session/decision-log.md"), log);
}

#[test]
fn nothing_is_written_through_a_symlink() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    std::fs::create_dir(env.root().join("elsewhere")).unwrap();
    symlink("../elsewhere", repository.path().join(".session")).unwrap();
    let error = try_run(&env, &repository, true, false).unwrap_err();
    assert!(error.is::<UserError>(), "{error:?}");
    assert_eq!(
        std::fs::read_dir(env.root().join("elsewhere"))
            .unwrap()
            .count(),
        0
    );

    let repository = env.repository("other");
    std::fs::create_dir(repository.path().join(".session")).unwrap();
    symlink(
        "../target.yaml",
        repository.path().join(".session/config.yaml"),
    )
    .unwrap();
    for force in [false, true] {
        let error = try_run(&env, &repository, force, false).unwrap_err();
        assert!(error.is::<UserError>(), "{error:?}");
    }
    assert!(!repository.exists("target.yaml"));
}

#[test]
fn the_decisions_of_two_branches_merge_without_a_conflict() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    run(&env, &repository, false, false);
    repository.commit("chore: init");
    for branch in ["one", "two"] {
        repository.git(&["switch", "--quiet", "--create", branch, "main"]);
        let log = repository.read(".session/decision-log.md");
        repository.write(
            ".session/decision-log.md",
            format!("{log}\n## D-{branch}: {branch}\n"),
        );
        repository.commit(branch);
    }
    repository.git(&["merge", "--quiet", "--no-edit", "one"]);
    let log = repository.read(".session/decision-log.md");
    assert_eq!(
        session::session::decision::parse_log(&log).len(),
        2,
        "{log}"
    );
}

#[test]
fn import_takes_values_over_and_writes_nothing_there() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write(
        ".sessions/config.yaml",
        "session:\n  archive_after_days: 7\n",
    );
    repository.write(
        ".sessions/state.json",
        r#"{"branch": "feature/auth", "objectives": ["OAuth"], "mode": "tdd"}"#,
    );
    repository.write(
        ".sessions/checkpoints/2025-11-01T10-00-00-HANDOFF.md",
        "# Session Handoff\n\n**Decisions**: Use PKCE\n\n**Remember**: keys\n",
    );
    repository.commit("chore: the older tool");
    let imported = run(&env, &repository, false, true).imported.unwrap();
    assert_eq!(imported.objectives[0].text, "OAuth");
    assert_eq!(imported.decisions[0].text, "Use PKCE");
    assert_eq!(imported.checkpoints, 1);
    let config = Config::of(repository.path(), None).unwrap().config;
    assert_eq!(config.session.archive_after_days, 7);
    assert_eq!(repository.git(&["status", "--porcelain"]), "?? .session/");
}

#[test]
fn import_says_when_our_own_configuration_stands_in_the_way() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    run(&env, &repository, false, false);
    repository.write(
        ".sessions/config.yaml",
        "session:\n  archive_after_days: 7\n",
    );
    let imported = run(&env, &repository, false, true).imported.unwrap();
    assert!(imported.warnings[0].message.contains("not taken over"));
    let result = run(&env, &repository, true, true);
    assert_eq!(result.imported.unwrap().warnings, []);
    assert_eq!(result.backups.len(), 1);
}

#[test]
fn import_without_anything_to_import_writes_nothing() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    let error = try_run(&env, &repository, false, true).unwrap_err();
    assert!(error.is::<UserError>(), "{error:?}");
    assert!(!repository.exists(".session"));
}
