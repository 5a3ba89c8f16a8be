//! kill -9 at hundreds of moments of every command that writes: whatever was acknowledged is there, the next command
//! works, and nothing of ours stays behind. It must not depend on when exactly a kill comes: any moment has to do.

mod world;

use std::path::PathBuf;
use std::time::SystemTime;

use crate::common::TestEnv;
use world::{World, assert_unique, column, leftovers};

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn a_killed_objectives_add_adds_once_or_not_at_all() {
    let env = TestEnv::new();
    World::new(&env).kill_at_every_moment(
        |moment| owned(&["objectives", "add", &format!("killed {moment}")]),
        |_, _| {},
        |world, moment, acknowledged| {
            if acknowledged {
                world.objectives.push(format!("killed {moment}"));
            }
            world.next_command(moment);
        },
    );
}

#[test]
fn a_killed_decisions_add_leaves_a_whole_entry_or_none() {
    let env = TestEnv::new();
    World::new(&env).kill_at_every_moment(
        |moment| owned(&["decisions", "add", &format!("killed {moment}")]),
        |world, moment| {
            // The log is also made anew by a command that may be killed.
            if moment == 1 {
                world.repository.git(&["clean", "-fdqx", ".session"]);
            }
        },
        |world, moment, acknowledged| {
            let listed = world.json(&["decisions", "list"]);
            let texts = column(&listed["decisions"], "text");
            let text = format!("killed {moment}");
            let times = texts.iter().filter(|found| **found == text).count();
            assert!(
                times <= 1 && times >= usize::from(acknowledged),
                "{texts:?}"
            );
            assert_unique(&column(&listed["decisions"], "id"));
            world.next_command(moment);
        },
    );
}

#[test]
fn a_killed_checkpoint_is_there_whole_or_not_at_all() {
    let env = TestEnv::new();
    World::new(&env).kill_at_every_moment(
        |moment| owned(&["checkpoint", "--label", &format!("killed {moment}")]),
        |world, moment| world.repository.write("a", format!("change {moment}\n")),
        |world, moment, acknowledged| {
            world.next_command(moment);
            let label = format!("killed {moment}");
            if acknowledged {
                world.labels.push(label.clone());
            }
            let listed = world.json(&["checkpoint", "list"]);
            if column(&listed["checkpoints"], "label").contains(&label) {
                world.repository.write("a", "since\n");
                world.session(&["checkpoint", "restore", &label, "a"]);
                assert_eq!(world.repository.read("a"), format!("change {moment}\n"));
            }
        },
    );
}

#[test]
fn a_killed_enhanced_commit_can_be_made_again() {
    let env = TestEnv::new();
    World::new(&env).kill_at_every_moment(
        |moment| owned(&["checkpoint", "--message", &format!("feat: {moment}")]),
        |world, moment| {
            world.repository.write("a", format!("change {moment}\n"));
            world.repository.write(&format!("new-{moment}"), "new\n");
        },
        |world, moment, acknowledged| {
            world.next_command(moment);
            let repository = &world.repository;
            let dirty = !repository.git(&["status", "--porcelain"]).is_empty();
            assert!(!(dirty && acknowledged));
            if dirty {
                world.session(&["checkpoint", "--message", "feat: again"]);
            }
            assert_eq!(repository.git(&["status", "--porcelain"]), "");
            assert_eq!(
                repository.git(&["show", "HEAD:a"]),
                format!("change {moment}")
            );
        },
    );
}

#[test]
fn a_killed_start_can_be_started_or_resumed() {
    let env = TestEnv::new();
    World::new(&env).kill_at_every_moment(
        |moment| owned(&["start", &format!("feature/{moment}"), "-o", "killed"]),
        |world, _| {
            world.repository.git(&["switch", "--quiet", "main"]);
        },
        |world, moment, acknowledged| {
            let branch = format!("feature/{moment}");
            world.session(&["status"]);
            let started =
                world
                    .repository
                    .session(&["--no-input", "start", &branch, "-o", "killed"]);
            assert!(!(acknowledged && started.code == Some(0)), "{started}");
            world.session(&["resume", &branch]);
            let listed = world.json(&["objectives", "list"]);
            assert_eq!(column(&listed["objectives"], "text"), ["killed"]);
            let records = format!("refs/sessions/feature-{moment}-*");
            let records = world.repository.git(&["for-each-ref", &records]);
            assert!(records.lines().count() <= 2, "{records}");
            world.session(&["switch", "feature/x"]);
            world.next_command(moment);
        },
    );
}

