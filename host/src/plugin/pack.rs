//! Gives a component its manifest: the custom section `session:manifest`, checked against what the component exports. It
//! must not compile or run the component, and changes nothing else in it.

use serde::{Deserialize, Serialize};
use wasm_encoder::{Component, CustomSection, RawSection};
use wasmparser::{Chunk, Encoding, Parser, Payload};

use super::CONTRACT;
use super::contribution::Hook;
use super::manifest::Manifest;
use crate::config::is_plugin_name;
use crate::error::{UserError, user_error};

/// The custom section's name.
pub const SECTION: &str = "session:manifest";

/// The manifest as an author writes it. What is left out is taken from the component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    pub name: String,
    pub version: String,
    /// The contract's version that the component was built for.
    #[serde(default)]
    pub contract: String,
    #[serde(default)]
    pub hooks: Vec<String>,
    #[serde(default)]
    pub grants: Vec<StatedGrant>,
}

/// What the plugin asks for, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedGrant {
    /// `read`, `http` or `env`.
    pub kind: String,
    /// A glob, a host, a variable; without one, what the repository's configuration names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// One sentence; the user reads it before agreeing.
    pub reason: String,
}

/// A hook that a component exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedHook {
    pub hook: Hook,
    /// The contract's version, as the export's name has it.
    pub contract: String,
}

/// Reads the section headers of a component. The error is a sentence for whoever built it.
pub fn exported_hooks(component: &[u8]) -> Result<Vec<ExportedHook>, UserError> {
    let mut found = Vec::new();
    for section in sections(component)? {
        let Payload::ComponentExportSection(exports) = section else {
            continue;
        };
        for export in exports {
            let export = export.map_err(|error| damaged(&error))?;
            found.extend(exported_hook(export.name.name));
        }
    }
    found.sort_by_key(|export| Hook::ALL.iter().position(|hook| *hook == export.hook));
    Ok(found)
}

/// The globs of the files that the component's manifest asks to read.
pub fn requested_reads(component: &[u8]) -> Vec<String> {
    let manifest = Manifest::read(component).unwrap_or_default();
    let reads = manifest
        .grants
        .into_iter()
        .filter(|grant| grant.kind == "read");
    reads.filter_map(|grant| grant.value).collect()
}

/// The component with this manifest, and the manifest as it was completed. One that the component has already at its top
/// level is replaced.
pub fn pack(component: &[u8], stated: Stated) -> anyhow::Result<(Vec<u8>, Stated)> {
    let exported = exported_hooks(component)?;
    let stated = checked(stated, &exported)?;
    let manifest = serde_json::to_vec(&stated)?;
    let mut packed = Component::new();
    // First of all sections: whoever looks for it needs to read no further.
    packed.section(&CustomSection {
        name: SECTION.into(),
        data: manifest.into(),
    });
    for section in sections(component)? {
        let is_manifest = matches!(&section, Payload::CustomSection(it) if it.name() == SECTION);
        if let Some((id, range)) = section.as_section()
            && !is_manifest
        {
            packed.section(&RawSection {
                id,
                data: &component[range],
            });
        }
    }
    Ok((packed.finish(), stated))
}

/// The sections of the component itself; what is in the modules within is passed over.
fn sections(component: &[u8]) -> Result<Vec<Payload<'_>>, UserError> {
    let mut parser = Parser::new(0);
    let mut rest = component;
    let mut found = Vec::new();
    loop {
        let (consumed, payload) = match parser.parse(rest, true) {
            Ok(Chunk::Parsed { consumed, payload }) => (consumed, payload),
            Ok(Chunk::NeedMoreData(_)) => return Err(no_component("it is cut short")),
            Err(error) => return Err(damaged(&error)),
        };
        rest = &rest[consumed..];
        match &payload {
            Payload::Version { encoding, .. } if *encoding != Encoding::Component => {
                return Err(no_component("it is a core module"));
            }
            Payload::End(_) => return Ok(found),
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } => {
                let within = rest.get(unchecked_range.len()..);
                rest = within.ok_or_else(|| no_component("it is cut short"))?;
            }
            _ => {}
        }
        found.push(payload);
    }
}

fn exported_hook(name: &str) -> Option<ExportedHook> {
    let (interface, contract) = name.strip_prefix("session:plugin/")?.split_once('@')?;
    let hook = Hook::ALL.into_iter().find(|it| it.name() == interface)?;
    Some(ExportedHook {
        hook,
        contract: contract.to_owned(),
    })
}

