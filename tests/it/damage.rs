//! What is damaged is reported and kept aside, and the rest goes on working. It must not test a process that is killed:
//! whole files are written there, and these are broken by hand.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::TestEnv;
use crate::common::odd;
use crate::common::outcome::Outcome;
use crate::common::repository::Repository;

/// A repository with an open session: two objectives, a blocker, two checkpoints.
pub fn with_session(env: &TestEnv) -> Repository<'_> {
    let repository = Repository::at(env, odd::plain(env));
    for arguments in [
        &["start", "--no-input", "--objective", "Find the bug"][..],
        &["objectives", "add", "Mend it"],
        &["blockers", "add", "No access"],
        &["checkpoint", "--no-input", "--label", "one"],
        &["checkpoint", "--no-input", "--label", "two"],
    ] {
        repository.session(arguments).success();
    }
    repository
}

fn live(repository: &Repository<'_>, name: &str) -> PathBuf {
    repository.path().join(".git/sessions/main").join(name)
}

/// What was kept aside: the content of each, a directory as None.
pub fn kept(repository: &Repository<'_>) -> Vec<Option<Vec<u8>>> {
    let Ok(entries) = std::fs::read_dir(repository.path().join(".git/sessions/.store/kept")) else {
        return Vec::new();
    };
    entries
        .map(|entry| std::fs::read(entry.unwrap().path()).ok())
        .collect()
}

pub fn replace(path: &Path, content: Option<&[u8]>) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    } else {
        std::fs::remove_file(path).unwrap();
    }
    match content {
        Some(bytes) => std::fs::write(path, bytes).unwrap(),
        None => {
            std::fs::create_dir(path).unwrap();
            std::fs::write(path.join("inside"), "kept too").unwrap();
        }
    }
}

#[track_caller]
pub fn texts(outcome: &Outcome, list: &str) -> Vec<String> {
    let list = outcome.json()[list].as_array().unwrap().clone();
    let text = |item: &Value| item["text"].as_str().unwrap().to_owned();
    list.iter().map(text).collect()
}

/// Whole but for an id that could lead out of the store.
const FOREIGN_ID: &[u8] =
    br#"{"format":1,"id":"../../x","branch":"main","started_at":"2026-11-22T10:00:00Z",
    "start_commit":null,"base":null,"touched":{"at":"2026-11-22T10:00:00Z"}}"#;

/// Every way in which a file can be broken; None puts a directory in its place.
const BROKEN: [Option<&[u8]>; 6] = [
    Some(FOREIGN_ID),
    Some(b"{\"format\": 1, \"id\": \"ma"),
    Some(b"\0\0\0\0"),
    Some(b""),
    Some(b"\xff\xfe not UTF-8"),
    None,
];

#[test]
fn a_damaged_context_is_told_recovered_and_kept_aside() {
    for broken in BROKEN {
        let env = TestEnv::new();
        let repository = with_session(&env);
        let id = repository.session(&["status", "--json"]).json()["session"]["id"].clone();
        let path = live(&repository, "context.json");
        replace(&path, broken);
        let status = repository.session(&["status", "--json"]);
        assert_eq!(status.json()["session"]["id"], id, "{broken:?}");
        let warned = status.json()["warnings"].to_string();
        assert!(
            warned.contains("context.json") && warned.contains("damaged"),
            "{warned}"
        );
        assert!(
            kept(&repository).is_empty(),
            "reading must not move anything"
        );
        assert_eq!(std::fs::read(&path).ok().as_deref(), broken, "nor write");

        let added = repository
            .session(&["objectives", "add", "Test it"])
            .success();
        assert!(added.stderr.contains("context.json"), "{added}");
        assert_eq!(kept(&repository), [broken.map(<[u8]>::to_vec)]);
        let list = repository.session(&["objectives", "list", "--json"]);
        assert_eq!(
            texts(&list, "objectives"),
            ["Find the bug", "Mend it", "Test it"]
        );
        let made = repository
            .session(&["checkpoint", "--no-input", "--json"])
            .json();
        assert_eq!(made["checkpoint"]["id"], "cp-3", "ids are never reused");
        assert_eq!(made["session"], id);
        assert!(!repository.session(&["status"]).stdout.contains("damaged"));
    }
}

#[test]
fn a_damaged_list_is_told_recovered_and_kept_aside() {
    for (file, command, list, before) in [
        (
            "objectives.md",
            "objectives",
            "objectives",
            &["Find the bug", "Mend it"][..],
        ),
        ("blockers.md", "blockers", "blockers", &["No access"]),
    ] {
        // Any text is a list: what is not understood is kept as it is.
        for broken in [Some(&b"- [ ] obj-1: Fin\xff"[..]), None] {
            let env = TestEnv::new();
            let repository = with_session(&env);
            replace(&live(&repository, file), broken);
            let shown = repository.session(&[command, "list", "--json"]);
            assert_eq!(texts(&shown, list), before, "{file} {broken:?}");
            assert!(shown.stderr.contains(file), "{shown}");
            assert!(
                repository
                    .session(&["brief"])
                    .success()
                    .stdout
                    .contains(file)
            );
            repository.session(&[command, "add", "New"]).success();
            assert_eq!(kept(&repository), [broken.map(<[u8]>::to_vec)]);
            let shown = repository.session(&[command, "list", "--json"]);
            assert_eq!(texts(&shown, list), [before, &["New"]].concat());
            assert_eq!(shown.stderr, "");
        }
    }
}

