//! {{name}}: the TODO and FIXME marks in what is being changed. It must not decide anything here: this file asks the
//! host, `marks` answers.

mod marks;

use marks::Mark;
use session_plugin::{Brief, Checkpoint, Contribution, Request, facts, log, work_tree};

pub struct Plugin;

// The hooks that are exported, and what the plugin asks for. The user reads the reason before agreeing.
session_plugin::plugin!(Plugin: brief, checkpoint; grants = r#"[
    {"kind": "read", "value": "**", "reason": "It looks for marks in the files that you have changed."}
]"#);

impl Brief for Plugin {
    fn brief(_request: Request) -> Result<Contribution, String> {
        Ok(marks::brief(&marks()))
    }
}

impl Checkpoint for Plugin {
    fn checkpoint(_request: Request) -> Result<Contribution, String> {
        Ok(marks::checkpoint(&marks()))
    }
}

/// The marks of all changed files that the host lets us read.
fn marks() -> Vec<Mark> {
    let changed = facts::changed_files().into_iter();
    let changed = changed.filter(|file| file.status != "deleted");
    let paths: Vec<String> = changed.map(|file| file.path).take(200).collect();
    let mut marks = Vec::new();
    for (path, file) in paths.iter().zip(work_tree::read_files(&paths, 64 * 1024)) {
        match file {
            Ok(file) => marks.extend(marks::in_text(path, &String::from_utf8_lossy(&file.bytes))),
            Err(failure) => log::log("info", &format!("{path}: {}", failure.kind)),
        }
    }
    marks
}
