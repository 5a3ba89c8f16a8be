//! What can be said of a component by looking at it. It must not compile or run it, and must survive any bytes.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::bail;
use serde::Serialize;
use wasmparser::{Encoding, Payload, Validator};

use super::apart::{self, Failure};
use super::contribution::Hook;
use super::manifest::Manifest;
use super::sections::{self, Section};
use super::{CONTRACT, compatibility, engine, imports, nesting, weight};
use crate::document::text;

/// The largest honest component takes a second.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// sha256, hexadecimal.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// Names of interfaces, in the component's order.
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    /// The hooks among its exports.
    pub hooks: Vec<Hook>,
    /// The version of `session:plugin` that it was built for.
    pub contract: Option<String>,
    pub manifest: Option<Manifest>,
    /// Why this program cannot load it: a clause. None: it can.
    pub problem: Option<String>,
}

impl Inspection {
    /// The hooks that it is asked: of its exports, those that its manifest names.
    pub fn asked_hooks(&self) -> Vec<Hook> {
        let Some(manifest) = &self.manifest else {
            return self.hooks.clone();
        };
        let named = manifest.known_hooks().into_iter();
        named.filter(|hook| self.hooks.contains(hook)).collect()
    }
}

/// Errors: these bytes are no component at all; a clause about them.
pub fn inspect(bytes: &[u8]) -> anyhow::Result<Inspection> {
    let owned = bytes.to_vec();
    match apart::work(LIMIT, move || look_at(&owned))? {
        Ok(found) => found,
        Err(Failure::Late(limit)) => {
            bail!("took longer than {} seconds to read", limit.as_secs())
        }
        Err(Failure::BrokeDown) => {
            bail!("is not what it should be: the reader of components broke down over it")
        }
    }
}

fn look_at(bytes: &[u8]) -> anyhow::Result<Inspection> {
    let (imports, exports) = names(bytes)?;
    let manifest = Manifest::find(bytes);
    let contract = contract(imports.iter().chain(&exports));
    let problem = problem(bytes, &imports, &exports).and_then(|()| {
        manifest
            .as_ref()
            .map(drop)
            .map_err(|error| format!("{error:#}"))
    });
    Ok(Inspection {
        digest: engine::digest(bytes),
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        hooks: Hook::ALL
            .into_iter()
            .filter(|hook| exports.iter().any(|name| is_hook(name, *hook)))
            .collect(),
        imports: clean(imports),
        exports: clean(exports),
        contract: contract.map(|version| text::line(&version)),
        manifest: manifest.ok().flatten(),
        problem: problem.err().map(|problem| text::line(&problem)),
    })
}

/// Names are whatever stands in the bytes: only those of a valid component are known to be plain.
fn clean(names: Vec<String>) -> Vec<String> {
    names.iter().map(|name| text::line(name)).collect()
}

