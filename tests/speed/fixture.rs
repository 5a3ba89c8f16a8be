//! The generated repositories: files, history, context files, ten changes, a session under way, and past sessions. It
//! must not measure.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;
use crate::measure::{World, prepare};

/// Commits after the first one; each touches three files.
const COMMITS: usize = 200;
/// Files that differ from HEAD while things are measured.
pub const CHANGED: usize = 10;
const PER_DIRECTORY: usize = 35;
/// 2023-11-14; a commit an hour.
const EPOCH: i64 = 1_700_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastSessions {
    Packed(usize),
    Loose(usize),
}

/// A repository with a session under way on `feature/speed`.
pub struct Fixture {
    pub path: PathBuf,
}

impl Fixture {
    pub fn make(
        world: &World,
        name: &str,
        files: usize,
        past: PastSessions,
    ) -> Result<Self, Failure> {
        Self::make_with(world, name, files, past, |_| Ok(()))
    }

    /// As [`Fixture::make`], with what `more` writes committed before the session begins.
    pub fn make_with(
        world: &World,
        name: &str,
        files: usize,
        past: PastSessions,
        more: impl FnOnce(&Path) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let path = world.root.join(name);
        std::fs::create_dir(&path)?;
        prepare(world.git(&path, &["init", "--quiet"]))?;
        import(world, &path, |stream| write_history(stream, files))?;
        prepare(world.git(&path, &["reset", "--quiet", "--hard"]))?;
        let fixture = Self { path };
        more(&fixture.path)?;
        prepare(world.git(&fixture.path, &["add", "--all"]))?;
        prepare(world.git(
            &fixture.path,
            &[
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "Add what is measured",
            ],
        ))?;
        fixture.begin_session(world)?;
        let (PastSessions::Packed(count) | PastSessions::Loose(count)) = past;
        import(world, &fixture.path, |stream| write_past(stream, count))?;
        if past == PastSessions::Packed(count) {
            prepare(world.git(&fixture.path, &["pack-refs", "--all"]))?;
        }
        fixture.change(0)?;
        // What was just written must not be on its way to the disk while others wait for theirs.
        prepare(Command::new("sync"))?;
        // An index entry as young as the index itself is read again by every git, for ever: let the clock move on.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        prepare(world.git(&fixture.path, &["status"]))?;
        Ok(fixture)
    }

    /// Ten files with a content that they did not have before.
    pub fn change(&self, round: usize) -> Result<(), Failure> {
        for index in 0..CHANGED {
            let text = format!("{}// change {round}\n", content(index * PER_DIRECTORY, 0));
            std::fs::write(self.path.join(file_name(index * PER_DIRECTORY)), text)?;
        }
        Ok(())
    }

    /// Where the indexes are that a brief can do without.
    pub fn indexes(&self) -> PathBuf {
        self.path.join(".git/sessions/.store/index")
    }

    fn begin_session(&self, world: &World) -> Result<(), Failure> {
        let steps: [&[&str]; 6] = [
            &["init"],
            &["start", "feature/speed", "--objective", "Be fast"],
            &["objectives", "add", "Stay correct", "Say where time goes"],
            &["blockers", "add", "Other people's processors"],
            &[
                "decisions",
                "add",
                "Measure ratios",
                "--rationale",
                "Machines differ",
            ],
            &["checkpoint", "--label", "before the measurement"],
        ];
        for step in steps {
            let arguments = [step, ["--no-input", "--quiet"].as_slice()].concat();
            prepare(world.session(&self.path, &arguments))?;
        }
        prepare(world.git(&self.path, &["add", ".session"]))?;
        prepare(world.git(
            &self.path,
            &["commit", "--quiet", "-m", "Add the session's files"],
        ))?;
        Ok(())
    }
}

