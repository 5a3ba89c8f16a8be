//! The plugin host: the only module that names wasmtime. It must not decide what a session does with an answer.

pub mod contribution;
