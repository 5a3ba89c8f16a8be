//! What a component says of itself: the custom section `session:manifest`, found by walking section headers. It must
//! not compile or run anything, and must survive any bytes.

use serde::Deserialize;

use super::contribution::Hook;

/// The section's JSON. Fields that this version does not know are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
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
}

impl Manifest {
    /// Reads the manifest of a component; None where there is none or it cannot be read.
    pub fn read(component: &[u8]) -> Option<Self> {
        serde_json::from_slice(custom_section(component, "session:manifest", 0)?).ok()
    }

    /// The hooks that this host knows, in the host's order.
    pub fn known_hooks(&self) -> Vec<Hook> {
        Hook::ALL
            .into_iter()
            .filter(|hook| self.hooks.iter().any(|name| name == hook.name()))
            .collect()
    }
}

const HEADER: usize = 8;
const CUSTOM: u8 = 0;
const NESTED_MODULE: u8 = 1;
const NESTED_COMPONENT: u8 = 4;
/// A component holds its module one or two levels down; a hostile one could nest for ever.
const DEEPEST: u32 = 4;

/// The content of the first custom section with this name, here or in a module or component within.
pub(super) fn custom_section<'a>(binary: &'a [u8], wanted: &str, depth: u32) -> Option<&'a [u8]> {
    // The fourth byte after the magic number's version tells a component's layer (1) from a core module's (0).
    let is_component = match binary.get(..HEADER)? {
        [0, b'a', b's', b'm', _, _, layer, _] => *layer == 1,
        _ => return None,
    };
    let mut rest = &binary[HEADER..];
    while let Some((&id, after_id)) = rest.split_first() {
        let (length, body) = leb128(after_id)?;
        let content = body.get(..length)?;
        rest = &body[length..];
        let found = match id {
            CUSTOM => {
                let (name_length, after) = leb128(content)?;
                let name = after.get(..name_length)?;
                (name == wanted.as_bytes()).then(|| &after[name_length..])
            }
            NESTED_MODULE | NESTED_COMPONENT if is_component && depth < DEEPEST => {
                custom_section(content, wanted, depth + 1)
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// An unsigned number of at most 32 bits, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