#[test]
fn a_list_of_any_text_keeps_every_line_of_it() {
    let env = TestEnv::new();
    let repository = with_session(&env);
    let path = live(&repository, "objectives.md");
    let text = "garbage {]\n\n- [ ] obj-1: Find the bug\n- [q] what\n- [ ] by hand\n  more of it\n<<<<<<< HEAD\n";
    std::fs::write(&path, text).unwrap();
    repository.session(&["objectives", "add", "New"]).success();
    let after = std::fs::read_to_string(&path).unwrap();
    for line in text.lines().filter(|line| !line.contains("by hand")) {
        assert!(after.contains(line), "{line:?} is gone from\n{after}");
    }
    let list = repository.session(&["objectives", "list", "--json"]);
    assert_eq!(
        list.json()["objectives"][1]["id"],
        "obj-3",
        "ids are never reused"
    );
}

#[test]
fn a_damaged_context_without_a_record_is_refused_and_left_alone() {
    let env = TestEnv::new();
    let repository = with_session(&env);
    let record = repository.git(&["for-each-ref", "--format=%(refname)", "refs/sessions"]);
    repository.git(&["update-ref", "-d", &record]);
    let path = live(&repository, "context.json");
    std::fs::write(&path, "{").unwrap();
    let before = std::fs::read(live(&repository, "objectives.md")).unwrap();
    for arguments in [
        &["status"][..],
        &["objectives", "add", "x"],
        &["start", "--no-input"],
    ] {
        let refused = repository.session(arguments);
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(
            refused.stderr.contains("sessions/main/context.json"),
            "{refused}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"{");
        assert_eq!(
            std::fs::read(live(&repository, "objectives.md")).unwrap(),
            before
        );
    }
    repository.git(&["switch", "--quiet", "--create", "elsewhere"]);
    repository.session(&["start", "--no-input"]).success();
}

#[test]
fn a_newer_context_is_refused_and_not_touched() {
    let env = TestEnv::new();
    let repository = with_session(&env);
    let path = live(&repository, "context.json");
    let newer = br#"{"format": 99, "id": 7, "shape": "unknown"}"#;
    std::fs::write(&path, newer).unwrap();
    let tips = || repository.git(&["for-each-ref", "refs/sessions", "refs/session-snapshots"]);
    let before = tips();
    for arguments in [
        &["status"][..],
        &["brief"],
        &["objectives", "add", "x"],
        &["checkpoint", "--no-input"],
        &["start", "--no-input"],
        &["end", "--no-input"],
        &["resume", "--no-input"],
    ] {
        let refused = repository.session(arguments);
        assert_eq!(refused.code, Some(1), "{arguments:?}\n{refused}");
        let said = &refused.stderr;
        assert!(
            said.contains("format 99") && said.contains("install"),
            "{refused}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), newer, "{arguments:?}");
    }
    assert_eq!(tips(), before);
    assert!(kept(&repository).is_empty());
}

#[test]
fn indexes_and_caches_of_garbage_cost_nothing_but_time() {
    let env = TestEnv::new();
    let repository = with_session(&env);
    let before = repository.session(&["brief", "--json"]).json();
    let index = repository.path().join(".git/sessions/.store/index");
    let mut broken = 0;
    for entry in std::fs::read_dir(index).unwrap() {
        replace(&entry.unwrap().path(), Some(b"\xff garbage \0"));
        broken += 1;
    }
    assert!(broken > 1, "there is no index to break");
    assert_eq!(repository.session(&["brief", "--json"]).json(), before);
    let history = repository.session(&["history", "--json"]).json();
    assert_eq!(history["sessions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_pipe_or_a_link_in_a_files_place_is_damage_and_nobody_waits_for_it() {
    for (file, link) in [
        ("objectives.md", false),
        ("context.json", false),
        ("blockers.md", true),
    ] {
        let env = TestEnv::new();
        let repository = with_session(&env);
        let path = live(&repository, file);
        std::fs::remove_file(&path).unwrap();
        if link {
            std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        } else {
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            assert!(made.unwrap().success());
        }
        let shown = repository.session(&["status", "--json"]);
        let warned = shown.json()["warnings"].to_string();
        assert!(warned.contains(file), "{shown}");
        let added = repository.session(&["blockers", "add", "x"]).success();
        assert!(added.stderr.contains("damaged"), "{added}");
        assert!(path.symlink_metadata().unwrap().is_file());
        let objectives = repository.session(&["objectives", "list", "--json"]);
        assert_eq!(
            texts(&objectives, "objectives"),
            ["Find the bug", "Mend it"]
        );
    }
}

#[test]
fn numbers_out_of_all_reason_neither_panic_nor_give_an_id_out_twice() {
    let env = TestEnv::new();
    let repository = with_session(&env);
    let list = live(&repository, "objectives.md");
    let text = std::fs::read_to_string(&list).unwrap() + "- [ ] obj-4294967295: Max\n";
    std::fs::write(&list, text).unwrap();
    let context = live(&repository, "context.json");
    let mut json: Value = serde_json::from_slice(&std::fs::read(&context).unwrap()).unwrap();
    json["highest_objective"] = u32::MAX.into();
    json["highest_checkpoint"] = u32::MAX.into();
    json["active_seconds"] = u64::MAX.into();
    std::fs::write(&context, json.to_string()).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let add = ["objectives", "add", "More"];
        repository.session(&add).success();
        let made = repository.session(&["checkpoint", "--no-input", "--json"]);
        let made = made.success().json();
        assert!(ids.insert(made["checkpoint"]["id"].as_str().unwrap().to_owned()));
        repository.session(&["brief"]).success();
    }
    let listed = repository.session(&["objectives", "list", "--json"]).json();
    for item in listed["objectives"].as_array().unwrap() {
        assert!(ids.insert(item["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(ids.len(), 2 + 5);
    repository
        .session(&["end", "--no-input", "--no-handoff", "--no-push"])
        .success();
}
