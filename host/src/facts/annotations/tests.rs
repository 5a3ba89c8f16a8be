//! Work items against real repositories.

use super::*;
use crate::config::{Config, TrackingConfig};
use crate::git::testing::TestRepository;

const FULL: Depth = Depth::Full { max: 20_000 };

fn tracking() -> TrackingConfig {
    TrackingConfig {
        ignore_patterns: vec!["vendor/".into()],
        ..Config::default().tracking
    }
}

fn refreshed(test: &TestRepository, depth: Depth) -> WorkItems {
    let (repository, directory) = (test.open(), test.beside("index"));
    let mut annotations = Annotations::load(&directory).unwrap_or_default();
    let head = repository.head_commit().unwrap();
    let tree = head.map(|head| repository.commit_tree(head).unwrap());
    let status = test.status();
    if annotations
        .refresh(&repository, tree, &tracking(), depth)
        .unwrap()
    {
        annotations.save(&directory).unwrap();
    }
    annotations.lay_over(&repository, &status);
    annotations.work_items(&status.changes, 100)
}

fn shown(items: &WorkItems) -> Vec<String> {
    let line = |item: &WorkItem| {
        format!(
            "{} {}:{} {}",
            item.annotation,
            item.path.to_text(),
            item.line,
            item.text
        )
    };
    items.nearest.iter().map(line).collect()
}

fn repository() -> TestRepository {
    let test = TestRepository::new();
    test.write(
        "a/one.rs",
        "// TODO: first\nx\n// FIXME: second TODO: too\n",
    );
    test.write("b/new\nline", "TODO: odd name\n");
    test.write("vendor/x", "TODO: not ours\n");
    test.write("bin", b"\0 TODO: binary\n");
    test.commit_all("one");
    test
}

#[test]
fn the_first_full_build_reads_the_tree_and_a_recent_one_only_changed_files() {
    let test = repository();
    test.write("untracked", "TODO: nobody's yet");
    test.write("a/one.rs", "TODO: changed\n");
    let recent = refreshed(&test, Depth::Recent);
    assert_eq!(
        (shown(&recent), recent.complete),
        (vec!["TODO: a/one.rs:1 changed".into()], false)
    );
    let full = refreshed(&test, FULL);
    assert_eq!(
        shown(&full),
        ["TODO: a/one.rs:1 changed", "TODO: b/new\nline:1 odd name"]
    );
    assert_eq!(
        (full.complete, &full.counts[0]),
        (true, &("TODO:".to_owned(), 2))
    );
    test.git(&["checkout", "-q", "a/one.rs"]);
    let reverted = refreshed(&test, Depth::Recent);
    let names = ["TODO:", "FIXME:", "DECISION:", "BLOCKER:"].map(String::from);
    let expected: Vec<_> = names.into_iter().zip([3, 1, 0, 0]).collect();
    assert_eq!((reverted.counts, reverted.complete), (expected, true));
}

#[test]
fn an_index_brought_forward_equals_one_built_anew() {
    let test = repository();
    refreshed(&test, FULL);
    test.git(&["rm", "-q", "b/new\nline"]);
    test.git(&["mv", "a", "c"]);
    test.write("d", "BLOCKER: new\n");
    test.write("large", format!("TODO: large\n{}", "x".repeat(1024 * 1024)));
    test.commit_all("two");
    let forward = refreshed(&test, Depth::Recent);
    assert!(forward.complete);
    let mut expected = vec!["BLOCKER: d:1 new", "TODO: c/one.rs:1 first"];
    expected.extend(["TODO: c/one.rs:3 too", "FIXME: c/one.rs:3 second TODO: too"]);
    let mut lines = shown(&forward);
    lines.sort_by_key(|line| !line.starts_with("BLOCKER"));
    assert_eq!(lines, expected);
}

#[test]
fn items_near_the_changes_come_first() {
    let test = TestRepository::new();
    for name in ["a/far", "m/beside", "m/changed", "z"] {
        test.write(name, "TODO: x\n");
    }
    test.commit_all("one");
    test.write("m/changed", "TODO: x\nTODO: y\n");
    let expected = [
        "m/changed:1 x",
        "m/changed:2 y",
        "m/beside:1 x",
        "a/far:1 x",
        "z:1 x",
    ];
    assert_eq!(
        shown(&refreshed(&test, FULL)),
        expected.map(|line| format!("TODO: {line}"))
    );
}

#[test]
fn a_damaged_index_and_other_rules_mean_a_new_build() {
    let test = repository();
    let good = refreshed(&test, FULL);
    std::fs::write(
        test.beside("index/annotations"),
        "session annotations 1\ngarbage",
    )
    .unwrap();
    assert!(Annotations::load(&test.beside("index")).is_none());
    assert_eq!(refreshed(&test, FULL), good);
    let (repository, mut annotations) = (
        test.open(),
        Annotations::load(&test.beside("index")).unwrap(),
    );
    let other = TrackingConfig {
        annotations: vec!["second".into()],
        ..tracking()
    };
    let tree = repository
        .commit_tree(repository.head_commit().unwrap().unwrap())
        .unwrap();
    annotations
        .refresh(&repository, Some(tree), &other, FULL)
        .unwrap();
    assert_eq!(
        annotations.work_items(&[], 9).counts,
        [("second".to_owned(), 1)]
    );
}
