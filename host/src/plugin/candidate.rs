//! A component that somebody wants to install: what it is and asks for, and whether this program could run it. It must
//! not run it, and must survive any bytes.

use anyhow::Context as _;
use serde::Serialize;
use wasmparser::{Encoding, Parser, Payload};

use super::cache::Cache;
use super::component::Loaded;
use super::contribution::Hook;
use super::manifest::{Manifest, RequestedGrant};
use super::{bundled, compatibility, engine};
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
        let names = outer_names(bytes)?;
        compatibility::check(names.iter().map(String::as_str))?;
        let exported = |hook: &Hook| {
            let interface = format!("session:plugin/{}@", hook.name());
            names.iter().any(|name| name.starts_with(&interface))
        };
        let hooks: Vec<Hook> = Hook::ALL.into_iter().filter(exported).collect();
        anyhow::ensure!(
            !hooks.is_empty(),
            "it is no plugin for session: it exports none of the hooks"
        );
        let manifest = Manifest::read(bytes);
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(Self {
            name: manifest.as_ref().and_then(|it| text(&it.name)),
            version: manifest.as_ref().and_then(|it| text(&it.version)),
            digest: engine::digest(bytes),
            size: bytes.len() as u64,
            hooks,
            asks_for: manifest.map(|manifest| manifest.grants).unwrap_or_default(),
        })
    }

    /// Makes it ready to run, and keeps the result: no command waits for that later. An error is a clause about it.
    pub fn compile(&self, environment: &Environment, bytes: &[u8]) -> anyhow::Result<()> {
        let engine = engine::engine()?;
        let cache = Cache::open(environment.cache_dir.as_deref(), &engine);
        let component = match cache.load(&engine, &self.digest) {
            Some(component) => component,
            None => cache
                .compile(&engine, &self.digest, bytes)
                .context("it cannot be compiled")?,
        };
        // What it imports and nobody provides shows here.
        Loaded::new(&engine::linker(&engine)?, &component).context("it cannot be linked")?;
        Ok(())
    }
}

/// Whether a component of this name is part of the program.
pub fn is_bundled(name: &str) -> bool {
    bundled::component(name).is_some()
}

/// What the component itself imports and exports. Errors: it is no component, or not a whole one.
fn outer_names(bytes: &[u8]) -> anyhow::Result<Vec<String>> {
    const BROKEN: &str = "it is damaged or cut off";
    anyhow::ensure!(
        bytes.starts_with(b"\0asm"),
        "it is no WebAssembly component"
    );
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.context(BROKEN)? {
            Payload::Version { encoding, .. } => {
                anyhow::ensure!(
                    depth > 0 || encoding == Encoding::Component,
                    "it is a core module and no component; build it for wasm32-wasip2, or make one of it with \
                     `wasm-tools component new`"
                );
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    names.push(import.context(BROKEN)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    names.push(export.context(BROKEN)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    anyhow::ensure!(depth == 0, BROKEN);
    Ok(names)
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
        assert!(refused(b"\0asm\x0d\0\x01\0").contains("none of the hooks"));
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
