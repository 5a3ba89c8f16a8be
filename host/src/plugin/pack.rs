//! Gives a component its manifest: the custom section `session:manifest`, checked against what the component exports. It
//! must not compile or run the component, and changes nothing else in it.

use std::ops::ControlFlow;

use serde::Deserialize;
use wasm_encoder::{Component, ComponentSectionId, CustomSection, RawSection};
use wasmparser::{Parser, Payload};

use super::contribution::Hook;
use super::grants;
use super::inspect::{Inspection, inspect};
use super::manifest::{Manifest, RequestedGrant, SECTION};
use super::sections::{self, Section};
use crate::config::is_plugin_name;
use crate::error::user_error;

/// The manifest as an author writes it: what is misspelt is not passed over, and what is left out is taken from the
/// component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
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
    pub grants: Vec<RequestedGrant>,
}

const SEE: &str = "docs/plugins.md describes the manifest";

/// The component with this manifest, and the manifest as it was completed. One that the component has already at its top
/// level is replaced.
pub fn pack(component: &[u8], stated: Stated) -> anyhow::Result<(Vec<u8>, Manifest)> {
    let inspection = inspect(component).map_err(|error| {
        user_error(
            format!("the file {error:#}"),
            "docs/plugins.md says how each language builds a component",
        )
    })?;
    let manifest = completed(stated, &inspection)?;
    let packed = with_manifest(component, &serde_json::to_vec(&manifest)?)?;
    // What is handed out has to be what the host takes.
    match inspect(&packed)?.problem {
        Some(problem) => Err(user_error(
            format!("the component cannot be a plugin here: {problem}"),
            "build it with the contract that `session plugin new` writes",
        )),
        None => Ok((packed, manifest)),
    }
}

fn with_manifest(component: &[u8], manifest: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut packed = Component::new();
    // First of all sections: whoever looks for it needs to read no further.
    packed.section(&CustomSection {
        name: SECTION.into(),
        data: manifest.into(),
    });
    let walked = sections::walk(component, |section| {
        match section {
            Section::Own(Payload::CustomSection(custom)) if custom.name() == SECTION => {}
            Section::Own(payload) => {
                if let Some((id, range)) = payload.as_section() {
                    let data = &component[range];
                    packed.section(&RawSection { id, data });
                }
            }
            Section::Nested(data) => {
                let id = match Parser::is_component(data) {
                    true => ComponentSectionId::Component,
                    false => ComponentSectionId::CoreModule,
                };
                let id = id.into();
                packed.section(&RawSection { id, data });
            }
        }
        ControlFlow::Continue(())
    });
    walked.map_err(anyhow::Error::msg)?;
    Ok(packed.finish())
}

fn completed(stated: Stated, component: &Inspection) -> anyhow::Result<Manifest> {
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
    if component.hooks.is_empty() {
        return Err(user_error(
            "the component exports no hook, so it is no plugin",
            "export session:plugin/brief, checkpoint, handoff, status or analyze, then build it again",
        ));
    }
    check_grants(&stated.grants)?;
    Ok(Manifest {
        contract: contract(stated.contract, component)?,
        hooks: hooks(stated.hooks, &component.hooks)?,
        name: stated.name,
        version: stated.version,
        grants: stated.grants,
    })
}

fn contract(stated: String, component: &Inspection) -> anyhow::Result<String> {
    let built = component.contract.clone().unwrap_or_default();
    if stated.is_empty() || stated == built {
        return Ok(built);
    }
    Err(user_error(
        format!("the manifest says contract {stated}, the component was built for {built}"),
        "leave `contract` out of the manifest: it is taken from the component",
    ))
}

fn hooks(stated: Vec<String>, exported: &[Hook]) -> anyhow::Result<Vec<String>> {
    let names: Vec<String> = exported.iter().map(|hook| hook.name().to_owned()).collect();
    if stated.is_empty() {
        return Ok(names);
    }
    match stated.iter().find(|hook| !names.contains(hook)) {
        None => Ok(stated),
        Some(missing) => Err(user_error(
            format!(
                "the manifest names the hook {missing:?}, which the component does not export; it exports {}",
                names.join(", ")
            ),
            "name exported hooks only, or leave `hooks` out: then all of them are taken",
        )),
    }
}

fn check_grants(grants: &[RequestedGrant]) -> anyhow::Result<()> {
    for grant in grants {
        let kind = &*grant.kind;
        if !matches!(kind, "read" | "http" | "env") {
            let message = format!("the manifest asks for {kind:?}; a grant is read, http or env");
            return Err(user_error(message, SEE));
        }
        if grant
            .value
            .as_deref()
            .is_some_and(|value| value.trim().is_empty())
        {
            return Err(user_error(
                format!("the manifest asks for {kind} with an empty value"),
                "say what it asks for; without any value it asks for whatever is allowed",
            ));
        }
        if let Some(value) = &grant.value
            && !grants::is_pattern(kind, value)
        {
            return Err(user_error(
                format!("the manifest asks for {kind} {value:?}, which is no glob"),
                "a `[` or `{` has to be closed; `[[]` is a bracket itself",
            ));
        }
        if grant.reason.trim().is_empty() {
            return Err(user_error(
                format!("the manifest asks for {kind} and gives no reason"),
                "say why in one sentence: the user reads it before agreeing",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::CONTRACT;

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
        let (was, is) = (inspect(GUEST).unwrap(), inspect(&packed).unwrap());
        assert_eq!((is.imports, is.exports), (was.imports, was.exports));
        assert_eq!(is.problem, None);
    }

    #[test]
    fn a_manifest_is_replaced_and_never_added_twice() {
        let first = r#"{"name":"mine","version":"1.0.0"}"#;
        let second = r#"{"name":"mine","version":"1.0.1","hooks":["brief"]}"#;
        let (once, _) = pack(GUEST, stated(first)).unwrap();
        let (twice, _) = pack(&once, stated(second)).unwrap();
        let read = Manifest::read(&twice).unwrap();
        assert_eq!((&*read.version, read.hooks.len()), ("1.0.1", 1));
        let mut manifests = 0;
        let counted = sections::walk(&twice, |section| {
            let is_one =
                matches!(section, Section::Own(Payload::CustomSection(it)) if it.name() == SECTION);
            manifests += usize::from(is_one);
            ControlFlow::Continue(())
        });
        assert_eq!((counted, manifests), (Ok(()), 1));
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
        for kind in ["read", "http", "env"] {
            let open = format!(
                r#"{{"name":"a","version":"1","grants":[{{"kind":"{kind}","value":"[a","reason":"x"}}]}}"#
            );
            assert!(refusal(&open).contains("which is no glob"), "{kind}");
        }
        for empty in ["", " "] {
            let empty = format!(
                r#"{{"name":"a","version":"1","grants":[{{"kind":"http","value":"{empty}","reason":"x"}}]}}"#
            );
            assert!(refusal(&empty).contains("asks for http with an empty value"));
        }
        let silent = r#"{"name":"a","version":"1","grants":[{"kind":"read","reason":""}]}"#;
        assert!(refusal(silent).contains("gives no reason"));
    }
}