/// What a component imports and exports.
fn names(bytes: &[u8]) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut encoding = None;
    let mut damage = None;
    let walked = sections::walk(bytes, |section| {
        let read = match section {
            Section::Own(Payload::Version { encoding: is, .. }) => {
                encoding = Some(is);
                Ok(())
            }
            Section::Own(Payload::ComponentImportSection(section)) => section
                .into_iter()
                .try_for_each(|import| import.map(|import| imports.push(import.name.name.into()))),
            Section::Own(Payload::ComponentExportSection(section)) => section
                .into_iter()
                .try_for_each(|export| export.map(|export| exports.push(export.name.name.into()))),
            _ => Ok(()),
        };
        match read {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                damage = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    match encoding {
        None => bail!("is no WebAssembly component"),
        Some(Encoding::Module) => bail!(
            "is a core module and no component; build it for wasm32-wasip2, or make one of it with \
             `wasm-tools component new`"
        ),
        Some(Encoding::Component) => {}
    }
    let damage = damage.map(|error| error.message().to_owned());
    if let Some(how) = walked.err().or(damage) {
        bail!("is damaged or cut off: {how}");
    }
    Ok((imports, exports))
}

fn problem(bytes: &[u8], imports: &[String], exports: &[String]) -> Result<(), String> {
    nesting::excess(bytes)?;
    let types = Validator::new().validate_all(bytes);
    let types = types.map_err(|error| format!("it is not valid: {}", error.message()))?;
    weight::excess(bytes)?;
    let names = imports.iter().chain(exports).map(String::as_str);
    compatibility::check(names).map_err(|error| error.to_string())?;
    match imports::missing(imports, &types) {
        Some(name) => Err(format!(
            "it imports {name}, which this program does not provide"
        )),
        None if !exports
            .iter()
            .any(|name| Hook::ALL.iter().any(|hook| is_hook(name, *hook))) =>
        {
            Err(format!("it exports no hook of session:plugin@{CONTRACT}"))
        }
        None => Ok(()),
    }
}

fn is_hook(export: &str, hook: Hook) -> bool {
    let interface = export.rsplit_once('@').map(|(interface, _)| interface);
    interface.and_then(|name| name.strip_prefix("session:plugin/")) == Some(hook.name())
}

/// All of a component's interfaces have one version; of a patched together one, the highest is named.
fn contract<'a>(names: impl Iterator<Item = &'a String>) -> Option<String> {
    let versions = names.filter_map(|name| name.strip_prefix("session:plugin/")?.split_once('@'));
    versions.map(|(_, version)| version.to_owned()).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROZEN: &[u8] = include_bytes!("../../../tests/fixtures/contract/0.1.0.wasm");

    #[test]
    fn a_component_is_described_without_loading_it() {
        let said = inspect(FROZEN).unwrap();
        assert_eq!(said.hooks, Hook::ALL);
        assert_eq!(said.contract.as_deref(), Some("0.1.0"));
        assert_eq!(said.problem, None);
        assert!(
            said.imports
                .contains(&"session:plugin/facts@0.1.0".to_owned())
        );
        let manifest = said.manifest.unwrap();
        assert_eq!(manifest.name, "contract");
        assert_eq!(manifest.grants[0].value.as_deref(), Some("**/*.md"));
        assert_eq!(manifest.grants[0].reason, "reads one file of the test");
    }

    #[test]
    fn bytes_that_are_no_component_are_told_apart() {
        let said = |bytes: &[u8]| inspect(bytes).unwrap_err().to_string();
        assert!(said(b"").contains("no WebAssembly"));
        assert!(said(b"hello").contains("no WebAssembly"));
        assert!(said(b"\0asm\x01\0\0\0").contains("core module"));
        for cut in [9, 100, FROZEN.len() / 2, FROZEN.len() - 1] {
            let error = said(&FROZEN[..cut]);
            assert!(error.contains("cut off"), "{cut}: {error}");
        }
    }

    /// Every byte of the beginning, where the structure is, and some of the rest.
    #[test]
    fn any_flipped_byte_is_survived() {
        let mut bytes = FROZEN.to_vec();
        let first = 0..2000.min(bytes.len());
        for index in first.chain((2000..bytes.len()).step_by(4099)) {
            bytes[index] ^= 0xff;
            let _described = names(&bytes);
            let _manifest = Manifest::find(&bytes);
            bytes[index] ^= 0xff;
        }
    }

    #[test]
    fn names_that_act_on_a_terminal_are_shown_without_what_does() {
        let mut bytes = FROZEN.to_vec();
        while let Some(at) = bytes.windows(7).position(|part| part == b"/facts@") {
            bytes[at + 1..at + 6].copy_from_slice(b"a\x1b[0m");
        }
        let said = inspect(&bytes).unwrap();
        assert!(said.imports.contains(&"session:plugin/a@0.1.0".to_owned()));
        let problem = said.problem.unwrap();
        assert!(text::is_plain(&problem), "{problem:?}");
    }

    #[test]
    fn a_component_for_another_contract_cannot_be_loaded() {
        // The interfaces' names are the same length, so the binary stays whole.
        let text = |version: &str| -> Vec<u8> {
            let mut bytes = FROZEN.to_vec();
            while let Some(at) = bytes.windows(6).position(|part| part == b"@0.1.0") {
                bytes[at + 1..at + 6].copy_from_slice(version.as_bytes());
            }
            bytes
        };
        for theirs in ["0.1.9", "0.2.0", "1.0.0"] {
            let said = inspect(&text(theirs)).unwrap();
            let problem = said.problem.unwrap();
            assert!(
                problem.contains(theirs) && problem.contains(CONTRACT),
                "{problem}"
            );
            assert_eq!(said.contract.as_deref(), Some(theirs));
        }
    }
}
