//! Embeds the templates of `sdk/`, and what every scaffold holds besides: the contract, the SDK's sources, the cases. It
//! must not fill them in: that is done when a plugin is made.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Writes `templates.rs` to `OUT_DIR`: for each language the files of a new project, by their path in it.
pub fn embed(workspace: &Path) {
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let sdk = workspace.join("sdk");
    let wit = files(&workspace.join("wit"));
    let mut source = String::from("// What a project of each language is made of.\n");
    for language in ["rust", "python", "javascript"] {
        let mut project = placed("", files(&sdk.join(language).join("template")));
        project.extend(placed("cases/", files(&sdk.join("cases/scaffold"))));
        if language == "rust" {
            // As in our own tree, the SDK finds the contract two directories above it.
            project.extend(placed("wit/", wit.clone()));
            let sources = files(&sdk.join("rust/src"));
            project.extend(placed("vendor/session-plugin/src/", sources));
        } else {
            project.extend(placed("wit/deps/session-plugin/", wit.clone()));
        }
        project.sort();
        let name = language.to_uppercase();
        writeln!(source, "pub const {name}: &[(&str, &str)] = &[")
            .expect("a String takes any text");
        for (place, file) in project {
            writeln!(source, "    ({place:?}, include_str!({file:?})),")
                .expect("a String takes any text");
        }
        source.push_str("];\n");
    }
    fs::write(out_dir.join("templates.rs"), source).expect("OUT_DIR can be written");
}

/// Where each file stands in the project, and where it is.
fn placed(prefix: &str, files: Vec<(String, PathBuf)>) -> Vec<(String, PathBuf)> {
    let files = files.into_iter();
    files
        .map(|(place, file)| (format!("{prefix}{place}"), file))
        .collect()
}

/// All files below a directory, with their paths from it. What a tool leaves behind is none of ours.
fn files(directory: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("sdk/ and wit/ are part of the source tree") {
        let path = entry.expect("a directory's entries can be read").path();
        let name = path
            .file_name()
            .expect("an entry has a name")
            .to_string_lossy()
            .into_owned();
        if ["target", "node_modules", "__pycache__", "Cargo.lock"].contains(&&*name) {
            continue;
        }
        if path.is_dir() {
            found.extend(placed(&format!("{name}/"), files(&path)));
        } else {
            found.push((name, path.canonicalize().expect("a file has a path")));
        }
    }
    found
}