fn import(
    world: &World,
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let mut child = world
        .git(path, &["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()?;
    let stdin = child.stdin.take().ok_or("fast-import has no input")?;
    let mut stream = std::io::BufWriter::new(stdin);
    write(&mut stream)?;
    stream.flush()?;
    drop(stream);
    if !child.wait()?.success() {
        return Err("git fast-import failed".into());
    }
    Ok(())
}

fn write_history(stream: &mut dyn Write, files: usize) -> std::io::Result<()> {
    write_commit(stream, "refs/heads/main", "Begin", EPOCH)?;
    for index in 0..files {
        write_file(stream, &file_name(index), &content(index, 0))?;
    }
    for directory in (0..files / PER_DIRECTORY).step_by(5).take(40) {
        let text = format!(
            "# Part {directory}\n\nKeeps part {directory}.\n\n## Gotchas\n\n- Order matters.\n"
        );
        write_file(
            stream,
            &format!("{}/CLAUDE.md", directory_name(directory)),
            &text,
        )?;
    }
    write_file(stream, "CLAUDE.md", "# The project\n\nGenerated.\n")?;
    for commit in 1..=COMMITS {
        let time = EPOCH + 3600 * i64::try_from(commit).unwrap_or(0);
        write_commit(
            stream,
            "refs/heads/main",
            &format!("Improve part {commit}"),
            time,
        )?;
        for step in 0..3 {
            let index = (commit * 3 + step) * 7 % files;
            write_file(stream, &file_name(index), &content(index, commit))?;
        }
    }
    Ok(())
}

/// One record for each session, of the form that `session end` leaves.
fn write_past(stream: &mut dyn Write, count: usize) -> std::io::Result<()> {
    for index in 0..count {
        let id = past_id(index);
        let time = EPOCH + 3600 * i64::try_from(index).unwrap_or(0);
        let text = past_time(index);
        let message = format!(
            "end\n\nSession-Format: 1\nSession-Id: {id}\nSession-Branch: feature/past-{index}\n\
             Session-Started: {text}\nSession-Updated: {text}\nSession-Ended: {text}\n\
             Session-Active-Seconds: 5400\nSession-Checkpoints: 3\nSession-Commits: 4\nSession-Objectives: 2/3\n"
        );
        write_commit(stream, &format!("refs/sessions/{id}"), &message, time)?;
        write_file(stream, "objectives.md", "- [x] obj-1: Do it\n")?;
    }
    Ok(())
}

pub fn past_id(index: usize) -> String {
    let letter = |shift: u32| char::from(b'a' + u8::try_from(index >> shift & 15).unwrap_or(0));
    format!(
        "feature-past-20231114-{}{}{}{}",
        letter(12),
        letter(8),
        letter(4),
        letter(0)
    )
}

fn write_commit(
    stream: &mut dyn Write,
    name: &str,
    message: &str,
    time: i64,
) -> std::io::Result<()> {
    write!(
        stream,
        "commit {name}\ncommitter Ada Example <ada@example.com> {time} +0000\ndata {}\n{message}\n",
        message.len()
    )
}

fn write_file(stream: &mut dyn Write, path: &str, text: &str) -> std::io::Result<()> {
    write!(
        stream,
        "M 100644 inline {path}\ndata {}\n{text}\n",
        text.len()
    )
}

/// One session an hour; months of 28 days make an order without a calendar.
fn past_time(index: usize) -> String {
    let (hour, day, month) = (index % 24, 1 + index / 24 % 28, 1 + index / 672 % 12);
    let year = 2024 + index / 8064;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:00:00+00:00")
}

fn directory_name(directory: usize) -> String {
    format!("src/part{:02}/piece{directory:05}", directory % 20)
}

fn file_name(index: usize) -> String {
    format!(
        "{}/file{index:06}.rs",
        directory_name(index / PER_DIRECTORY)
    )
}

fn content(index: usize, commit: usize) -> String {
    let note = if index.is_multiple_of(50) {
        "// TODO: say more\n"
    } else {
        ""
    };
    format!("//! File {index}, as of {commit}.\n{note}pub const NUMBER: usize = {index};\n")
}
