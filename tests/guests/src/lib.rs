//! Components that misbehave, as bytes, for the host's tests. It must not be part of the program.

/// Does what its configuration's `do` says, in every hook: see `misbehaving/src/lib.rs`.
pub const MISBEHAVING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/misbehaving.wasm"));
