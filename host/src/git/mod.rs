//! Git: the only module that names git2 or spawns `git`. It must not know what a session is.

mod blob_batch;
pub mod blobs;
pub mod branches;
pub mod command;
pub mod commits;
pub mod directory;
pub mod dot_git;
pub mod head;
pub mod hooks_directory;
pub mod identity;
pub mod location;
pub mod merge;
mod new_objects;
pub mod objects;
mod own_refs;
pub mod refs;
pub mod remote_url;
pub mod repository;
pub mod scratch;
mod smudge;
pub mod sparse;
pub mod status;
mod status_parse;
pub mod status_process;
mod submodule;
pub mod text_diff;
pub mod tree_diff;
pub mod tree_edit;
mod tree_hash;
pub mod tree_walk;

#[cfg(test)]
mod repository_tests;
#[cfg(test)]
pub mod testing;

pub use blob_batch::BlobBatch;
pub use command::{GitCommand, GitOutput};
pub use git2::Oid as ObjectId;
pub use repository::Repository;
pub use status_process::{StatusOptions, StatusProcess};
