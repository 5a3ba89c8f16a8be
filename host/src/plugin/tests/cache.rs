//! The compiled artifacts: what is not exactly what this program put there is compiled again.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::*;

fn load(cache_dir: &Path, when_cold: WhenCold) -> Answers {
    let mut plugins = Plugins::from_sources(
        vec![doing("nothing")],
        Some(cache_dir),
        &[Hook::Brief],
        when_cold,
    );
    plugins.ask(&brief(), &FixedHost::new(&std::env::temp_dir()))
}

fn is_warm(cache_dir: &Path) -> bool {
    load(cache_dir, WhenCold::Skip).contributions.len() == 1
}

fn compiles(cache_dir: &Path) -> bool {
    load(cache_dir, WhenCold::Compile).contributions.len() == 1
}

fn file(cache_dir: &Path, extension: &str) -> PathBuf {
    let entries = fs::read_dir(cache_dir.join("plugins")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths
        .find(|path| path.extension().is_some_and(|it| it == extension))
        .unwrap()
}

/// A copy of the shared cache, so that a test can spoil it without compiling first.
fn warm_copy() -> tempfile::TempDir {
    let shared = cache_dir();
    assert!(compiles(&shared));
    let compatibility = engine::compatibility(&engine::engine().unwrap());
    let key = format!(
        "{}-{}",
        engine::digest(session_guests::MISBEHAVING),
        &compatibility[..16]
    );
    let copy = tempfile::tempdir().unwrap();
    let target = copy.path().join("plugins");
    fs::create_dir(&target).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(shared.join("plugins")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // The shared cache may also hold what an older build of this program compiled.
        if name.starts_with(&key) {
            fs::copy(&path, target.join(name)).unwrap();
        }
    }
    assert!(is_warm(copy.path()));
    copy
}

#[test]
fn a_hook_does_not_compile_and_says_so() {
    let empty = tempfile::tempdir().unwrap();
    let answers = load(empty.path(), WhenCold::Skip);
    assert_eq!(answers.contributions, []);
    assert!(
        answers.warnings[0]
            .message
            .starts_with("plugin nothing was left out")
    );
}

#[test]
fn a_flipped_byte_is_noticed_and_compiled_away() {
    let cache = warm_copy();
    let artifact = file(cache.path(), "cwasm");
    let mut bytes = fs::read(&artifact).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&artifact, bytes).unwrap();
    assert!(!is_warm(cache.path()));
    assert!(compiles(cache.path()));
    assert!(is_warm(cache.path()));
}

#[test]
fn an_artifact_of_another_component_is_not_used() {
    let cache = warm_copy();
    let names = ["cwasm", "blake3"].map(|extension| file(cache.path(), extension));
    let other = engine::digest(session_guests::CONTRACT);
    let theirs = names.each_ref().map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        path.with_file_name(name.replace(&engine::digest(session_guests::MISBEHAVING), &other))
    });
    for (ours, theirs) in names.iter().zip(&theirs) {
        fs::copy(ours, theirs).unwrap();
    }
    let engine = engine::engine().unwrap();
    let open = Cache::open(Some(cache.path()), &engine);
    assert!(open.holds(&other));
    assert!(open.load(&engine, &other).is_none());
}

#[test]
fn a_pipe_in_the_place_of_a_file_holds_nobody_up() {
    let cache = warm_copy();
    let checksum = file(cache.path(), "blake3");
    fs::remove_file(&checksum).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &checksum,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    assert!(!is_warm(cache.path()));
}

#[test]
fn an_artifact_or_checksum_behind_a_symlink_is_not_used() {
    for extension in ["cwasm", "blake3"] {
        let cache = warm_copy();
        let path = file(cache.path(), extension);
        let elsewhere = cache.path().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert!(!is_warm(cache.path()), "{extension}");
    }
}

#[test]
fn a_file_that_others_can_write_is_not_used() {
    let cache = warm_copy();
    let artifact = file(cache.path(), "cwasm");
    fs::set_permissions(&artifact, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(!is_warm(cache.path()));
}

#[test]
fn a_directory_that_others_can_enter_is_not_used() {
    let cache = warm_copy();
    let directory = cache.path().join("plugins");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!is_warm(cache.path()));
    let answers = load(cache.path(), WhenCold::Compile);
    assert_eq!(answers.contributions.len(), 1);
    assert_eq!(answers.warnings.len(), 1);
    assert!(answers.warnings[0].message.contains("open to other users"));
    assert!(!is_warm(cache.path()));
}

#[test]
fn a_directory_behind_a_symlink_is_not_used() {
    let cache = warm_copy();
    let other = tempfile::tempdir().unwrap();
    symlink(cache.path().join("plugins"), other.path().join("plugins")).unwrap();
    assert!(!is_warm(other.path()));
}

#[test]
fn without_a_cache_directory_everything_is_compiled() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(compiles(file.path()));
}
