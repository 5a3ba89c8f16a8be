//! Whose a state is. What a plugin left for itself may be what it was allowed to read: it must not reach a component from
//! elsewhere that has the same name.

use super::engine;

/// The name of the file that holds it: the plugin's own for a bundled one, `<plugin>@<key>` for one with a source. An update
/// from the same source finds it again.
pub fn of(plugin: &str, source: Option<&str>) -> String {
    match source {
        None => plugin.to_owned(),
        Some(source) => {
            let key = engine::digest(origin(source).as_bytes());
            format!("{plugin}@{}", &key[..16])
        }
    }
}

/// Whether a file is the state of a plugin of this name that has a source, whichever.
pub fn is_third_party(file: &str, plugin: &str) -> bool {
    let rest = file.strip_prefix(plugin);
    rest.is_some_and(|rest| rest.starts_with('@'))
}

/// What stays the same from one version to the next: a file's path however it is written, an image without its tag.
fn origin(source: &str) -> String {
    let Some(image) = source.strip_prefix("oci://") else {
        return match source.contains("://") {
            true => source.to_owned(),
            false => {
                let parts = source.split('/').filter(|part| !matches!(*part, "" | "."));
                parts.collect::<Vec<_>>().join("/")
            }
        };
    };
    let image = image.split('@').next().unwrap_or(image);
    let name = image.rfind('/').map_or(0, |slash| slash + 1);
    let end = image[name..].find(':').map_or(image.len(), |at| name + at);
    format!("oci://{}", &image[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_of_the_same_source_is_the_same_owner() {
        let owner = |source: &str| of("p", Some(source));
        for (one, other) in [
            ("./tools/x.wasm", "tools//x.wasm"),
            (
                "oci://a.example:5000/x/y:1",
                "oci://a.example:5000/x/y:2@sha256:00",
            ),
            (
                "oci://a.example:5000/x/y",
                "oci://a.example:5000/x/y@sha256:00",
            ),
        ] {
            assert_eq!(owner(one), owner(other));
        }
        for (one, other) in [
            ("tools/x.wasm", "tools/y.wasm"),
            ("oci://a.example/x", "oci://b.example/x"),
            ("oci://a.example:1/x", "oci://a.example:2/x"),
            ("https://a.example/x", "https://a.example/y"),
        ] {
            assert_ne!(owner(one), owner(other));
        }
    }

    #[test]
    fn a_bundled_plugins_state_is_none_of_a_third_partys() {
        let [bundled, other] = [None, Some("x.wasm")].map(|source| of("coverage", source));
        assert!(is_third_party(&other, "coverage"));
        assert!(!is_third_party(&bundled, "coverage"));
        assert!(!is_third_party(&other, "cover"));
    }
}
