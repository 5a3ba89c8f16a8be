//! The user's store, which all their clones share. It must not test what is in a configuration.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::component::{sha256, version_1, version_2};
use super::{project, stored};
use crate::common::TestEnv;
use crate::common::repository::{Repository, run};

const INSTALL: [&str; 3] = ["plugin", "install", "tools/notes.wasm"];

fn trust(repository: &Repository<'_>, bytes: &[u8]) {
    let trust = ["plugin", "trust", "acme-notes", "--sha256", &sha256(bytes)];
    run(repository, &trust);
}

/// As if nobody had wanted it for so long.
fn age(path: &Path, days: u64) {
    let file = std::fs::File::open(path).unwrap();
    let then = SystemTime::now() - Duration::from_hours(days * 24);
    file.set_modified(then).unwrap();
}

#[test]
fn what_one_clone_removes_another_one_still_has() {
    let env = TestEnv::new();
    let repository = project(&env);
    repository.session(&INSTALL).success();
    let other = env.root().join("other");
    repository.git(&["add", "-A"]);
    repository.git(&["commit", "-qm", "feat: notes"]);
    repository.git(&["clone", "-q", ".", other.to_str().unwrap()]);
    let other = Repository::at(&env, other);
    // Only the store has it any more.
    std::fs::remove_file(other.path().join("tools/notes.wasm")).unwrap();
    run(&repository, &["plugin", "remove", "acme-notes"]);
    let installed = ["plugin", "install", "--offline", "acme-notes"];
    other.session(&installed).success();
    trust(&other, &version_1());
}

#[test]
fn what_nobody_wanted_for_a_long_time_goes_and_what_is_agreed_to_stays() {
    let env = TestEnv::new();
    let cache = env.root().join("cache");
    env.set("SESSION_CACHE_DIR", &cache);
    let repository = project(&env);
    let old = stored(&env, &version_1());
    let artifacts = |bytes: &[u8]| -> Vec<_> {
        let entries = std::fs::read_dir(cache.join("plugins")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let is_it = |path: &std::path::PathBuf| path.to_string_lossy().contains(&sha256(bytes));
        paths.filter(is_it).collect()
    };
    repository.session(&INSTALL).success();
    age(&old, 91);
    artifacts(&version_1()).iter().for_each(|it| age(it, 91));
    // Somebody wants it now: it is as new.
    repository.session(&INSTALL).success();
    repository.write("tools/notes.wasm", version_2());
    run(&repository, &["plugin", "update"]);
    assert!(old.exists());
    assert_eq!(artifacts(&version_1()).len(), 2);
    trust(&repository, &version_2());
    for bytes in [version_1(), version_2()] {
        age(&stored(&env, &bytes), 91);
        artifacts(&bytes).iter().for_each(|it| age(it, 91));
    }
    run(&repository, &["plugin", "update"]);
    assert!(!old.exists());
    assert_eq!(artifacts(&version_1()).len(), 0);
    assert!(stored(&env, &version_2()).exists());
    assert_eq!(artifacts(&version_2()).len(), 2);
}
