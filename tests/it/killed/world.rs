//! A repository whose commands are killed: running one to a moment, knowing what was acknowledged, and looking for it
//! afterwards. It must not know what a killed command was about.

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
pub struct World<'e> {
    env: &'e TestEnv,
    pub repository: Repository<'e>,
    pub objectives: Vec<String>,
    pub labels: Vec<String>,
}

impl<'e> World<'e> {
    pub fn new(env: &'e TestEnv) -> Self {
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
    pub fn session(&self, arguments: &[&str]) {
        self.repository
            .session(&[&["--no-input"], arguments].concat())
            .success();
    }

    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
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
    pub fn kill_at_every_moment(
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
    pub fn next_command(&mut self, moment: u32) {
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
    pub fn check(&self) {
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
    pub fn finish(&mut self) {
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

pub fn column(list: &Value, field: &str) -> Vec<String> {
    let rows = list.as_array().unwrap().iter();
    rows.filter_map(|row| Some(row[field].as_str()?.to_owned()))
        .collect()
}

#[track_caller]
pub fn assert_unique(ids: &[String]) {
    let set: BTreeSet<_> = ids.iter().collect();
    assert_eq!(set.len(), ids.len(), "{ids:?}");
}

/// Temporary files, lock files and work trees of ours.
pub fn leftovers(root: &Path) -> Vec<PathBuf> {
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
