//! Components to install: the frozen one of contract 0.1.0, with a manifest of the test's own. It must not run them.

use sha2::{Digest as _, Sha256};

const FROZEN: &[u8] = include_bytes!("../../fixtures/contract/0.1.0.wasm");

pub fn version_1() -> Vec<u8> {
    with_manifest(
        r#"{"name":"acme-notes","version":"1.0.0","contract":"0.1.0","hooks":["brief"],"grants":[{"kind":"read","value":"docs/**","reason":"finds the notes"},{"kind":"env","value":"NOTES_TOKEN","reason":""}]}"#,
    )
}

/// It asks for the network, too.
pub fn version_2() -> Vec<u8> {
    with_manifest(
        r#"{"name":"acme-notes","version":"1.1.0","contract":"0.1.0","hooks":["brief"],"grants":[{"kind":"read","value":"docs/**","reason":"finds the notes"},{"kind":"env","value":"NOTES_TOKEN","reason":""},{"kind":"http","value":"api.example.com","reason":"sends the notes"}]}"#,
    )
}

/// It asks for nothing, and calls itself this.
pub fn named(name: &str) -> Vec<u8> {
    with_manifest(&format!(
        r#"{{"name":"{name}","version":"1.0.0","contract":"0.1.0","hooks":["brief"],"grants":[]}}"#
    ))
}

/// Built, as far as its hooks say, for another version of the contract.
pub fn of_contract(version: &str) -> Vec<u8> {
    let from = "session:plugin/brief@0.1.0";
    let to = format!("session:plugin/brief@{version}");
    assert_eq!(from.len(), to.len());
    let mut bytes = FROZEN.to_vec();
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from.as_bytes()) {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

pub fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// A custom section behind the header: it comes before the one that the toolchain put into the module.
fn with_manifest(manifest: &str) -> Vec<u8> {
    let name = "session:manifest";
    let mut content = vec![name.len() as u8];
    content.extend(name.bytes());
    content.extend(manifest.bytes());
    let mut bytes = FROZEN[..8].to_vec();
    bytes.push(0);
    let mut length = content.len();
    while length > 0x7f {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(content);
    bytes.extend(&FROZEN[8..]);
    bytes
}
