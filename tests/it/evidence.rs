//! What evidence is worth: verified on this very tree, stale on another one, and shown as such everywhere. It must not
//! test how a command is run.

use serde_json::Value;

use crate::common::TestEnv;
use crate::common::repository::Repository;
use crate::common::repository::run;

const PASSES: &str = "echo 'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s'";

fn started<'e>(env: &'e TestEnv) -> Repository<'e> {
    let repository = env.repository("project");
    repository.write("a", "a: one\n");
    repository.write(".gitignore", "*.log\n");
    repository.session(&["init"]).success();
    repository.commit("feat: one");
    run(&repository, &["start", "feature/x", "-o", "first"]);
    repository
}

fn passes(repository: &Repository<'_>) {
    run(repository, &["run", "--", "sh", "-c", PASSES]);
}

#[track_caller]
fn json(repository: &Repository<'_>, arguments: &[&str]) -> Value {
    let shown = repository.session(&[&["--json", "--no-input"], arguments].concat());
    shown.json()
}

#[track_caller]
fn standing(repository: &Repository<'_>) -> String {
    let quick = json(repository, &["status"]);
    let quick = quick["evidence"][0]["standing"].as_str().unwrap();
    let brief = json(repository, &["brief"]);
    assert_eq!(brief["evidence"][0]["standing"], quick);
    quick.to_owned()
}

#[test]
fn evidence_is_verified_until_the_tree_moves_and_again_when_it_is_back() {
    let env = TestEnv::new();
    let repository = started(&env);
    passes(&repository);
    assert_eq!(standing(&repository), "verified");
    // Ignored files and the team's own notes are not what was tested.
    repository.write("x.log", "noise");
    repository.write(".session/architecture.md", "changed\n");
    assert_eq!(standing(&repository), "verified");

    repository.write("a", "a: two\n");
    let shown = json(&repository, &["status"]);
    let evidence = &shown["evidence"][0];
    assert_eq!(evidence["standing"], "stale");
    assert_eq!(evidence["moved"]["files"], 1);
    assert_eq!(evidence["moved"]["first"][0]["path"], "a");
    assert_eq!(evidence["tests"]["passed"], 3);
    assert_eq!(evidence["tests"]["skipped"], 1);
    assert_eq!(evidence["runner"], "cargo-test");
    let text = run(&repository, &["status"]).stdout;
    assert!(text.contains("stale: sh -c "), "{text}");
    assert!(text.contains("1 file changed since: a"), "{text}");

    repository.write("a", "a: one\n");
    assert_eq!(standing(&repository), "verified");
    repository.write("deep/new/file", "new\n");
    assert_eq!(standing(&repository), "stale", "an untracked file counts");
}

#[test]
fn an_untracked_file_counts_also_where_git_hides_it() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.git(&["config", "status.showUntrackedFiles", "no"]);
    passes(&repository);
    assert_eq!(standing(&repository), "verified");
    repository.write("new", "new\n");
    assert_eq!(standing(&repository), "stale");
}

#[test]
fn committing_what_was_tested_keeps_it_verified() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("a", "a: two\n");
    repository.write("deep/new/file", "new\n");
    passes(&repository);
    assert_eq!(standing(&repository), "verified");
    repository.commit("feat: two");
    assert_eq!(standing(&repository), "verified");
    repository.git(&["commit", "--amend", "-m", "feat: other words"]);
    assert_eq!(standing(&repository), "verified");
    repository.git(&["rm", "-q", "a"]);
    assert_eq!(standing(&repository), "stale");
}

#[test]
fn a_command_that_writes_untracked_files_holds_before_and_after() {
    let env = TestEnv::new();
    let repository = started(&env);
    let evidence = json(&repository, &["run", "--", "sh", "-c", "echo x > built"]);
    let evidence = &evidence["evidence"];
    assert_ne!(evidence["tree"], evidence["tree_after"]);
    assert_eq!(standing(&repository), "verified");
    std::fs::remove_file(repository.path().join("built")).unwrap();
    assert_eq!(standing(&repository), "verified");
}

#[test]
fn a_command_that_changes_tracked_files_holds_for_no_tree() {
    let env = TestEnv::new();
    let repository = started(&env);
    run(
        &repository,
        &["run", "--", "sh", "-c", "echo formatted > a"],
    );
    let shown = json(&repository, &["status"]);
    let evidence = &shown["evidence"][0];
    assert_eq!(evidence["standing"], "stale");
    assert_eq!(evidence["moved"]["while_it_ran"], true);
    assert_eq!(evidence["moved"]["first"][0]["path"], "a");
}

