//! A component that somebody wants to install: what it is and asks for, and whether this program could run it. It must
//! not run it, and must survive any bytes.

use anyhow::Context as _;
use serde::Serialize;

use super::cache::Cache;
use super::component::Loaded;
use super::contribution::Hook;
use super::inspect::inspect;
use super::manifest::RequestedGrant;
use super::{bundled, engine};
use crate::environment::Environment;

/// Of a component that is whole and made for this contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// As its manifest names it; None without a manifest.
    pub name: Option<String>,
    pub version: Option<String>,
    /// sha256, hexadecimal.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// The hooks that it exports and this program calls.
    pub hooks: Vec<Hook>,
    /// What it asks for, with its own reasons.
    pub asks_for: Vec<RequestedGrant>,
}

impl Candidate {
    /// Looks at a component without compiling it. An error is a clause about it: `it is …`.
    pub fn inspect(bytes: &[u8]) -> anyhow::Result<Self> {
        let component = inspect(bytes).map_err(|what| anyhow::anyhow!("it {what}"))?;
        if let Some(problem) = component.problem {
            anyhow::bail!(problem);
        }
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let manifest = component.manifest;
        Ok(Self {
            name: manifest.as_ref().and_then(|it| text(&it.name)),
            version: manifest.as_ref().and_then(|it| text(&it.version)),
            digest: component.digest,
            size: component.size,
            hooks: component.hooks,
            asks_for: manifest.map(|manifest| manifest.grants).unwrap_or_default(),
        })
    }

    /// Makes it ready to run, and keeps the result: no command waits for that later. An error is a clause about it.
    pub fn compile(&self, environment: &Environment, bytes: &[u8]) -> anyhow::Result<()> {
        compile(&self.digest, bytes, environment)
    }
}

/// Compiles a component into the cache, unless it is there, and links it. An error is a clause about it.
pub fn compile(digest: &str, bytes: &[u8], environment: &Environment) -> anyhow::Result<()> {
    let engine = engine::engine()?;
    let cache = Cache::open(environment.cache_dir.as_deref(), &engine);
    let component = match cache.load(&engine, digest) {
        Some(component) => component,
        None => cache
            .compile(&engine, digest, bytes)
            .context("it cannot be compiled")?,
    };
    engine::check_contract(&engine, &component)?;
    // What it imports and nobody provides shows here.
    Loaded::new(&engine::linker_of(&engine, &component)?, &component)
        .context("it cannot be linked")?;
    Ok(())
}

/// Whether a component of this name is part of the program.
pub fn is_bundled(name: &str) -> bool {
    bundled::component(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROZEN: &[u8] = include_bytes!("../../../tests/fixtures/contract/0.1.0.wasm");

    fn refused(bytes: &[u8]) -> String {
        format!("{:#}", Candidate::inspect(bytes).unwrap_err())
    }

    #[test]
    fn a_component_of_an_older_contract_is_known_by_its_manifest_and_exports() {
        let candidate = Candidate::inspect(FROZEN).unwrap();
        assert_eq!(candidate.name.as_deref(), Some("contract"));
        assert_eq!(candidate.hooks, Hook::ALL);
        assert_eq!(candidate.asks_for[0].kind, "read");
    }

    #[test]
    fn what_is_no_component_for_this_program_is_refused_in_a_sentence() {
        assert_eq!(refused(b"<html>"), "it is no WebAssembly component");
        assert_eq!(refused(b""), "it is no WebAssembly component");
        assert!(refused(b"\0asm\x01\0\0\0").contains("core module"));
        assert!(refused(b"\0asm\x0d\0\x01\0").contains("exports no hook"));
        for end in [8, 9, 100, FROZEN.len() / 2, FROZEN.len() - 1] {
            assert!(!refused(&FROZEN[..end]).is_empty(), "cut at {end}");
        }
        let cut = refused(&FROZEN[..FROZEN.len() - 1]);
        assert!(cut.starts_with("it is damaged or cut off"), "{cut}");
    }

    #[test]
    fn a_newer_contract_is_named_beside_ours() {
        let text = String::from_utf8_lossy(FROZEN);
        assert!(text.contains("session:plugin/brief@0.1.0"));
        let mut newer = FROZEN.to_vec();
        let from = b"session:plugin/brief@0.1.0";
        let to = b"session:plugin/brief@9.9.9";
        let places: Vec<usize> = (0..newer.len() - from.len())
            .filter(|&at| newer[at..].starts_with(from))
            .collect();
        for at in places {
            newer[at..at + to.len()].copy_from_slice(to);
        }
        let said = refused(&newer);
        assert!(
            said.contains("9.9.9") && said.contains(super::super::CONTRACT),
            "{said}"
        );
    }
}
