//! A damaged record is reported and set aside, and its session goes on. It must not test the live files.

use std::path::{Path, PathBuf};

use crate::common::TestEnv;
use crate::common::repository::Repository;
use crate::damage::{kept, replace, texts, with_session};

/// What can happen to a record, given its ref and the object that it points at.
type Damage = fn(&Repository<'_>, &Path, &Path);

const RECORD_DAMAGE: [(&str, Damage); 5] = [
    ("an empty ref", |_, at, _| replace(at, Some(b""))),
    ("a ref that is garbage", |_, at, _| {
        replace(at, Some(b"\xffgarbage"))
    }),
    ("an object that is gone", |_, _, object| {
        std::fs::remove_file(object).unwrap();
    }),
    ("a truncated object", |_, _, object| {
        replace(object, Some(b""))
    }),
    ("a commit of somebody else's", |repository, at, _| {
        replace(at, Some(repository.git(&["rev-parse", "HEAD"]).as_bytes()));
    }),
];

fn object(repository: &Repository<'_>, id: &str) -> PathBuf {
    let (directory, file) = id.split_at(2);
    repository
        .path()
        .join(".git/objects")
        .join(directory)
        .join(file)
}

#[test]
fn a_damaged_record_is_told_and_set_aside_and_the_session_goes_on() {
    for (what, damage) in RECORD_DAMAGE {
        let env = TestEnv::new();
        let repository = with_session(&env);
        let name = repository.git(&["for-each-ref", "--format=%(refname)", "refs/sessions"]);
        let tip = repository.git(&["rev-parse", &name]);
        let path = repository.path().join(".git").join(&name);
        damage(&repository, &path, &object(&repository, &tip));
        let left = std::fs::read(&path).unwrap();
        for arguments in [
            &["status"][..],
            &["brief"],
            &["objectives", "list"],
            &["history"],
        ] {
            let read = repository.session(arguments).success();
            let told = format!("{read}").matches("is damaged").count();
            assert_eq!(
                told,
                usize::from(arguments != ["history"]),
                "{what}\n{read}"
            );
            assert_eq!(std::fs::read(&path).unwrap(), left, "{what}: {arguments:?}");
        }
        assert!(
            repository
                .session(&["brief"])
                .stdout
                .contains("Find the bug")
        );
        repository.session(&["objectives", "add", "New"]).success();

        let made = repository
            .session(&["checkpoint", "--no-input", "--json"])
            .json();
        assert_eq!(made["checkpoint"]["id"], "cp-3", "{what}");
        assert!(
            made["warnings"].to_string().contains("damaged"),
            "{what}: {made}"
        );
        assert_eq!(kept(&repository).len(), 1, "{what}");
        let list = repository.session(&["checkpoint", "list"]).success();
        assert!(
            list.stdout.contains("cp-3") && list.stderr.is_empty(),
            "{what}\n{list}"
        );
        repository
            .session(&["end", "--no-input", "--handoff"])
            .success();
        let resumed = repository.session(&["resume", "--json", "--no-input"]);
        assert_eq!(
            texts(&resumed, "objectives"),
            ["Find the bug", "Mend it", "New"]
        );
    }
}

#[test]
fn a_record_set_aside_stays_reachable() {
    let env = TestEnv::new();
    let repository = with_session(&env);
    let name = repository.git(&["for-each-ref", "--format=%(refname)", "refs/sessions"]);
    let foreign = repository.git(&["commit-tree", "HEAD^{tree}", "-m", "not ours"]);
    repository.git(&["update-ref", &name, &foreign]);
    repository.session(&["checkpoint", "--no-input"]).success();
    let aside = repository.git(&[
        "for-each-ref",
        "--format=%(objectname)",
        "refs/session-kept",
    ]);
    assert_eq!(aside, foreign);
    let said = format!("{foreign} {name}\n");
    assert_eq!(kept(&repository), [Some(said.into_bytes())]);
}

#[test]
fn one_damaged_entry_hides_no_other() {
    let env = TestEnv::new();
    let repository = with_session(&env);
    repository.session(&["checkpoint", "--no-input"]).success();
    let name = repository.git(&["for-each-ref", "--format=%(refname)", "refs/sessions"]);
    let entry = repository.git(&["rev-parse", &format!("{name}~1:entry.json")]);
    replace(&object(&repository, &entry), Some(b""));
    let list = repository.session(&["checkpoint", "list", "--json"]);
    let ids: Vec<_> = list.json()["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].clone())
        .collect();
    assert_eq!(ids, ["cp-3", "cp-1"]);
    assert!(list.stderr.contains("is damaged"), "{list}");
    repository
        .session(&["checkpoint", "show", "cp-1"])
        .success();
    let shown = repository.session(&["checkpoint", "show", "cp-2"]);
    assert_eq!(shown.code, Some(1), "{shown}");
    assert!(shown.stderr.contains("is damaged"), "{shown}");
    assert_eq!(repository.session(&["status"]).success().stderr, "");
}

#[test]
fn a_newer_record_is_refused_and_not_touched() {
    let env = TestEnv::new();
    let repository = with_session(&env);
    let name = repository.git(&["for-each-ref", "--format=%(refname)", "refs/sessions"]);
    let message = repository.git(&["log", "-1", "--format=%B", &name]);
    let message = message.replace("Session-Format: 1", "Session-Format: 99");
    let newer = repository.git(&[
        "commit-tree",
        &format!("{name}^{{tree}}"),
        "-p",
        &name,
        "-m",
        &message,
    ]);
    repository.git(&["update-ref", &name, &newer]);
    for arguments in [
        &["status"][..],
        &["checkpoint", "--no-input"],
        &["end", "--no-input"],
    ] {
        let refused = repository.session(arguments);
        assert_eq!(refused.code, Some(1), "{arguments:?}\n{refused}");
        assert!(refused.stderr.contains("format 99"), "{refused}");
        assert_eq!(repository.git(&["rev-parse", &name]), newer);
    }
}
