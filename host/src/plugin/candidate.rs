//! A component that somebody wants to install: what it is and asks for, and making it ready. It must not run it.

use anyhow::{Context as _, bail};
use serde::Serialize;

use super::cache::Cache;
use super::component::Loaded;
use super::contribution::Hook;
use super::manifest::RequestedGrant;
use super::{bundled, engine, inspect};
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
    /// The version of the contract that it was built for.
    pub contract: Option<String>,
    /// The hooks that it exports and this program calls.
    pub hooks: Vec<Hook>,
    /// What it asks for, with its own reasons.
    pub asks_for: Vec<RequestedGrant>,
}

impl Candidate {
    /// Looks at a component without compiling it. An error is a clause about it: `it is …`.
    pub fn of(bytes: &[u8]) -> anyhow::Result<Self> {
        let found = inspect(bytes).map_err(|error| anyhow::anyhow!("it {error:#}"))?;
        if let Some(problem) = found.problem {
            bail!("{problem}");
        }
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let manifest = found.manifest.as_ref();
        Ok(Self {
            hooks: found.asked_hooks(),
            name: manifest.and_then(|manifest| text(&manifest.name)),
            version: manifest.and_then(|manifest| text(&manifest.version)),
            digest: found.digest,
            size: found.size,
            contract: found.contract,
            asks_for: found
                .manifest
                .map(|manifest| manifest.grants)
                .unwrap_or_default(),
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
        .context("it cannot be linked")?
        .check_hooks()
}

/// Whether a component of this name is part of the program.
pub fn is_bundled(name: &str) -> bool {
    bundled::component(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROZEN: &[u8] = include_bytes!("../../../tests/fixtures/contract/0.1.0.wasm");

    #[test]
    fn a_component_of_an_older_contract_is_taken_and_what_is_none_is_not() {
        let candidate = Candidate::of(FROZEN).unwrap();
        assert_eq!(candidate.name.as_deref(), Some("contract"));
        assert_eq!(candidate.hooks, Hook::ALL);
        assert_eq!(candidate.asks_for[0].kind, "read");
        let refused = |bytes| Candidate::of(bytes).unwrap_err().to_string();
        assert_eq!(refused(b"<html>"), "it is no WebAssembly component");
        assert!(refused(b"\0asm\x0d\0\x01\0").contains("no hook"));
    }

    #[test]
    fn a_hook_without_the_contracts_function_is_none() {
        use wasm_encoder::{
            Component, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
        };
        let mut instances = ComponentInstanceSection::new();
        instances.export_items(Vec::<(&str, ComponentExportKind, u32)>::new());
        let mut exports = ComponentExportSection::new();
        let name = "session:plugin/brief@0.1.0";
        exports.export(name, ComponentExportKind::Instance, 0, None);
        let mut component = Component::new();
        component.section(&instances).section(&exports);
        let bytes = component.finish();
        let environment = Environment::unknown();
        let error = compile("none", &bytes, &environment).unwrap_err();
        assert!(
            format!("{error:#}").contains("its hook brief is none"),
            "{error:#}"
        );
    }
}
