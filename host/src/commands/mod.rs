//! One file per verb.

pub mod init;
