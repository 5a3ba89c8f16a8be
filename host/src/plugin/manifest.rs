//! What a component says of itself: the custom section `session:manifest`, found without compiling or running anything.
//! It must survive any bytes, and must not be believed: it says what a plugin asks for, never what it gets.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use wasmparser::Payload;

use super::contribution::Hook;
use super::sections::{self, Section};
use crate::document::text;

/// The section's name.
pub const SECTION: &str = "session:manifest";
/// Bytes. What people are to read before they agree fits well into this.
const LARGEST: usize = 64 * 1024;
const MOST_GRANTS: usize = 64;
const MOST_HOOKS: usize = 64;
/// Bytes of a name, a version or a glob.
const LONGEST_WORD: usize = 256;
/// A component holds its module one or two levels down; a hostile one could nest for ever.
const DEEPEST: u32 = 4;

/// The section's JSON. Fields that this version does not know are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub name: String,
    #[serde(default)]
    pub version: String,
    /// The contract's version it was built for, `0.1.0`.
    #[serde(default)]
    pub contract: String,
    /// Names of hooks; some may be newer than this host.
    #[serde(default)]
    pub hooks: Vec<String>,
    #[serde(default)]
    pub grants: Vec<RequestedGrant>,
}

/// One thing that a plugin wants to reach. All of it is the plugin author's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedGrant {
    /// `read`, `http` or `env`; another is newer than this host, and never given.
    pub kind: String,
    /// A glob over paths, hosts or names of variables; None: whatever the configuration names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(default)]
    pub reason: String,
}

impl Manifest {
    /// Reads the manifest of a component; None where there is none or it cannot be read.
    pub fn read(component: &[u8]) -> Option<Self> {
        Self::find(component).ok().flatten()
    }

    /// As [`Manifest::read`], with why it cannot be read.
    pub fn find(component: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(section) = custom_section(component) else {
            return Ok(None);
        };
        anyhow::ensure!(
            section.len() <= LARGEST,
            "its manifest has more than {} KiB",
            LARGEST / 1024
        );
        let mut manifest: Self = serde_json::from_slice(section)
            .map_err(|error| anyhow::anyhow!("its manifest cannot be read: {error}"))?;
        manifest.check()?;
        for grant in &mut manifest.grants {
            grant.reason = text::line(&grant.reason);
        }
        Ok(Some(manifest))
    }

    /// It is stored with the user's consent, and shown on a screen.
    fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.grants.len() <= MOST_GRANTS,
            "its manifest asks for more than {MOST_GRANTS} grants"
        );
        anyhow::ensure!(
            self.hooks.len() <= MOST_HOOKS,
            "its manifest names more than {MOST_HOOKS} hooks"
        );
        let values = self.grants.iter().filter_map(|grant| grant.value.as_ref());
        let mut words = [&self.name, &self.version, &self.contract]
            .into_iter()
            .chain(&self.hooks)
            .chain(self.grants.iter().map(|grant| &grant.kind))
            .chain(values);
        anyhow::ensure!(
            words.clone().all(|word| word.len() <= LONGEST_WORD),
            "a name in its manifest has more than {LONGEST_WORD} bytes"
        );
        // Cleaned, it would be another name, or open something else.
        anyhow::ensure!(
            words.all(|word| text::is_plain(word)),
            "a name in its manifest has characters that nobody can see"
        );
        Ok(())
    }

    /// The hooks that this host knows, in the host's order.
    pub fn known_hooks(&self) -> Vec<Hook> {
        Hook::ALL
            .into_iter()
            .filter(|hook| self.hooks.iter().any(|name| name == hook.name()))
            .collect()
    }
}

/// The content of the manifest's section, in the component itself or in what is nested in it: the first from the
/// outside in, so that what was added to a finished component counts before what its toolchain put into the module.
fn custom_section(binary: &[u8]) -> Option<&[u8]> {
    let mut level = vec![binary];
    for _ in 0..DEEPEST {
        let mut below = Vec::new();
        for part in level {
            if let Some(found) = in_one_level(part, &mut below) {
                return Some(found);
            }
        }
        level = below;
    }
    None
}