#[test]
fn the_newest_run_of_each_command_is_told_and_ids_are_never_used_again() {
    let env = TestEnv::new();
    let repository = started(&env);
    for _ in 0..3 {
        run(&repository, &["run", "--", "true"]);
    }
    passes(&repository);
    run(&repository, &["checkpoint"]);
    run(&repository, &["run", "--label", "lint", "--", "true"]);
    let shown = json(&repository, &["status"]);
    let ids: Vec<&str> = shown["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|evidence| evidence["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["ev-5", "ev-4", "ev-3"]);
    assert_eq!(shown["evidence"][0]["label"], "lint");
    // One commit of the record for each.
    let session = shown["session"]["id"].as_str().unwrap();
    let log = repository.git(&["log", "--format=%s", &format!("refs/sessions/{session}")]);
    assert_eq!(
        log.lines()
            .filter(|line| line.starts_with("evidence ev-"))
            .count(),
        5
    );
}

#[test]
fn a_checkpoint_and_a_handoff_keep_what_held_when_they_were_made() {
    let env = TestEnv::new();
    let repository = started(&env);
    passes(&repository);
    let checkpoint = json(&repository, &["checkpoint"]);
    assert_eq!(
        checkpoint["checkpoint"]["evidence"][0]["standing"],
        "verified"
    );
    repository.write("a", "a: two\n");
    let end = json(&repository, &["end", "--accomplished", "it works"]);
    assert_eq!(end["evidence"][0]["standing"], "stale");
    assert_eq!(end["evidence"][0]["id"], "ev-1");
    let markdown = end["markdown"].as_str().unwrap();
    assert!(markdown.contains("stale: "), "{markdown}");
    assert!(
        markdown.contains("Said at the end, unverified"),
        "{markdown}"
    );
    let shown = json(&repository, &["checkpoint", "show", "cp-1"]);
    assert_eq!(shown["checkpoint"]["evidence"][0]["standing"], "verified");
    // Who reads it later is told that it is of then.
    let shown = run(&repository, &["checkpoint", "show", "cp-1"]).stdout;
    assert!(shown.contains("## Evidence at this point: "), "{shown}");
}

#[test]
fn resume_lists_what_held_at_the_handoff_and_does_not_any_more() {
    let env = TestEnv::new();
    let repository = started(&env);
    passes(&repository);
    run(&repository, &["end", "--accomplished", "it works"]);
    let text = run(&repository, &["resume"]).stdout;
    assert!(!text.contains("no longer verified"), "{text}");
    assert!(
        text.contains("Evidence of the handoff, as it stands now"),
        "{text}"
    );
    assert!(text.contains("verified: "), "{text}");
    run(&repository, &["end"]);

    // The second session ran nothing: its handoff tells what the one before told.
    let text = run(&repository, &["handoff"]).stdout;
    assert!(text.contains("verified: sh -c "), "{text}");
    let text = run(&repository, &["resume"]).stdout;
    assert!(text.contains("; ev-1 of feature-x-"), "{text}");
    repository.write("a", "a: one and a half\n");
    let text = run(&repository, &["resume"]).stdout;
    assert!(text.contains("no longer verified: sh -c "), "{text}");
    passes(&repository);
    run(&repository, &["end", "--accomplished", "it works"]);
    repository.write("a", "a: two\n");
    let shown = json(&repository, &["resume"]);
    let stale = shown["since_you_left"]["stale"].as_array().unwrap();
    assert_eq!(stale.len(), 1, "{stale:?}");
    let text = run(&repository, &["resume"]).stdout;
    assert!(text.contains("no longer verified: sh -c "), "{text}");
    assert!(text.contains("1 file changed since: a"), "{text}");
    assert!(
        text.contains("said of that older tree: accomplished: it works"),
        "{text}"
    );
}

