//! Commands as people type them, in pairs. It must not need a repository.

use super::*;
use crate::session::evidence::tests::evidence;
use crate::session::evidence::{Counted, NothingRan, Setup, TestCounts};

fn ran(command: &str, exit_code: i32, counts: Option<(&str, u32, u32)>) -> EvidenceRecord {
    let words: Vec<&str> = command.split(' ').collect();
    let mut record = evidence(&words, exit_code);
    record
        .runners
        .extend(counts.map(|(runner, passed, failed)| Counted {
            runner: runner.into(),
            counts: Some(TestCounts {
                passed,
                failed,
                skipped: 0,
            }),
            report: None,
        }));
    record
}

#[test]
fn a_run_of_all_tests_shows_what_a_part_broke_and_another_part_does_not() {
    for (newer, failed, expected) in [
        ("pytest -q test_a.py", "pytest -q test_a.py", true),
        ("pytest -q test_b.py", "pytest -q test_a.py", false),
        ("pytest", "pytest -q test_a.py", true),
        (
            "pytest -xvs --tb=short -n 4 --cov=app",
            "pytest -k price",
            true,
        ),
        ("pytest -vkother", "pytest -q", false),
        ("pytest -qkother", "pytest -q", false),
        ("pytest", "pytest --doctest-modules", false),
        ("pytest", "pytest -W error", false),
        ("pytest", "pytest build/test_a.py", false),
        ("pytest", "pytest checks.py", false),
        ("pytest -p deselects", "pytest", false),
        ("env SLOW=1 pytest", "env SLOW=1 pytest test_a.py", true),
        ("pytest", "env SLOW=1 pytest", false),
        ("env --chdir=ok pytest", "pytest", false),
        ("python -c x -m pytest", "pytest", false),
        ("python -m unittest -v", "python -m unittest test_old", true),
        (
            "python -m unittest",
            "python -m unittest test_pkg.checks",
            false,
        ),
        (
            "python -m unittest test_b",
            "python -m unittest test_a",
            false,
        ),
        ("python -m pytest -q", "pytest test_a.py", true),
        ("pytest -v test_a.py", "pytest -q test_a.py", true),
        ("timeout 60 pytest test_a.py", "pytest test_a.py", true),
        ("pytest -n2 --tb short --cov app", "pytest", true),
        ("pytest --cov api test_b.py", "pytest api/test_a.py", false),
        ("pytest test_a.py @opts.txt", "pytest test_a.py", false),
        ("pytest -q", "pytest ./test_a.py --pdb", true),
        ("pytest --sw", "pytest", false),
        (
            "pytest -n2 --tb short --cov=app --cov-report xml .",
            "pytest",
            true,
        ),
        (
            "coverage run --branch -m pytest -q",
            "coverage run -m pytest",
            true,
        ),
        ("pytest", "pytest -p no:sugar test_a.py", true),
        ("env PYTHONPATH=. pytest", "pytest", false),
        ("cargo test -p x -- --nocapture", "cargo test -p x", true),
        ("pytest -k price", "pytest", false),
        ("pytest -m fast", "pytest", false),
        ("pytest --lf", "pytest", false),
        ("pytest --some-plugins-option", "pytest", false),
        ("pytest -c other.ini", "pytest", false),
        ("cargo test", "cargo test price", true),
        ("cargo test -p y", "cargo test -p x", false),
        ("cargo test", "cargo test -p x", false),
        ("cargo test --workspace", "cargo test -p x", true),
        ("cargo test -vptwo", "cargo test", false),
        ("cargo test", "cargo test -- --ignored", false),
        ("cargo test", "cargo test -- --include-ignored", false),
        ("cargo test -- --skip slow", "cargo test", false),
        ("cargo test", "cargo test --test http -- price", true),
        ("cargo test --workspace", "cargo test -p x --lib", false),
        ("go test ./...", "go test ./testdata", false),
        ("go test ./...", "go test i_test.go x.go", false),
        ("go test -cpu 2 ./...", "go test ./...", true),
        ("node --test", "node --test lib/a.test.js", true),
        ("node --test", "node --test check.js", false),
        ("node --test b.test.js", "node --test a.test.js", false),
        ("npx vitest run --exclude=a", "npx vitest run", false),
        ("npx jest --testPathIgnorePatterns=a", "npx jest", false),
        ("cargo test", "cargo test --all-targets", false),
        (
            "cargo test --workspace -- --nocapture",
            "cargo test --workspace price",
            true,
        ),
        ("cargo test --release", "cargo test", false),
        ("cargo test --lib", "cargo test", false),
        ("cargo test --workspace", "cargo nextest run", false),
        (
            "cargo nextest run --workspace",
            "cargo nextest run -p x",
            true,
        ),
        ("go test ./... -v -count=1", "go test ./a -run TestX", true),
        ("go test ./...", "go test -race ./...", false),
        ("go test -vet=off ./...", "go test ./...", false),
        ("go test -count=0 ./...", "go test ./...", false),
        ("go test", "go test ./a", false),
        ("go test -short ./...", "go test ./...", false),
        ("npx jest --ci", "npx jest a.test.js", true),
        ("npx jest a.test.js", "npx jest", false),
        ("npx vitest run", "npx vitest run a", true),
        ("npx --workspace=pk vitest run", "npx vitest run", false),
        ("npx vitest run --dir pk", "npx vitest run", false),
        (
            "ctest --test-dir build --output-on-failure",
            "ctest --test-dir build -R a",
            true,
        ),
        ("ctest --test-dir other", "ctest --test-dir build", false),
        // What a project calls its tests may do anything with more words.
        ("npm test", "npm test -- a.test.js", false),
        ("make test", "make test SLOW=1", false),
        ("npm test -- b.test.js", "npm test -- a.test.js", false),
        ("make -j4 test", "make test", true),
        ("make check", "make test", false),
        ("sh -c pytest", "pytest", false),
        ("env PYTEST_ADDOPTS=-kx pytest", "pytest", false),
    ] {
        // A failed test was counted where its runner counts.
        let counts = failed.starts_with("cargo").then_some(("cargo-test", 1, 1));
        let counted = newer.starts_with("cargo").then_some(("cargo-test", 2, 0));
        let found = shows_whole(&ran(newer, 0, counted), &ran(failed, 1, counts));
        assert_eq!(found, expected, "{newer} after {failed}");
    }
}

