//! What may go after a time, and what never does. It must not test when a checkpoint tidies up.

use crate::common::TestEnv;
use crate::common::odd;
use crate::common::repository::Repository;

const MONTH: i64 = 31 * 24 * 60;

fn snapshots(repository: &Repository<'_>) -> usize {
    let refs = repository.git(&["for-each-ref", "refs/session-snapshots"]);
    refs.lines().count()
}

#[test]
fn parked_changes_outlive_old_snapshots() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::plain(&env));
    let session = |arguments: &[&str]| {
        let arguments = [arguments, &["--no-input"]].concat();
        repository.session(&arguments).success()
    };
    session(&["start", "feature"]);
    session(&["checkpoint"]);
    repository.write("src/b.txt", "parked\n");
    repository.write("src/new.txt", "parked\n");
    session(&["switch", "main", "--park"]);
    assert_eq!(snapshots(&repository), 2);
    env.advance_minutes(MONTH);
    session(&["start"]);
    session(&["checkpoint"]);
    assert_eq!(snapshots(&repository), 2, "the parked one, and the new one");
    session(&["switch", "feature"]);
    assert_eq!(repository.read("src/b.txt"), "parked\n");
    assert_eq!(repository.read("src/new.txt"), "parked\n");
    // Back where they belong, they are kept no longer than others.
    env.advance_minutes(MONTH);
    session(&["checkpoint"]);
    assert_eq!(snapshots(&repository), 1);
}
