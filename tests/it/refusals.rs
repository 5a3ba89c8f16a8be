//! Where `session` cannot work it says so in one sentence with a way out, and changes nothing. It must not test damage.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use crate::common::odd;
use crate::common::outcome::Outcome;
use crate::common::repository::Repository;
use crate::common::{TestEnv, session_program};

const VERBS: [&[&str]; 14] = [
    &["init"],
    &["start", "--no-input"],
    &["resume", "--no-input"],
    &["switch", "main", "--no-input"],
    &["checkpoint", "--no-input"],
    &["checkpoint", "list"],
    &["end", "--no-input"],
    &["status"],
    &["brief"],
    &["handoff"],
    &["objectives", "add", "x"],
    &["decisions", "list"],
    &["history"],
    &["plugin", "list"],
];

/// One sentence, a hint that names what to do, exit code 1, nothing on standard output; with `--json` the same as an
/// object.
#[track_caller]
fn assert_refused(refused: &Outcome, sentence: &str, way_out: &str) {
    assert_eq!(refused.code, Some(1), "{refused}");
    assert_eq!(refused.stdout, "", "{refused}");
    let [error, hint] = refused.stderr.lines().collect::<Vec<_>>()[..] else {
        panic!("not an error and a hint:\n{refused}");
    };
    assert!(
        error.starts_with("error: ") && error.contains(sentence),
        "{refused}"
    );
    assert!(
        hint.starts_with("hint: ") && hint.contains(way_out),
        "{refused}"
    );
}

/// All verbs, in a directory where none can work.
#[track_caller]
fn all_refused(env: &TestEnv, directory: &Path, sentence: &str, way_out: &str) {
    let before = listing(directory);
    for verb in VERBS {
        assert_refused(&env.session(directory, verb), sentence, way_out);
        let json = env.session(directory, &[verb, &["--json"]].concat());
        assert_eq!(json.code, Some(1), "{json}");
        let object: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(object["schema"], "session.error/1", "{json}");
        assert!(
            object["message"].as_str().unwrap().contains(sentence),
            "{json}"
        );
        assert!(object["hint"].as_str().unwrap().contains(way_out), "{json}");
    }
    assert_eq!(listing(directory), before, "a refusal changed something");
}

fn listing(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}

fn initialised(env: &TestEnv, option: &str) -> PathBuf {
    let path = env.root().join("odd");
    Repository::at(env, env.root().to_owned()).git(&["init", "--quiet", option, "odd"]);
    path
}

#[test]
fn no_repository() {
    let env = TestEnv::new();
    let path = env.root().join("nowhere");
    std::fs::create_dir(&path).unwrap();
    all_refused(
        &env,
        &path,
        "$ROOT/nowhere is not in a git repository",
        "`git init`",
    );
}

#[test]
fn a_bare_repository() {
    let env = TestEnv::new();
    let path = initialised(&env, "--bare");
    all_refused(&env, &path, "bare", "`git worktree list`");
}

#[test]
fn sha_256_object_ids() {
    let env = TestEnv::new();
    let path = initialised(&env, "--object-format=sha256");
    all_refused(&env, &path, "SHA-256", "--object-format=sha1");
}

#[test]
fn refs_in_the_reftable_format() {
    let env = TestEnv::new();
    let path = initialised(&env, "--ref-format=reftable");
    all_refused(
        &env,
        &path,
        "reftable",
        "`git refs migrate --ref-format=files`",
    );
}

/// A user to whom permissions apply: nobody, where the tests run as root.
struct Ordinary {
    user: Option<u32>,
    program: PathBuf,
}

impl Ordinary {
    /// Gives all of the environment to that user, with a copy of the program that they can reach.
    fn new(env: &TestEnv) -> Self {
        env.set("SESSION_CACHE_DIR", env.root().join("cache"));
        if !rustix::process::geteuid().is_root() {
            return Self {
                user: None,
                program: session_program().into(),
            };
        }
        let nobody = 65534;
        let program = env.root().join("session");
        std::fs::copy(session_program(), &program).unwrap();
        for path in listing(env.root()) {
            std::os::unix::fs::lchown(path, Some(nobody), Some(nobody)).unwrap();
        }
        chown(env.root(), Some(nobody), Some(nobody)).unwrap();
        Self {
            user: Some(nobody),
            program,
        }
    }

    fn session(&self, env: &TestEnv, directory: &Path, arguments: &[&str]) -> Outcome {
        let mut command = env.command(&self.program, directory);
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        env.outcome(command.args(arguments))
    }
}

/// Takes the permission to write from everything below, and gives it back at the end: else it could not be removed.
struct ReadOnly(Vec<PathBuf>);

impl ReadOnly {
    fn new(directory: &Path) -> Self {
        let mut paths = listing(directory);
        paths.push(directory.to_owned());
        let locked = Self(paths);
        locked.set(0o222, false);
        locked
    }

