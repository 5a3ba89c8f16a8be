//! Text as YAML writes it: quoted where it would otherwise be read as something else. It must not know what for.

/// A text on one line, also inside of brackets; None if it cannot be written so.
pub fn text(value: &str) -> Option<String> {
    let written = serde_yaml::to_string(value).ok()?;
    let written = written.strip_suffix('\n').unwrap_or(&written);
    // What is plain in a block need not be so between brackets.
    let is_plain = !written.starts_with(['"', '\'', '|', '>']);
    let is_open = is_plain && written.contains(['[', ']', '{', '}', ',']);
    if is_open || written.contains('\n') {
        return quoted(value);
    }
    Some(written.to_owned())
}

/// JSON's way of writing a text is YAML's double quotes.
fn quoted(value: &str) -> Option<String> {
    serde_json::to_string(value).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tree::{self, Value};
    use super::text;

    #[test]
    fn a_text_is_read_as_it_was_written_also_between_brackets() {
        for value in [
            "tools/a.wasm",
            "./a b.wasm",
            "https://example.com/a,b.wasm?x=[1]#y",
            "oci://localhost:5000/a/b@sha256:00",
            "docs/**",
            "**/*.{md,txt}",
            "1234",
            "true",
            "null",
            "~",
            "- a",
            "a: b",
            "a #b",
            "'a'",
            "\"a\\",
            "ünï",
            "*.md",
            "!x",
            "%a",
            "@b",
            "a\u{7f}b",
            " a ",
        ] {
            let written = text(value).unwrap();
            for yaml in [
                format!("a: {written} # c\n"),
                format!("a: [{written}, x]\n"),
            ] {
                let root = tree::parse(&yaml).unwrap().unwrap();
                let Value::Mapping(entries) = root.value else {
                    panic!("{yaml}");
                };
                let node = match &entries[0].value.value {
                    Value::List(items) => &items[0],
                    _ => &entries[0].value,
                };
                let Value::Scalar(scalar) = &node.value else {
                    panic!("{yaml}");
                };
                assert_eq!(scalar.text, value, "{yaml}");
                assert_eq!(scalar.meaning(), tree::Meaning::Text, "{yaml}");
            }
        }
    }
}
