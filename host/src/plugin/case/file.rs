//! Cases and what is expected of them as files. It must not open what is no file: a pipe would wait for its writer.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::{Case, SCHEMA};
use crate::error::user_error;

/// Bytes of a file: facts of the largest repository take a fraction of it.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What stands at a path.
enum Found {
    Text(String),
    TooLarge,
    /// A pipe, a device, a directory.
    NoFile,
}

impl Case {
    /// The error is the author's to put right.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let refused = |problem: String| {
            user_error(
                format!("{shown} {problem}"),
                "name a case that is there; `session plugin test FILE --record CASE.json` writes one",
            )
        };
        let wrong = |problem: String| {
            user_error(
                format!("{shown} is no case: {problem}"),
                "docs/plugins.md describes the format; `session plugin test FILE --record CASE.json` writes one",
            )
        };
        let text = match find(path) {
            Ok(Found::Text(text)) => text,
            Ok(Found::NoFile) => return Err(refused("is no file".to_owned())),
            Ok(Found::TooLarge) => {
                let most = LARGEST / 1024 / 1024;
                return Err(wrong(format!("it has more than {most} MiB")));
            }
            Err(error) => return Err(refused(format!("cannot be read: {error}"))),
        };
        let json: Json = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match json.get("schema").and_then(Json::as_str) {
            Some(SCHEMA) => {}
            other => {
                let found = other.unwrap_or("none");
                return Err(wrong(format!("its schema is {found}, expected {SCHEMA}")));
            }
        }
        // From the text once more: only so does an error know its line.
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
    }
}

/// `cases/a.json` is expected to give what `cases/a.expected.json` says.
pub fn expected_path(case: &Path) -> PathBuf {
    case.with_extension("expected.json")
}

/// What an expected-file says; None where nothing can be read. Errors: it is nothing that was written here.
pub fn expected_text(path: &Path) -> anyhow::Result<Option<String>> {
    let refused = |problem: &str| {
        Err(user_error(
            format!("{} {problem}", path.display()),
            "remove it; with `--update` it is written anew",
        ))
    };
    match find(path) {
        Ok(Found::Text(text)) => Ok(Some(text)),
        Ok(Found::TooLarge) => refused("is larger than any answer"),
        Ok(Found::NoFile) => refused("is no file"),
        Err(_) => Ok(None),
    }
}

fn find(path: &Path) -> io::Result<Found> {
    // Before it is opened: a device never ends, and a pipe does not even begin.
    if !std::fs::metadata(path)?.is_file() {
        return Ok(Found::NoFile);
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(LARGEST + 1);
    file.read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Ok(Found::TooLarge);
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Found::Text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_misspelt_or_of_another_format_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.json");
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Case::read(&path).unwrap_err().to_string()
        };
        let misspelt = refused("{\n\"schema\":\"session.plugin-case/1\",\n\"objektives\":[]}");
        assert!(
            misspelt.contains("objektives") && misspelt.contains("line 3"),
            "{misspelt}"
        );
        assert!(refused(r#"{"schema":"session.plugin-case/2"}"#).contains("case/2, expected"));
        assert!(refused("[]").contains("schema is none"));
        let larger = format!("\"{}\"", "x".repeat(16 * 1024 * 1024 - 1));
        assert!(refused(&larger).ends_with("is no case: it has more than 16 MiB"));
        assert!(refused(&larger[1..]).contains("is no case: expected value"));
    }

    #[test]
    fn what_is_expected_stands_beside_the_case() {
        let expected = expected_path(Path::new("cases/a.json"));
        assert_eq!(expected, Path::new("cases/a.expected.json"));
    }

    /// Opening a pipe waits for whoever writes into it.
    #[test]
    fn what_is_no_file_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.json");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        for path in [&path, directory.path()] {
            let shown = path.display();
            let said = Case::read(path).unwrap_err().to_string();
            assert_eq!(said, format!("{shown} is no file"));
            let said = expected_text(path).unwrap_err().to_string();
            assert_eq!(said, format!("{shown} is no file"));
        }
        let missing = directory.path().join("none.json");
        assert!(
            Case::read(&missing)
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
        assert_eq!(expected_text(&missing).unwrap(), None);
    }
}
