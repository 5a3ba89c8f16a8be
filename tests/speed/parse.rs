//! Reading a large coverage report inside the component, against the same parser compiled natively. It must not measure
//! anything else of a checkpoint: that is taken off.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use coverage::report::{self, input::Pieces};

use crate::Failure;
use crate::fixture::{Fixture, PastSessions};
use crate::measure::{Contender, World, in_turn, prepare};
use crate::plan::Group;

/// Of few files, each many times over, as several test programs describe them: all but the reading costs nothing.
pub const TITLE: &str = "a coverage report of 50 MB";
const FEW: usize = 40;
/// Of as many files as it has records: the plugin finds each in the work tree, which the native parser does not.
pub const TITLE_OF_MANY: &str = "a coverage report of 50 MB about 5,000 files";
const MANY: usize = usize::MAX;

/// The component may take so many times what the native parser takes.
pub const MOST: f64 = 2.0;
/// The option with which the benchmark runs itself as the native parser.
pub const OPTION: &str = "--parse";

const BYTES: usize = 50_000_000;
const REPORT: &str = "lcov.info";
/// As the component is given them.
const PIECE: usize = 1024 * 1024;

pub fn measure_both(world: &World, rounds: usize) -> Result<[Group; 2], Failure> {
    Ok([
        measure(world, rounds, TITLE, FEW)?,
        measure(world, rounds, TITLE_OF_MANY, MANY)?,
    ])
}

/// Three commands: the native parser, a checkpoint without the plugin, and one whose report was written anew.
fn measure(world: &World, rounds: usize, title: &str, files: usize) -> Result<Group, Failure> {
    let kept = world.root.join(REPORT);
    let name = format!("parse-{}", files.min(BYTES));
    let fixture = Fixture::make_with(world, &name, 700, PastSessions::Packed(100), |path| {
        write_report(path, &kept, files)
    })?;
    let report = fixture.path.join(REPORT);
    std::fs::rename(&kept, &report)?;
    // A checkpoint would keep it, too.
    let exclude = fixture.path.join(".git/info/exclude");
    std::fs::create_dir_all(fixture.path.join(".git/info"))?;
    std::fs::write(exclude, format!("/{REPORT}\n"))?;
    let off = "plugins:\n  context-manager: { enabled: false }\n";
    let on = format!(
        "{off}  coverage:\n    limits: {{ time: 10s }}\n    config: {{ report: {REPORT}, largest: 64 }}\n"
    );
    let configurations = [
        world.root.join("parse-off.yaml"),
        world.root.join("parse-on.yaml"),
    ];
    std::fs::write(&configurations[0], off)?;
    std::fs::write(&configurations[1], on)?;
    let checkpoint = |configuration: &Path| {
        let mut command = world.session(&fixture.path, &["checkpoint", "--no-input", "--json"]);
        command.env("SESSION_CONFIG", configuration);
        command
    };
    let said = prepare(checkpoint(&configurations[1]))?;
    if !said.contains("total_coverage") {
        return Err(format!("the report was not read:\n{said}").into());
    }
    let own = std::env::current_exe()?;
    let contenders = vec![
        Contender::new("the parser, native", || {
            let mut command = Command::new(&own);
            command.arg(OPTION).arg(&report);
            command
        }),
        Contender::new("session checkpoint, plugin off", || {
            checkpoint(&configurations[0])
        }),
        Contender::new("session checkpoint, report read", || {
            checkpoint(&configurations[1])
        })
        .before(|| {
            // A report whose stamp is the same is not read again.
            let file = File::options().write(true).open(&report)?;
            Ok(file.set_modified(SystemTime::now())?)
        }),
    ];
    Ok(Group {
        title: title.to_owned(),
        samples: in_turn(contenders, rounds)?,
        targets: Vec::new(),
    })
}

/// What the native contender does.
pub fn native(path: &Path) -> Result<(), Failure> {
    let mut file = File::open(path)?;
    let pieces = Pieces::new(|offset| {
        let mut piece = Vec::with_capacity(PIECE);
        file.seek(SeekFrom::Start(offset))?;
        (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
        Ok(piece)
    });
    let (_, table) = report::read(pieces).map_err(|problem| format!("the report {problem}"))?;
    let lines: u64 = table.files.values().map(|lines| lines.counts().lines).sum();
    Ok(writeln!(std::io::stdout(), "{lines}")?)
}

/// Files of 2,000 lines, half of them code, as `llvm-cov export -format=lcov` writes them; and the files, for only what is
/// in the work tree counts.
fn write_report(root: &Path, path: &Path, files: usize) -> Result<(), Failure> {
    let mut text = BufWriter::new(File::create(path)?);
    let (mut written, mut record) = (0, 0);
    while written < BYTES {
        let file = record % files;
        record += 1;
        let directory = format!("src/part{}", file % 40);
        std::fs::create_dir_all(root.join(&directory))?;
        let name = format!("{directory}/file{file}.rs");
        if record <= files {
            std::fs::write(root.join(&name), "let a = 1 + 1;\n".repeat(2_000))?;
        }
        let mut lines = format!("SF:/builds/ada/project/{name}\n");
        lines.push_str("FN:1,main\nFNDA:1,main\nFNF:1\nFNH:1\n");
        for line in (1..2_000).filter(|line| line % 4 < 2) {
            lines.push_str(&format!("DA:{line},{}\n", (line * 7 + file) % 13));
        }
        lines.push_str("BRF:0\nBRH:0\nLF:999\nLH:900\nend_of_record\n");
        text.write_all(lines.as_bytes())?;
        written += lines.len();
    }
    Ok(text.flush()?)
}
