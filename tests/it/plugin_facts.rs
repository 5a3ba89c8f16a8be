//! What plugins are told of a real work tree. It must not be about what they make of it.

use serde_json::Value as Json;

use crate::common::TestEnv;
use crate::common::repository::run;
use crate::common::source_root;

/// The facts as `plugin test --record` writes them down.
fn recorded(env: &TestEnv, repository: &crate::common::repository::Repository<'_>) -> Json {
    let component = source_root().join("tests/fixtures/contract/0.1.0.wasm");
    let packed = env.root().join("packed.wasm");
    let [component, packed] = [&component, &packed].map(|path| path.to_str().unwrap());
    let output = format!("--output={packed}");
    repository
        .session(&[
            "plugin",
            "pack",
            component,
            "--name=a",
            "--version=1",
            &output,
        ])
        .success();
    let case = env.root().join("case.json");
    let case = case.to_str().unwrap();
    repository
        .session(&["plugin", "test", packed, "--record", case])
        .success();
    serde_json::from_str(&std::fs::read_to_string(case).unwrap()).unwrap()
}

#[test]
fn an_untracked_directory_is_told_file_by_file() {
    let env = TestEnv::new();
    let repository = env.repository("shop");
    repository.write("README.md", "# Shop\n");
    repository.write(".gitignore", "*.log\n");
    repository.commit("feat: begin");
    run(&repository, &["start", "--objective=Grow", "--no-input"]).success();
    for path in ["new/a.rs", "new/deep/b.rs", "new/x.log", "other/c.rs"] {
        repository.write(path, "one\ntwo\n");
    }
    let case = recorded(&env, &repository);
    let paths = |list: &Json| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|file| file["path"].as_str().unwrap().to_owned())
            .collect()
    };
    let new = ["new/a.rs", "new/deep/b.rs", "other/c.rs"];
    assert_eq!(paths(&case["changed_files"]), new);
    assert_eq!(case["changed_files"][0]["status"], "untracked");
    assert_eq!(paths(&case["changed_lines"]["head"]), new);
}
