//! Compiles every package in `plugins/` to a WASM component and embeds it with its digest, which every brief would
//! compute otherwise; embeds the templates of `sdk/`. It must not need the host's larger dependencies: whatever it depends on is built twice.

#[path = "build/nested_cargo.rs"]
mod nested_cargo;
#[path = "build/templates.rs"]
mod templates;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

fn main() {
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let workspace = Path::new(&manifest_dir).join("..");
    for watched in ["plugins", "sdk", "wit", "Cargo.toml", "Cargo.lock"] {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(watched).display()
        );
    }
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=build.rs");

    templates::embed(&workspace);
    let plugins = packages(&workspace.join("plugins"));
    let built = nested_cargo::build_components(&workspace, &plugins);
    let mut source = String::from("pub const BUNDLED: &[Bundled] = &[\n");
    for plugin in &plugins {
        let file = nested_cargo::component_file(&built, plugin);
        let embedded = out_dir.join(format!("{plugin}.wasm"));
        fs::copy(&file, &embedded)
            .unwrap_or_else(|error| panic!("{} could not be copied: {error}", file.display()));
        let digest = fs::read(&embedded).map(|bytes| HEXLOWER.encode(&Sha256::digest(bytes)));
        let digest = digest.expect("what was written can be read");
        writeln!(
            source,
            "    Bundled {{ name: {plugin:?}, digest: {digest:?}, bytes: \
             include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{plugin}.wasm\")) }},"
        )
        .expect("a String takes any text");
    }
    source.push_str("];\n");
    fs::write(out_dir.join("bundled.rs"), source).expect("OUT_DIR can be written");
}

/// The folder is the crate's name.
fn packages(plugins: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(plugins)
        .expect("plugins/ is part of the workspace")
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}