#[test]
fn a_killed_switch_loses_no_uncommitted_change() {
    let env = TestEnv::new();
    let work = |world: &World<'_>| {
        ["a", "b", "new/c"].map(|path| {
            let path = world.repository.path().join(path);
            std::fs::read_to_string(path).unwrap_or_default()
        })
    };
    World::new(&env).kill_at_every_moment(
        |_| owned(&["switch", "main", "--park"]),
        |world, moment| {
            world.repository.write("a", format!("staged {moment}\n"));
            world.repository.git(&["add", "a"]);
            world.repository.write("b", format!("unstaged {moment}\n"));
            world.repository.write("new/c", format!("new {moment}\n"));
        },
        |world, moment, acknowledged| {
            let expected = ["staged", "unstaged", "new"].map(|word| format!("{word} {moment}\n"));
            let here = world.repository.git(&["branch", "--show-current"]);
            assert!(here == "main" || !acknowledged);
            world.session(&["status"]);
            if here == "main" {
                assert_eq!(world.repository.git(&["status", "--porcelain"]), "");
                world.session(&["switch", "feature/x"]);
            } else {
                world.session(&["resume"]);
            }
            assert_eq!(work(world), expected, "killed at {moment}");
            let staged = world.repository.git(&["diff", "--cached", "--name-only"]);
            assert_eq!(staged, "a", "killed at {moment}");
            world.next_command(moment);
        },
    );
}

#[test]
fn a_killed_end_has_ended_or_can_end() {
    let env = TestEnv::new();
    World::new(&env).kill_at_every_moment(
        |moment| owned(&["end", "--accomplished", &format!("work {moment}")]),
        |world, moment| world.repository.write("a", format!("change {moment}\n")),
        end_and_resume,
    );
}

#[test]
fn a_killed_merge_leaves_both_branches_usable() {
    let env = TestEnv::new();
    World::new(&env).kill_at_every_moment(
        |_| owned(&["end", "--merge-to", "main", "--decisions", "merge it"]),
        |world, moment| {
            world.repository.write("a", format!("change {moment}\n"));
            world.repository.commit("feat: change");
        },
        |world, moment, acknowledged| {
            end_and_resume(world, moment, acknowledged);
            let repository = &world.repository;
            if acknowledged {
                repository.git(&["merge-base", "--is-ancestor", "feature/x", "main"]);
            }
            repository.git(&["fsck", "--no-dangling"]);
            assert_eq!(repository.read("a"), format!("change {moment}\n"));
        },
    );
}

/// After a killed `end`: ended when that was acknowledged, else open or ended, and either way it goes on from there.
fn end_and_resume(world: &mut World<'_>, moment: u32, acknowledged: bool) {
    world.session(&["status"]);
    let again = world
        .repository
        .session(&["--no-input", "end", "--accomplished", "again"]);
    assert!(!(acknowledged && again.code == Some(0)), "{again}");
    assert!(matches!(again.code, Some(0 | 1)), "{again}");
    world.session(&["handoff"]);
    world.session(&["resume"]);
    // A new session counts its checkpoints anew.
    world.labels.clear();
    world.next_command(moment);
}

/// What a kill leaves that comes just between two steps: the files of before, beside the objects and refs of after.
#[test]
fn a_kill_between_two_steps_of_a_change_is_made_good() {
    let env = TestEnv::new();
    let mut world = World::new(&env);
    let path = world
        .repository
        .path()
        .join(".git/sessions/feature/x/context.json");
    let refs = ["for-each-ref", "--format=%(refname)", "refs/sessions"];
    let record = world.repository.git(&refs);

    // The record has the checkpoint, the live files have not.
    let before = std::fs::read(&path).unwrap();
    world.session(&["checkpoint", "--label", "recorded"]);
    std::fs::write(&path, &before).unwrap();
    world.session(&["checkpoint", "--label", "next"]);
    world.labels.extend(["recorded".into(), "next".into()]);
    world.check();

    // The snapshot is kept, the record has no checkpoint for it.
    let before = std::fs::read(&path).unwrap();
    let tip = world.repository.git(&["rev-parse", &record]);
    world.session(&["checkpoint", "--label", "lost"]);
    world.repository.git(&["update-ref", &record, &tip]);
    std::fs::write(&path, &before).unwrap();
    world.session(&["checkpoint", "--label", "instead"]);
    world.labels.push("instead".into());
    world.check();

    // The record has the end.
    let before = std::fs::read(&path).unwrap();
    world.session(&["end"]);
    std::fs::write(&path, &before).unwrap();
    let late = world.repository.session(&["objectives", "add", "late"]);
    assert_eq!(late.code, Some(1), "{late}");
    assert!(late.stderr.contains("has ended"), "{late}");
    world.session(&["resume"]);
    world.labels.clear();
    world.finish();
}

