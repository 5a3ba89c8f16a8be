//! The contract's interface `work-tree`: files, as far as the plugin may read them. It must not open one by itself: that
//! is [`WorkTree`]'s, which follows no link.

use super::{MOST_PATHS, failure, too_large};
use crate::plugin::bindings::session::plugin::{types, work_tree};
use crate::plugin::sandbox::Sandbox;
use crate::plugin::work_tree::{FileInfo, Refusal, WorkTree};

/// Bytes that one `read-files` gives back.
const MOST_READ: usize = 4 * 1024 * 1024;

impl work_tree::Host for Sandbox {
    fn read_files(
        &mut self,
        paths: Vec<String>,
        max_bytes: u32,
    ) -> wasmtime::Result<Vec<Result<work_tree::File, types::Failure>>> {
        self.count()?;
        let tree = WorkTree::open(&self.context.work_tree, self.context.access.read.clone());
        let mut left = MOST_READ;
        let mut answers = Vec::with_capacity(paths.len());
        for (index, path) in paths.iter().enumerate() {
            self.stop_when_over()?;
            if index >= MOST_PATHS || left == 0 {
                answers.push(Err(failure(
                    "too-large",
                    "one call reads no more than this",
                )));
                continue;
            }
            let Ok(tree) = &tree else {
                answers.push(Err(failure("failed", "the work tree cannot be opened")));
                continue;
            };
            let limit = usize::try_from(max_bytes).map_or(left, |limit| limit.min(left));
            answers.push(match tree.read(path, limit) {
                Ok(start) => {
                    left -= start.bytes.len();
                    Ok(work_tree::File {
                        bytes: start.bytes,
                        truncated: start.truncated,
                    })
                }
                Err(refusal) => Err(refused(refusal, path)),
            });
        }
        Ok(answers)
    }

    fn stat_files(
        &mut self,
        paths: Vec<String>,
    ) -> wasmtime::Result<Vec<Result<work_tree::FileInfo, types::Failure>>> {
        self.count()?;
        let tree = WorkTree::open(&self.context.work_tree, self.context.access.read.clone());
        let mut answers = Vec::with_capacity(paths.len().min(MOST_PATHS));
        for (index, path) in paths.iter().enumerate() {
            self.stop_when_over()?;
            answers.push(match &tree {
                _ if index >= MOST_PATHS => Err(too_large("paths", MOST_PATHS)),
                Err(_) => Err(failure("failed", "the work tree cannot be opened")),
                Ok(tree) => tree
                    .stat(path)
                    .map(file_info)
                    .map_err(|refusal| refused(refusal, path)),
            });
        }
        Ok(answers)
    }

    fn read_range(
        &mut self,
        path: String,
        offset: u64,
        max_bytes: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, types::Failure>> {
        self.count()?;
        let limit = usize::try_from(max_bytes).map_or(MOST_READ, |limit| limit.min(MOST_READ));
        let tree = WorkTree::open(&self.context.work_tree, self.context.access.read.clone());
        let Ok(tree) = tree else {
            return Ok(Err(failure("failed", "the work tree cannot be opened")));
        };
        let read = tree.read_range(&path, offset, limit);
        self.stop_when_over()?;
        Ok(read.map_err(|refusal| refused(refusal, &path)))
    }
}

fn file_info(info: FileInfo) -> work_tree::FileInfo {
    work_tree::FileInfo {
        size: info.size,
        modified_at: info.modified_at,
        stamp: info.stamp,
    }
}

fn refused(refusal: Refusal, path: &str) -> types::Failure {
    match refusal {
        Refusal::NotFound => failure("not-found", format!("there is no {path}")),
        Refusal::Denied => failure("denied", format!("{path} is not for this plugin to read")),
        Refusal::Failed => failure("failed", format!("{path} could not be read")),
    }
}
