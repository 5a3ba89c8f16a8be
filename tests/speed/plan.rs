//! What is measured against what. It must not know how it is reported.

use std::path::{Path, PathBuf};

use crate::Failure;
use crate::fixture::{Fixture, PastSessions, past_id};
use crate::measure::{Contender, Samples, World, in_turn, prepare};
use crate::{parse, plugins};

/// Past sessions in every repository.
const PAST: usize = 10_000;
const SMALL: usize = 700;

const GIT_CONFIG: &str = "\
[user]
\tname = Ada Example
\temail = ada@example.com
[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

/// Commands that ran in turn.
pub struct Group {
    pub title: String,
    /// The first of them is what the others are compared with.
    pub samples: Vec<Samples>,
    /// At most so many times the first one, in the order of the others; empty where the target is no ratio.
    pub targets: Vec<f64>,
}

pub struct Results {
    pub groups: Vec<Group>,
    pub rounds: usize,
    pub files: usize,
    pub cores: usize,
    pub git: String,
    pub binary_bytes: u64,
}

impl Results {
    pub fn group(&self, title: &str) -> Option<&Group> {
        self.groups
            .iter()
            .find(|group| group.title.starts_with(title))
    }
}

pub fn run(
    program: &Path,
    rounds: usize,
    files: usize,
    components: &[PathBuf],
) -> Result<Results, Failure> {
    let directory = tempfile::tempdir()?;
    let world = World {
        root: directory.path().canonicalize()?,
        program: program.to_owned(),
    };
    std::fs::create_dir(world.root.join("home"))?;
    std::fs::write(world.root.join("gitconfig"), GIT_CONFIG)?;
    let few = (rounds / 3).max(3);
    let small = Fixture::make(&world, "small", SMALL, PastSessions::Packed(PAST))?;
    let mut groups = vec![
        looking(&world, &small, "700 files", rounds, 1.6)?,
        plugin(&world, &small, rounds)?,
        first_party(&world, &small, rounds)?,
        running(&world, &small, rounds)?,
        history(&world, &small, "packed", rounds)?,
        first(&world, &small, few)?,
    ];
    groups.extend(plugins::measure(&world, rounds, components)?);
    groups.extend(parse::measure_both(&world, few)?);
    let loose = Fixture::make(&world, "loose", SMALL, PastSessions::Loose(PAST))?;
    groups.push(history(&world, &loose, "loose", rounds)?);
    let large = Fixture::make(&world, "large", files, PastSessions::Packed(PAST))?;
    groups.push(looking(
        &world,
        &large,
        &format!("{files} files"),
        few,
        1.1,
    )?);
    groups.push(checkpoint(&world, &large, few)?);
    Ok(Results {
        groups,
        rounds,
        files,
        cores: std::thread::available_parallelism()?.get(),
        git: prepare(world.git(&small.path, &["--version"]))?
            .trim()
            .to_owned(),
        binary_bytes: program.metadata()?.len(),
    })
}

/// What is run many times an hour, against `git status`.
fn looking(
    world: &World,
    fixture: &Fixture,
    title: &str,
    rounds: usize,
    target: f64,
) -> Result<Group, Failure> {
    let path = &fixture.path;
    prepare(world.session(path, &["brief"]))?;
    let contenders = vec![
        Contender::new("git status --porcelain", || {
            world.git(path, &["status", "--porcelain"])
        }),
        Contender::new("session status", || world.session(path, &["status"])),
        Contender::new("session brief", || world.session(path, &["brief"])),
        Contender::new("session brief --for claude-code", || {
            world.session(path, &["brief", "--for", "claude-code"])
        }),
    ];
    Ok(Group {
        title: title.to_owned(),
        samples: in_turn(contenders, rounds)?,
        targets: vec![target; 3],
    })
}

/// The same brief with and without the one plugin that is on by itself.
fn plugin(world: &World, fixture: &Fixture, rounds: usize) -> Result<Group, Failure> {
    let without = world.root.join("without-plugin.yaml");
    std::fs::write(
        &without,
        "plugins:\n  context-manager:\n    enabled: false\n",
    )?;
    let path = &fixture.path;
    let contenders = vec![
        Contender::new("session brief, plugin off", || {
            let mut command = world.session(path, &["brief"]);
            command.env("SESSION_CONFIG", &without);
            command
        }),
        Contender::new("session brief, plugin on", || {
            world.session(path, &["brief"])
        }),
    ];
    Ok(Group {
        title: "one plugin".to_owned(),
        samples: in_turn(contenders, rounds)?,
        targets: Vec::new(),
    })
}

/// What coverage (its report read before) and tdd-workflow add to a brief, each alone and together.
fn first_party(world: &World, fixture: &Fixture, rounds: usize) -> Result<Group, Failure> {
    let path = &fixture.path;
    let mut report = "SF:src/part00/piece00000/file000000.rs\n".to_owned();
    for line in 1..=50 {
        report.push_str(&format!("DA:{line},1\n"));
    }
    std::fs::write(path.join("lcov.info"), report + "end_of_record\n")?;
    std::fs::create_dir_all(path.join(".git/info"))?;
    std::fs::write(path.join(".git/info/exclude"), "/lcov.info\n")?;
    let off = "  context-manager: { enabled: false }\n";
    let plugins = [
        ("no plugin", ""),
        ("coverage", "  coverage: {}\n"),
        ("tdd-workflow", "  tdd-workflow: {}\n"),
        ("both", "  coverage: {}\n  tdd-workflow: {}\n"),
    ];
    let mut contenders = Vec::new();
    for (index, (label, on)) in plugins.into_iter().enumerate() {
        let configuration = world.root.join(format!("first-party-{index}.yaml"));
        std::fs::write(&configuration, format!("plugins:\n{off}{on}"))?;
        let command = move |arguments: &[&str]| {
            let mut command = world.session(path, arguments);
            command.env("SESSION_CONFIG", &configuration);
            command
        };
        // The checkpoint reads the report; the brief finds what was kept of it.
        prepare(command(&["checkpoint", "--no-input", "--quiet"]))?;
        contenders.push(Contender::new(
            format!("session brief, {label}"),
            move || command(&["brief"]),
        ));
    }
    Ok(Group {
        title: "coverage and tdd-workflow".to_owned(),
        samples: in_turn(contenders, rounds)?,
        targets: Vec::new(),
    })
}

/// What `session run` costs beside the command itself: at most one `git status` and 10 ms.
fn running(world: &World, fixture: &Fixture, rounds: usize) -> Result<Group, Failure> {
    let path = &fixture.path;
    let contenders = vec![
        Contender::new("git status --porcelain", || {
            world.git(path, &["status", "--porcelain"])
        }),
        Contender::new("true", || world.other("true", path, &[])),
        Contender::new("session run -- true", || {
            world.session(path, &["run", "--", "true"])
        }),
    ];
    Ok(Group {
        title: "run".to_owned(),
        samples: in_turn(contenders, rounds)?,
        targets: Vec::new(),
    })
}

fn history(world: &World, fixture: &Fixture, refs: &str, rounds: usize) -> Result<Group, Failure> {
    let path = &fixture.path;
    // Refs that were moved in this very second are not believed to stay: let the clock move on.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let listed = prepare(world.session(path, &["history"]))?;
    let newest = past_id(PAST - 1);
    if !listed.contains(&newest) {
        return Err(format!("`session history` does not list {newest}:\n{listed}").into());
    }
    let contenders = vec![
        Contender::new("git rev-parse HEAD", || {
            world.git(path, &["rev-parse", "HEAD"])
        }),
        Contender::new("session history", || world.session(path, &["history"])),
        // What no command of ours can be faster than.
        Contender::new("session --version", || world.session(path, &["--version"])),
    ];
    Ok(Group {
        title: format!("history, {PAST} sessions, {refs} refs"),
        samples: in_turn(contenders, rounds)?,
        targets: vec![4.0],
    })
}

/// The first brief ever: no compiled plugin, no index of the history, of the work items or of the sessions.
fn first(world: &World, fixture: &Fixture, rounds: usize) -> Result<Group, Failure> {
    let path = &fixture.path;
    let contender = Contender::new("session brief, nothing cached", || {
        world.session(path, &["brief"])
    });
    let contender = contender.before(|| {
        for directory in [world.cache(), fixture.indexes()] {
            if directory.exists() {
                std::fs::remove_dir_all(directory)?;
            }
        }
        Ok(())
    });
    Ok(Group {
        title: "first brief".to_owned(),
        samples: in_turn(vec![contender], rounds)?,
        targets: Vec::new(),
    })
}

/// Each of the two finds the ten files changed since its last run, so that it has objects to write.
fn checkpoint(world: &World, fixture: &Fixture, rounds: usize) -> Result<Group, Failure> {
    let path = &fixture.path;
    let (even, odd) = (std::cell::Cell::new(2), std::cell::Cell::new(3));
    let change = |round: &std::cell::Cell<usize>| {
        round.set(round.get() + 2);
        fixture.change(round.get())
    };
    let contenders = vec![
        Contender::new("git stash create", || world.git(path, &["stash", "create"]))
            .before(|| change(&even)),
        Contender::new("session checkpoint", || {
            world.session(path, &["checkpoint", "--no-input"])
        })
        .before(|| change(&odd)),
    ];
    Ok(Group {
        title: "checkpoint".to_owned(),
        samples: in_turn(contenders, rounds)?,
        targets: vec![0.8],
    })
}
