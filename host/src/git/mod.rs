//! Git: the only module that names git2 or spawns `git`. It must not know what a session is.

pub mod status;

pub use git2::Oid as ObjectId;