/// Looks at the sections of one module or component; those nested in it are added to `below`.
fn in_one_level<'a>(binary: &'a [u8], below: &mut Vec<&'a [u8]>) -> Option<&'a [u8]> {
    let mut found = None;
    // What stands before the damage in a damaged binary counts: whoever loads it finds the damage.
    let _damaged = sections::walk(binary, |section| {
        match section {
            Section::Nested(nested) => below.push(nested),
            Section::Own(Payload::CustomSection(section)) if section.name() == SECTION => {
                found = Some(section.data());
                return ControlFlow::Break(());
            }
            Section::Own(_) => {}
        }
        ControlFlow::Continue(())
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUSTOM: u8 = 0;
    const NESTED_MODULE: u8 = 1;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        assert!(content.len() < 128);
        [&[id, content.len() as u8], content].concat()
    }

    fn named(name: &str, content: &str) -> Vec<u8> {
        let mut bytes = vec![name.len() as u8];
        bytes.extend(name.bytes());
        bytes.extend(content.bytes());
        section(CUSTOM, &bytes)
    }

    #[test]
    fn a_manifest_is_found_inside_the_components_module() {
        let manifest = named(
            "session:manifest",
            r#"{"name":"x","hooks":["brief","later"]}"#,
        );
        let module = [
            b"\0asm\x01\0\0\0".as_slice(),
            &named("name", "-"),
            &manifest,
        ]
        .concat();
        let component = [
            b"\0asm\x0d\0\x01\0".as_slice(),
            &section(NESTED_MODULE, &module),
        ]
        .concat();
        let read = Manifest::read(&component).unwrap();
        assert_eq!(read.name, "x");
        assert_eq!(read.known_hooks(), [Hook::Brief]);
    }

    #[test]
    fn bytes_that_are_no_component_have_no_manifest() {
        let whole = [
            b"\0asm\x0d\0\x01\0".as_slice(),
            &named("session:manifest", r#"{"name":"x"}"#),
        ]
        .concat();
        for end in 0..whole.len() {
            assert_eq!(Manifest::read(&whole[..end]), None, "cut at {end}");
        }
        assert_eq!(
            Manifest::read(b"\0asm\x0d\0\x01\0\x00\xff\xff\xff\xff\xff\xff"),
            None
        );
    }

    fn component(sections: &[Vec<u8>]) -> Vec<u8> {
        [b"\0asm\x0d\0\x01\0".as_slice(), &sections.concat()].concat()
    }

    #[test]
    fn what_stands_outside_counts_before_what_is_nested() {
        let inner = [
            b"\0asm\x01\0\0\0".as_slice(),
            &named(SECTION, r#"{"name":"inner"}"#),
        ];
        let nested = section(NESTED_MODULE, &inner.concat());
        let outer = named(SECTION, r#"{"name":"outer"}"#);
        let name = |bytes: &[u8]| Manifest::read(bytes).unwrap().name;
        assert_eq!(name(&component(std::slice::from_ref(&nested))), "inner");
        assert_eq!(name(&component(&[nested, outer])), "outer");
    }

    #[test]
    fn a_manifest_of_unreasonable_size_is_refused() {
        let grants = |count: usize, reason: usize| {
            let grant = RequestedGrant {
                kind: "read".into(),
                value: None,
                reason: "x".repeat(reason),
            };
            let manifest = Manifest {
                name: "x".into(),
                grants: vec![grant; count],
                ..Manifest::default()
            };
            let custom = wasm_encoder::CustomSection {
                name: SECTION.into(),
                data: serde_json::to_vec(&manifest).unwrap().into(),
            };
            let mut component = wasm_encoder::Component::new();
            component.section(&custom);
            Manifest::find(&component.finish())
        };
        assert_eq!(grants(2, 10).unwrap().unwrap().grants.len(), 2);
        let said = grants(1, LARGEST).unwrap_err().to_string();
        assert!(said.contains("64 KiB"), "{said}");
        let said = grants(MOST_GRANTS + 1, 0).unwrap_err().to_string();
        assert!(said.contains("more than 64"), "{said}");
        let long = Manifest {
            version: "1".repeat(LONGEST_WORD + 1),
            ..Manifest::default()
        };
        assert!(long.check().unwrap_err().to_string().contains("256 bytes"));
    }

    #[test]
    fn what_a_manifest_says_is_read_as_it_is_written() {
        let find = |json: &str| Manifest::find(&component(&[named(SECTION, json)]));
        let grant =
            r#"{"name":"x","grants":[{"kind":"read","reason":"a\u200bb\u001b[31mc\n## d"}]}"#;
        let reason = &find(grant).unwrap().unwrap().grants[0].reason;
        assert_eq!(reason, "abc ## d");
        for hiding in [
            r#"{"name":"x\u200b"}"#,
            r#"{"name":"x","version":"1\u202e0"}"#,
            r#"{"name":"x","hooks":["a\nb"]}"#,
            r#"{"name":"x","grants":[{"kind":"read","value":"a\u2066"}]}"#,
        ] {
            let said = find(hiding).unwrap_err().to_string();
            assert!(said.contains("nobody can see"), "{said}");
        }
    }
}