fn checked(mut stated: Stated, exported: &[ExportedHook]) -> anyhow::Result<Stated> {
    const SEE: &str = "docs/plugins.md describes the manifest";
    if !is_plugin_name(&stated.name) {
        let message = format!(
            "the manifest's name is {:?}; a name is lower-case words joined by hyphens",
            stated.name
        );
        return Err(user_error(message, SEE));
    }
    if stated.version.trim().is_empty() {
        return Err(user_error("the manifest has no version", SEE));
    }
    let Some(first) = exported.first() else {
        return Err(user_error(
            "the component exports no hook, so it is no plugin",
            "export session:plugin/brief, checkpoint, handoff, status or analyze, then build it again",
        ));
    };
    if stated.contract.is_empty() {
        stated.contract.clone_from(&first.contract);
    }
    if stated.contract != first.contract {
        return Err(user_error(
            format!(
                "the manifest says contract {}, the component was built for {}",
                stated.contract, first.contract
            ),
            "leave `contract` out of the manifest: it is taken from the component",
        ));
    }
    if !is_served(&stated.contract) {
        return Err(user_error(
            format!(
                "the component was built for contract {}, and this version of session serves {CONTRACT}",
                stated.contract
            ),
            "build it with the contract that `session plugin new` writes",
        ));
    }
    let names: Vec<&str> = exported.iter().map(|export| export.hook.name()).collect();
    if stated.hooks.is_empty() {
        stated.hooks = names.iter().map(|name| (*name).to_owned()).collect();
    }
    if let Some(missing) = stated.hooks.iter().find(|hook| !names.contains(&&***hook)) {
        return Err(user_error(
            format!(
                "the manifest names the hook {missing:?}, which the component does not export; it exports {}",
                names.join(", ")
            ),
            "name exported hooks only, or leave `hooks` out: then all of them are taken",
        ));
    }
    for grant in &stated.grants {
        let kind = &*grant.kind;
        if !matches!(kind, "read" | "http" | "env") {
            let message = format!("the manifest asks for {kind:?}; a grant is read, http or env");
            return Err(user_error(message, SEE));
        }
        if grant.reason.trim().is_empty() {
            return Err(user_error(
                format!("the manifest asks for {kind} and gives no reason"),
                "say why in one sentence: the user reads it before agreeing",
            ));
        }
    }
    Ok(stated)
}

/// Whether a component built for that version of the contract runs here: the same track, and no later than ours. Before
/// 1.0.0 a track is a minor version, from then on a major one.
fn is_served(version: &str) -> bool {
    let numbers = |text: &str| -> Option<[u32; 3]> {
        let parts: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        parts?.try_into().ok()
    };
    let (Some(theirs), Some(ours)) = (numbers(version), numbers(CONTRACT)) else {
        return false;
    };
    let track = if ours[0] == 0 { 2 } else { 1 };
    theirs[..track] == ours[..track] && theirs <= ours
}

fn damaged(error: &wasmparser::BinaryReaderError) -> UserError {
    no_component(error.message())
}

fn no_component(why: &str) -> UserError {
    UserError::new(format!("this is no WASM component: {why}"))
        .hint("docs/plugins.md says how each language builds one")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUEST: &[u8] = session_guests::MISBEHAVING;

    fn stated(json: &str) -> Stated {
        serde_json::from_str(json).unwrap()
    }

    fn refusal(json: &str) -> String {
        pack(GUEST, stated(json)).unwrap_err().to_string()
    }

    #[test]
    fn what_the_manifest_leaves_out_is_taken_from_the_component() {
        let (packed, complete) =
            pack(GUEST, stated(r#"{"name":"mine","version":"2.0.0"}"#)).unwrap();
        assert_eq!(complete.contract, CONTRACT);
        assert!(complete.hooks.contains(&"brief".to_owned()));
        let read = Manifest::read(&packed).unwrap();
        assert_eq!((&*read.name, &*read.version), ("mine", "2.0.0"));
        assert_eq!(exported_hooks(&packed), exported_hooks(GUEST));
        wasmparser::validate(&packed).unwrap();
    }

    #[test]
    fn a_manifest_is_replaced_and_never_added_twice() {
        let first = r#"{"name":"mine","version":"1.0.0"}"#;
        let second = r#"{"name":"mine","version":"1.0.1","hooks":["brief"]}"#;
        let (once, _) = pack(GUEST, stated(first)).unwrap();
        let (twice, _) = pack(&once, stated(second)).unwrap();
        let read = Manifest::read(&twice).unwrap();
        assert_eq!((&*read.version, read.hooks.len()), ("1.0.1", 1));
        let manifests = sections(&twice).unwrap().into_iter();
        let manifests = manifests.filter(
            |section| matches!(section, Payload::CustomSection(it) if it.name() == SECTION),
        );
        assert_eq!(manifests.count(), 1);
    }

    #[test]
    fn a_manifest_that_does_not_fit_the_component_is_refused() {
        let no_hook = refusal(r#"{"name":"a","version":"1","hooks":["brief","later"]}"#);
        assert!(no_hook.contains("\"later\"") && no_hook.contains("it exports brief"));
        let foreign = refusal(r#"{"name":"a","version":"1","contract":"0.9.0"}"#);
        assert!(foreign.contains("0.9.0") && foreign.contains(CONTRACT));
        assert!(refusal(r#"{"name":"A b","version":"1"}"#).contains("lower-case words"));
        assert!(refusal(r#"{"name":"a","version":" "}"#).contains("no version"));
        let grant = r#"{"name":"a","version":"1","grants":[{"kind":"run","reason":"x"}]}"#;
        assert!(refusal(grant).contains("read, http or env"));
        let silent = r#"{"name":"a","version":"1","grants":[{"kind":"read","reason":""}]}"#;
        assert!(refusal(silent).contains("gives no reason"));
    }

    #[test]
    fn what_is_no_component_is_said_to_be_none() {
        let core = exported_hooks(b"\0asm\x01\0\0\0").unwrap_err().message;
        assert!(core.contains("it is a core module"), "{core}");
        for end in [0, 3, 8, 100, GUEST.len() - 1] {
            let cut = exported_hooks(&GUEST[..end]);
            assert!(cut.is_err() || cut.unwrap().is_empty(), "cut at {end}");
        }
        assert!(exported_hooks(b"no wasm at all").is_err());
    }

    #[test]
    fn a_component_of_a_newer_or_foreign_contract_is_not_served() {
        assert!(is_served("0.1.0") && is_served(CONTRACT));
        for other in ["0.1.99", "0.2.0", "1.0.0", "0.1", "", "x"] {
            assert!(!is_served(other), "{other}");
        }
    }
}