#[test]
fn a_script_stands_for_itself_alone() {
    let counts = |passed| Some(("pytest", passed, 0));
    let failed = ran("./check.sh", 1, Some(("pytest", 2, 1)));
    assert!(!shows_whole(&ran("pytest", 0, counts(9)), &failed));
    assert!(shows_whole(&ran("./check.sh", 0, counts(3)), &failed));
}

#[test]
fn another_place_or_another_environment_is_another_run() {
    let failed = ran("pytest", 1, None);
    let mut newer = ran("pytest", 0, None);
    newer.directory = Some("web".into());
    assert!(!shows_whole(&newer, &failed));
    newer.directory = None;
    newer.environment = vec!["PYTEST_ADDOPTS=-k ok".into()];
    assert!(!shows_whole(&newer, &failed));
    let mut below = ran("cargo test", 101, Some(("cargo-test", 0, 1)));
    below.directory = Some("crates/a".into());
    let whole = ran("cargo test --workspace", 0, None);
    assert!(!shows_whole(&whole, &below), "another workspace's");
    below.setup.in_root_workspace = true;
    assert!(shows_whole(&whole, &below));
    assert!(!shows_whole(&ran("cargo test", 0, None), &below));
}

#[test]
fn what_only_lists_or_finds_no_test_ran_none() {
    for (command, exit_code, counts, expected) in [
        ("pytest --version", 0, None, true),
        ("pytest --collect-only -q", 0, None, true),
        ("pytest -q", 0, None, true),
        ("pytest -qq", 0, None, false),
        ("pytest -q", 1, None, false),
        // What breaks `conftest.py` ends like this, too.
        ("pytest", 4, None, false),
        ("pytest -k no", 5, Some(("pytest", 0, 0)), true),
        ("pytest", 0, Some(("pytest", 2, 0)), false),
        ("cargo test --no-run", 0, None, true),
        ("cargo test", 101, None, false),
        ("cargo test none", 0, Some(("cargo-test", 0, 0)), true),
        ("cargo nextest run none", 4, None, true),
        ("go test ./...", 0, None, false),
        ("go test -list .", 0, None, true),
        ("go test -count=0 ./...", 0, None, true),
        ("python -m unittest", 5, None, true),
        ("npx jest --listTests", 0, None, true),
        ("make test", 0, None, false),
        ("make -n test", 0, None, true),
        ("./check.sh", 0, Some(("pytest", 0, 0)), true),
        ("./check.sh", 0, None, false),
    ] {
        assert_eq!(
            ran_none(&ran(command, exit_code, counts)),
            expected,
            "{command}"
        );
    }
}

#[test]
fn pytest_is_told_by_its_paths_wherever_it_is_called() {
    let at = |line: &str| {
        let (place, line) = line.split_once("$ ").unwrap();
        EvidenceRecord {
            directory: (!place.is_empty()).then(|| place.into()),
            ..ran(line, 0, None)
        }
    };
    for (newer, failed, expected) in [
        ("svc/a$ pytest", "$ pytest svc/a", true),
        ("$ pytest -q svc/a/", "svc/a$ pytest", true),
        ("$ pytest svc/a svc/b", "svc/a$ pytest test_x.py", true),
        ("svc/a$ pytest", "$ pytest svc/a/test_x.py::test_y", true),
        ("$ pytest test_x.py", "$ pytest test_x.py::test_y", true),
        ("$ pytest svc/a", "svc/ab$ pytest", false),
        ("$ pytest svc", "svc/a$ pytest test_x.py", true),
        ("$ pytest svc", "svc/a$ pytest checks.py", false),
        ("$ pytest svc", "svc/build$ pytest", false),
        ("svc/a$ pytest -k x", "$ pytest svc/a", false),
        ("svc/a$ pytest -c other.ini", "$ pytest svc/a", false),
        ("svc/a$ pytest", "$ pytest svc/a svc/b", false),
        ("svc$ pytest a/../b", "svc/a$ pytest", false),
        // Its configuration may name less than all.
        ("$ pytest", "svc/a$ pytest", false),
        ("svc/a$ pytest", "$ pytest", false),
    ] {
        assert_eq!(
            shows_whole(&at(newer), &at(failed)),
            expected,
            "{newer} after {failed}"
        );
    }
}

