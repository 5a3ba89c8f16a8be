//! kill -9 at hundreds of moments of every command that writes: whatever was acknowledged is there, the next command
//! works, and nothing of ours stays behind. It must not depend on when exactly a kill comes: any moment has to do.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::common::repository::Repository;
use crate::common::{TestEnv, session_program};

/// Kills for each command, spread evenly over the length of its first run.
const MOMENTS: u32 = 30;

/// A repository with a session on `feature/x`, and what was acknowledged so far.
struct World<'e> {
    env: &'e TestEnv,
    repository: Repository<'e>,
    objectives: Vec<String>,
    labels: Vec<String>,
}

impl<'e> World<'e> {
    fn new(env: &'e TestEnv) -> Self {
        let repository = env.repository("project");
        repository.write("a", "one\n");
        repository.write("b", "one\n");
        repository.session(&["init"]).success();
        repository.commit("feat: one");
        let mut world = Self {
            env,
            repository,
            objectives: Vec::new(),
            labels: Vec::new(),
        };
        world.session(&["start", "feature/x", "--objective", "first"]);
        world.objectives.push("first".into());
        world
    }

    /// A command that has to succeed.
    #[track_caller]
    fn session(&self, arguments: &[&str]) {
        self.repository
            .session(&[&["--no-input"], arguments].concat())
            .success();
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        self.repository
            .session(&[&["--json"], arguments].concat())
            .json()
    }

    /// Runs a command and kills it after `delay`. Returns whether it had succeeded by then. The gits that it started
    /// are waited for: they hold the write end of its output, as descriptor 9, until they end.
    fn killed(&self, arguments: &[&str], delay: Option<Duration>) -> bool {
        let mut child = self
            .env
            .command("sh", self.repository.path())
            .args(["-c", "exec \"$@\" 9>&1", "sh", session_program()])
            .arg("--no-input")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if let Some(delay) = delay {
            std::thread::sleep(delay);
            child.kill().unwrap();
        }
        let mut output = Vec::new();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_to_end(&mut output).unwrap();
        child.wait().unwrap().success()
    }

    /// Runs `arguments` once to its end and then again and again, killed at a later moment each time. `before` makes
    /// the ground for a run; `after` looks at what is there, and is told whether the run was acknowledged.
    fn kill_at_every_moment(
        &mut self,
        arguments: impl Fn(u32) -> Vec<String>,
        before: impl Fn(&mut Self, u32),
        after: impl Fn(&mut Self, u32, bool),
    ) {
        let mut usual = Duration::ZERO;
        for moment in 0..=MOMENTS {
            before(self, moment);
            let delay = (moment > 0).then(|| usual * moment / MOMENTS);
            let list = arguments(moment);
            let list: Vec<&str> = list.iter().map(String::as_str).collect();
            let started = Instant::now();
            let acknowledged = self.killed(&list, delay);
            if moment == 0 {
                assert!(acknowledged, "{list:?} fails even when it is not killed");
                usual = started.elapsed();
            }
            after(self, moment, acknowledged);
            self.check();
        }
        self.finish();
    }

    /// The next command, another one each time.
    fn next_command(&mut self, moment: u32) {
        match moment % 4 {
            0 => self.session(&["status"]),
            1 => {
                let text = format!("after {moment}");
                self.session(&["objectives", "add", &text]);
                self.objectives.push(text);
            }
            2 => {
                let label = format!("after {moment}");
                self.session(&["checkpoint", "--label", &label]);
                self.labels.push(label);
            }
            _ => self.session(&["resume"]),
        }
    }

    /// Everything acknowledged is there once, and no id means two things.
    #[track_caller]
    fn check(&self) {
        let listed = self.json(&["objectives", "list"]);
        let texts = column(&listed["objectives"], "text");
        for text in &self.objectives {
            let times = texts.iter().filter(|found| *found == text).count();
            assert_eq!(times, 1, "{text:?} in {texts:?}");
        }
        assert_unique(&column(&listed["objectives"], "id"));
        let listed = self.json(&["checkpoint", "list"]);
        let labels = column(&listed["checkpoints"], "label");
        for label in &self.labels {
            assert!(labels.contains(label), "{label:?} in {labels:?}");
        }
        assert_unique(&column(&listed["checkpoints"], "id"));
    }

    /// At the end every verb works, git finds no fault, and nothing of ours is left behind.
    #[track_caller]
    fn finish(&mut self) {
        for moment in 0..4 {
            self.next_command(1000 + moment);
        }
        self.check();
        // What is old belongs to nobody.
        let root = self.repository.path().to_owned();
        for path in leftovers(&root) {
            if let Ok(file) = std::fs::File::options().write(true).open(&path) {
                file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
            }
        }
        self.session(&["checkpoint"]);
        self.session(&["objectives", "add", "last"]);
        assert_eq!(leftovers(&root), Vec::<PathBuf>::new());
        let fsck = self
            .repository
            .try_git(&["fsck", "--full", "--no-dangling"]);
        assert_eq!((fsck.code, fsck.stdout.as_str()), (Some(0), ""), "{fsck}");
        // What a killed write leaves among the objects is collected as git's own leavings are.
        self.repository.git(&["prune", "--expire=now"]);
        let objects = files_below(&root.join(".git/objects"));
        let temporary: Vec<_> = objects
            .iter()
            .filter(|path| is_named(path, "tmp_"))
            .collect();
        assert_eq!(temporary, Vec::<&PathBuf>::new());
        self.check();
    }
}

fn column(list: &Value, field: &str) -> Vec<String> {
    let rows = list.as_array().unwrap().iter();
    rows.filter_map(|row| Some(row[field].as_str()?.to_owned()))
        .collect()
}

#[track_caller]
fn assert_unique(ids: &[String]) {
    let set: BTreeSet<_> = ids.iter().collect();
    assert_eq!(set.len(), ids.len(), "{ids:?}");
}

/// Temporary files, lock files and work trees of ours.
fn leftovers(root: &Path) -> Vec<PathBuf> {
    let mut found = files_below(root);
    found.retain(|path| {
        let text = path.to_string_lossy();
        let lock = path
            .extension()
            .is_some_and(|extension| extension == "lock");
        let temporary = is_named(path, ".session-") || is_named(path, ".tmp");
        temporary || (lock && text.contains("/refs/session")) || text.contains("/.store/scratch/")
    });
    found
}

fn is_named(path: &Path, prefix: &str) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(prefix.as_bytes())
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

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