#[test]
fn evidence_is_read_from_the_record_and_from_no_file() {
    let env = TestEnv::new();
    let repository = started(&env);
    passes(&repository);
    let live = repository.path().join(".git/sessions/feature/x");
    let context = std::fs::read_to_string(live.join("context.json")).unwrap();
    for name in std::fs::read_dir(&live).unwrap().flatten() {
        let text = std::fs::read_to_string(name.path()).unwrap();
        assert!(
            !text.contains("3 passed") && !text.contains("cargo-test"),
            "{text}"
        );
    }
    // A number that somebody wrote in makes no evidence, and the next id is above it.
    let forged = context.replace("\"highest_evidence\": 1", "\"highest_evidence\": 41");
    assert_ne!(forged, context);
    std::fs::write(live.join("context.json"), forged).unwrap();
    let shown = json(&repository, &["status"]);
    assert_eq!(shown["evidence"].as_array().unwrap().len(), 1);
    let next = json(&repository, &["run", "--", "true"]);
    assert_eq!(next["evidence"]["id"], "ev-42");
}

#[test]
fn changed_files_are_those_since_the_evidence_before() {
    let env = TestEnv::new();
    let repository = started(&env);
    let changed = |repository: &Repository<'_>| -> Vec<String> {
        let session = json(repository, &["status"])["session"]["id"].clone();
        let name = format!("refs/sessions/{}:entry.json", session.as_str().unwrap());
        let entry: Value = serde_json::from_str(&repository.git(&["show", &name])).unwrap();
        let none = Vec::new();
        let files = entry["changed_files"].as_array().unwrap_or(&none);
        files
            .iter()
            .map(|file| file.as_str().unwrap().to_owned())
            .collect()
    };
    repository.write("a", "a: two\n");
    repository.write("b", "b\n");
    run(&repository, &["run", "--", "sh", "-c", "echo x > built"]);
    assert_eq!(
        changed(&repository),
        ["a", "b"],
        "since the session's start"
    );
    run(&repository, &["run", "--", "true"]);
    assert_eq!(changed(&repository), Vec::<String>::new());
    repository.commit("feat: two");
    repository.write("b", "b: two\n");
    run(&repository, &["run", "--", "true"]);
    assert_eq!(changed(&repository), ["b"]);
}

#[test]
fn committing_what_git_stores_otherwise_keeps_it_verified_until_it_changes() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    repository.git(&["config", "filter.upper.smudge", "tr A-Z a-z"]);
    repository.write(".gitattributes", "*.txt eol=crlf\n*.up filter=upper\n");
    repository.commit("chore: attributes");
    repository.write("lines.txt", "one\r\ntwo\r\n");
    repository.write("words.up", "abc\n");
    passes(&repository);
    repository.commit("feat: files that git stores otherwise");
    assert_eq!(repository.git(&["show", "HEAD:words.up"]), "ABC");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert_eq!(standing(&repository), "verified");
    repository.write("words.up", "abd\n");
    repository.commit("feat: another word");
    assert_eq!(standing(&repository), "stale");
}

#[test]
fn committing_a_large_file_that_was_tested_keeps_it_verified() {
    let env = TestEnv::new();
    let repository = started(&env);
    let config = ".session/config.yaml";
    let small = repository
        .read(config)
        .replace("max_file: 10MiB", "max_file: 1KiB");
    repository.write(config, small);
    let write = |letter: &str| repository.write("large", letter.repeat(2000));
    write("a");
    passes(&repository);
    assert_eq!(standing(&repository), "verified");
    repository.commit("feat: large");
    assert_eq!(standing(&repository), "verified");

    write("b");
    passes(&repository);
    // The next evidence has read it already.
    passes(&repository);
    let commit = || repository.commit("feat: larger");
    commit();
    assert_eq!(standing(&repository), "verified");
    repository.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(standing(&repository), "stale");
    write("c");
    passes(&repository);
    write("d");
    assert_eq!(standing(&repository), "stale");
    commit();
    assert_eq!(
        standing(&repository),
        "stale",
        "what was tested is not what was committed"
    );
}

#[test]
fn a_report_beside_the_command_is_counted() {
    let env = TestEnv::new();
    let repository = started(&env);
    repository.write("packages/one/package.json", "{}\n");
    let script = "echo '<testsuite><testcase/></testsuite>' > junit.xml";
    let directory = repository.path().join("packages/one");
    env.session(&directory, &["run", "--", "sh", "-c", script])
        .success();
    let runner = &crate::run::recorded(&repository)["runners"][0];
    assert_eq!(runner["runner"], "junit", "{runner}");
    assert_eq!(runner["report"], "packages/one/junit.xml");
}