#[test]
fn at_the_root_of_a_cargo_workspace_all_packages_are_run() {
    let setup = Setup {
        all_packages: true,
        ..Setup::default()
    };
    let all = EvidenceRecord {
        setup: setup.clone(),
        ..ran("cargo test", 0, Some(("cargo-test", 1, 0)))
    };
    let failed = |line| ran(line, 101, Some(("cargo-test", 0, 1)));
    let mut below = failed("cargo test");
    below.directory = Some("crates/api".into());
    below.setup.in_root_workspace = true;
    assert!(shows_whole(&all, &failed("cargo test -p api")));
    assert!(shows_whole(&all, &below));
    let named = EvidenceRecord {
        setup,
        ..ran("cargo test -p web", 0, None)
    };
    assert!(!shows_whole(&named, &below));
    // With the features of all packages it may compile.
    let uncompiled = ran("cargo test -p api", 101, None);
    assert!(!shows_whole(&all, &uncompiled));
}

#[test]
fn pytests_configuration_decides_what_a_plain_run_has() {
    let with = |line: &str, setup: &Setup| EvidenceRecord {
        setup: setup.clone(),
        ..ran(line, 0, None)
    };
    let chooses = Setup {
        chooses: true,
        ..Setup::default()
    };
    let in_tests = Setup {
        test_paths: vec!["tests".into()],
        ..Setup::default()
    };
    for (newer, setup, failed, expected) in [
        ("pytest", &chooses, "pytest -m slow", false),
        ("pytest", &chooses, "pytest test_a.py", false),
        ("pytest -q", &chooses, "pytest", true),
        (
            "pytest test_a.py",
            &chooses,
            "pytest test_a.py::test_x",
            true,
        ),
        ("pytest api", &chooses, "pytest api/test_a.py", false),
        ("pytest", &in_tests, "pytest tests/test_a.py", true),
        ("pytest", &in_tests, "pytest -k price", true),
        ("pytest", &in_tests, "pytest b/test_a.py", false),
    ] {
        let found = shows_whole(&with(newer, setup), &with(failed, setup));
        assert_eq!(found, expected, "{newer} after {failed}: {setup:?}");
    }
}

#[test]
fn a_part_is_told_from_all() {
    let is = |some: &str, all: &str| is_part(&ran(some, 0, None), &ran(all, 0, None));
    assert!(is("pytest test_a.py", "pytest -q"));
    assert!(is("cargo test -p a", "cargo test --workspace"));
    assert!(is("cargo test", "cargo test --workspace"));
    assert!(!is("pytest -v", "pytest -q"));
    assert!(!is("pytest test_a.py", "pytest test_b.py"));
    assert!(!is("pytest test_a.py", "cargo test"));
    assert!(!is("./check.sh", "pytest"));
}

#[test]
fn what_is_gone_is_told_by_the_same_command() {
    let failed = ran("pytest test_old.py", 1, Some(("pytest", 0, 1)));
    let again = |exit_code, nothing_ran| EvidenceRecord {
        nothing_ran,
        ..ran("pytest test_old.py", exit_code, None)
    };
    assert!(again(4, Some(NothingRan::NotThere)).shows_gone(&failed));
    assert!(!again(4, Some(NothingRan::CalledWrongly)).shows_gone(&failed));
    assert!(!again(4, None).shows_gone(&failed));
    assert!(again(5, None).shows_gone(&failed));
    let mut skipped = ran("pytest test_old.py", 0, Some(("pytest", 0, 0)));
    assert!(skipped.shows_gone(&failed));
    skipped.runners[0].counts = Some(TestCounts {
        passed: 0,
        failed: 0,
        skipped: 1,
    });
    assert!(!skipped.shows_gone(&failed), "it is there, and left out");
}

#[test]
fn a_test_that_is_skipped_or_not_counted_any_more_has_not_passed() {
    let counts = |passed, failed, skipped| {
        let mut record = ran("pytest -q", 0, Some(("pytest", passed, failed)));
        record.runners[0].counts = Some(TestCounts {
            passed,
            failed,
            skipped,
        });
        record
    };
    let failed = counts(1, 1, 0);
    assert!(shows_whole(&counts(2, 0, 0), &failed));
    assert!(shows_whole(&counts(1, 0, 0), &failed), "it was taken out");
    assert!(!shows_whole(&counts(1, 0, 1), &failed));
    assert!(shows_whole(&counts(2, 0, 1), &failed), "another one is");
    assert!(!shows_whole(&ran("pytest -q", 0, None), &failed));
}
