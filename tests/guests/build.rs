//! Compiles the components. It must not need more than the host's own build script does.

#[path = "../../host/build/nested_cargo.rs"]
mod nested_cargo;

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let workspace = Path::new(&manifest_dir).join("../..");
    for watched in [
        "tests/guests",
        "host/build",
        "sdk/rust",
        "wit",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(watched).display()
        );
    }
    let packages = ["contract", "misbehaving", "network"].map(str::to_owned);
    let built = nested_cargo::build_components(&workspace, &packages);
    for package in &packages {
        let file = nested_cargo::component_file(&built, package);
        fs::copy(&file, out_dir.join(package).with_extension("wasm"))
            .unwrap_or_else(|error| panic!("{} could not be copied: {error}", file.display()));
    }
}
