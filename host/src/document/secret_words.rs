//! Masks the values that a command's own words call secret (`--password=…`, `API_TOKEN=…`), beside what has a known shape.
//! It must not be used for prose: there a word called `token` means nothing.

use super::secrets::mask;

/// What the name of a secret ends with, in lower case and with `_` for `-`.
const NAMES: [&str; 8] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
];
const MASKED: &str = "‹masked: secret›";

/// The words of a command, for the record.
pub fn masked<'w>(words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
    let mut is_value = false;
    let words = words.into_iter().map(|word| {
        let is_secret = std::mem::take(&mut is_value) && !word.is_empty() && !word.starts_with('-');
        if is_secret {
            return MASKED.to_owned();
        }
        match word.split_once('=') {
            Some((name, value)) if is_called_secret(name) && !value.is_empty() => {
                format!("{name}={MASKED}")
            }
            Some(_) => mask(word).into_owned(),
            None => {
                is_value = word.starts_with("--") && is_called_secret(word);
                mask(word).into_owned()
            }
        }
    });
    words.collect()
}

/// `--api-token`, `DB_PASSWORD`; not a path or a sentence that ends so.
fn is_called_secret(name: &str) -> bool {
    let bare = name.trim_start_matches('-');
    let is_name = bare
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let bare = bare.to_ascii_lowercase().replace('-', "_");
    is_name && NAMES.iter().any(|ending| bare.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn what_is_called_a_secret_is_masked_and_its_name_stays() {
        for (line, expected) in [
            (
                "env DB_PASSWORD=hunter22 true",
                "env DB_PASSWORD=‹masked: secret› true",
            ),
            ("x --api-token=abc -v", "x --api-token=‹masked: secret› -v"),
            ("x --password hunter22 y", "x --password ‹masked: secret› y"),
            ("x --password --yes", "x --password --yes"),
            ("x --password", "x --password"),
            ("x PASSWORD= y", "x PASSWORD= y"),
            (
                "pytest -k token tests/token.py",
                "pytest -k token tests/token.py",
            ),
            ("x --tokens=3 --token-file=a", "x --tokens=3 --token-file=a"),
            ("x a/token=b", "x a/token=b"),
        ] {
            assert_eq!(masked(line.split(' ')).join(" "), expected);
        }
        let known = format!("AKIA{}", "Q3ABCDEF".repeat(2));
        assert_eq!(masked([known.as_str()]), ["‹masked: aws key id›"]);
    }
}
