//! `cargo bench -p session-speed`: the program against git itself, in one run, on generated repositories. It must not
//! judge: the targets stand beside the numbers.
//!
//! Options after `--`: `--out DIR` also writes `summary.md` and `raw.json` there (from the workspace's root),
//! `--program FILE` measures that binary and builds nothing, `--rounds N` (default 41) is how often the short
//! commands run, `--files N` (default 100000) is the size of the large repository. `--component FILE`, as often as wanted,
//! measures that component's compilation and loading too: nothing large is kept in the repository.

mod fixture;
mod measure;
mod parse;
mod plan;
mod plugins;
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

type Failure = Box<dyn std::error::Error>;

/// What was asked for on the command line.
struct Options {
    out: Option<PathBuf>,
    program: Option<PathBuf>,
    rounds: usize,
    files: usize,
    components: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    if let [_, option, report] = &std::env::args().collect::<Vec<_>>()[..]
        && option == parse::OPTION
    {
        return parse::native(Path::new(report));
    }
    let options = options()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .ok_or("the package is not where it was built")?;
    let program = match options.program {
        Some(program) => program.canonicalize()?,
        None => build(root)?,
    };
    let results = plan::run(&program, options.rounds, options.files, &options.components)?;
    let summary = report::summary(&results);
    std::io::stdout().write_all(summary.as_bytes())?;
    if let Some(out) = options.out {
        let out = root.join(out);
        std::fs::create_dir_all(&out)?;
        std::fs::write(out.join("summary.md"), summary)?;
        std::fs::write(out.join("raw.json"), report::raw(&results)?)?;
    }
    Ok(())
}

fn options() -> Result<Options, Failure> {
    let mut options = Options {
        out: None,
        program: None,
        rounds: 41,
        files: 100_000,
        components: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        // Cargo says so to every bench target.
        if argument == "--bench" {
            continue;
        }
        let value = arguments
            .next()
            .ok_or_else(|| format!("{argument} wants a value"))?;
        match &*argument {
            "--out" => options.out = Some(value.into()),
            "--program" => options.program = Some(value.into()),
            "--rounds" => options.rounds = value.parse()?,
            "--component" => options.components.push(value.into()),
            "--files" => options.files = value.parse()?,
            _ => return Err(format!("{argument} is no option of the benchmark").into()),
        }
    }
    Ok(options)
}

/// Builds the program as it is released; what is measured is never an older one.
fn build(root: &Path) -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .current_dir(root)
        // All of the workspace, as `cargo run --release` does: with fewer packages, features and so all artifacts differ.
        .args(["build", "--release"])
        .status()?;
    if !built.success() {
        return Err("the release build failed".into());
    }
    // This benchmark is in `<target>/release/deps`.
    let own = std::env::current_exe()?;
    let release = own.ancestors().nth(2).ok_or("no target directory")?;
    Ok(release.join("session"))
}