/// A reader, or a kill, in the middle of a write never meets half a file: the old one is replaced, not written over.
#[test]
fn live_files_are_replaced_whole() {
    let env = TestEnv::new();
    let world = World::new(&env);
    let live = world.repository.path().join(".git/sessions/feature/x");
    for name in ["objectives.md", "context.json"] {
        let (path, link) = (live.join(name), env.root().join(name));
        std::fs::hard_link(&path, &link).unwrap();
        let before = std::fs::read(&path).unwrap();
        world.session(&["objectives", "add", name]);
        assert_eq!(std::fs::read(&link).unwrap(), before, "{name}");
        assert_ne!(std::fs::read(&path).unwrap(), before, "{name}");
    }
}

#[test]
fn lock_files_left_by_others_do_not_block() {
    let env = TestEnv::new();
    let mut world = World::new(&env);
    let git = world.repository.path().join(".git");
    let record = world
        .repository
        .git(&["for-each-ref", "--format=%(refname)", "refs/sessions"]);
    let id = record.trim_start_matches("refs/sessions/").to_owned();
    for (number, time) in [(1, Some(SystemTime::UNIX_EPOCH)), (2, None)] {
        let locks = [
            git.join(format!("{record}.lock")),
            git.join(format!("refs/session-snapshots/{id}/cp-{number}.lock")),
        ];
        for lock in &locks {
            std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
            let file = std::fs::File::create(lock).unwrap();
            if let Some(time) = time {
                file.set_modified(time).unwrap();
            }
        }
        let label = format!("past the lock {number}");
        world.session(&["checkpoint", "--label", &label]);
        world.labels.push(label);
        assert_eq!(leftovers(&git), Vec::<PathBuf>::new());
    }
    world.finish();
}

#[test]
fn temporary_files_of_killed_commands_are_neither_kept_nor_committed() {
    let env = TestEnv::new();
    let world = World::new(&env);
    for path in [".session/.session-tmp-abc123", "src/.session-tmp-abc123"] {
        world.repository.write(path, "half");
        let file = std::fs::File::options()
            .write(true)
            .open(world.repository.path().join(path))
            .unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    world.repository.write("src/real", "whole");
    world.session(&["checkpoint", "--message", "feat: real"]);
    let files = world
        .repository
        .git(&["show", "--format=", "--name-only", "HEAD"]);
    assert_eq!(files, "src/real");
    assert_eq!(leftovers(world.repository.path()), Vec::<PathBuf>::new());
}

/// What a kill leaves of a file that was being put back is no change of the user's, however young it is.
#[test]
fn a_file_that_was_half_put_back_goes_at_once_and_not_under_its_writer() {
    let env = TestEnv::new();
    let world = World::new(&env);
    let root = world.repository.path().to_owned();
    world.repository.write("a", "kept\n");
    world.session(&["checkpoint", "--label", "kept"]);
    world.repository.write("a", "since\n");
    // This writes into the work tree, and so makes what writers lock.
    world.session(&["checkpoint", "restore", "kept"]);
    let half = ".session-tmp-restored-abc123";
    world.repository.write(half, "half");
    let writing = std::fs::File::open(root.join(".git/sessions/.store/writing")).unwrap();
    writing.lock_shared().unwrap();
    world.session(&["status"]);
    assert!(world.repository.exists(half), "somebody is writing it");
    let listed = world.json(&["status"])["changes"].to_string();
    assert!(!listed.contains("session-tmp"), "{listed}");
    drop(writing);
    world.session(&["checkpoint"]);
    assert_eq!(leftovers(&root), Vec::<PathBuf>::new());
}
