//! What a plugin is told of a session, as a recorded case shows it. It must not run a plugin.

use crate::common::TestEnv;
use crate::common::repository::run;

const CONTRACT: &[u8] = include_bytes!("../fixtures/contract/0.1.2.wasm");

fn ids(list: &serde_json::Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[test]
fn what_happened_is_told_in_its_order_and_what_commits_did_with_its_lines() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("notes.md", "one\n");
    repository.write("code.rs", "fn one() {}\n");
    repository.session(&["init"]).success();
    repository.commit("docs: one");
    run(&repository, &["start", "feature/x"]);
    for text in ["one\ntwo\n", "two\nthree\n"] {
        repository.write("notes.md", text);
        repository.write("code.rs", text);
        run(&repository, &["run", "--", "true"]);
        run(&repository, &["checkpoint", "--message", "docs: more"]);
    }
    std::fs::write(env.root().join("contract.wasm"), CONTRACT).unwrap();
    let record = [
        "plugin",
        "test",
        "../contract.wasm",
        "--record",
        "../case.json",
    ];
    repository.session(&record).success();
    let case = std::fs::read(env.root().join("case.json")).unwrap();
    let case: serde_json::Value = serde_json::from_slice(&case).unwrap();
    assert_eq!(ids(&case["checkpoints"]), ["cp-1", "cp-2"]);
    assert_eq!(ids(&case["evidence"]), ["ev-1", "ev-2"]);
    let newest = &case["session_commits"][0]["id"];
    // Of the files that the component asks to read, and of no others.
    let texts = &case["commit_texts"][newest.as_str().unwrap()];
    let expected = serde_json::json!([
        {"path": "notes.md", "text": "two\nthree\n", "changes": [[0, 0, 1], [2, 1, 0]]}
    ]);
    assert_eq!(*texts, expected, "{case:#}");
}
