//! The first-party components, embedded by build.rs. They must not be privileged: they come through the same door as
//! any other component.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// A component that is part of this program.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    pub name: &'static str,
    /// As [`super::engine::digest`] would compute it.
    pub digest: &'static str,
    pub bytes: &'static [u8],
}

pub fn component(name: &str) -> Option<&'static Bundled> {
    BUNDLED.iter().find(|bundled| bundled.name == name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_bundled_component_is_known_by_its_own_digest() {
        for bundled in super::BUNDLED {
            let digest = crate::plugin::engine::digest(bundled.bytes);
            assert_eq!(bundled.digest, digest, "{}", bundled.name);
        }
    }
}
