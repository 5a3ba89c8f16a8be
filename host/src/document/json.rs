//! What `--json` prints: one object that names its schema. It must not print, and it must not clean texts: escaping
//! shows them exactly, but for secrets.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{secrets, text};

/// `body`, which must serialise to an object, with `"schema": "session.<command>/1"` as its first key. A [`Document`]
/// is such a body: `title`, `sections[]`, `warnings[]`, `left_out[]`.
///
/// [`Document`]: super::Document
pub fn envelope(command: &str, body: &impl Serialize) -> anyhow::Result<Value> {
    let value = serde_json::to_value(body)
        .with_context(|| format!("failed to write the result of `{command}` as JSON"))?;
    let Value::Object(body) = value else {
        bail!("the result of `{command}` is not a JSON object");
    };
    let mut object = Map::new();
    object.insert("schema".into(), schema(command).into());
    object.extend(body.into_iter().filter(|(key, _)| key != "schema"));
    let mut answer = Value::Object(object);
    secrets::mask_json(&mut answer);
    Ok(answer)
}

/// A failure, as it stands on stdout instead of the command's own object.
pub fn failure(message: &str, hint: Option<&str>) -> Value {
    let mut object = Map::new();
    object.insert("schema".into(), schema("error").into());
    object.insert("message".into(), message.into());
    object.insert("hint".into(), hint.into());
    Value::Object(object)
}

fn schema(name: &str) -> String {
    format!("session.{name}/1")
}

/// On one line, without its line end. Characters a terminal would act on are escaped, though JSON does not ask for it
/// (it lets C1 controls and DEL through), so that the text is exact and harmless at once.
pub fn to_text(value: &Value) -> String {
    let plain = value.to_string();
    if !plain.contains(text::is_harmful) {
        return plain;
    }
    let mut escaped = String::with_capacity(plain.len() + 16);
    for character in plain.chars() {
        // Outside of strings JSON is ASCII: an escape is always inside of one.
        if text::is_harmful(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("writing to a string does not fail");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::{Document, Item, Provenance, Section};

    #[test]
    fn the_schema_stands_first_and_the_sections_below() {
        let mut document = Document::new("T");
        document.push(
            Section::new("facts", "Facts")
                .provenance(Provenance::Plugin("p".into()))
                .item(Item::pair("a", "b")),
        );
        let value = envelope("brief", &document).unwrap();
        assert_eq!(
            to_text(&value),
            r#"{"schema":"session.brief/1","title":"T","sections":[{"name":"facts","title":"Facts","provenance":{"by":"plugin","name":"p"},"importance":50,"items":[{"kind":"pair","name":"a","value":"b"}]}],"warnings":[],"left_out":[]}"#
        );
    }

    #[test]
    fn a_body_cannot_name_another_schema() {
        let value = envelope("status", &json!({"schema": "forged/1", "a": 1})).unwrap();
        assert_eq!(to_text(&value), r#"{"schema":"session.status/1","a":1}"#);
        assert!(envelope("status", &[1]).is_err());
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand_but_a_paths_bytes_are_exact() {
        let secret = format!("ghp_{}", "aB3d".repeat(9));
        let body = json!({"objectives": [{"text": secret}], "path_bytes": secret});
        let value = envelope("status", &body).unwrap();
        assert_eq!(value["objectives"][0]["text"], "‹masked: github token›");
        assert_eq!(value["path_bytes"], secret);
    }

    #[test]
    fn escaping_is_exact_and_leaves_nothing_for_a_terminal() {
        let value = json!({"text": "\u{1b}[1m\u{9b}2J\u{7f}\u{202e}\u{e0041}ü👩‍💻"});
        let written = to_text(&value);
        assert!(!written.contains(text::is_harmful), "{written:?}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
