//! The path history against real repositories.

use std::time::Duration;

use super::*;
use crate::git::testing::TestRepository;

const LONG: Duration = Duration::from_secs(60);
const FULL: Depth = Depth::Full { max: 20_000 };

fn refreshed(test: &TestRepository, depth: Depth) -> PathHistory {
    let (repository, directory) = (test.open(), test.beside("index"));
    let head = repository.head_commit().unwrap();
    let loaded = PathHistory::load(&directory);
    Refresh::spawn(&repository, &directory, loaded, head, depth)
        .unwrap()
        .finish(LONG)
}

fn paths(names: &[&str]) -> Vec<RepoPath> {
    names.iter().map(|name| RepoPath::from(*name)).collect()
}

/// What can be asked of it, for comparing two ways to the same index.
fn answers(history: &PathHistory) -> String {
    let asked = paths(&["", "a", "a/CLAUDE.md", "a/one", "a.b", "b/two", "m", "none"]);
    format!(
        "{:?} {:?} {:?}",
        history.activity(&asked),
        history.recent_paths(100),
        history.recent_authors(100)
    )
}

#[test]
fn activity_counts_commits_and_files_of_the_directory_since_the_last_change() {
    let test = TestRepository::new();
    test.commit_file("a/CLAUDE.md", "1", "context");
    let changed = test.commit_file("a/CLAUDE.md", "2", "context again");
    test.commit_file("a/one", "1", "one");
    test.commit_file("a/one", "2", "one again");
    test.commit_file("a/deep/two", "1", "two");
    test.commit_file("a.b", "1", "a neighbour in the order of names");
    test.commit_file("b/three", "1", "elsewhere");
    test.commit_file("a1", "1", "another neighbour");
    let history = refreshed(&test, FULL);
    let activity = history.activity(&paths(&["a/CLAUDE.md", "a", "a.b", "none"]));
    let last = activity[0].last_change.as_ref().unwrap();
    assert_eq!(
        (last.id, last.subject.as_deref()),
        (changed, Some("context again"))
    );
    assert_eq!(
        (
            activity[0].directory_commits_since,
            activity[0].directory_files_since
        ),
        (3, 2)
    );
    assert_eq!(
        activity[1].last_change.as_ref().unwrap().subject.as_deref(),
        Some("two")
    );
    assert_eq!(
        (
            activity[1].directory_commits_since,
            activity[2].directory_commits_since
        ),
        (0, 2)
    );
    assert_eq!(activity[3].last_change, None);
}

#[test]
fn an_index_brought_forward_equals_one_built_anew() {
    let test = TestRepository::new();
    test.commit_file("a/CLAUDE.md", "1", "context");
    test.commit_file("m", "1", "sorts after what comes later");
    test.commit_file("z", "1", "to be dropped from the branch");
    let first = refreshed(&test, FULL);
    test.git(&["reset", "-q", "--hard", "HEAD~1"]);
    test.git(&["checkout", "-q", "-b", "other"]);
    test.commit_file("a/one", "1", "one");
    test.git(&["checkout", "-q", "main"]);
    test.commit_file("b/two", "1", "two");
    test.git(&["merge", "-q", "--no-ff", "-m", "merge", "other"]);
    let forward = refreshed(&test, FULL);
    assert_ne!(answers(&first), answers(&forward));
    std::fs::remove_dir_all(test.beside("index")).unwrap();
    let anew = refreshed(&test, FULL);
    assert_eq!(answers(&forward), answers(&anew));
    assert_eq!(forward.indexed_commit(), test.open().head_commit().unwrap());
}

#[test]
fn nothing_runs_when_head_has_not_moved_and_a_recent_index_is_not_complete() {
    let test = TestRepository::new();
    test.commit_file("a", "1", "one");
    assert!(!refreshed(&test, Depth::Recent).complete());
    let (repository, directory) = (test.open(), test.beside("index"));
    let head = repository.head_commit().unwrap();
    let running = |depth| {
        let loaded = PathHistory::load(&directory);
        Refresh::spawn(&repository, &directory, loaded, head, depth)
            .unwrap()
            .is_running()
    };
    assert!(!running(Depth::Recent));
    assert!(running(FULL));
    assert!(refreshed(&test, FULL).complete());
    assert!(!running(FULL));
    assert!(
        refreshed(&test, Depth::Recent).complete(),
        "a fuller index stays"
    );
}

#[test]
fn a_late_git_leaves_the_old_index_in_use() {
    let test = TestRepository::new();
    test.commit_file("a", "1", "one");
    let old = refreshed(&test, FULL);
    test.commit_file("b", "1", "two");
    let (repository, directory) = (test.open(), test.beside("index"));
    let head = repository.head_commit().unwrap();
    let loaded = PathHistory::load(&directory);
    let mut late = Refresh::spawn(&repository, &directory, loaded, head, FULL).unwrap();
    // A git that never answers.
    let (_silent, output) = std::sync::mpsc::channel();
    late.pass.as_mut().unwrap().output = output;
    let late = late.finish(Duration::ZERO);
    assert!(late.outdated());
    assert_eq!(late.indexed_commit(), old.indexed_commit());
    assert_eq!(late.age(test.now()), Duration::ZERO);
}

#[test]
fn a_damaged_or_foreign_index_is_built_again() {
    let test = TestRepository::new();
    test.commit_file("caf\u{e9}\nx", "1", "one");
    let good = answers(&refreshed(&test, FULL));
    let file = test.beside("index").join(format::FILE_NAME);
    let bytes = std::fs::read(&file).unwrap();
    for damaged in [&bytes[..bytes.len() - 3], b"something else", &[]] {
        std::fs::write(&file, damaged).unwrap();
        assert!(PathHistory::load(&test.beside("index")).is_none());
        assert_eq!(answers(&refreshed(&test, FULL)), good);
    }
    // A flipped byte may still decode; it must never make a query panic.
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 0x41;
        if let Some(history) = format::read(&flipped) {
            answers(&history);
        }
    }
}

#[test]
fn an_index_for_a_commit_that_is_gone_is_replaced() {
    let test = TestRepository::new();
    test.commit_file("a", "1", "one");
    let mut history = refreshed(&test, FULL);
    history.head = ObjectId::from_str(&"7".repeat(40)).ok();
    format::write(&history, &test.beside("index")).unwrap();
    let id = test.commit_file("b", "1", "two");
    let now = refreshed(&test, FULL);
    assert_eq!((now.indexed_commit(), now.commits.len()), (Some(id), 2));
}

#[test]
fn the_newest_paths_come_first_then_the_busiest_and_a_cut_keeps_them() {
    let test = TestRepository::new();
    for name in ["d", "c", "b", "a", ".session/decision-log.md"] {
        test.write(name, "1");
    }
    test.commit_all("all of them");
    test.commit_file("c", "2", "one of them again");
    let history = refreshed(&test, FULL);
    let names = |count| -> Vec<String> {
        let recent = history.recent_paths(count).into_iter();
        recent.map(|recent| recent.path.to_text()).collect()
    };
    assert_eq!(names(9), ["c", "a", "b", "d"]);
    assert_eq!(names(2), ["c", "a"]);
    assert_eq!(history.recent_paths(1)[0].commits, 2);
}