    fn set(&self, bits: u32, on: bool) {
        for path in self.0.iter().filter(|path| !path.is_symlink()) {
            let mode = path.metadata().unwrap().permissions().mode();
            let mode = if on { mode | 0o200 } else { mode & !bits };
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        self.set(0o200, true);
    }
}

#[test]
fn a_git_directory_that_cannot_be_written() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::plain(&env));
    repository
        .session(&["start", "--no-input", "--objective", "Find the bug"])
        .success();
    repository.session(&["checkpoint", "--no-input"]).success();
    repository.write("src/b.txt", "changed\n");
    let ordinary = Ordinary::new(&env);
    let _locked = ReadOnly::new(&repository.path().join(".git"));
    let before = listing(repository.path());
    for verb in [
        &["objectives", "add", "x"][..],
        &["objectives", "complete", "1"],
        &["blockers", "add", "x"],
        &["decisions", "add", "x"],
        &["checkpoint", "--no-input"],
        &["checkpoint", "restore", "1", "--no-input"],
        &["checkpoint", "drop", "1"],
        &["end", "--no-input"],
    ] {
        let refused = ordinary.session(&env, repository.path(), verb);
        assert_refused(
            &refused,
            "cannot be written",
            "make the repository writable",
        );
    }
    // An open session would keep its uncommitted changes: that is another refusal.
    repository.write("src/b.txt", "b\n");
    let started = ordinary.session(&env, repository.path(), &["start", "other", "--no-input"]);
    assert_eq!(started.code, Some(1), "{started}");
    assert!(
        started.stderr.contains("cannot be written") && !started.stderr.contains("--park"),
        "{started}"
    );
    repository.write("src/b.txt", "changed\n");
    let initialised = ordinary.session(&env, repository.path(), &["init"]);
    assert_refused(
        &initialised,
        "cannot be written",
        "make the repository writable",
    );
    assert_eq!(
        listing(repository.path()),
        before,
        "something was written after all"
    );
    for verb in [
        &["status"][..],
        &["brief"],
        &["objectives", "list"],
        &["history"],
        &["checkpoint", "list"],
    ] {
        let read = ordinary.session(&env, repository.path(), verb).success();
        let telling =
            matches!(verb[0], "history" | "checkpoint") || read.stdout.contains("Find the bug");
        assert!(telling && !read.stdout.is_empty(), "{read}");
    }
    assert_eq!(repository.read("src/b.txt"), "changed\n");
}

/// The hint was about the repository, which can be written.
#[test]
fn another_place_that_cannot_be_written() {
    let env = TestEnv::new();
    let path = odd::plain(&env);
    let data = env.root().join("data");
    std::fs::create_dir_all(data.join("consent")).unwrap();
    let private = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(data.join("consent"), private).unwrap();
    let ordinary = Ordinary::new(&env);
    let _locked = ReadOnly::new(&data);
    let revoke = ["plugin", "trust", "acme", "--revoke"];
    let hint = "make it writable for this user, or set HOME, SESSION_DATA_DIR";
    let refused = ordinary.session(&env, &path, &revoke);
    assert_refused(&refused, "cannot be written", hint);
    env.set("SESSION_DATA_DIR", data.join("none"));
    let refused = ordinary.session(&env, &path, &revoke);
    assert_refused(&refused, "cannot be written", hint);
    let new = ["plugin", "new", "acme", "--lang=rust", "--directory"];
    let inside = data.join("project");
    let new = [&new[..], &[inside.to_str().unwrap()]].concat();
    let refused = ordinary.session(&env, &path, &new);
    let hint = "name a place that you can write to with --directory";
    assert_refused(&refused, "cannot be written", hint);
}

#[test]
fn a_repository_of_somebody_else() {
    if !rustix::process::geteuid().is_root() {
        // Only root can give a repository away.
        return;
    }
    let env = TestEnv::new();
    let path = odd::plain(&env);
    let ordinary = Ordinary::new(&env);
    for path in listing(&path).iter().chain([&path]) {
        chown(path, Some(1), Some(1)).unwrap();
    }
    let refused = ordinary.session(&env, &path, &["status"]);
    assert_refused(&refused, "belongs to another user", "safe.directory");
}

#[test]
fn an_unknown_id_lists_the_known_ones() {
    let env = TestEnv::new();
    let repository = Repository::at(&env, odd::plain(&env));
    repository.session(&["start", "--no-input"]).success();
    let session = repository.session(&["status", "--json"]).json()["session"]["id"].clone();
    let session = session.as_str().unwrap();
    let unknown = |arguments: &[&str], sentence: &str| {
        let refused = repository.session(arguments);
        assert_refused(&refused, sentence, "`session ");
    };
    let none = [
        (
            &["objectives", "complete", "obj-9"][..],
            "there is no objective yet",
        ),
        (&["blockers", "resolve", "blk-9"], "there is no blocker yet"),
        (&["checkpoint", "show", "cp-9"], "there is none yet"),
    ];
    for (arguments, sentence) in none {
        unknown(arguments, sentence);
    }
    repository
        .session(&["objectives", "add", "a", "b"])
        .success();
    repository.session(&["blockers", "add", "c"]).success();
    repository.session(&["checkpoint", "--no-input"]).success();
    for (arguments, sentence) in [
        (
            &["objectives", "complete", "obj-9"][..],
            "\"obj-9\"; known: obj-1, obj-2",
        ),
        (
            &["objectives", "complete", "1", "nonsense"],
            "\"nonsense\"; known: obj-1, obj-2",
        ),
        (&["objectives", "current", "0"], "known: obj-1, obj-2"),
        (&["blockers", "resolve", "obj-1"], "known: blk-1"),
        (&["checkpoint", "show", "cp-9"], "known: cp-1"),
        (
            &["checkpoint", "restore", "99", "--no-input"],
            "known: cp-1",
        ),
        (&["checkpoint", "drop", "no label"], "known: cp-1"),
        (&["handoff", "no-such"], session),
        (&["plugin", "enable", "no-such"], "context-manager"),
        (&["plugin", "disable", "no-such"], "context-manager"),
    ] {
        unknown(arguments, sentence);
    }
    let open = repository.session(&["objectives", "list", "--json"]).json();
    let open = open["objectives"]
        .as_array()
        .unwrap()
        .iter()
        .all(|item| item["state"] != "done");
    assert!(
        open,
        "one unknown id must leave the known ones beside it alone"
    );
}
