//! Components, as bytes, for the host's tests. It must not be part of the program.

/// Does what its configuration's `do` says, in every hook: see `misbehaving/src/lib.rs`.
pub const MISBEHAVING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/misbehaving.wasm"));

/// Uses everything in the contract as it stands: see `contract/src/lib.rs`.
pub const CONTRACT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.wasm"));

/// Makes requests and reads variables, as its configuration says: see `network/src/lib.rs`.
pub const NETWORK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/network.wasm"));
