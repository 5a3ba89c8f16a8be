//! A configuration that somebody made read-only. It must not test what is written into one that is not.

use std::os::unix::fs::PermissionsExt as _;

use super::component::version_1;
use super::{BY_HAND, CONFIG, project, refused, stored, with_entry};
use crate::common::TestEnv;
use crate::common::repository::{Repository, run};

fn set_mode(repository: &Repository<'_>, mode: u32) {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(repository.path().join(CONFIG), permissions).unwrap();
}

fn mode(repository: &Repository<'_>) -> u32 {
    let metadata = repository.path().join(CONFIG).metadata().unwrap();
    metadata.permissions().mode() & 0o777
}

#[test]
fn a_configuration_that_is_read_only_is_not_replaced() {
    let env = TestEnv::new();
    let repository = project(&env);
    let entry = with_entry("./tools/notes.wasm", &version_1(), "");
    repository.write(CONFIG, &entry);
    set_mode(&repository, 0o444);
    let words = ".session/config.yaml is read-only, so it is left as it is";
    let other = ["install", "tools/notes.wasm", "--name", "other"];
    for arguments in [
        &other[..],
        &["enable", "coverage"],
        &["disable", "context-manager"],
        &["remove", "acme-notes"],
    ] {
        refused(&repository, arguments, words);
        assert_eq!(mode(&repository), 0o444);
    }
    // What changes nothing in it goes on: a checkout may be read-only as a whole.
    run(&repository, &["plugin", "install"]).success();
    assert!(stored(&env, &version_1()).exists());
    run(&repository, &["plugin", "disable", "coverage"]).success();
    assert_eq!(repository.read(CONFIG), entry);
}

#[test]
fn the_mode_of_a_configuration_stays() {
    let env = TestEnv::new();
    let repository = project(&env);
    for kept in [0o600, 0o666] {
        repository.write(CONFIG, BY_HAND);
        set_mode(&repository, kept);
        run(&repository, &["plugin", "enable", "coverage"]).success();
        assert!(repository.read(CONFIG).contains("enabled: true"));
        assert_eq!(mode(&repository), kept);
    }
}
