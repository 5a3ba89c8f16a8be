//! The first-party components, embedded by build.rs. They must not be privileged: they come through the same door as
//! any other component.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// The bytes of a bundled component.
pub fn component(name: &str) -> Option<&'static [u8]> {
    BUNDLED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, bytes)| *bytes)
}
