//! The templates of `sdk/`, embedded by build.rs, and filling them in. It must not write a file.

use super::Language;
use crate::plugin::CONTRACT;

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The version of the `wit-bindgen` that the SDK is built with here; a scaffold's SDK asks for the same.
const WIT_BINDGEN: &str = "0.61";

/// The files of a new project, by their path in it.
pub fn project(language: Language, name: &str) -> Vec<(&'static str, String)> {
    let template = match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
        Language::Javascript => JAVASCRIPT,
    };
    let template = template.iter();
    template
        .map(|(path, text)| (*path, filled_in(text, name)))
        .collect()
}

fn filled_in(text: &str, name: &str) -> String {
    let values = [
        ("name", name),
        ("file", &name.replace('-', "_")),
        ("contract", CONTRACT),
        ("sdk_version", env!("CARGO_PKG_VERSION")),
        ("wit_bindgen", WIT_BINDGEN),
    ];
    let mut text = text.to_owned();
    for (key, value) in values {
        text = text.replace(&format!("{{{{{key}}}}}"), value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        for language in [Language::Rust, Language::Python, Language::Javascript] {
            let files = project(language, "loose-ends");
            assert!(files.len() > 15, "{language:?}");
            for (path, text) in files {
                let open = text.lines().find(|line| {
                    line.contains("{{")
                        && line.split("{{").skip(1).any(|rest| {
                            rest.split_once("}}").is_some_and(|(key, _)| {
                                key.bytes()
                                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                                    && !key.is_empty()
                            })
                        })
                });
                assert_eq!(open, None, "{path}");
            }
        }
    }

    /// A plugin may be called as a keyword of WIT is, or have words that begin with a digit.
    #[test]
    fn the_world_of_a_project_is_wit_whatever_the_plugins_name() {
        const KEYWORDS: &str = "use type func u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 char bool string record resource \
            own borrow flags variant enum option result list map future stream error-context as from static interface \
            tuple world import export package constructor include with async";
        let names = KEYWORDS
            .split_whitespace()
            .chain(["loose-ends", "a-1", "x-2b-c"]);
        for name in names {
            assert!(crate::config::is_plugin_name(name), "{name}");
            for language in [Language::Python, Language::Javascript] {
                let files = project(language, name);
                let (path, text) = files
                    .iter()
                    .find(|(path, _)| *path == "wit/plugin.wit")
                    .unwrap();
                let mut sources = wit_parser::SourceMap::new();
                sources.push_str(path, text.as_str());
                assert!(sources.parse().is_ok(), "{name} in {language:?}: {text}");
            }
        }
    }

    /// A scaffold's SDK is ours: built with another version of the bindings it could be another one.
    #[test]
    fn the_vendored_sdk_asks_for_the_bindings_that_ours_is_built_with() {
        let workspace = include_str!("../../../../../Cargo.toml");
        let asked = format!("wit-bindgen = {{ version = \"{WIT_BINDGEN}\"");
        assert!(workspace.lines().any(|line| line.starts_with(&asked)));
    }
}
