//! Builds components for wasm32-wasip2 with a cargo of its own, from inside a build script. It must not let anything of
//! the outer build reach the inner one: flags, wrappers and profiles meant for the host break the WASM target.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// What of cargo's own variables an inner cargo still needs: where its registry is and how to reach it.
const KEPT: [&str; 5] = [
    "CARGO_HOME",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTR",
    "CARGO_SOURCE_",
];

/// Builds the packages as release components, and returns the directory they are in.
///
/// The target directory is `<outer target>/bundled-plugins`: inside the outer one, the two cargos would wait for each
/// other's lock; below `OUT_DIR`, clippy and every other set of flags would pay for it again.
pub fn build_components(workspace: &Path, packages: &[String]) -> PathBuf {
    ensure_target();
    let target_dir = outer_target_dir().join("bundled-plugins");
    let mut cargo = scrubbed(&variable("CARGO"));
    cargo
        .current_dir(workspace)
        .args(["build", "--release", "--locked", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", "");
    for package in packages {
        cargo.args(["-p", package]);
    }
    if let Ok(jobs) = env::var("NUM_JOBS") {
        cargo.args(["--jobs", &jobs]);
    }
    run(&mut cargo, "the components could not be built");
    target_dir.join(TARGET).join("release")
}

/// The component's file in the directory that `build_components` gave.
pub fn component_file(directory: &Path, package: &str) -> PathBuf {
    directory.join(format!("{}.wasm", package.replace('-', "_")))
}

/// Installs the target's standard library where it is missing. The toolchain file asks for it, but with rustup's
/// automatic installation off, targets that are missing are passed over in silence.
fn ensure_target() {
    if target_is_installed() {
        return;
    }
    let mut rustup = scrubbed("rustup");
    rustup.args(["target", "add", TARGET]);
    if let Ok(toolchain) = env::var("RUSTUP_TOOLCHAIN") {
        rustup.args(["--toolchain", &toolchain]);
    }
    let outcome = rustup.output();
    if !target_is_installed() {
        let reason = match outcome {
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => format!("rustup could not be started: {error}"),
        };
        panic!(
            "the plugins are WASM components, and this toolchain has no standard library for {TARGET}. \
             Install it with `rustup target add {TARGET}` and build again.\n{reason}"
        );
    }
}

fn target_is_installed() -> bool {
    let output = scrubbed(&variable("RUSTC"))
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    output.is_ok_and(|output| {
        output.status.success()
            && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

/// The directory that cargo marked as a cache; the fourth above `OUT_DIR` where it did not.
fn outer_target_dir() -> PathBuf {
    let out_dir = PathBuf::from(variable("OUT_DIR"));
    let marked = out_dir
        .ancestors()
        .find(|directory| directory.join("CACHEDIR.TAG").is_file());
    marked
        .or_else(|| out_dir.ancestors().nth(4))
        .unwrap_or(&out_dir)
        .to_owned()
}

fn scrubbed(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let outer = [
            "CARGO",
            "RUSTC",
            "RUSTDOC",
            "CLIPPY",
            "RUSTFLAGS",
            "MAKEFLAGS",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix));
        if outer && !KEPT.iter().any(|kept| name.starts_with(kept)) {
            command.env_remove(&*name);
        }
    }
    command
}

fn run(command: &mut Command, failure: &str) {
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{failure}: {command:?} ended with {status}"),
        Err(error) => panic!("{failure}: {command:?} could not be started: {error}"),
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}
